/* client/call.h - a verb that is one request to the service. One thread. */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "client/control.h"
#include "core/args.h"

/** The exit code for what the service refused last, and CLI_REFUSED for all else that failed. */
int cli_exit_code_of(const struct cli_control *c);

/** Whether a name is that of a session: s and digits. */
bool cli_is_session(const char *name);

/**
 * Connects, calls, hangs up; complains if that fails, naming the first operand or, without
 * one, the method.
 *
 * @param args       of the verb, whose first two options are CLI_TARGET_OPTIONS
 * @param method     of the protocol
 * @param params     taken; NULL, as json_pack() gives it for what is not UTF-8, is complained about
 * @param answer_ms  how long to wait; W32_FOREVER where the service itself bounds what it does
 * @param result     a new reference; written on success only; NULL: not wanted
 * @return 0, or the exit code
 */
int cli_call_once(const struct sp_args *args, const char *method, json_t *params,
                  uint32_t answer_ms, json_t **result);

#endif
