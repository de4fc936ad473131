/* core/cmdline.c - a Windows command line from an argv array. */
#include "core/cmdline.h"

#include <string.h>

#include "core/text.h"

/* A command line that is being written behind what the buffer held before. */
struct line {
    struct sp_buffer *out;
    size_t start; /* where it begins: what fails is taken back */
    size_t units; /* UTF-16 units so far */
};

static size_t utf16_units(const char *text, size_t len)
{
    size_t units = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xC0) != 0x80)
            units += byte >= 0xF0 ? 2 : 1; /* beyond U+FFFF: a surrogate pair */
    }
    return units;
}

/* All writing goes through here: the ceiling is met before memory is taken for what is too long. */
static sp_status put(struct line *line, const char *text, size_t len, struct sp_error *err)
{
    size_t units = utf16_units(text, len);
    if (units > SP_CMDLINE_MAX - 1 - line->units)
        return sp_fail(err, SP_ETOOBIG, 0,
                       "the command line is longer than the %d characters Windows allows: "
                       "pass what is long through stdin or a file",
                       SP_CMDLINE_MAX - 1);
    sp_status status = sp_buffer_append(line->out, text, len, err);
    if (status == SP_OK)
        line->units += units;
    return status;
}

static sp_status put_text(struct line *line, const char *text, struct sp_error *err)
{
    return put(line, text, strlen(text), err);
}

static sp_status put_in_quotes(struct line *line, const char *text, struct sp_error *err)
{
    sp_status status = put_text(line, "\"", err);
    if (status == SP_OK)
        status = put_text(line, text, err);
    return status == SP_OK ? put_text(line, "\"", err) : status;
}

static struct line line_open(struct sp_buffer *out)
{
    return (struct line){.out = out, .start = out->len};
}

/* Ends the line with its NUL, or takes it back. */
static sp_status line_close(struct line *line, sp_status status, struct sp_error *err)
{
    if (status == SP_OK)
        status = sp_buffer_append(line->out, "", 1, err);
    if (status != SP_OK)
        line->out->len = line->start;
    return status;
}

static bool has_blank(const char *text)
{
    for (; *text != 0; text++) {
        if ((unsigned char)*text <= ' ')
            return true;
    }
    return false;
}

/* Wildcards need no quotes by the rules, but start-up code that expands them (MinGW's, setargv.obj)
 * leaves alone what is quoted. */
static bool needs_quotes(const char *arg)
{
    return *arg == 0 || has_blank(arg) || strpbrk(arg, "\"*?") != NULL;
}

/* Backslashes are ordinary except in front of a quotation mark, ours at the end included: there
 * each one is doubled. */
static sp_status put_escaped(struct line *line, const char *arg, struct sp_error *err)
{
    sp_status status = put_text(line, "\"", err);
    while (status == SP_OK && *arg != 0) {
        size_t slashes = strspn(arg, "\\");
        size_t plain = strcspn(arg + slashes, "\\\"");
        status = put(line, arg, slashes, err);
        if (status == SP_OK && plain == 0)
            status = put(line, arg, slashes, err);
        if (status == SP_OK)
            status = put(line, arg + slashes, plain, err);
        arg += slashes + plain;
        if (status == SP_OK && plain == 0 && *arg == '"') {
            status = put_text(line, "\\\"", err);
            arg++;
        }
    }
    return status == SP_OK ? put_text(line, "\"", err) : status;
}

/* The program's name has rules of its own: no escapes, a quotation mark only around it. */
static sp_status put_program(struct line *line, const char *program, struct sp_error *err)
{
    if (strchr(program, '"') != NULL)
        return sp_fail(err, SP_EINVAL, 0,
                       "the program's name can't hold a quotation mark: %s (each argument is an "
                       "element of its own, without quotes)",
                       program);
    if (*program == 0 || has_blank(program))
        return put_in_quotes(line, program, err);
    return put_text(line, program, err);
}

static sp_status check_count(const char *const *argv, size_t count, struct sp_error *err)
{
    if (count == 0 || argv[0] == NULL)
        return sp_fail(err, SP_EINVAL, 0, "a command line needs a program's name");
    return SP_OK;
}

sp_status sp_cmdline_quote(const char *const *argv, size_t count, struct sp_buffer *out,
                           struct sp_error *err)
{
    struct line line = line_open(out);
    sp_status status = check_count(argv, count, err);
    if (status == SP_OK)
        status = put_program(&line, argv[0], err);
    for (size_t i = 1; i < count && status == SP_OK; i++) {
        status = put_text(&line, " ", err);
        if (status == SP_OK)
            status = needs_quotes(argv[i]) ? put_escaped(&line, argv[i], err)
                                           : put_text(&line, argv[i], err);
        if (status != SP_OK)
            sp_error_prefix(err, "argument %zu: ", i);
    }
    return line_close(&line, status, err);
}

bool sp_cmdline_is_batch(const char *program)
{
    size_t len = strlen(program);
    while (len > 0 && (program[len - 1] == '.' || program[len - 1] == ' '))
        len--;
    if (len < 4)
        return false;
    const char *extension = program + len - 4;
    return sp_text_begins(extension, ".bat") || sp_text_begins(extension, ".cmd");
}

/* Refuses a text that holds a control character or one of those that cmd.exe would interpret. */
static sp_status check_for_cmd(const char *text, const char *refused, struct sp_error *err)
{
    for (const char *p = text; *p != 0; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < ' ' || c == 0x7F)
            return sp_fail(err, SP_EINVAL, 0,
                           "a batch file can't be given the control character 0x%02X", c);
        if (strchr(refused, c) != NULL)
            return sp_fail(err, SP_EINVAL, 0,
                           "a batch file can't be given a %c: cmd.exe would interpret it; "
                           "start the program itself instead of a .bat or .cmd",
                           c);
    }
    return SP_OK;
}

/* To a batch file comma, semicolon and equals sign separate arguments as blanks do. */
static sp_status put_batch_argument(struct line *line, const char *arg, struct sp_error *err)
{
    sp_status status = check_for_cmd(arg, "\"%!^&|<>()", err);
    if (status != SP_OK)
        return status;
    bool quotes = *arg == 0 || strpbrk(arg, " ,;=*?") != NULL;
    if (!quotes)
        return put_text(line, arg, err);
    if (arg[strlen(arg) - (*arg != 0)] == '\\')
        return sp_fail(err, SP_EINVAL, 0,
                       "a batch file can't be given an argument that needs quotes and ends in a "
                       "backslash: %s; leave the last backslash out",
                       arg);
    return put_in_quotes(line, arg, err);
}

static sp_status put_batch_head(struct line *line, const char *cmd_exe, const char *file,
                                struct sp_error *err)
{
    sp_status status = put_in_quotes(line, cmd_exe, err);
    if (status == SP_OK)
        status = put_text(line, " /d /e:on /v:off /c \"", err);
    return status == SP_OK ? put_in_quotes(line, file, err) : status;
}

sp_status sp_cmdline_quote_batch(const char *cmd_exe, const char *const *argv, size_t count,
                                 struct sp_buffer *out, struct sp_error *err)
{
    struct line line = line_open(out);
    sp_status status = check_count(argv, count, err);
    if (status == SP_OK && strchr(cmd_exe, '"') != NULL)
        status = sp_fail(err, SP_EINVAL, 0, "the path of cmd.exe holds a quotation mark");
    if (status == SP_OK) {
        status = check_for_cmd(argv[0], "\"%", err);
        if (status == SP_OK)
            status = put_batch_head(&line, cmd_exe, argv[0], err);
        if (status != SP_OK)
            sp_error_prefix(err, "%s: ", argv[0]);
    }
    for (size_t i = 1; i < count && status == SP_OK; i++) {
        status = put_text(&line, " ", err);
        if (status == SP_OK)
            status = put_batch_argument(&line, argv[i], err);
        if (status != SP_OK)
            sp_error_prefix(err, "argument %zu: ", i);
    }
    if (status == SP_OK)
        status = put_text(&line, "\"", err); /* closes the one behind /c */
    return line_close(&line, status, err);
}
