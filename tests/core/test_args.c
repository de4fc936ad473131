/* tests/core/test_args.c - verbs, options, operands, and the help made of their tables. */
#include "core/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"

enum { OPTION_PIPE, OPTION_HOST, OPTION_JSON, OPTION_LONG, OPTION_COUNT };

static const struct sp_option options[OPTION_COUNT] = {
    [OPTION_PIPE] = {"pipe", "NAME", "The service's pipe, if it isn't standpipe.", 0},
    [OPTION_HOST] = {"host", "HOST",
                     "The machine to go to. This explanation is long enough to need a second "
                     "line, and that line begins where the first one did.",
                     'H'},
    [OPTION_JSON] = {"json", NULL, "Print JSON.", 'j'},
    [OPTION_LONG] = {"a-name-that-is-too-long-for-it", "VALUE", "On the next line.", 0},
};

static const struct sp_verb attach = {
    .name = "attach",
    .summary = "Attach to a worker.",
    .operands = "WORKER [-- ARGUMENT...]",
    .description = "Couples stdin, stdout and stderr to a worker, and ends with its exit code; "
                   "this text is long enough to be wrapped.\n\nExamples:\n"
                   "  standpipe attach sort < in.txt",
    .operand_min = 1,
    .operand_max = 1,
    .takes_rest = true,
    .options = options,
    .option_count = OPTION_COUNT,
};

static const struct sp_verb check = {
    .name = "check",
    .summary = "Check a config file.",
    .operands = "[FILE]",
    .operand_max = 1,
};

static const struct sp_verb many = {.name = "many", .summary = "All.", .operand_max = SP_ARGS_ANY};
static const struct sp_verb inner = {.name = "a-verb-of-its-own"};
static const struct sp_verb *const verbs[] = {&attach, &inner, &check, &many};

static const struct sp_program program = {
    .name = "standpipe",
    .description = "Attaches to workers.",
    .verbs = verbs,
    .verb_count = 4,
};

/* Reads a NULL-terminated list. */
static sp_status parse(const struct sp_verb *verb, const char *const *argv, struct sp_args *out,
                       struct sp_error *err)
{
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    return sp_args_parse(&program, verb, argv, count, out, err);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(const struct sp_verb *verb, const char *const *argv, const char *message)
{
    struct sp_args args = {.operand_count = 77};
    struct sp_error err = {0};
    assert_int_equal(parse(verb, argv, &args, &err), SP_EINVAL);
    assert_string_equal(err.what, message);
    assert_int_equal(args.operand_count, 77);
    assert_int_equal(parse(verb, argv, &args, NULL), SP_EINVAL);
}

static void both_forms_of_a_value_are_read(void **state)
{
    (void)state;
    struct sp_args args = {0};
    const char *const argv[] = {"--pipe", "a", "sort", "--host=b=c", NULL};
    assert_int_equal(parse(&attach, argv, &args, NULL), SP_OK);
    assert_ptr_equal(args.verb, &attach);
    assert_string_equal(args.values[OPTION_PIPE], "a");
    assert_string_equal(args.values[OPTION_HOST], "b=c");
    assert_null(args.values[OPTION_JSON]);
    assert_int_equal(args.operand_count, 1);
    assert_string_equal(args.operands[0], "sort");
    assert_int_equal(args.rest_count, 0);
    assert_false(args.help);
    sp_args_deinit(&args);
    assert_null(args.values);
}

static void a_letter_stands_for_its_option(void **state)
{
    (void)state;
    struct sp_args args = {0};
    assert_int_equal(parse(&attach, LIST("-H", "box", "-j", "-j", "sort"), &args, NULL), SP_OK);
    assert_string_equal(args.values[OPTION_HOST], "box");
    assert_string_equal(args.values[OPTION_JSON], "");
    sp_args_deinit(&args);
    assert_int_equal(parse(&attach, LIST("-H", "-x", "sort"), &args, NULL), SP_OK);
    assert_string_equal(args.values[OPTION_HOST], "-x");
    sp_args_deinit(&args);
}

static void what_follows_the_dashes_is_kept_as_it_is(void **state)
{
    (void)state;
    struct sp_args args = {0};
    const char *const argv[] = {"sort", "--", "--json", "--", "-h", "", NULL};
    assert_int_equal(parse(&attach, argv, &args, NULL), SP_OK);
    assert_int_equal(args.operand_count, 1);
    assert_int_equal(args.rest_count, 4);
    assert_string_equal(args.rest[0], "--json");
    assert_string_equal(args.rest[1], "--");
    assert_string_equal(args.rest[2], "-h");
    assert_string_equal(args.rest[3], "");
    assert_null(args.values[OPTION_JSON]);
    sp_args_deinit(&args);
}

static void without_a_rest_dashes_only_end_the_options(void **state)
{
    (void)state;
    struct sp_args args = {0};
    assert_int_equal(parse(&check, LIST("--", "--odd.yaml"), &args, NULL), SP_OK);
    assert_int_equal(args.operand_count, 1);
    assert_string_equal(args.operands[0], "--odd.yaml");
    assert_int_equal(args.rest_count, 0);
    sp_args_deinit(&args);
    assert_refused(&check, LIST("--", "a", "-b"),
                   "-b is one too many. Usage: standpipe check [FILE]");
}

static void a_lone_dash_and_an_empty_text_are_operands(void **state)
{
    (void)state;
    struct sp_args args = {0};
    assert_int_equal(parse(&many, LIST("-", "", "a"), &args, NULL), SP_OK);
    assert_int_equal(args.operand_count, 3);
    sp_args_deinit(&args);
    assert_int_equal(sp_args_parse(&program, &many, NULL, 0, &args, NULL), SP_OK);
    assert_int_equal(args.operand_count, 0);
    sp_args_deinit(&args);
}

static void help_is_there_for_every_verb_and_checks_nothing_else(void **state)
{
    (void)state;
    struct sp_args args = {0};
    assert_int_equal(parse(&attach, LIST("/?"), &args, NULL), SP_OK);
    assert_true(args.help);
    sp_args_deinit(&args);
    assert_int_equal(parse(&attach, LIST("echo", "--", "/?"), &args, NULL), SP_OK);
    assert_false(args.help);
    sp_args_deinit(&args);
    assert_int_equal(parse(&attach, LIST("--help", "--nonsense"), &args, NULL), SP_OK);
    assert_true(args.help);
    sp_args_deinit(&args);
    assert_int_equal(parse(&check, LIST("a", "-h"), &args, NULL), SP_OK);
    assert_true(args.help);
    sp_args_deinit(&args);
}

static void an_unknown_option_is_named_with_the_nearest_one(void **state)
{
    (void)state;
    assert_refused(&attach, LIST("sort", "--pip=x"), "unknown option --pip: did you mean --pipe?");
    assert_refused(&attach, LIST("-pipe", "x"), "unknown option -pipe: did you mean --pipe?");
    assert_refused(&check, LIST("--hlep"), "unknown option --hlep: did you mean --help?");
    assert_refused(&check, LIST("-q"), "unknown option -q. See: standpipe check --help");
    assert_refused(&attach, LIST("sort", "--reverse"),
                   "unknown option --reverse; what is not for standpipe goes behind --. "
                   "See: standpipe attach --help");
    assert_refused(&attach, LIST("--=x"),
                   "unknown option --; what is not for standpipe goes behind --. "
                   "See: standpipe attach --help");
}

static void a_value_that_is_missing_is_asked_for(void **state)
{
    (void)state;
    assert_refused(&attach, LIST("sort", "--pipe"), "--pipe needs a value: --pipe NAME");
    assert_refused(&attach, LIST("--pipe=", "sort"), "--pipe needs a value: --pipe NAME");
    assert_refused(&attach, LIST("--pipe", "", "sort"), "--pipe needs a value: --pipe NAME");
    assert_refused(&attach, LIST("sort", "--pipe", "--json"),
                   "--pipe needs a value, and --json looks like an option: write --pipe=NAME");
    assert_refused(&attach, LIST("sort", "-H"), "--host needs a value: --host HOST");
}

static void a_value_that_is_too_much_is_refused(void **state)
{
    (void)state;
    assert_refused(&attach, LIST("sort", "--json=yes"), "--json takes no value");
    assert_refused(&attach, LIST("sort", "--host", "a", "-H", "b"),
                   "--host is given twice: give one HOST");
}

static void too_few_and_too_many_operands_are_refused(void **state)
{
    (void)state;
    assert_refused(&attach, LIST("--json"),
                   "WORKER is missing. Usage: standpipe attach WORKER [-- ARGUMENT...]");
    assert_refused(&attach, LIST("--", "sort"),
                   "WORKER is missing. Usage: standpipe attach WORKER [-- ARGUMENT...]");
    assert_refused(&attach, LIST("sort", "/R"),
                   "/R is one too many: arguments to pass on go behind --. "
                   "Usage: standpipe attach WORKER [-- ARGUMENT...]");
    assert_refused(&check, LIST("a", "b"), "b is one too many. Usage: standpipe check [FILE]");
}

static void a_verb_is_found_or_guessed(void **state)
{
    (void)state;
    const struct sp_verb *verb = NULL;
    struct sp_error err = {0};
    assert_int_equal(sp_verb_find(&program, "check", &verb, NULL), SP_OK);
    assert_ptr_equal(verb, &check);
    assert_int_equal(sp_verb_find(&program, "atach", &verb, &err), SP_EINVAL);
    assert_string_equal(err.what, "atach is no verb: did you mean attach? See: standpipe help");
    assert_int_equal(sp_verb_find(&program, "frobnicate", &verb, &err), SP_EINVAL);
    assert_string_equal(err.what, "frobnicate is no verb. See: standpipe help");
    assert_int_equal(sp_verb_find(&program, "--pipe", &verb, &err), SP_EINVAL);
    assert_string_equal(err.what, "--pipe stands where a verb belongs: options go behind it. "
                                  "See: standpipe help");
    assert_int_equal(sp_verb_find(&program, NULL, &verb, &err), SP_EINVAL);
    assert_string_equal(err.what, "which verb? See: standpipe help");
    assert_ptr_equal(verb, &check);
}

static void a_verb_without_a_summary_is_found_and_never_suggested(void **state)
{
    (void)state;
    const struct sp_verb *verb = NULL;
    struct sp_error err = {0};
    assert_int_equal(sp_verb_find(&program, "a-verb-of-its-own", &verb, &err), SP_OK);
    assert_ptr_equal(verb, &inner);
    assert_int_equal(sp_verb_find(&program, "a-verb-of-its-ow", &verb, &err), SP_EINVAL);
    assert_null(strstr(err.what, "did you mean"));
}

static void a_verbs_help_is_made_of_its_tables(void **state)
{
    (void)state;
    struct sp_buffer out = {0};
    assert_int_equal(sp_verb_help(&program, &attach, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    assert_string_equal(
        (char *)out.data,
        "Usage: standpipe attach [OPTIONS] WORKER [-- ARGUMENT...]\n"
        "\n"
        "Couples stdin, stdout and stderr to a worker, and ends with its exit code; this\n"
        "text is long enough to be wrapped.\n"
        "\n"
        "Examples:\n"
        "  standpipe attach sort < in.txt\n"
        "\n"
        "Options:\n"
        "      --pipe NAME  The service's pipe, if it isn't standpipe.\n"
        "  -H, --host HOST  The machine to go to. This explanation is long enough to\n"
        "                   need a second line, and that line begins where the first one\n"
        "                   did.\n"
        "  -j, --json       Print JSON.\n"
        "      --a-name-that-is-too-long-for-it VALUE\n"
        "                   On the next line.\n"
        "  -h, --help       Show this help.\n");
    sp_buffer_deinit(&out);
}

static void a_programs_help_lists_its_verbs(void **state)
{
    (void)state;
    struct sp_buffer out = {0};
    assert_int_equal(sp_program_help(&program, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    assert_string_equal((char *)out.data, "Usage: standpipe VERB [OPTIONS] ...\n"
                                          "\n"
                                          "Attaches to workers.\n"
                                          "\n"
                                          "Verbs:\n"
                                          "  attach  Attach to a worker.\n"
                                          "  check   Check a config file.\n"
                                          "  many    All.\n"
                                          "\n"
                                          "standpipe VERB --help tells more of a verb.\n");
    sp_buffer_deinit(&out);
}

static void no_line_of_a_help_is_wider_than_a_console(void **state)
{
    (void)state;
    char words[2000] = "";
    static const char *const parts[] = {"four ", "é日本 ", "x "};
    for (size_t i = 0, len = 0; i < 200; i++)
        len += (size_t)snprintf(words + len, sizeof words - len, "%s", parts[i % 3]);
    const struct sp_option option = {"option", "VALUE", words, 'o'};
    const struct sp_verb verb = {
        .name = "v", .description = words, .options = &option, .option_count = 1};
    struct sp_buffer out = {0};
    assert_int_equal(sp_verb_help(&program, &verb, &out, NULL), SP_OK);
    const char *line = (const char *)out.data;
    const char *end = line + out.len;
    size_t widest = 0;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        assert_non_null(newline);
        size_t width = sp_text_width((struct sp_bytes){line, (size_t)(newline - line)});
        assert_true(newline == line || newline[-1] != ' ');
        widest = width > widest ? width : widest;
        line = newline + 1;
    }
    assert_in_range(widest, 75, 80);
    sp_buffer_deinit(&out);
}

static void a_help_that_does_not_fit_leaves_the_buffer_unchanged(void **state)
{
    (void)state;
    struct sp_buffer out = {.max = 300};
    assert_int_equal(sp_buffer_append(&out, "abc", 3, NULL), SP_OK);
    assert_int_equal(sp_verb_help(&program, &attach, &out, NULL), SP_ETOOBIG);
    assert_int_equal(out.len, 3);
    out.max = 100;
    assert_int_equal(sp_program_help(&program, &out, NULL), SP_ETOOBIG);
    assert_int_equal(out.len, 3);
    sp_buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_of_a_value_are_read),
        cmocka_unit_test(a_letter_stands_for_its_option),
        cmocka_unit_test(what_follows_the_dashes_is_kept_as_it_is),
        cmocka_unit_test(without_a_rest_dashes_only_end_the_options),
        cmocka_unit_test(a_lone_dash_and_an_empty_text_are_operands),
        cmocka_unit_test(help_is_there_for_every_verb_and_checks_nothing_else),
        cmocka_unit_test(an_unknown_option_is_named_with_the_nearest_one),
        cmocka_unit_test(a_value_that_is_missing_is_asked_for),
        cmocka_unit_test(a_value_that_is_too_much_is_refused),
        cmocka_unit_test(too_few_and_too_many_operands_are_refused),
        cmocka_unit_test(a_verb_is_found_or_guessed),
        cmocka_unit_test(a_verb_without_a_summary_is_found_and_never_suggested),
        cmocka_unit_test(a_verbs_help_is_made_of_its_tables),
        cmocka_unit_test(a_programs_help_lists_its_verbs),
        cmocka_unit_test(no_line_of_a_help_is_wider_than_a_console),
        cmocka_unit_test(a_help_that_does_not_fit_leaves_the_buffer_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
