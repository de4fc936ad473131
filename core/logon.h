/* core/logon.h - the name of an account, as a config has it: which part is the domain, and where
 * its password comes from. Any thread. */
#ifndef SP_LOGON_H
#define SP_LOGON_H

#include "core/error.h"

/** Where the password of an account comes from. */
enum sp_logon_kind {
    SP_LOGON_USER,    /**< from its owner */
    SP_LOGON_BUILTIN, /**< it has none: `NT AUTHORITY\LocalService` */
    SP_LOGON_VIRTUAL, /**< it has none: `NT SERVICE\NAME` */
    SP_LOGON_MANAGED, /**< from the domain: `CORP\name$`, a group managed service account */
};

/** An account's name, taken apart. {0} is none; sp_logon_deinit(). */
struct sp_logon {
    char *domain; /**< owned; "." is this machine; NULL: the name has it behind an '@' */
    char *name;   /**< owned */
    enum sp_logon_kind kind;
};

/**
 * Takes a name apart: `CORP\ann`, `.\ann`, `ann` (of this machine), `ann@corp.example`.
 *
 * @param text  as it was written
 * @param out   written on success only
 * @param err   filled on failure, saying what would be right; may be NULL
 * @return SP_OK, SP_EINVAL (no domain before or no name behind the backslash), SP_ENOMEM
 */
SP_NODISCARD sp_status sp_logon_parse(const char *text, struct sp_logon *out, struct sp_error *err);

/** Frees everything and empties *account. */
void sp_logon_deinit(struct sp_logon *account);

#endif
