/* win32/environment.c - the environment a child gets: ours, with some of it set otherwise. */
#include "win32/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "win32/error.h"
#include "win32/text.h"

/* The variables while the block is being made: borrowed entries "NAME=value". */
struct variables {
    const wchar_t **entries;
    size_t count;
};

/* Up to the '='. Windows keeps the current folder of each drive in variables named "=C:", so a
 * '=' in front belongs to the name. */
static int name_len(const wchar_t *entry)
{
    const wchar_t *end = wcschr(entry[0] == L'=' ? entry + 1 : entry, L'=');
    return (int)(end == NULL ? wcslen(entry) : (size_t)(end - entry));
}

static int compare_names(const wchar_t *a, const wchar_t *b)
{
    return CompareStringOrdinal(a, name_len(a), b, name_len(b), TRUE) - CSTR_EQUAL;
}

static int compare_entries(const void *a, const void *b)
{
    return compare_names(*(const wchar_t *const *)a, *(const wchar_t *const *)b);
}

static void remove_name(struct variables *v, const wchar_t *entry)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->count; i++)
        if (compare_names(v->entries[i], entry) != 0)
            v->entries[kept++] = v->entries[i];
    v->count = kept;
}

static void override(struct variables *v, const wchar_t *entry)
{
    remove_name(v, entry);
    if (entry[name_len(entry) + 1] != L'\0')
        v->entries[v->count++] = entry;
}

static size_t count_entries(const wchar_t *block)
{
    size_t count = 0;
    for (; *block != L'\0'; block += wcslen(block) + 1)
        count++;
    return count;
}

/* Entry after entry, each with its NUL, and one NUL more; an empty block has two. */
static sp_status join(const struct variables *v, wchar_t **out, struct sp_error *err)
{
    size_t units = 2;
    for (size_t i = 0; i < v->count; i++)
        units += wcslen(v->entries[i]) + 1;
    wchar_t *block = calloc(units, sizeof *block);
    if (block == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for an environment of %zu characters", units);
    wchar_t *next = block;
    for (size_t i = 0; i < v->count; i++) {
        size_t len = wcslen(v->entries[i]) + 1;
        memcpy(next, v->entries[i], len * sizeof *next);
        next += len;
    }
    *out = block;
    return SP_OK;
}

static sp_status merge(const wchar_t *base, wchar_t *const *overrides, size_t count, wchar_t **out,
                       struct sp_error *err)
{
    struct variables v = {0};
    v.entries = calloc(count_entries(base) + count + 1, sizeof *v.entries);
    if (v.entries == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for an environment");
    for (const wchar_t *entry = base; *entry != L'\0'; entry += wcslen(entry) + 1)
        v.entries[v.count++] = entry;
    for (size_t i = 0; i < count; i++)
        override(&v, overrides[i]);
    qsort(v.entries, v.count, sizeof *v.entries, compare_entries);
    sp_status status = join(&v, out, err);
    free(v.entries);
    return status;
}

static sp_status convert(const char *entry, wchar_t **out, struct sp_error *err)
{
    if (entry[0] == '=' || strchr(entry, '=') == NULL)
        return sp_fail(err, SP_EINVAL, 0, "the environment entry \"%.200s\" is not NAME=value",
                       entry);
    sp_status status = w32_wide(entry, out, err);
    if (status != SP_OK)
        sp_error_prefix(err, "an environment entry: ");
    return status;
}

sp_status w32_environment_block_on(const wchar_t *base, const char *const *env, size_t count,
                                   wchar_t **out, struct sp_error *err)
{
    sp_status status = SP_OK;
    wchar_t *ours = NULL;
    wchar_t **overrides = calloc(count + 1, sizeof *overrides);
    if (overrides == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for an environment");
    for (size_t i = 0; i < count; i++) {
        status = convert(env[i], &overrides[i], err);
        if (status != SP_OK)
            goto done;
    }
    if (base == NULL)
        base = ours = GetEnvironmentStringsW();
    if (base == NULL) {
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for an environment");
        goto done;
    }
    status = merge(base, overrides, count, out, err);
done:
    if (ours != NULL)
        FreeEnvironmentStringsW(ours);
    for (size_t i = 0; i < count; i++)
        free(overrides[i]);
    free(overrides);
    return status;
}

sp_status w32_environment_block(const char *const *env, size_t count, wchar_t **out,
                                struct sp_error *err)
{
    return w32_environment_block_on(NULL, env, count, out, err);
}
