/* client/findings.h - what `doctor` has found, check by check, and how that looks to people and
 * programs. No I/O. One thread. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include <stddef.h>

#include <jansson.h>

#include "core/buffer.h"
#include "core/error.h"

/** What came of a check. */
enum cli_verdict {
    CLI_CHECK_OK,
    CLI_CHECK_WARNING, /**< it works, and may not be what was meant */
    CLI_CHECK_WRONG,
    CLI_CHECK_SKIPPED, /**< it could not be looked at, or there is nothing to look at */
    CLI_VERDICT_COUNT
};

/** Findings in the making: after a failure nothing more is added, and printing tells it. {0} is
 *  empty; cli_findings_deinit(). */
struct cli_findings {
    json_t *checks; /**< owned: {"check", "result", "found", "details", "advice"} each; or NULL */
    size_t counts[CLI_VERDICT_COUNT];
    sp_status status;
};

/** Adds a check. @param check its name @param found printf's: what was found, one line; what is
 *  foreign in it is disarmed */
void cli_found(struct cli_findings *f, const char *check, enum cli_verdict verdict,
               const char *found, ...) SP_PRINTF(4, 5);

/** Adds a line to what the last check has found: one of several mistakes. */
void cli_found_detail(struct cli_findings *f, const char *text, ...) SP_PRINTF(2, 3);

/** Adds a line to what is to be done about the last check. */
void cli_found_advice(struct cli_findings *f, const char *text, ...) SP_PRINTF(2, 3);

/**
 * Prints them for people: a line for each check, its details and advice below, the sum at the end.
 *
 * @param f    the findings
 * @param out  the text is appended
 * @param err  filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 */
SP_NODISCARD sp_status cli_findings_text(const struct cli_findings *f, struct sp_buffer *out,
                                         struct sp_error *err);

/** The same for programs: {"checks", "wrong", "warnings"}. @return a new reference; NULL: no memory
 */
json_t *cli_findings_json(const struct cli_findings *f);

/** Frees it and makes it {0}. */
void cli_findings_deinit(struct cli_findings *f);

#endif
