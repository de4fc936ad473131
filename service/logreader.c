/* service/logreader.c - reads a worker's kept log files as one text. */
#include "service/logreader.h"

#include <stdlib.h>

#include "win32/file.h"

enum { BLOCK_BYTES = 64 * 1024 };

/* A search for the beginning of the last lines, from the end to the front. */
struct search {
    uint64_t lines; /* still to be found */
    bool has_last;  /* the very last byte was seen: a line feed there begins no line */
    unsigned char *block;
};

/* Looks through a block for the line feed in front of the last lines. @return where the lines begin
 * in it, or len + 1 when they begin further in front */
static uint32_t search_block(struct search *s, uint32_t len)
{
    for (uint32_t i = len; i > 0; i--) {
        bool is_last = !s->has_last;
        s->has_last = true;
        if (s->block[i - 1] == '\n' && !is_last && --s->lines == 0)
            return i;
    }
    return len + 1;
}

static sp_status read_block(w32_handle h, uint64_t offset, void *data, uint32_t size,
                            struct sp_error *err)
{
    unsigned char *next = data;
    while (size > 0) {
        uint32_t got = 0;
        sp_status status = w32_file_read_at(h, offset, next, size, &got, err);
        if (status != SP_OK)
            return status;
        offset += got;
        next += got;
        size -= got;
    }
    return SP_OK;
}

/* Searches an open file from its end. @param at the end; afterwards where the lines begin, or 0 */
static sp_status search_file(const struct svc_logreader *r, struct search *s, w32_handle h,
                             uint64_t *at, struct sp_error *err)
{
    while (*at > 0 && s->lines > 0) {
        uint32_t len = *at < BLOCK_BYTES ? (uint32_t)*at : BLOCK_BYTES;
        if (__atomic_load_n(&r->cancel, __ATOMIC_RELAXED))
            return sp_fail(err, SP_ECANCELED, 0, "searching the log was given up");
        sp_status status = read_block(h, *at - len, s->block, len, err);
        if (status != SP_OK)
            return status;
        uint32_t found = search_block(s, len);
        *at -= found > len ? len : len - found;
    }
    return SP_OK;
}

/* Goes from the newest file to older ones, until the lines are found or there is none. */
static sp_status search_files(struct svc_logreader *r, struct search *s, struct sp_error *err)
{
    uint64_t wanted = UINT64_MAX;
    bool is_newest = true;
    while (s->lines > 0) {
        w32_handle h = NULL;
        struct svc_logplace place = {0};
        sp_status status =
            svc_logfiles_read(r->files, wanted, SVC_LOGFILES_OLDER, &h, &place.generation, err);
        if (status == SP_EEND)
            return SP_OK;
        if (status == SP_OK)
            status = w32_file_handle_size(h, &place.offset, err);
        if (status == SP_OK && is_newest)
            r->end = place;
        is_newest = false;
        if (status == SP_OK)
            status = search_file(r, s, h, &place.offset, err);
        w32_handle_close(&h);
        if (status != SP_OK)
            return status;
        r->at = place;
        wanted = place.generation - 1;
    }
    return SP_OK;
}

/* Notes the end of the newest file alone. */
static sp_status find_end(struct svc_logreader *r, struct sp_error *err)
{
    w32_handle h = NULL;
    sp_status status =
        svc_logfiles_read(r->files, UINT64_MAX, SVC_LOGFILES_OLDER, &h, &r->end.generation, err);
    if (status == SP_EEND)
        return SP_OK;
    if (status == SP_OK)
        status = w32_file_handle_size(h, &r->end.offset, err);
    w32_handle_close(&h);
    return status;
}

sp_status svc_logreader_seek(struct svc_logreader *r, uint64_t lines, struct sp_error *err)
{
    r->at = r->end = (struct svc_logplace){0};
    if (lines == 0)
        return find_end(r, err);
    struct search s = {.lines = lines, .block = malloc(BLOCK_BYTES)};
    if (s.block == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory to search a log");
    sp_status status = search_files(r, &s, err);
    free(s.block);
    return status;
}

/* Opens the file of the place, or the next newer one at its beginning. */
static sp_status open_next(struct svc_logreader *r, struct sp_error *err)
{
    uint64_t found = 0;
    sp_status status =
        svc_logfiles_read(r->files, r->at.generation, SVC_LOGFILES_NEWER, &r->file, &found, err);
    if (status == SP_OK && found != r->at.generation)
        r->at = (struct svc_logplace){.generation = found};
    return status;
}

/* How much may be read at the place. */
static uint32_t readable(const struct svc_logreader *r, bool follow, uint32_t size)
{
    if (follow || r->at.generation < r->end.generation)
        return size;
    if (r->at.generation > r->end.generation || r->at.offset >= r->end.offset)
        return 0;
    uint64_t rest = r->end.offset - r->at.offset;
    return rest < size ? (uint32_t)rest : size;
}

sp_status svc_logreader_next(struct svc_logreader *r, bool follow, void *data, uint32_t size,
                             uint32_t *got, struct sp_error *err)
{
    for (;;) {
        /* Asked before the file is read: what is older than this is complete by then. */
        uint64_t current = svc_logfiles_current(r->files);
        sp_status status = r->file == NULL ? open_next(r, err) : SP_OK;
        uint32_t most = status == SP_OK ? readable(r, follow, size) : 0;
        if (status == SP_EEND || (status == SP_OK && most == 0)) {
            *got = 0;
            return SP_OK;
        }
        if (status == SP_OK)
            status = w32_file_read_at(r->file, r->at.offset, data, most, got, err);
        if (status == SP_OK)
            r->at.offset += *got;
        if (status != SP_EEND)
            return status;
        if (r->at.generation >= current) {
            *got = 0;
            return SP_OK;
        }
        svc_logreader_deinit(r);
        r->at = (struct svc_logplace){.generation = r->at.generation + 1};
    }
}

void svc_logreader_deinit(struct svc_logreader *r)
{
    w32_handle_close(&r->file);
}
