/* core/args_completion.h - what a shell needs to complete a program's command line. Any thread. */
#ifndef SP_ARGS_COMPLETION_H
#define SP_ARGS_COMPLETION_H

#include "core/args.h"

/**
 * Prints a PowerShell script that completes verbs, options and names of workers, which it asks
 * `PROGRAM ps --json` for.
 *
 * @param program  whose; verbs without a summary are left out
 * @param out      the text is appended, '\n' after each line; on failure unchanged
 * @param err      filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, SP_ETOOBIG
 * @see https://learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter
 */
SP_NODISCARD sp_status sp_completion_powershell(const struct sp_program *program,
                                                struct sp_buffer *out, struct sp_error *err);

#endif
