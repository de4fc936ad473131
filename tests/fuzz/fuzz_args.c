/* tests/fuzz/fuzz_args.c - a command line of ours: what is read of it is in it, and written out in
 * another order it is read as the same.
 *
 * Input: texts with a NUL between them, the first one is the verb. */
#include <stdlib.h>
#include <string.h>

#include "core/args.h"
#include "tests/fuzz/fuzz.h"

enum { ARGS_MAX = 24, OPTIONS_MAX = 5 };

static const struct sp_option attach_options[] = {
    {"pipe", "NAME", "The service's pipe", 0},      {"host", "HOST", "The machine it runs on", 'H'},
    {"replay", "SIZE", "So much of its past", 0},   {"read-only", NULL, "Only look", 'r'},
    {"detach-keys", "KEYS", "Leave it running", 0},
};
static const struct sp_verb attach = {
    .name = "attach",
    .summary = "Couple this program to a worker",
    .operands = "WORKER [-- ARGUMENT...]",
    .operand_min = 1,
    .operand_max = 1,
    .takes_rest = true,
    .options = attach_options,
    .option_count = 5,
};
static const struct sp_verb pipe = {
    .name = "pipe",
    .summary = "A pipeline",
    .operands = "PROGRAM...",
    .operand_min = 2,
    .operand_max = SP_ARGS_ANY,
    .options = attach_options + 2,
    .option_count = 2,
};
static const struct sp_verb ps = {.name = "ps", .summary = "Who is there"};
static const struct sp_verb hidden = {.name = "service", .operand_max = 3, .operands = "A B C"};
static const struct sp_verb *const verbs[] = {&attach, &pipe, &ps, &hidden};
static const struct sp_program program = {"standpipe", NULL, verbs, 4};

/* Which argument this is; each comes but once, and in order. */
static size_t place_of(const struct fuzz_argv *argv, const char *text, size_t from)
{
    for (size_t i = from; i < argv->count; i++)
        if (argv->texts[i] == text)
            return i;
    fuzz_fail(__FILE__, __LINE__, "it is one of the arguments");
}

static void check_operands(const struct fuzz_argv *argv, const struct sp_args *args)
{
    const struct sp_verb *verb = args->verb;
    size_t from = 1;
    FUZZ_CHECK(args->operand_count >= verb->operand_min);
    FUZZ_CHECK(args->operand_count <= verb->operand_max);
    for (size_t i = 0; i < args->operand_count; i++)
        from = place_of(argv, args->operands[i], from) + 1;
    FUZZ_CHECK(verb->takes_rest || args->rest_count == 0);
    for (size_t i = 0; i < args->rest_count; i++)
        FUZZ_CHECK(args->rest[i] == argv->texts[argv->count - args->rest_count + i]);
    FUZZ_CHECK(args->rest_count == 0 ||
               strcmp(argv->texts[argv->count - args->rest_count - 1], "--") == 0);
}

static void check_values(const struct sp_args *args)
{
    for (size_t i = 0; i < args->verb->option_count; i++) {
        const char *value = args->values[i];
        FUZZ_CHECK(value == NULL || (*value == 0) == (args->verb->options[i].value == NULL));
    }
}

/* `--name=value`, on the heap. */
static char *spell(const struct sp_option *option, const char *value)
{
    struct sp_buffer text = {0};
    FUZZ_CHECK(sp_buffer_printf(&text, NULL, "--%s%s%s", option->name, *value == 0 ? "" : "=",
                                value) == SP_OK);
    FUZZ_CHECK(sp_buffer_append(&text, "", 1, NULL) == SP_OK);
    return (char *)text.data;
}

static void check_same(const struct sp_args *a, const struct sp_args *b)
{
    FUZZ_CHECK(a->operand_count == b->operand_count && a->rest_count == b->rest_count);
    for (size_t i = 0; i < a->verb->option_count; i++)
        FUZZ_CHECK((a->values[i] == NULL) == (b->values[i] == NULL) &&
                   (a->values[i] == NULL || strcmp(a->values[i], b->values[i]) == 0));
    for (size_t i = 0; i < a->operand_count; i++)
        FUZZ_CHECK(a->operands[i] == b->operands[i]);
    for (size_t i = 0; i < a->rest_count; i++)
        FUZZ_CHECK(a->rest[i] == b->rest[i]);
}

/* The same in one form: options, operands behind `--` where that makes no rest, the rest. */
static void check_again(const struct sp_args *args)
{
    const char *argv[ARGS_MAX + OPTIONS_MAX + 1];
    char *spelled[OPTIONS_MAX];
    size_t count = 0, spelled_count = 0;
    for (size_t i = 0; i < args->verb->option_count; i++)
        if (args->values[i] != NULL)
            argv[count++] = spelled[spelled_count++] =
                spell(&args->verb->options[i], args->values[i]);
    if (!args->verb->takes_rest)
        argv[count++] = "--";
    for (size_t i = 0; i < args->operand_count; i++)
        argv[count++] = args->operands[i];
    if (args->verb->takes_rest)
        argv[count++] = "--";
    for (size_t i = 0; i < args->rest_count; i++)
        argv[count++] = args->rest[i];
    struct sp_args again = {0};
    FUZZ_CHECK(sp_args_parse(&program, args->verb, argv, count, &again, NULL) == SP_OK);
    FUZZ_CHECK(!again.help);
    check_same(args, &again);
    sp_args_deinit(&again);
    while (spelled_count > 0)
        free(spelled[--spelled_count]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct fuzz_argv argv = fuzz_argv(&in, ARGS_MAX);
    const struct sp_verb *verb = NULL;
    struct sp_error err = {0};
    sp_status status = sp_verb_find(&program, argv.texts[0], &verb, &err);
    if (status != SP_OK) {
        FUZZ_CHECK(status == SP_EINVAL && verb == NULL);
        fuzz_check_error(&err, status);
        verb = verbs[strlen(argv.texts[0]) % 4];
    }
    struct sp_args args = {.operand_count = 77};
    status = sp_args_parse(&program, verb, fuzz_argv_of(&argv) + 1, argv.count - 1, &args, &err);
    if (status == SP_OK && !args.help) {
        FUZZ_CHECK(args.verb == verb);
        check_operands(&argv, &args);
        check_values(&args);
        check_again(&args);
    }
    if (status == SP_OK) {
        sp_args_deinit(&args);
        FUZZ_CHECK(args.values == NULL && args.operands == NULL);
    } else {
        FUZZ_CHECK(status == SP_EINVAL && args.operand_count == 77);
        fuzz_check_error(&err, status);
    }
    fuzz_argv_free(&argv);
    return 0;
}
