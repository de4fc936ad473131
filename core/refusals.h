/* core/refusals.h - which refusals of an account the audit writes one by one, and which it counts:
 * so that nobody drives the entries of others out of it by being refused often. Asks no clock. Its
 * owner's lock guards it. */
#ifndef SP_REFUSALS_H
#define SP_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/audit.h"

enum {
    SP_REFUSALS_EACH = 20,     /**< of an account in a span that are written one by one */
    SP_REFUSALS_MS = 60000,    /**< a span, from the first of them on */
    SP_REFUSALS_ACCOUNTS = 64, /**< that are told apart; one more ends the span of the oldest */
};

/** Refusals of an account that were counted in a span. */
struct sp_refusals_count {
    char sid[SP_AUDIT_SID_MAX]; /**< "": of nobody who is known */
    uint32_t count;             /**< 0: there were none, and there is nothing to tell */
};

/** One account's span. */
struct sp_refusals_span {
    struct sp_refusals_count more;
    uint32_t written; /* 0: nobody's */
    uint64_t since_ms;
};

/** What was refused lately. {0} is nothing. Owns nothing. */
struct sp_refusals {
    struct sp_refusals_span spans[SP_REFUSALS_ACCOUNTS];
};

/**
 * Takes in a refusal.
 *
 * @param r       what was refused lately
 * @param sid     whose; shorter than SP_AUDIT_SID_MAX; "": of nobody who is known
 * @param now_ms  a clock that never goes back
 * @param ended   receives the count of a span that ends by it, which is to be told before it
 * @return whether it is to be written; false: it was counted
 */
bool sp_refusals_take(struct sp_refusals *r, const char *sid, uint64_t now_ms,
                      struct sp_refusals_count *ended);

/**
 * Gives the count of a span that is over, and forgets it.
 *
 * @param r       what was refused lately
 * @param now_ms  as in sp_refusals_take(); UINT64_MAX: each is over
 * @param ended   written on success only
 * @return false: there is none; call it until then
 */
bool sp_refusals_ended(struct sp_refusals *r, uint64_t now_ms, struct sp_refusals_count *ended);

/** When sp_refusals_ended() has a count to give, by the clock of sp_refusals_take(). UINT64_MAX:
 *  nothing was counted. */
uint64_t sp_refusals_end_ms(const struct sp_refusals *r);

#endif
