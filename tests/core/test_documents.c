/* tests/core/test_documents.c - the documents are right: each config in them is good, each link
 * leads somewhere, and each source that they name is there. tests/client and tests/service look at
 * their command lines. */
#include "tests/documents.h"

#include <ctype.h>

#include "core/config.h"

enum { LINK_MAX = 300 };

static size_t mistakes;

static void complain(const struct document_line *at, const char *what, const char *text, size_t len)
{
    print_error("%s:%u: %s: %.*s\n", at->document->path, at->number, what, (int)len, text);
    mistakes++;
}

/* ------------------------------------------------------------------ configs */

/* Reads the block that begins behind *l, and goes to its end. */
static struct sp_buffer block_of(struct document_line *l)
{
    struct sp_buffer text = {0};
    while (document_next_line(l) && !l->is_fence) {
        size_t indent = l->indent < l->text.len ? l->indent : l->text.len;
        assert_int_equal(sp_buffer_append(&text, (const char *)l->text.data + indent,
                                          l->text.len - indent, NULL),
                         SP_OK);
        assert_int_equal(sp_buffer_append(&text, "\n", 1, NULL), SP_OK);
    }
    return text;
}

static void check_config(struct document_line *l)
{
    struct sp_config config = {0};
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    struct document_line start = *l;
    struct sp_buffer text = block_of(l);
    if (sp_config_parse("config", (struct sp_bytes){text.data, text.len}, &config, &problems,
                        &err) != SP_OK)
        complain(&start, "this is no config", err.what, strlen(err.what));
    sp_config_deinit(&config);
    sp_config_problems_deinit(&problems);
    sp_buffer_deinit(&text);
}

static void every_config_is_good(void **state)
{
    (void)state;
    size_t count = 0;
    mistakes = 0;
    for (size_t i = 0; i < document_count; i++) {
        struct document_line l = {.document = &documents[i]};
        while (document_next_line(&l))
            if (l.is_fence && l.in_block && strcmp(l.kind, "yaml") == 0) {
                check_config(&l);
                count++;
            }
    }
    assert_true(count >= 20);
    assert_int_equal(mistakes, 0);
}

/* ------------------------------------------------------------------ links */

/* What a heading is called in an address, as GitHub makes it. */
static void write_anchor(struct sp_bytes heading, char *out, size_t size)
{
    const char *s = heading.data;
    size_t len = 0, i = strspn(s, "# ");
    for (; i < heading.len && len + 1 < size; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == ' ')
            out[len++] = '-';
        else if (isalnum(c) || c == '-' || c == '_' || c >= 0x80)
            out[len++] = (char)tolower(c);
    }
    out[len] = '\0';
}

static bool has_anchor(const struct document *d, const char *anchor)
{
    struct document_line l = {.document = d};
    char found[LINK_MAX];
    while (document_next_line(&l)) {
        if (l.in_block || l.text.len == 0 || *(const char *)l.text.data != '#')
            continue;
        write_anchor(l.text, found, sizeof found);
        if (strcmp(found, anchor) == 0)
            return true;
    }
    return false;
}

static bool exists(const char *path)
{
    DIR *folder = opendir(path);
    FILE *file = folder == NULL ? fopen(path, "rb") : NULL;
    if (folder != NULL)
        closedir(folder);
    if (file != NULL)
        fclose(file);
    return folder != NULL || file != NULL;
}

/* Where a link leads, from the root: "docs/howto/x.md" and "../y.md" make "docs/y.md". */
static void resolve(const char *from, const char *link, char *out, size_t size)
{
    const char *slash = strrchr(from, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - from);
    snprintf(out, size, "%.*s", (int)len, from);
    while (strncmp(link, "../", 3) == 0) {
        char *last = strrchr(out, '/');
        *(last == NULL ? out : last) = '\0';
        link += 3;
    }
    len = strlen(out);
    snprintf(out + len, size - len, "%s%s", len == 0 ? "" : "/", link);
}

static const struct document *document_of(const char *path)
{
    for (size_t i = 0; i < document_count; i++)
        if (strcmp(documents[i].path, path) == 0)
            return &documents[i];
    return NULL;
}

static void check_link(const struct document_line *at, const char *link)
{
    char target[LINK_MAX], path[2 * LINK_MAX];
    size_t len = strcspn(link, "#");
    const char *anchor = link[len] == '#' ? link + len + 1 : NULL;
    if (strstr(link, "://") != NULL || strncmp(link, "mailto:", 7) == 0)
        return;
    snprintf(target, sizeof target, "%.*s", (int)len, link);
    if (len == 0)
        snprintf(path, sizeof path, "%s", at->document->path);
    else
        resolve(at->document->path, target, path, sizeof path);
    const struct document *d = document_of(path);
    if (d == NULL && !exists(path))
        complain(at, "there is no such file", link, strlen(link));
    else if (anchor != NULL && (d == NULL || !has_anchor(d, anchor)))
        complain(at, "there is no such heading", link, strlen(link));
}

/* Has a check look at all lines of prose: it finds much to look at, and no mistake. */
static void check_all(size_t (*check)(const struct document_line *l))
{
    size_t count = 0;
    mistakes = 0;
    for (size_t i = 0; i < document_count; i++) {
        struct document_line l = {.document = &documents[i]};
        while (document_next_line(&l))
            if (!l.in_block)
                count += check(&l);
    }
    assert_true(count >= 100);
    assert_int_equal(mistakes, 0);
}

/* Between backticks there is no link. @return how many there were */
static size_t check_links(const struct document_line *l)
{
    const char *s = l->text.data, *end = s + l->text.len;
    size_t count = 0;
    bool is_code = false;
    for (; s + 2 < end; s++) {
        is_code ^= *s == '`';
        if (is_code || s[0] != ']' || s[1] != '(')
            continue;
        char link[LINK_MAX];
        size_t len = strcspn(s + 2, ")\n");
        assert_true(len < sizeof link);
        snprintf(link, sizeof link, "%.*s", (int)len, s + 2);
        check_link(l, link);
        count++;
    }
    return count;
}

static void every_link_leads_somewhere(void **state)
{
    (void)state;
    check_all(check_links);
}

/* ------------------------------------------------------------------ sources */

/* Whether a text is the path of one file of ours, and no pattern of many. */
static bool names_source(const char *text)
{
    static const char *const folders[] = {"core/",  "win32/",   "service/",   "client/",  "bench/",
                                          "tests/", "tools/",   "installer/", "cmake/",   "e2e/",
                                          "fuzz/",  "torture/", "browser/",   "examples/"};
    if (strpbrk(text, " *<>") != NULL || strstr(text, "TARGET") != NULL)
        return false;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(text, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

/* A test is named without the folder of all tests, and without its ending. */
static bool has_source(const char *text)
{
    char test[LINK_MAX + 16];
    snprintf(test, sizeof test, "tests/%s.c", text);
    if (exists(text) || exists(test))
        return true;
    test[strlen(test) - 2] = '\0';
    return exists(test);
}

static size_t check_sources(const struct document_line *l)
{
    const char *at = l->text.data;
    struct sp_bytes span;
    size_t count = 0;
    while ((span = document_next_span(l, &at)).data != NULL) {
        char text[LINK_MAX];
        if (span.len >= sizeof text)
            continue;
        snprintf(text, sizeof text, "%.*s", (int)span.len, (const char *)span.data);
        if (!names_source(text))
            continue;
        count++;
        if (!has_source(text))
            complain(l, "there is no such source", text, strlen(text));
    }
    return count;
}

static void every_source_that_is_named_is_there(void **state)
{
    (void)state;
    check_all(check_sources);
}

/* ------------------------------------------------------------------ the checks themselves */

static void what_leads_nowhere_is_found(void **state)
{
    (void)state;
    char path[LINK_MAX];
    const struct document *readme = document_of("README.md");
    assert_non_null(readme);
    assert_true(has_anchor(readme, "what-it-guarantees"));
    assert_false(has_anchor(readme, "what-it-promises"));
    resolve("docs/howto/wsl.md", "../client.md", path, sizeof path);
    assert_string_equal(path, "docs/client.md");
    assert_true(exists(path) && exists("docs"));
    assert_false(exists("docs/clients.md"));
    assert_true(has_source("core/test_documents") && has_source("client/trust.c"));
    assert_false(has_source("client/thrust.c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_config_is_good),
        cmocka_unit_test(every_link_leads_somewhere),
        cmocka_unit_test(every_source_that_is_named_is_there),
        cmocka_unit_test(what_leads_nowhere_is_found),
    };
    return cmocka_run_group_tests(tests, documents_read, documents_free);
}
