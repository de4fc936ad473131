/* tests/fuzz/fuzz_environment.c - the variables a config sets, against the rules of docs: which
 * are refused, and that the others arrive as they were written. The block that Windows takes is
 * made in win32/, of UTF-16, and can't be reached from here.
 *
 * Input: variables with a NUL between them, each a name up to a line feed and a value. Each byte
 * stands for the character of that number. */
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/text.h"
#include "tests/fuzz/fuzz.h"

enum { VARIABLES_MAX = SP_CONFIG_ENV_MAX + 4 };

/* The variables of an input as they must arrive, and how many must be refused. */
struct model {
    char *names[VARIABLES_MAX];
    char *values[VARIABLES_MAX];
    size_t count;
    size_t refused;
};

/* Bytes as the UTF-8 of the characters of these numbers. The caller frees it. */
static char *widen(const char *bytes, size_t len)
{
    char *text = fuzz_alloc(2 * len + 1);
    size_t size = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x80)
            text[size++] = (char)(0xC0 | byte >> 6);
        text[size++] = (char)(byte < 0x80 ? byte : 0x80 | (byte & 0x3F));
    }
    text[size] = 0;
    return text;
}

static bool is_refused(const struct model *m, const char *name)
{
    if (*name == 0 || strchr(name, '=') != NULL || sp_text_begins(name, "standpipe_"))
        return true;
    for (size_t i = 0; i < m->count; i++)
        if (sp_text_same(m->names[i], name))
            return true;
    return false;
}

/* Writes a variable down, and what must become of it. */
static void add(struct model *m, struct sp_buffer *yaml, const char *variable)
{
    size_t len = strcspn(variable, "\n");
    char *name = widen(variable, len);
    const char *rest = variable + len + (variable[len] != 0);
    char *value = widen(rest, strlen(rest));
    fuzz_printf(yaml, "   ? ");
    fuzz_put_yaml(yaml, name);
    fuzz_printf(yaml, "\n   : ");
    fuzz_put_yaml(yaml, value);
    fuzz_printf(yaml, "\n");
    if (is_refused(m, name)) {
        m->refused++;
        free(name);
        free(value);
    } else {
        m->names[m->count] = name;
        m->values[m->count++] = value;
    }
}

static void check_env(const struct model *m, const struct sp_worker_config *worker)
{
    FUZZ_CHECK(worker->env_count == m->count);
    for (size_t i = 0; i < m->count; i++) {
        FUZZ_CHECK(strcmp(worker->env[i].name, m->names[i]) == 0);
        FUZZ_CHECK(strcmp(worker->env[i].value, m->values[i]) == 0);
    }
}

static void check(const struct model *m, struct sp_bytes yaml)
{
    struct sp_config config = {0};
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    bool too_many = m->count + m->refused > SP_CONFIG_ENV_MAX;
    sp_status status = sp_config_parse("t.yaml", yaml, &config, &problems, &err);
    FUZZ_CHECK(status == (too_many || m->refused > 0 ? SP_ESYNTAX : SP_OK));
    if (status == SP_OK) {
        check_env(m, &config.workers[0]);
    } else {
        FUZZ_CHECK(problems.count + problems.more == (too_many ? 1 : m->refused));
        fuzz_check_error(&err, status);
        for (size_t i = 0; i < problems.count; i++)
            fuzz_check_text(problems.items[i].text);
    }
    sp_config_deinit(&config);
    sp_config_problems_deinit(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct fuzz_argv variables = fuzz_argv(&in, VARIABLES_MAX);
    struct model model = {.count = 0};
    struct sp_buffer yaml = {0};
    fuzz_printf(&yaml, "workers:\n w:\n  command: [x]\n  env:\n");
    for (size_t i = 0; i < variables.count; i++)
        add(&model, &yaml, variables.texts[i]);
    check(&model, (struct sp_bytes){yaml.data, yaml.len});
    for (size_t i = 0; i < model.count; i++) {
        free(model.names[i]);
        free(model.values[i]);
    }
    sp_buffer_deinit(&yaml);
    fuzz_argv_free(&variables);
    return 0;
}
