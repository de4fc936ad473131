/* core/account.h - the name of an account, as a config has it: which part is the domain, and where
 * its password comes from. Any thread. */
#ifndef SP_ACCOUNT_H
#define SP_ACCOUNT_H

#include "core/error.h"

/** Where the password of an account comes from. */
enum sp_account_kind {
    SP_ACCOUNT_USER,    /**< from its owner */
    SP_ACCOUNT_BUILTIN, /**< it has none: `NT AUTHORITY\LocalService` */
    SP_ACCOUNT_VIRTUAL, /**< it has none: `NT SERVICE\NAME` */
    SP_ACCOUNT_MANAGED, /**< from the domain: `CORP\name$`, a group managed service account */
};

/** An account's name, taken apart. {0} is none; sp_account_deinit(). */
struct sp_account {
    char *domain; /**< owned; "." is this machine; NULL: the name has it behind an '@' */
    char *name;   /**< owned */
    enum sp_account_kind kind;
};

/**
 * Takes a name apart: `CORP\ann`, `.\ann`, `ann` (of this machine), `ann@corp.example`.
 *
 * @param text  as it was written
 * @param out   written on success only
 * @param err   filled on failure, saying what would be right; may be NULL
 * @return SP_OK, SP_EINVAL (no domain before or no name behind the backslash), SP_ENOMEM
 */
SP_NODISCARD sp_status sp_account_parse(const char *text, struct sp_account *out,
                                        struct sp_error *err);

/** Frees everything and empties *account. */
void sp_account_deinit(struct sp_account *account);

#endif
