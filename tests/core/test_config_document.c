/* tests/core/test_config_document.c - docs/config.md says what the program says: its reference is
 * the schema's, and its mistakes are found as it shows them. That its examples are good is
 * test_documents' to see. */
#include "core/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Tests run from the root of the repository. */
static const char path[] = "docs/config.md";

static char *document;

static int read_document(void **state)
{
    (void)state;
    struct sp_buffer text = {0};
    char block[4096];
    size_t got = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_error("%s can't be read\n", path);
        return -1;
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        assert_int_equal(sp_buffer_append(&text, block, got, NULL), SP_OK);
    fclose(file);
    assert_int_equal(sp_buffer_append(&text, "", 1, NULL), SP_OK);
    document = (char *)text.data;
    return 0;
}

static int free_document(void **state)
{
    (void)state;
    free(document);
    return 0;
}

/* The next block between ``` lines whose first line says so, and where to look for the one behind
 * it. */
static struct sp_bytes next_block(const char **at, const char *kind)
{
    char head[64];
    int len = snprintf(head, sizeof head, "\n```%s\n", kind);
    const char *start = strstr(*at, head);
    if (start == NULL)
        return (struct sp_bytes){0};
    start += len;
    const char *end = strstr(start, "```\n");
    assert_non_null(end);
    *at = end + 3;
    return (struct sp_bytes){start, (size_t)(end - start)};
}

static void the_reference_of_the_document_is_the_schemas(void **state)
{
    (void)state;
    struct sp_buffer reference = {0};
    assert_int_equal(sp_config_reference(&reference, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&reference, "", 1, NULL), SP_OK);
    if (strstr(document, (char *)reference.data) == NULL)
        print_error("the tables of %s are not these:\n\n%s", path, (char *)reference.data);
    assert_non_null(strstr(document, (char *)reference.data));
    sp_buffer_deinit(&reference);
}

/* What `standpiped check` prints for a file. */
static void check(struct sp_bytes text, struct sp_buffer *out)
{
    struct sp_config config = {0};
    struct sp_config_problems problems = {0};
    assert_int_equal(sp_config_parse("standpipe.yaml", text, &config, &problems, NULL), SP_ESYNTAX);
    assert_int_equal(sp_config_problems_print(&problems, out, NULL), SP_OK);
    assert_int_equal(sp_buffer_printf(out, NULL, "%zu problem%s\n", problems.count,
                                      problems.count == 1 ? "" : "s"),
                     SP_OK);
    sp_config_problems_deinit(&problems);
}

static void every_mistake_of_the_document_is_found_as_it_is_shown(void **state)
{
    (void)state;
    const char *at = document;
    size_t count = 0;
    for (struct sp_bytes text = next_block(&at, "yaml wrong"); text.data != NULL; count++) {
        struct sp_buffer said = {0};
        struct sp_bytes shown = next_block(&at, "text");
        assert_non_null(shown.data);
        check(text, &said);
        if (said.len != shown.len || memcmp(said.data, shown.data, said.len) != 0)
            print_error("what is said is not what is shown:\n%.*s", (int)said.len,
                        (const char *)said.data);
        assert_int_equal(said.len, shown.len);
        assert_memory_equal(said.data, shown.data, said.len);
        sp_buffer_deinit(&said);
        text = next_block(&at, "yaml wrong");
    }
    assert_true(count >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_of_the_document_is_the_schemas),
        cmocka_unit_test(every_mistake_of_the_document_is_found_as_it_is_shown),
    };
    return cmocka_run_group_tests(tests, read_document, free_document);
}
