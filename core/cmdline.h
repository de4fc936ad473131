/* core/cmdline.h - a Windows command line from an argv array, such that the program gets back
 * exactly that array. UTF-8. Any thread. */
#ifndef SP_CMDLINE_H
#define SP_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buffer.h"
#include "core/error.h"

/** The longest command line CreateProcess takes, in UTF-16 units with its NUL. */
enum { SP_CMDLINE_MAX = 32767 };

/**
 * Quotes an argv array by the rules of the Microsoft C runtime and CommandLineToArgvW.
 *
 * @param argv   count strings, UTF-8, none NULL; argv[0] is the program: it can't hold a '"'
 * @param count  at least 1
 * @param out    the command line is appended, with its NUL counted in len; on failure unchanged
 * @param err    filled on failure, naming the argument by its number; may be NULL
 * @return SP_OK, SP_EINVAL (a '"' in argv[0], no argv[0]), SP_ETOOBIG, SP_ENOMEM
 * @see https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
 */
SP_NODISCARD sp_status sp_cmdline_quote(const char *const *argv, size_t count,
                                        struct sp_buffer *out, struct sp_error *err);

/** Whether a program is a batch file (.bat, .cmd in any case, trailing dots and spaces ignored as
 *  Windows ignores them) and so is run by cmd.exe, which reads its arguments in its own way. */
bool sp_cmdline_is_batch(const char *program);

/**
 * The command line that runs a batch file: `"cmd.exe" /d /e:on /v:off /c ""file" arg arg"`. cmd.exe
 * interprets much of what an argument may hold even inside quotes, and there is no way to quote
 * that holds in every batch file, so what it would interpret is refused and never "escaped". The
 * batch file's own path comes from whoever owns the machine and stands in quotes: there only what
 * quotes don't hold (`" %` and control characters) is refused, so that `Program Files (x86)` works.
 *
 * @param cmd_exe  full path of cmd.exe
 * @param argv     argv[0] is the batch file
 * @param count    at least 1
 * @param out      as in sp_cmdline_quote()
 * @param err      filled on failure, naming the argument and the character; may be NULL
 * @return SP_OK, SP_EINVAL (an argument cmd.exe would interpret: one of `" % ! ^ & | < > ( )`, a
 *         line break or another control character; or one that needs quotes and ends in a
 *         backslash, which the batch file and a program it calls read differently), SP_ETOOBIG,
 *         SP_ENOMEM
 */
SP_NODISCARD sp_status sp_cmdline_quote_batch(const char *cmd_exe, const char *const *argv,
                                              size_t count, struct sp_buffer *out,
                                              struct sp_error *err);

#endif
