/* bench/transfer.c - samples of one session at a time: transfers, the first byte, round trips.
 * Every contestant is followed by the next, so that what else happens on the machine happens to
 * all. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "win32/clock.h"
#include "win32/file.h"
#include "win32/pipe.h"

enum { LONG_TRIP = 100, PIECE = 1 << 20 };

static struct bench_samples *samples_of(struct bench *b, enum bench_figure figure,
                                        enum bench_contestant who)
{
    return &b->results.samples[figure][who];
}

/* ------------------------------------------------------------------ transfers */

static enum bench_worker_kind worker_of(enum bench_figure figure)
{
    return figure == BENCH_UPLOAD     ? BENCH_SINK
           : figure == BENCH_DOWNLOAD ? BENCH_SOURCE
                                      : BENCH_ECHOES;
}

/* Reads as much of a file as there is room for. */
static sp_status read_piece(w32_handle file, unsigned char *piece, uint32_t *len,
                            struct sp_error *err)
{
    sp_status status = SP_OK;
    *len = 0;
    while (status == SP_OK && *len < PIECE) {
        uint32_t got = 0;
        status = w32_read(file, piece + *len, PIECE - *len, &got, err);
        *len += status == SP_OK ? got : 0;
    }
    return status == SP_EEND ? SP_OK : status;
}

/* An echo must be the input, byte for byte. */
static sp_status check_echo(const struct bench *b, enum bench_contestant who, struct sp_error *err)
{
    static unsigned char sent[PIECE], came[PIECE];
    w32_handle in = NULL, out = NULL;
    sp_status status = w32_file_open(b->input, W32_FILE_READ, &in, err);
    if (status == SP_OK)
        status = w32_file_open(b->output, W32_FILE_READ, &out, err);
    for (uint32_t len = 1, other = 0; status == SP_OK && len > 0;) {
        status = read_piece(in, sent, &len, err);
        if (status == SP_OK)
            status = read_piece(out, came, &other, err);
        if (status == SP_OK && (len != other || memcmp(sent, came, len) != 0))
            status = sp_fail(err, SP_EBROKEN, 0, "%s: other bytes came back than were sent",
                             bench_contestants[who].name);
    }
    w32_handle_close(&in);
    w32_handle_close(&out);
    return status;
}

/* The output must be whole: a file of the right size, or the sink's own count. */
static sp_status check_output(const struct bench *b, enum bench_figure figure,
                              enum bench_contestant who, struct sp_error *err)
{
    uint64_t came = 0, size = b->results.size_bytes;
    sp_status status;
    if (figure == BENCH_UPLOAD) {
        struct sp_buffer count = {0};
        status = w32_file_read(b->output, 64, &count, err);
        if (status == SP_OK)
            status = sp_buffer_append(&count, "", 1, err);
        if (status == SP_OK)
            came = strtoull((const char *)count.data, NULL, 10);
        sp_buffer_deinit(&count);
    } else
        status = w32_file_size(b->output, &came, err);
    if (status == SP_OK && came != size)
        status =
            sp_fail(err, SP_EBROKEN, 0, "%s: %llu of %llu bytes came", bench_contestants[who].name,
                    (unsigned long long)came, (unsigned long long)size);
    return status == SP_OK && figure == BENCH_ECHO ? check_echo(b, who, err) : status;
}

sp_status bench_take_transfer(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                              struct sp_error *err)
{
    struct bench_command command;
    struct w32_child child = {0};
    w32_handle in = NULL, out = NULL;
    sp_status status = SP_OK;
    bench_command_of(b, who, &b->service, worker_of(figure), &command);
    if (figure != BENCH_DOWNLOAD)
        status = w32_file_open(b->input, W32_FILE_READ, &in, err);
    if (status == SP_OK)
        status = w32_file_open(b->output, W32_FILE_WRITE, &out, err);
    if (status != SP_OK)
        goto done;

    uint64_t begin = w32_clock_us();
    status = bench_start(b, &command, in, out, &child, err);
    if (status == SP_OK)
        status = bench_wait_end(b, &child, who, err);
    uint64_t us = w32_clock_us() - begin;
    if (status == SP_OK)
        status = check_output(b, figure, who, err);
    if (status == SP_OK)
        bench_samples_add(samples_of(b, figure, who), us);
done:
    w32_handle_close(&in);
    w32_handle_close(&out);
    return status;
}

/* ------------------------------------------------------------------ one session */

static sp_status take_trips(struct bench *b, const struct bench_session *s,
                            enum bench_contestant who, uint32_t len, enum bench_figure median,
                            enum bench_figure p99, struct sp_error *err)
{
    size_t count = b->results.trips;
    uint64_t *times = calloc(count, sizeof *times);
    sp_status status = SP_OK;
    if (times == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for %zu round trips", count);
    for (size_t i = 0; status == SP_OK && i < count; i++) {
        uint64_t begin = w32_clock_us();
        status = bench_trip(s->to, s->from, len, err);
        times[i] = w32_clock_us() - begin;
    }
    if (status == SP_OK) {
        bench_samples_add(samples_of(b, median, who), bench_percentile(times, count, 50));
        bench_samples_add(samples_of(b, p99, who), bench_percentile(times, count, 99));
    }
    free(times);
    return status;
}

sp_status bench_take_session(struct bench *b, enum bench_figure figure, enum bench_contestant who,
                             struct sp_error *err)
{
    struct bench_session session;
    uint64_t begin = w32_clock_us();
    sp_status status = bench_session_open(b, who, &b->service, &session, err);
    if (status == SP_OK)
        status = bench_session_first(b, &session, who, err);
    uint64_t us = w32_clock_us() - begin;
    if (status == SP_OK && bench_takes_part(&b->results, figure, who))
        bench_samples_add(samples_of(b, figure, who), us);
    if (status == SP_OK && bench_takes_part(&b->results, BENCH_TRIP_1, who)) {
        status = take_trips(b, &session, who, 1, BENCH_TRIP_1, BENCH_TRIP_1_P99, err);
        if (status == SP_OK)
            status =
                take_trips(b, &session, who, LONG_TRIP, BENCH_TRIP_100, BENCH_TRIP_100_P99, err);
    }
    if (status == SP_OK)
        status = bench_session_end(b, &session, who, err);
    bench_session_close(&session);
    return status;
}
