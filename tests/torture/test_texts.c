/* tests/torture/test_texts.c - command lines, arguments, helps, tables, buffers, rings and logs
 * without memory: nothing is half done, and what is kept stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/args.h"
#include "core/cmdline.h"
#include "core/loglines.h"
#include "core/ring.h"
#include "core/table.h"
#include "core/text.h"
#include "tests/torture/torture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A buffer that holds "was" and has no room left. */
static struct sp_buffer full_buffer(void)
{
    struct sp_buffer out = {0};
    torture_pause();
    assert_int_equal(sp_buffer_reserve(&out, 1, NULL), SP_OK);
    memset(out.data, ' ', out.cap);
    memcpy(out.data, "was", 3);
    out.len = out.cap;
    torture_resume();
    return out;
}

static void assert_appended(const struct sp_buffer *out, size_t before, sp_status status)
{
    assert_memory_equal(out->data, "was", 3);
    assert_int_equal(out->len > before, status == SP_OK);
    assert_true(out->len >= before);
}

static sp_status quote(struct sp_error *err)
{
    static const char *const argv[] = {"C:\\a b\\x.exe", "a \"b\"", "", "c"};
    struct sp_buffer out = full_buffer();
    size_t before = out.len;
    sp_status status = sp_cmdline_quote(argv, COUNT(argv), &out, err);
    assert_appended(&out, before, status);
    sp_buffer_deinit(&out);
    return status;
}

static sp_status quote_batch(struct sp_error *err)
{
    static const char *const argv[] = {"C:\\a b\\x.cmd", "a b", "", "c"};
    struct sp_buffer out = full_buffer();
    size_t before = out.len;
    sp_status status = sp_cmdline_quote_batch("C:\\cmd.exe", argv, COUNT(argv), &out, err);
    assert_appended(&out, before, status);
    sp_buffer_deinit(&out);
    return status;
}

/* From nothing, so that the buffer grows more than once. */
static sp_status quote_much(struct sp_error *err)
{
    const char *argv[200];
    struct sp_buffer out = {0};
    for (size_t i = 0; i < COUNT(argv); i++)
        argv[i] = "an argument";
    sp_status status = sp_cmdline_quote(argv, COUNT(argv), &out, err);
    assert_int_equal(out.len > 0, status == SP_OK);
    sp_buffer_deinit(&out);
    return status;
}

static void a_command_line_is_whole_or_nothing(void **state)
{
    (void)state;
    torture(quote, TORTURE_FAILS);
    torture(quote_batch, TORTURE_FAILS);
    torture(quote_much, TORTURE_FAILS);
}

static const struct sp_option options[] = {{"pipe", "NAME", "The service's pipe", 'p'},
                                           {"json", NULL, "As JSON", 'j'}};
static const struct sp_verb verb = {
    .name = "attach",
    .summary = "Couple this program to a worker",
    .operands = "WORKER [-- ARGUMENT...]",
    .description = "A text that is long enough to be wrapped, since it has more than eighty "
                   "letters.\n  And a line of its own.",
    .operand_min = 1,
    .operand_max = 2,
    .takes_rest = true,
    .options = options,
    .option_count = COUNT(options),
};
static const struct sp_verb *const verbs[] = {&verb};
static const struct sp_program program = {"standpipe", "A program.", verbs, 1};

static sp_status parse_args(struct sp_error *err)
{
    static const char *const argv[] = {"--pipe", "a", "sort", "-j", "--", "x"};
    struct sp_args args = {.operand_count = 77};
    sp_status status = sp_args_parse(&program, &verb, argv, COUNT(argv), &args, err);
    if (status == SP_OK) {
        assert_string_equal(args.values[0], "a");
        sp_args_deinit(&args);
    } else {
        assert_int_equal(args.operand_count, 77);
        assert_null(args.values);
    }
    return status;
}

/* A mistake is refused in any case, and its refusal needs memory to make a guess. */
static sp_status refuse_args(struct sp_error *err)
{
    static const char *const argv[] = {"--pip", "a"};
    struct sp_args args = {.operand_count = 77};
    sp_status status = sp_args_parse(&program, &verb, argv, COUNT(argv), &args, err);
    assert_true(status == SP_EINVAL || status == SP_ENOMEM);
    assert_int_equal(args.operand_count, 77);
    return status == SP_EINVAL ? SP_OK : status;
}

static void arguments_are_read_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    torture(parse_args, TORTURE_FAILS);
    torture(refuse_args, TORTURE_FAILS);
}

static sp_status print_verb_help(struct sp_error *err)
{
    struct sp_buffer out = full_buffer();
    size_t before = out.len;
    sp_status status = sp_verb_help(&program, &verb, &out, err);
    assert_appended(&out, before, status);
    sp_buffer_deinit(&out);
    return status;
}

static sp_status print_program_help(struct sp_error *err)
{
    struct sp_buffer out = full_buffer();
    size_t before = out.len;
    sp_status status = sp_program_help(&program, &out, err);
    assert_appended(&out, before, status);
    sp_buffer_deinit(&out);
    return status;
}

static void a_help_is_whole_or_nothing(void **state)
{
    (void)state;
    torture(print_verb_help, TORTURE_FAILS);
    torture(print_program_help, TORTURE_FAILS);
}

static sp_status print_table(struct sp_error *err)
{
    static const struct sp_column columns[] = {{"NAME", false}, {"N", true}};
    struct sp_table table = sp_table_of(columns, 2);
    struct sp_buffer out = full_buffer();
    size_t before = out.len;
    for (int i = 0; i < 20; i++) {
        sp_table_add(&table, "a cell");
        sp_table_addf(&table, "%d", i);
    }
    sp_status status = sp_table_print(&table, &out, err);
    assert_appended(&out, before, status);
    sp_buffer_deinit(&out);
    sp_table_deinit(&table);
    return status;
}

static void a_table_is_whole_or_nothing(void **state)
{
    (void)state;
    torture(print_table, TORTURE_FAILS);
}

/* Each step grows the buffer. */
static sp_status fill_buffer(struct sp_error *err)
{
    static const char text[300] = "a";
    struct sp_buffer b = {0};
    sp_status status = sp_buffer_append(&b, text, sizeof text, err);
    size_t before = b.len;
    if (status == SP_OK)
        status = sp_buffer_printf(&b, err, "%0600d", 7);
    assert_true(status == SP_OK || b.len == before);
    before = b.len;
    if (status == SP_OK)
        status = sp_buffer_reserve(&b, 10000, err);
    assert_int_equal(b.len, before);
    sp_buffer_deinit(&b);
    assert_null(b.data);
    return status;
}

static sp_status copy_text(struct sp_error *err)
{
    char *copy = NULL;
    sp_status status = sp_text_copy(sp_bytes_of("a text"), &copy, err);
    assert_int_equal(copy != NULL, status == SP_OK);
    free(copy);
    return status;
}

static void a_buffer_and_a_text_stay_as_they_were(void **state)
{
    (void)state;
    torture(fill_buffer, TORTURE_FAILS);
    torture(copy_text, TORTURE_FAILS);
}

/* Appends that grow the ring while it is wrapped; one that fails leaves all that was there. */
static sp_status fill_ring(struct sp_error *err)
{
    static unsigned char data[3000];
    unsigned char copy[sizeof data];
    struct sp_ring r = {0};
    sp_ring_init(&r, 40000);
    sp_status status = SP_OK;
    for (unsigned i = 0; i < 12 && status == SP_OK; i++) {
        uint64_t head = r.head;
        memset(data, (int)i, sizeof data);
        status = sp_ring_append(&r, data, sizeof data, err);
        assert_true(r.head == head + (status == SP_OK ? sizeof data : 0));
        if (i == 1)
            sp_ring_trim(&r, 2000);
        for (uint64_t at = r.base; at < r.head; at += sizeof copy) {
            size_t len = sp_ring_copy(&r, at, copy, sizeof copy);
            assert_true(len > 0);
            for (size_t k = 0; k < len; k++)
                assert_int_equal(copy[k], (at + k) / sizeof data);
        }
    }
    sp_ring_deinit(&r);
    return status;
}

static void a_ring_loses_nothing_that_it_had(void **state)
{
    (void)state;
    torture(fill_ring, TORTURE_FAILS);
}

/* Without memory lines come in more pieces, and in these there is every byte. */
static sp_status log_lines(struct sp_error *err)
{
    static const char *const said[] = {"one ", "and ", "on", "e\ntwo", "\n", "three"};
    struct sp_loglines lines = {0};
    struct sp_buffer out = {0};
    (void)err;
    torture_pause();
    assert_int_equal(sp_buffer_reserve(&out, 4 * SP_LOGLINES_LINE_MAX, NULL), SP_OK);
    torture_resume();
    for (size_t i = 0; i < COUNT(said); i++)
        assert_int_equal(sp_loglines_add(&lines, i, i % 2 == 0 ? "s1" : "s2", SP_STDERR,
                                         sp_bytes_of(said[i]), &out),
                         strlen(said[i]));
    assert_true(sp_loglines_expire(&lines, 99, 0, &out));
    char text[2][32] = {{0}};
    const char *end = (const char *)out.data + out.len;
    for (const char *at = (const char *)out.data; at < end; at = strchr(at, '\n') + 1) {
        /* 1970-01-01T00:00:00.000Z s1 stderr+ the text */
        char *to = text[at[26] - '1'];
        const char *from = strchr(at + 28, ' ') + 1;
        strncat(to, from, (size_t)(strchr(from, '\n') - from) + (from[-2] != '+'));
    }
    assert_string_equal(text[0], "one on\n");
    assert_string_equal(text[1], "and e\ntwothree");
    sp_loglines_deinit(&lines);
    sp_buffer_deinit(&out);
    return SP_OK;
}

static void a_log_without_memory_has_every_byte_all_the_same(void **state)
{
    (void)state;
    torture(log_lines, TORTURE_COPES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_line_is_whole_or_nothing),
        cmocka_unit_test(arguments_are_read_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_help_is_whole_or_nothing),
        cmocka_unit_test(a_table_is_whole_or_nothing),
        cmocka_unit_test(a_buffer_and_a_text_stay_as_they_were),
        cmocka_unit_test(a_ring_loses_nothing_that_it_had),
        cmocka_unit_test(a_log_without_memory_has_every_byte_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
