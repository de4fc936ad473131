/* tests/core/test_config_schema.c - the reference and the first config file hold every key. */
#include "core/config_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"

static const struct sp_schema *const schemas[] = {&sp_schema_file, &sp_schema_worker};

/* All keys, each with the section inside another one that it stands in, or NULL. */
struct place {
    bool of_a_worker;
    const struct sp_schema *schema;
    const struct sp_schema_key *section;
    const struct sp_schema_key *key;
};

static struct place all_keys[96];
static size_t all_count;

static int list_all_keys(void **state)
{
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < schemas[s]->key_count; i++) {
            const struct sp_schema_key *key = &schemas[s]->keys[i];
            const struct sp_schema *inner = key->section;
            all_keys[all_count++] = (struct place){s == 1, schemas[s], NULL, key};
            for (size_t k = 0; inner != NULL && k < inner->key_count; k++)
                all_keys[all_count++] = (struct place){s == 1, inner, key, &inner->keys[k]};
        }
    }
    return 0;
}

static char *reference(void)
{
    struct sp_buffer out = {0};
    assert_int_equal(sp_config_reference(&out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    return (char *)out.data;
}

static void the_reference_has_a_line_for_each_key(void **state)
{
    (void)state;
    char *text = reference();
    const char *at = text;
    for (size_t i = 0; i < all_count; i++) {
        const struct place *p = &all_keys[i];
        char head[64];
        snprintf(head, sizeof head, "## %s\n", p->schema->title);
        if (p->key == p->schema->keys && p->section == NULL)
            at = strstr(at, head);
        assert_non_null(at);
        snprintf(head, sizeof head, "\n| `%s%s%s` | ", p->section == NULL ? "" : p->section->name,
                 p->section == NULL ? "" : ".", p->key->name);
        at = strstr(at, head);
        assert_non_null(at);
        const char *help = strstr(at, p->key->help);
        assert_non_null(help);
        assert_true(help < strchr(at + 1, '\n'));
    }
    free(text);
}

/* What is read wrong by Markdown is found here: each line of a table has its four cells. */
static void each_line_of_the_reference_has_four_cells(void **state)
{
    (void)state;
    char *text = reference();
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t bars = 0;
        for (const char *p = line; *p != 0; p++)
            bars += *p == '|';
        assert_int_equal(bars, *line == '|' ? 5 : 0);
    }
    free(text);
}

static void each_key_says_all_that_the_reference_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < all_count; i++) {
        const struct sp_schema_key *key = all_keys[i].key;
        bool range = key->type == SP_SCHEMA_NUMBER || key->type == SP_SCHEMA_DURATION ||
                     key->type == SP_SCHEMA_SIZE;
        bool choice = key->type == SP_SCHEMA_FLAG || key->type == SP_SCHEMA_CHOICE ||
                      key->type == SP_SCHEMA_RUN_AS;
        assert_true((key->value == NULL) != (key->without == NULL));
        assert_non_null(key->help);
        assert_non_null(key->example);
        assert_int_equal(range, key->min != NULL && key->max != NULL);
        assert_int_equal(choice, key->words[0] != NULL);
        assert_int_equal(key->type == SP_SCHEMA_SECTION, key->section != NULL);
        assert_null(key->words[SP_SCHEMA_WORDS_MAX - 1]);
        assert_ptr_equal(sp_schema_find(all_keys[i].schema, key->name), key);
    }
    assert_null(sp_schema_find(&sp_schema_file, "command"));
}

static void parse(const char *text, struct sp_config *config)
{
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    sp_status status = sp_config_parse("t.yaml", sp_bytes_of(text), config, &problems, &err);
    if (status != SP_OK)
        print_error("%s\n%s\n", err.what, text);
    assert_int_equal(status, SP_OK);
    sp_config_problems_deinit(&problems);
}

/* Whether a key is only for shared workers, though its values may be right for all of them. */
static bool is_for_shared_workers(const char *name)
{
    return strcmp(name, "autostart") == 0 || strcmp(name, "slow") == 0 ||
           strcmp(name, "history") == 0;
}

/* A key in a file that has nothing else. */
static void parse_key(const struct place *p, const char *value)
{
    char text[512], pair[256];
    struct sp_config config = {0};
    bool program = p->key->type == SP_SCHEMA_COMMAND || p->key->type == SP_SCHEMA_PIPELINE;
    if (p->section == NULL)
        snprintf(pair, sizeof pair, "%s: %s", p->key->name, value);
    else
        snprintf(pair, sizeof pair, "%s: {%s: %s}", p->section->name, p->key->name, value);
    if (!p->of_a_worker)
        snprintf(text, sizeof text, "%s\n", pair);
    else
        snprintf(text, sizeof text, "workers:\n  w:\n    %s\n%s%s", pair,
                 program ? "" : "    command: [x]\n",
                 is_for_shared_workers(p->key->name) ? "    mode: shared\n" : "");
    parse(text, &config);
    sp_config_deinit(&config);
}

/* The examples stand in messages as what would be right. */
static void every_example_default_and_limit_is_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < all_count; i++) {
        const struct sp_schema_key *key = all_keys[i].key;
        const char *const values[] = {key->example, key->value, key->min, key->max};
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            if (values[v] != NULL)
                parse_key(&all_keys[i], values[v]);
        }
        for (size_t w = 0; key->words[w] != NULL; w++)
            parse_key(&all_keys[i], key->words[w]);
    }
}

static char *first_config(void)
{
    struct sp_buffer text = {0};
    assert_int_equal(sp_config_template(&text, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&text, "", 1, NULL), SP_OK);
    return (char *)text.data;
}

static void the_first_config_has_no_problem_and_no_worker(void **state)
{
    (void)state;
    struct sp_config config = {0};
    char *template = first_config();
    parse(template, &config);
    free(template);
    assert_int_equal(config.worker_count, 0);
    sp_config_deinit(&config);
}

/* The first config with its settings switched on: lines that begin with '#' and no space or two. */
static char *switched_on(void)
{
    char *template = first_config();
    char *text = calloc(1, strlen(template) + 1);
    assert_non_null(text);
    char *out = text;
    for (const char *line = template; *line != 0; line += strcspn(line, "\n") + 1) {
        bool on = line[0] == '#' && line[1] != '\n' && (line[1] != ' ' || line[2] == ' ');
        size_t len = strcspn(line, "\n") + 1 - on;
        memcpy(out, line + on, len);
        out += len;
    }
    free(template);
    return text;
}

static void the_settings_of_the_first_config_are_right_when_switched_on(void **state)
{
    (void)state;
    struct sp_config config = {0};
    char *text = switched_on();
    parse(text, &config);
    assert_int_equal(config.worker_count, 4);
    assert_string_equal(config.workers[0].name, "sort");
    assert_string_equal(config.workers[1].folder, "C:\\data");
    assert_int_equal(config.workers[1].env_count, 2);
    assert_int_equal(config.workers[2].mode, SP_MODE_SHARED);
    assert_int_equal(config.workers[3].stage_count, 2);
    sp_config_deinit(&config);
    free(text);
}

/* Where a section ends: behind its line, and those below it that are indented deeper. */
static const char *end_of_section(const char *line)
{
    size_t indent = strspn(line, " ");
    const char *next = line + strcspn(line, "\n");
    while (*next != 0 && strspn(next + 1, " ") > indent)
        next += 1 + strcspn(next + 1, "\n");
    return next;
}

/* A key that stands in a section inside another one is shown there. */
static void the_first_config_shows_every_key(void **state)
{
    (void)state;
    char *text = switched_on();
    const char *line = text;
    for (size_t i = 0; i < all_count; i++) {
        const struct place *p = &all_keys[i];
        char head[64];
        snprintf(head, sizeof head, "%s%s:", p->section == NULL ? "\n" : "", p->key->name);
        if (p->section == NULL && p->of_a_worker)
            snprintf(head, sizeof head, "\n    %s:", p->key->name);
        const char *from = p->section == NULL ? text : line;
        const char *found = strstr(from, head);
        if (found == NULL)
            print_error("%s is missing\n", p->key->name);
        assert_non_null(found);
        if (p->section == NULL)
            line = found + 1;
        else
            assert_true(found < end_of_section(line));
    }
    free(text);
}

static void the_first_config_fits_a_console(void **state)
{
    (void)state;
    char *template = first_config();
    for (const char *line = template; *line != 0; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    free(template);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_has_a_line_for_each_key),
        cmocka_unit_test(each_line_of_the_reference_has_four_cells),
        cmocka_unit_test(each_key_says_all_that_the_reference_needs),
        cmocka_unit_test(every_example_default_and_limit_is_right),
        cmocka_unit_test(the_first_config_has_no_problem_and_no_worker),
        cmocka_unit_test(the_settings_of_the_first_config_are_right_when_switched_on),
        cmocka_unit_test(the_first_config_shows_every_key),
        cmocka_unit_test(the_first_config_fits_a_console),
    };
    return cmocka_run_group_tests(tests, list_all_keys, NULL);
}
