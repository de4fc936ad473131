/* core/quota.h - how much of something each user has, and how often one has come lately: the count
 * that limits are held against. Any number of users up to a ceiling. Its owner's lock guards it. */
#ifndef SP_QUOTA_H
#define SP_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/** Users that are remembered at once: those who have something, and those who came lately. */
enum { SP_QUOTA_USERS_MAX = 4096 };

/** What is granted. 0: no limit. */
struct sp_quota_limits {
    uint32_t in_all;     /**< at once */
    uint32_t per_user;   /**< of one user at once */
    uint32_t per_minute; /**< of one user; so many at once, and then evenly */
};

struct sp_quota_user;

/** The count. {0} is nothing yet; sp_quota_deinit(). */
struct sp_quota {
    uint32_t count;
    struct sp_quota_user *users; /**< owned; only where a limit of a user's asks for them */
    size_t user_count, user_room;
};

/**
 * Counts one more, if that is granted. A user's are counted while some limit of a user's is set: by
 * a limit that is set later only those count that were taken since.
 *
 * @param q       the count
 * @param limits  those of this moment
 * @param user    whose it is to be; copied
 * @param now_ms  a clock that never goes back
 * @param of_user whether it was counted as the user's; written on success only
 * @param err     filled on failure with the limit, its number and the config's name of it; may be
 *                NULL
 * @return SP_OK; SP_EACCESS: not granted, and nothing was counted; SP_ENOMEM
 */
SP_NODISCARD sp_status sp_quota_take(struct sp_quota *q, const struct sp_quota_limits *limits,
                                     const char *user, uint64_t now_ms, bool *of_user,
                                     struct sp_error *err);

/** One that was taken is over. @param user the same text as then; NULL: it was not of_user */
void sp_quota_give_back(struct sp_quota *q, const char *user);

/** Frees everything and empties *q. */
void sp_quota_deinit(struct sp_quota *q);

#endif
