/* tests/core/test_args_completion.c - the script that completes a command line. */
#include "core/args_completion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sp_option options[] = {{"pipe", "NAME", "The service's pipe", 0},
                                           {"host", "HOST", "Where it's running", 'H'}};
static const struct sp_verb attach = {.name = "attach",
                                      .summary = "Attach to somebody's worker",
                                      .operands = "WORKER [-- ARGUMENT...]",
                                      .options = options,
                                      .option_count = 2};
static const struct sp_verb version = {.name = "version", .summary = "Print it"};
static const struct sp_verb secret = {.name = "inner"};
static const struct sp_verb *const verbs[] = {&attach, &version, &secret};
static const struct sp_program program = {.name = "tool", .verbs = verbs, .verb_count = 3};

static char *script(void)
{
    struct sp_buffer text = {0};
    assert_int_equal(sp_completion_powershell(&program, &text, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&text, "", 1, NULL), SP_OK);
    return (char *)text.data;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void every_verb_and_option_is_there_with_its_words(void **state)
{
    (void)state;
    char *text = script();
    assert_has(text, "-CommandName tool ");
    assert_has(text, "'attach' = @{ Help = 'Attach to somebody''s worker'; Worker = $true; Options "
                     "= [ordered]@{ '--pipe' = 'The service''s pipe'; '--host' = 'Where it''s "
                     "running'; '-H' = 'Where it''s running'; '--help' = ");
    assert_has(text, "'version' = @{ Help = 'Print it'; Worker = $false; Options = [ordered]@{ "
                     "'--help' = ");
    assert_has(text, "& tool ps --json");
    free(text);
}

static void what_is_not_listed_is_not_offered(void **state)
{
    (void)state;
    char *text = script();
    assert_null(strstr(text, "inner"));
    free(text);
}

static void its_quotes_and_braces_are_closed(void **state)
{
    (void)state;
    char *text = script();
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t quotes = 0, len = strcspn(line, "\n");
        for (size_t i = 0; i < len; i++)
            quotes += line[i] == '\'';
        assert_int_equal(quotes % 2, 0);
    }
    int depth = 0;
    for (const char *p = text; *p != '\0'; p++) {
        depth += (*p == '{') - (*p == '}');
        assert_true(depth >= 0);
    }
    assert_int_equal(depth, 0);
    free(text);
}

static void without_room_nothing_is_appended(void **state)
{
    (void)state;
    struct sp_buffer text = {.max = 300};
    assert_int_equal(sp_completion_powershell(&program, &text, NULL), SP_ETOOBIG);
    assert_int_equal(text.len, 0);
    sp_buffer_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_and_option_is_there_with_its_words),
        cmocka_unit_test(what_is_not_listed_is_not_offered),
        cmocka_unit_test(its_quotes_and_braces_are_closed),
        cmocka_unit_test(without_room_nothing_is_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
