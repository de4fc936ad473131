/* core/loglines.c - what several sources say, made into the lines of one log. */
#include "core/loglines.h"

#include <stdlib.h>
#include <string.h>

#include "core/isotime.h"

static const struct sp_bytes nothing;

/* A line is written into room that is there already, so writing one can't fail. */
static bool has_room(const struct sp_buffer *out)
{
    return out->cap - out->len >= SP_LOGLINES_LINE_MAX;
}

static void put(struct sp_buffer *out, struct sp_bytes bytes)
{
    if (bytes.len > 0)
        memcpy(out->data + out->len, bytes.data, bytes.len);
    out->len += bytes.len;
}

static void put_head(struct sp_buffer *out, uint64_t unix_ms, const char *tag, const char *stream,
                     const char *end)
{
    char time[SP_ISOTIME_LEN + 1];
    sp_isotime(unix_ms, time);
    const char *const parts[] = {time, " ", tag, " ", stream, end};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put(out, sp_bytes_of(parts[i]));
}

/* Writes one line of the log: what was kept of it, then what has come. */
static void put_line(struct sp_buffer *out, uint64_t unix_ms, const char *tag,
                     enum sp_stream stream, const struct sp_logline *kept, struct sp_bytes come,
                     bool has_ended)
{
    put_head(out, unix_ms, tag, sp_stream_name(stream), has_ended ? " " : "+ ");
    if (kept != NULL)
        put(out, (struct sp_bytes){kept->text.data, kept->text.len});
    put(out, come);
    put(out, (struct sp_bytes){"\n", 1});
}

static struct sp_logline *find(const struct sp_loglines *l, const char *tag, enum sp_stream stream)
{
    for (size_t i = 0; i < l->open_count; i++)
        if (l->open[i].stream == stream && strcmp(l->open[i].tag, tag) == 0)
            return &l->open[i];
    return NULL;
}

/* Takes a line out. NULL: nothing happens. */
static void drop(struct sp_loglines *l, struct sp_logline *line)
{
    if (line == NULL)
        return;
    sp_buffer_deinit(&line->text);
    size_t at = (size_t)(line - l->open);
    l->open_count--;
    memmove(line, line + 1, (l->open_count - at) * sizeof *line);
}

/* A place for one more line, or NULL. There is one free, or no memory. */
static struct sp_logline *begin(struct sp_loglines *l, uint64_t unix_ms, const char *tag,
                                enum sp_stream stream)
{
    if (l->open == NULL)
        l->open = malloc(SP_LOGLINES_OPEN_MAX * sizeof *l->open);
    if (l->open == NULL)
        return NULL;
    struct sp_logline *line = &l->open[l->open_count++];
    *line = (struct sp_logline){
        .stream = stream, .since_ms = unix_ms, .text = {.max = SP_LOGLINES_TEXT_MAX}};
    memcpy(line->tag, tag, strlen(tag) + 1);
    return line;
}

static void put_piece(struct sp_loglines *l, uint64_t unix_ms, struct sp_logline *line,
                      struct sp_buffer *out)
{
    put_line(out, unix_ms, line->tag, line->stream, line, nothing, false);
    drop(l, line);
}

/* Keeps a line's beginning, or more of it. False: there is no memory. */
static bool keep(struct sp_loglines *l, uint64_t unix_ms, const char *tag, enum sp_stream stream,
                 struct sp_logline *kept, struct sp_bytes come)
{
    struct sp_logline *line = kept != NULL ? kept : begin(l, unix_ms, tag, stream);
    if (line == NULL)
        return false;
    if (sp_buffer_append(&line->text, come.data, come.len, NULL) == SP_OK)
        return true;
    if (kept == NULL)
        drop(l, line);
    return false;
}

/* One step with room for one line; at least a byte is taken, or a kept line is written. */
static size_t add_some(struct sp_loglines *l, uint64_t unix_ms, const char *tag,
                       enum sp_stream stream, struct sp_bytes come, struct sp_buffer *out)
{
    struct sp_logline *kept = find(l, tag, stream);
    size_t most = SP_LOGLINES_TEXT_MAX - (kept == NULL ? 0 : kept->text.len);
    const char *end = memchr(come.data, '\n', come.len <= most ? come.len : most + 1);
    bool has_ended = end != NULL;
    size_t len = has_ended ? (size_t)(end - (const char *)come.data) : come.len;
    if (!has_ended && len <= most) {
        if (kept == NULL && l->open_count == SP_LOGLINES_OPEN_MAX) {
            put_piece(l, unix_ms, &l->open[0], out);
            return 0;
        }
        if (keep(l, unix_ms, tag, stream, kept, come))
            return len;
    }
    if (len > most)
        len = most;
    put_line(out, unix_ms, tag, stream, kept, (struct sp_bytes){come.data, len}, has_ended);
    drop(l, kept);
    return has_ended ? len + 1 : len;
}

size_t sp_loglines_add(struct sp_loglines *l, uint64_t unix_ms, const char *tag,
                       enum sp_stream stream, struct sp_bytes bytes, struct sp_buffer *out)
{
    char short_tag[SP_LOGLINES_TAG_MAX + 1] = {0};
    size_t tag_len = strlen(tag);
    memcpy(short_tag, tag, tag_len < SP_LOGLINES_TAG_MAX ? tag_len : SP_LOGLINES_TAG_MAX);
    const char *data = bytes.data;
    size_t taken = 0;
    while (taken < bytes.len && has_room(out))
        taken += add_some(l, unix_ms, short_tag, stream,
                          (struct sp_bytes){data + taken, bytes.len - taken}, out);
    return taken;
}

bool sp_loglines_expire(struct sp_loglines *l, uint64_t unix_ms, uint64_t hold_ms,
                        struct sp_buffer *out)
{
    for (size_t i = 0; i < l->open_count;) {
        struct sp_logline *line = &l->open[i];
        /* A clock that was set back must not keep a line for ever. */
        if (unix_ms >= line->since_ms && unix_ms - line->since_ms < hold_ms) {
            i++;
            continue;
        }
        if (!has_room(out))
            return false;
        put_piece(l, unix_ms, line, out);
    }
    if (l->open_count == 0)
        sp_loglines_deinit(l);
    return true;
}

bool sp_loglines_say(uint64_t unix_ms, const char *text, struct sp_buffer *out)
{
    if (!has_room(out))
        return false;
    size_t len = strlen(text);
    put_head(out, unix_ms, "-", "log", " ");
    put(out, (struct sp_bytes){text, len < SP_LOGLINES_TEXT_MAX ? len : SP_LOGLINES_TEXT_MAX});
    put(out, (struct sp_bytes){"\n", 1});
    return true;
}

void sp_loglines_deinit(struct sp_loglines *l)
{
    while (l->open_count > 0)
        drop(l, &l->open[l->open_count - 1]);
    free(l->open);
    *l = (struct sp_loglines){0};
}
