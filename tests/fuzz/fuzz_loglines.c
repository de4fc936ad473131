/* tests/fuzz/fuzz_loglines.c - what workers say, on its way into a log: every line of the log has
 * its form, and of the lines all that was said can be put together again, byte for byte.
 *
 * Input, of which rare ones have the longest lines: steps, each a byte that says what is done and
 * to which source, and what that needs. */
#include <stdlib.h>
#include <string.h>

#include "core/isotime.h"
#include "core/loglines.h"
#include "tests/fuzz/fuzz.h"

enum { TAGS = 20, STREAMS = 2, SOURCES = TAGS * STREAMS, ROOM = 2 * SP_LOGLINES_LINE_MAX };

/* A log, and per source what was said and what stands in the log. */
struct log {
    struct sp_loglines lines;
    struct sp_buffer out;
    uint64_t now_ms;
    size_t run_max; /* bytes of a run */
    struct sp_buffer said[SOURCES];
    struct sp_buffer written[SOURCES];
};

static const char *tag_of(size_t source)
{
    static const char *const tags[TAGS] = {
        "s1",  "s2",  "s3",  "s4",  "s5",  "s6",  "s7",  "s8",  "s9",  "r1",
        "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s18446744073709551615x"};
    return tags[source / STREAMS];
}

static enum sp_stream stream_of(size_t source)
{
    return source % STREAMS == 0 ? SP_STDOUT : SP_STDERR;
}

static bool takes(struct sp_bytes *line, const char *text)
{
    size_t len = strlen(text);
    if (line->len < len || memcmp(line->data, text, len) != 0)
        return false;
    *line = (struct sp_bytes){(const char *)line->data + len, line->len - len};
    return true;
}

/* Takes a line of the log apart, without its LF. */
static void read_line(struct log *log, struct sp_bytes line)
{
    uint64_t ms = 0;
    FUZZ_CHECK(line.len < SP_LOGLINES_LINE_MAX);
    FUZZ_CHECK(sp_isotime_parse(line.data, line.len, &ms) && ms == log->now_ms);
    line = (struct sp_bytes){(const char *)line.data + SP_ISOTIME_LEN, line.len - SP_ISOTIME_LEN};
    if (takes(&line, " - log it was said"))
        return;
    for (size_t i = 0; i < SOURCES; i++) {
        struct sp_bytes rest = line;
        if (!takes(&rest, " ") || !takes(&rest, tag_of(i)) || !takes(&rest, " ") ||
            !takes(&rest, sp_stream_name(stream_of(i))))
            continue;
        bool goes_on = takes(&rest, "+");
        FUZZ_CHECK(takes(&rest, " "));
        FUZZ_CHECK(rest.len <= SP_LOGLINES_TEXT_MAX);
        FUZZ_CHECK(sp_buffer_append(&log->written[i], rest.data, rest.len, NULL) == SP_OK);
        if (!goes_on)
            FUZZ_CHECK(sp_buffer_append(&log->written[i], "\n", 1, NULL) == SP_OK);
        return;
    }
    fuzz_fail(__FILE__, __LINE__, "a line has a source");
}

/* Reads what is there, and empties it. */
static void read_out(struct log *log)
{
    const uint8_t *at = log->out.data, *end = at + log->out.len;
    while (at < end) {
        const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
        FUZZ_CHECK(lf != NULL);
        read_line(log, (struct sp_bytes){at, (size_t)(lf - at)});
        at = lf + 1;
    }
    log->out.len = 0;
}

static void add(struct log *log, size_t source, struct sp_bytes bytes)
{
    FUZZ_CHECK(sp_buffer_append(&log->said[source], bytes.data, bytes.len, NULL) == SP_OK);
    size_t taken = 0;
    while (taken < bytes.len) {
        struct sp_bytes rest = {(const uint8_t *)bytes.data + taken, bytes.len - taken};
        size_t room = log->out.cap;
        size_t now = sp_loglines_add(&log->lines, log->now_ms, tag_of(source), stream_of(source),
                                     rest, &log->out);
        FUZZ_CHECK(now <= rest.len);
        FUZZ_CHECK(now == rest.len || log->out.len > 0);
        FUZZ_CHECK(log->out.cap == room && log->out.len <= room); /* only what is reserved */
        taken += now;
        read_out(log);
    }
}

/* A line of any length of one letter. */
static void add_run(struct log *log, size_t source, struct fuzz_input *in)
{
    size_t len = fuzz_below(in, log->run_max);
    char *text = fuzz_alloc(len);
    memset(text, 'a', len);
    add(log, source, (struct sp_bytes){text, len});
    free(text);
}

static void expire(struct log *log, uint64_t hold_ms)
{
    while (!sp_loglines_expire(&log->lines, log->now_ms, hold_ms, &log->out)) {
        FUZZ_CHECK(log->out.len > 0);
        read_out(log);
    }
    read_out(log);
}

static void step(struct log *log, struct fuzz_input *in)
{
    size_t what = fuzz_byte(in);
    size_t source = what % SOURCES;
    switch (what / SOURCES) {
    case 0:
        add_run(log, source, in);
        break;
    case 1:
        log->now_ms = fuzz_below(in, 1000); /* clocks are set back, too */
        expire(log, source);
        break;
    case 2:
        if (sp_loglines_say(log->now_ms, "it was said", &log->out))
            read_out(log);
        break;
    default: {
        struct sp_bytes bytes = fuzz_bytes(in, fuzz_byte(in) % 64u);
        add(log, source, bytes);
        free((void *)bytes.data);
    }
    }
    FUZZ_CHECK(log->lines.open_count <= SP_LOGLINES_OPEN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct log log = {.now_ms = 500};
    log.run_max = fuzz_is_rare(&in) ? 2 * SP_LOGLINES_TEXT_MAX + 10 : 300;
    FUZZ_CHECK(sp_buffer_reserve(&log.out, ROOM, NULL) == SP_OK);
    for (int i = 0; i < 100 && in.len > 0; i++)
        step(&log, &in);
    expire(&log, 0);
    FUZZ_CHECK(log.lines.open == NULL && log.lines.open_count == 0);
    for (size_t i = 0; i < SOURCES; i++) {
        size_t len = log.said[i].len;
        FUZZ_CHECK(log.written[i].len == len);
        FUZZ_CHECK(len == 0 || memcmp(log.written[i].data, log.said[i].data, len) == 0);
        sp_buffer_deinit(&log.said[i]);
        sp_buffer_deinit(&log.written[i]);
    }
    sp_buffer_deinit(&log.out);
    return 0;
}
