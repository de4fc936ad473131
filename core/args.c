/* core/args.c - reading the command line of a verb. */
#include "core/args.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* A command line that is being read. */
struct reader {
    const struct sp_program *program;
    const struct sp_verb *verb;
    const char *const *argv;
    size_t count;
    size_t next;
    const char **values;   /* one an option */
    const char **operands; /* room for count of them */
    size_t operand_count;
    const char *const *rest;
    size_t rest_count;
    bool help;
};

bool sp_arg_is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "/?") == 0;
}

sp_status sp_verb_find(const struct sp_program *program, const char *name,
                       const struct sp_verb **out, struct sp_error *err)
{
    if (name == NULL)
        return sp_fail(err, SP_EINVAL, 0, "which verb? See: %s help", program->name);
    if (name[0] == '-')
        return sp_fail(err, SP_EINVAL, 0,
                       "%s stands where a verb belongs: options go behind it. See: %s help", name,
                       program->name);
    struct sp_nearest nearest = sp_nearest_to(name);
    for (size_t i = 0; i < program->verb_count; i++) {
        if (strcmp(program->verbs[i]->name, name) == 0) {
            *out = program->verbs[i];
            return SP_OK;
        }
        if (program->verbs[i]->summary != NULL)
            sp_nearest_offer(&nearest, program->verbs[i]->name);
    }
    if (nearest.best != NULL)
        return sp_fail(err, SP_EINVAL, 0, "%s is no verb: did you mean %s? See: %s help", name,
                       nearest.best, program->name);
    return sp_fail(err, SP_EINVAL, 0, "%s is no verb. See: %s help", name, program->name);
}

static const struct sp_option *option_by_name(const struct sp_verb *verb, const char *name,
                                              size_t len)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        const char *known = verb->options[i].name;
        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return &verb->options[i];
    }
    return NULL;
}

static const struct sp_option *option_by_letter(const struct sp_verb *verb, char letter)
{
    for (size_t i = 0; i < verb->option_count; i++) {
        if (verb->options[i].letter == letter)
            return &verb->options[i];
    }
    return NULL;
}

/* Says which option was probably meant, and otherwise where arguments with a dash belong. */
static sp_status refuse_option(const struct reader *r, const char *arg, struct sp_error *err)
{
    const char *name = arg + strspn(arg, "-");
    size_t len = strcspn(name, "=");
    char *word = NULL;
    sp_status status = sp_text_copy((struct sp_bytes){name, len}, &word, err);
    if (status != SP_OK)
        return status;
    struct sp_nearest nearest = sp_nearest_to(word);
    sp_nearest_offer(&nearest, "help");
    for (size_t i = 0; i < r->verb->option_count; i++)
        sp_nearest_offer(&nearest, r->verb->options[i].name);
    int shown = (int)(name - arg) + (int)len;
    if (nearest.best != NULL)
        status = sp_fail(err, SP_EINVAL, 0, "unknown option %.*s: did you mean --%s?", shown, arg,
                         nearest.best);
    else if (r->verb->takes_rest)
        status =
            sp_fail(err, SP_EINVAL, 0,
                    "unknown option %.*s; what is not for %s goes behind --. See: %s %s --help",
                    shown, arg, r->program->name, r->program->name, r->verb->name);
    else
        status = sp_fail(err, SP_EINVAL, 0, "unknown option %.*s. See: %s %s --help", shown, arg,
                         r->program->name, r->verb->name);
    free(word);
    return status;
}

static sp_status take_flag(struct reader *r, const struct sp_option *option, const char *value,
                           struct sp_error *err)
{
    if (value != NULL)
        return sp_fail(err, SP_EINVAL, 0, "--%s takes no value", option->name);
    r->values[option - r->verb->options] = "";
    return SP_OK;
}

/* A value is behind '=' or is the next argument. */
static sp_status take_value(struct reader *r, const struct sp_option *option, const char *value,
                            struct sp_error *err)
{
    if (r->values[option - r->verb->options] != NULL)
        return sp_fail(err, SP_EINVAL, 0, "--%s is given twice: give one %s", option->name,
                       option->value);
    if (value == NULL && r->next < r->count) {
        value = r->argv[r->next++];
        /* Far more often a forgotten value than one that looks like this. */
        if (strncmp(value, "--", 2) == 0)
            return sp_fail(err, SP_EINVAL, 0,
                           "--%s needs a value, and %s looks like an option: write --%s=%s",
                           option->name, value, option->name, option->value);
    }
    if (value == NULL || *value == 0)
        return sp_fail(err, SP_EINVAL, 0, "--%s needs a value: --%s %s", option->name, option->name,
                       option->value);
    r->values[option - r->verb->options] = value;
    return SP_OK;
}

static sp_status take_option(struct reader *r, const char *arg, struct sp_error *err)
{
    const struct sp_option *option = NULL;
    const char *value = NULL;
    if (strncmp(arg, "--", 2) == 0) {
        size_t len = strcspn(arg + 2, "=");
        value = arg[2 + len] == '=' ? arg + 2 + len + 1 : NULL;
        option = option_by_name(r->verb, arg + 2, len);
    } else if (arg[2] == 0) {
        option = option_by_letter(r->verb, arg[1]);
    }
    if (option == NULL)
        return refuse_option(r, arg, err);
    return option->value == NULL ? take_flag(r, option, value, err)
                                 : take_value(r, option, value, err);
}

/* What follows `--`. */
static void take_rest(struct reader *r)
{
    if (r->verb->takes_rest) {
        r->rest = r->argv + r->next;
        r->rest_count = r->count - r->next;
    } else {
        while (r->next < r->count)
            r->operands[r->operand_count++] = r->argv[r->next++];
    }
    r->next = r->count;
}

/* The name that the usage line gives to an operand: its word of that number, or "an operand". */
static struct sp_bytes operand_name(const struct sp_verb *verb, size_t number)
{
    const char *word = verb->operands == NULL ? "" : verb->operands;
    while (number-- > 0) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    size_t len = strcspn(word, " ");
    return len == 0 ? sp_bytes_of("an operand") : (struct sp_bytes){word, len};
}

static sp_status check_operands(const struct reader *r, struct sp_error *err)
{
    const struct sp_verb *verb = r->verb;
    const char *gap = verb->operands == NULL ? "" : " ";
    const char *operands = verb->operands == NULL ? "" : verb->operands;
    if (r->operand_count < verb->operand_min) {
        struct sp_bytes name = operand_name(verb, r->operand_count);
        return sp_fail(err, SP_EINVAL, 0, "%.*s is missing. Usage: %s %s%s%s", (int)name.len,
                       (const char *)name.data, r->program->name, verb->name, gap, operands);
    }
    if (r->operand_count > verb->operand_max)
        return sp_fail(err, SP_EINVAL, 0, "%s is one too many%s. Usage: %s %s%s%s",
                       r->operands[verb->operand_max],
                       verb->takes_rest ? ": arguments to pass on go behind --" : "",
                       r->program->name, verb->name, gap, operands);
    return SP_OK;
}

static sp_status read_all(struct reader *r, struct sp_error *err)
{
    while (r->next < r->count) {
        const char *arg = r->argv[r->next++];
        sp_status status = SP_OK;
        if (strcmp(arg, "--") == 0)
            take_rest(r);
        else if (sp_arg_is_help(arg))
            r->help = true;
        else if (arg[0] == '-' && arg[1] != 0) /* a lone dash is an operand: stdin to many */
            status = take_option(r, arg, err);
        else
            r->operands[r->operand_count++] = arg;
        if (status != SP_OK || r->help)
            return status;
    }
    return check_operands(r, err);
}

sp_status sp_args_parse(const struct sp_program *program, const struct sp_verb *verb,
                        const char *const *argv, size_t count, struct sp_args *out,
                        struct sp_error *err)
{
    struct reader r = {.program = program, .verb = verb, .argv = argv, .count = count};
    sp_status status = SP_OK;
    r.values = calloc(verb->option_count + 1, sizeof *r.values);
    r.operands = calloc(count + 1, sizeof *r.operands);
    if (r.values == NULL || r.operands == NULL)
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for %zu arguments", count);
    else
        status = read_all(&r, err);
    if (status != SP_OK)
        goto done;
    *out = (struct sp_args){
        .verb = verb,
        .values = r.values,
        .operands = r.operands,
        .operand_count = r.operand_count,
        .rest = r.rest,
        .rest_count = r.rest_count,
        .help = r.help,
    };
    r.values = r.operands = NULL;
done:
    free(r.values);
    free(r.operands);
    return status;
}

void sp_args_deinit(struct sp_args *args)
{
    free(args->values);
    free(args->operands);
    *args = (struct sp_args){0};
}
