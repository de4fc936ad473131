/* tests/fuzz/fuzz_cmdline.c - arguments of clients and of config files on their way to a program: a
 * command line either gives exactly them back, or is refused; one for cmd.exe never holds what
 * cmd.exe would interpret.
 *
 * Input: a byte that, in a rare input, makes the last argument nearly as long as a line may be;
 * texts with a NUL between them, the first one is the program. */
#include <stdlib.h>
#include <string.h>

#include "core/cmdline.h"
#include "tests/command_line.h"
#include "tests/fuzz/fuzz.h"

enum { ARGS_MAX = 40 };

static struct command_line parsed;

static size_t utf16_units(const char *text)
{
    size_t len = strlen(text), units = 0;
    uint32_t code = 0;
    for (size_t at = 0, size = 0; at < len; at += size) {
        size = fuzz_decode((const uint8_t *)text + at, len - at, &code);
        FUZZ_CHECK(size > 0);
        units += code > 0xFFFF ? 2 : 1;
    }
    return units;
}

/* What the arguments come to when each of their letters needs a backslash. */
static size_t most_units(const struct fuzz_argv *argv)
{
    size_t units = 0;
    for (size_t i = 0; i < argv->count; i++)
        units += 3 + 2 * strlen(argv->texts[i]);
    return units;
}

static void check_refusal(const struct fuzz_argv *argv, const struct sp_buffer *line,
                          sp_status status, const struct sp_error *err)
{
    FUZZ_CHECK(status == SP_EINVAL || status == SP_ETOOBIG);
    FUZZ_CHECK(status != SP_ETOOBIG || most_units(argv) + 64 > SP_CMDLINE_MAX);
    FUZZ_CHECK(line->len == 3 && memcmp(line->data, "was", 3) == 0);
    fuzz_check_error(err, status);
}

/* The line behind what the buffer held before, which has not changed. */
static const char *line_of(const struct sp_buffer *line, bool is_utf8)
{
    FUZZ_CHECK(line->len > 4 && memcmp(line->data, "was", 3) == 0);
    const char *text = (const char *)line->data + 3;
    FUZZ_CHECK(strlen(text) + 1 == line->len - 3);
    FUZZ_CHECK(!is_utf8 || utf16_units(text) < SP_CMDLINE_MAX);
    return text;
}

static void quote(const struct fuzz_argv *argv, struct sp_buffer *line)
{
    struct sp_error err = {0};
    sp_status status = sp_cmdline_quote(fuzz_argv_of(argv), argv->count, line, &err);
    if (status != SP_OK) {
        FUZZ_CHECK(status != SP_EINVAL || strchr(argv->texts[0], '"') != NULL);
        check_refusal(argv, line, status, &err);
        return;
    }
    const char *text = line_of(line, fuzz_argv_is_utf8(argv));
    for (int newer = 0; newer < 2; newer++) {
        command_line_parse(&parsed, text, newer == 1);
        FUZZ_CHECK(!parsed.full && parsed.count == argv->count);
        for (size_t i = 0; i < argv->count; i++)
            FUZZ_CHECK(strcmp(parsed.argv[i], argv->texts[i]) == 0);
    }
}

/* One word as a batch file gets it: in quotes, or up to what separates arguments there. Every one
 * of its bytes must mean only itself to cmd.exe. */
static const char *check_word(const char *at, const char *expected, const char *refused)
{
    bool quoted = *at == '"';
    at += quoted;
    size_t len = quoted ? strcspn(at, "\"") : strcspn(at, " \t,;=\"");
    FUZZ_CHECK(len == strlen(expected) && memcmp(at, expected, len) == 0);
    for (size_t i = 0; i < len; i++) {
        FUZZ_CHECK((unsigned char)at[i] >= ' ' && at[i] != 0x7F);
        FUZZ_CHECK(strchr(refused, at[i]) == NULL);
    }
    FUZZ_CHECK(!quoted || at[len] == '"');
    return at + len + quoted;
}

static void quote_batch(const struct fuzz_argv *argv, struct sp_buffer *line)
{
    static const char head[] = "\"C:\\Windows\\System32\\cmd.exe\" /d /e:on /v:off /c \"";
    struct sp_error err = {0};
    sp_status status = sp_cmdline_quote_batch("C:\\Windows\\System32\\cmd.exe", fuzz_argv_of(argv),
                                              argv->count, line, &err);
    if (status != SP_OK) {
        check_refusal(argv, line, status, &err);
        return;
    }
    const char *at = line_of(line, fuzz_argv_is_utf8(argv));
    FUZZ_CHECK(strncmp(at, head, sizeof head - 1) == 0);
    at += sizeof head - 1;
    FUZZ_CHECK(*at == '"');
    at = check_word(at, argv->texts[0], "\"%");
    for (size_t i = 1; i < argv->count; i++) {
        const char *arg = argv->texts[i];
        FUZZ_CHECK(*at++ == ' ');
        /* A backslash in front of a quotation mark is one thing to cmd.exe and another to the
         * program that the batch file calls. */
        FUZZ_CHECK(*at != '"' || *arg == 0 || arg[strlen(arg) - 1] != '\\');
        at = check_word(at, arg, "\"%!^&|<>()");
    }
    FUZZ_CHECK(strcmp(at, "\"") == 0);
}

static void check_is_batch(const char *program)
{
    static const char *const names[] = {".bat", ".cmd"};
    size_t len = strlen(program);
    while (len > 0 && strchr(". ", program[len - 1]) != NULL)
        len--;
    bool is_batch = false;
    for (size_t i = 0; i < 2 && len >= 4; i++) {
        bool same = true;
        for (size_t k = 0; k < 4; k++) {
            char c = program[len - 4 + k];
            same = same && (c == names[i][k] || (k > 0 && c == names[i][k] - 'a' + 'A'));
        }
        is_batch = is_batch || same;
    }
    FUZZ_CHECK(sp_cmdline_is_batch(program) == is_batch);
}

/* Makes the last argument so long that the line is near its ceiling. */
static void lengthen(struct fuzz_argv *argv, size_t by)
{
    char **last = &argv->texts[argv->count - 1];
    size_t len = strlen(*last);
    char *longer = fuzz_alloc(len + by + 1);
    memset(longer, 'a', by);
    memcpy(longer + by, *last, len + 1);
    free(*last);
    *last = longer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint8_t long_one = fuzz_byte(&in);
    bool is_long = long_one >= 0x80 && fuzz_is_rare(&in);
    struct fuzz_argv argv = fuzz_argv(&in, ARGS_MAX);
    if (is_long)
        lengthen(&argv, SP_CMDLINE_MAX - 40u * (long_one & 3u));
    struct sp_buffer line = {0};
    FUZZ_CHECK(sp_buffer_append(&line, "was", 3, NULL) == SP_OK);
    quote(&argv, &line);
    line.len = 3;
    quote_batch(&argv, &line);
    check_is_batch(argv.texts[0]);
    sp_buffer_deinit(&line);
    fuzz_argv_free(&argv);
    return 0;
}
