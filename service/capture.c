/* service/capture.c - what a worker says, kept in its log files. */
#include "service/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loglines.h"
#include "core/text.h"
#include "service/log.h"
#include "win32/clock.h"
#include "win32/task.h"
#include "win32/thread.h"

enum {
    TEXT_BYTES = 64 * 1024, /* lines that are written at once */
    PAUSE_MS = 1000,        /* after a failure; until a line that does not end is written; until
                             * file and buffers are given back */
    FIRST_LOOK_MS = 60000,  /* for old files, after the start */
    LOOK_MS = 3600000,      /* and ever after */
};

/* In front of the bytes in the queue. */
struct record {
    uint64_t unix_ms;
    uint32_t len;
    enum sp_stream stream;
    char tag[SP_LOGLINES_TAG_MAX + 1];
};

struct svc_capture {
    char *worker;
    enum sp_capture streams;
    uint64_t (*unix_ms)(void);
    struct svc_logfiles *files;
    struct w32_task *task;

    struct w32_lock lock;   /* for what follows */
    struct sp_buffer queue; /* records */
    uint64_t lost;          /* bytes behind what is in the queue */
    struct sp_logs_config wanted;
    bool is_changed; /* the files are to be as wanted */
    struct sp_link followers;
    bool woken; /* the task will look at the queue */
    bool busy;  /* it is looking */
    bool closing;

    /* The task's own. */
    struct sp_logs_config config;
    struct sp_buffer taken; /* what the queue was */
    size_t taken_at;        /* how far lines were made of it */
    uint32_t record_at;     /* how far of the record there */
    uint64_t taken_lost;    /* bytes lost behind it */
    struct sp_loglines lines;
    struct sp_buffer text; /* lines to be written */
    size_t text_at;        /* how far they are */
    bool failing;
    struct sp_error why; /* the last failure that nothing was said of in the log */
    uint64_t line_ms;    /* how long a line may stay that has not ended */
    uint64_t look_ms;    /* when to look for old files */
};

/* ------------------------------------------------------------------ in */

void svc_capture_configure(struct svc_capture *c, const struct sp_logs_config *config)
{
    c->streams = config->streams;
    w32_lock_enter(&c->lock);
    c->wanted = *config;
    c->is_changed = true;
    c->woken = true;
    w32_lock_leave(&c->lock);
    w32_task_wake(c->task, 0);
}

bool svc_capture_wants(const struct svc_capture *c, enum sp_stream stream)
{
    if (c == NULL)
        return false;
    return (stream == SP_STDERR && c->streams != SP_CAPTURE_NONE) ||
           (stream == SP_STDOUT && c->streams == SP_CAPTURE_BOTH);
}

/* Puts as much into the queue as it takes; the lock is held. @return how many bytes */
static size_t enqueue(struct svc_capture *c, const struct record *head, const void *data,
                      size_t len)
{
    struct record record = *head;
    size_t used = c->queue.len + sizeof record;
    size_t room = used < SVC_CAPTURE_QUEUE_BYTES ? SVC_CAPTURE_QUEUE_BYTES - used : 0;
    record.len = (uint32_t)(len < room ? len : room);
    /* Behind a gap nothing is taken until the task has seen it: so there is one, and its place is
     * the queue's end. */
    if (record.len == 0 || c->lost > 0 ||
        sp_buffer_reserve(&c->queue, sizeof record + record.len, NULL) != SP_OK)
        return 0;
    memcpy(c->queue.data + c->queue.len, &record, sizeof record);
    memcpy(c->queue.data + c->queue.len + sizeof record, data, record.len);
    c->queue.len += sizeof record + record.len;
    return record.len;
}

void svc_capture_write(struct svc_capture *c, const char *tag, enum sp_stream stream,
                       const void *data, size_t len)
{
    if (!svc_capture_wants(c, stream) || len == 0)
        return;
    struct record record = {.unix_ms = c->unix_ms(), .stream = stream};
    size_t tag_len = strlen(tag);
    memcpy(record.tag, tag, tag_len < SP_LOGLINES_TAG_MAX ? tag_len : SP_LOGLINES_TAG_MAX);
    w32_lock_enter(&c->lock);
    c->lost += len - enqueue(c, &record, data, len);
    bool is_first = !c->woken;
    c->woken = true;
    w32_lock_leave(&c->lock);
    if (is_first)
        w32_task_wake(c->task, 0);
}

/* ------------------------------------------------------------------ followers */

bool svc_follow(struct svc_capture *c, struct svc_follower *f, struct w32_loop *loop)
{
    f->capture = c;
    f->loop = loop;
    w32_lock_enter(&c->lock);
    sp_list_add(&c->followers, &f->link);
    bool on_its_way = c->woken || c->busy;
    w32_lock_leave(&c->lock);
    return on_its_way;
}

static void called(struct w32_post *post)
{
    struct svc_follower *f = SP_CONTAINER(post, struct svc_follower, post);
    w32_lock_enter(&f->capture->lock);
    f->posted = false;
    w32_lock_leave(&f->capture->lock);
    f->more(f);
}

bool svc_unfollow(struct svc_follower *f)
{
    if (f->capture == NULL)
        return true;
    w32_lock_enter(&f->capture->lock);
    sp_list_remove(&f->link);
    bool posted = f->posted;
    w32_lock_leave(&f->capture->lock);
    return !posted;
}

/* The lock is held. */
static void tell(struct svc_capture *c)
{
    for (struct sp_link *l = c->followers.next; l != &c->followers; l = l->next) {
        struct svc_follower *f = SP_CONTAINER(l, struct svc_follower, link);
        if (f->posted)
            continue; /* it will look then */
        f->posted = true;
        f->post.call = called;
        w32_loop_post(f->loop, &f->post);
    }
}

/* ------------------------------------------------------------------ out */

/* @return whether this is the last time */
static bool begin(struct svc_capture *c)
{
    w32_lock_enter(&c->lock);
    c->busy = true;
    bool closing = c->closing;
    bool is_changed = c->is_changed;
    if (is_changed)
        c->config = c->wanted;
    c->is_changed = false;
    w32_lock_leave(&c->lock);
    if (is_changed)
        svc_logfiles_configure(c->files, &c->config, c->unix_ms());
    return closing;
}

/* Takes what is in the queue, once all that was taken before is written. @return whether there was
 * anything */
static bool take(struct svc_capture *c)
{
    w32_lock_enter(&c->lock);
    struct sp_buffer empty = c->taken;
    empty.len = 0;
    c->taken = c->queue;
    c->queue = empty;
    c->taken_at = 0;
    c->taken_lost = c->lost;
    c->lost = 0;
    c->woken = false;
    w32_lock_leave(&c->lock);
    return c->taken.len > 0 || c->taken_lost > 0;
}

/* Makes lines of the next record, or of a part of it. */
static void add_record(struct svc_capture *c)
{
    struct record record;
    memcpy(&record, c->taken.data + c->taken_at, sizeof record);
    const unsigned char *bytes = c->taken.data + c->taken_at + sizeof record;
    struct sp_bytes rest = {bytes + c->record_at, record.len - c->record_at};
    c->record_at += (uint32_t)sp_loglines_add(&c->lines, record.unix_ms, record.tag, record.stream,
                                              rest, &c->text);
    if (c->record_at == record.len) {
        c->taken_at += sizeof record + record.len;
        c->record_at = 0;
    }
}

static bool has_room(const struct svc_capture *c)
{
    return c->text.cap - c->text.len >= SP_LOGLINES_LINE_MAX;
}

/* Says what is missing; what was before it does not go on behind it. */
static void add_gap(struct svc_capture *c, uint64_t now)
{
    char text[SP_ERROR_TEXT_MAX + 64];
    if (!sp_loglines_expire(&c->lines, now, 0, &c->text))
        return;
    snprintf(text, sizeof text, "%llu bytes are missing here: %s",
             (unsigned long long)c->taken_lost,
             c->why.status != SP_OK ? c->why.what : "they came faster than they could be written");
    if (!sp_loglines_say(now, text, &c->text))
        return;
    c->taken_lost = 0;
    c->why.status = SP_OK;
}

/* Makes lines of what there is, as far as there is room. @return whether there are any */
static bool make_text(struct svc_capture *c)
{
    while (c->taken_at < c->taken.len && has_room(c))
        add_record(c);
    if (c->taken_at == c->taken.len && has_room(c)) {
        uint64_t now = c->unix_ms();
        if (c->taken_lost > 0)
            add_gap(c, now);
        else
            (void)sp_loglines_expire(&c->lines, now, c->line_ms, &c->text);
    }
    return c->text.len > 0;
}

static void note_failure(struct svc_capture *c, const struct sp_error *err)
{
    c->why = *err;
    if (!c->failing)
        svc_log(SVC_LOG_WARNING, "worker '%s': its log can't be written: %s", c->worker, err->what);
    c->failing = true;
}

static void note_success(struct svc_capture *c)
{
    if (c->failing)
        svc_log(SVC_LOG_INFO, "worker '%s': its log is written again", c->worker);
    c->failing = false;
}

/* Writes the text. @return whether all of it is written */
static bool write_text(struct svc_capture *c)
{
    size_t written = 0;
    struct sp_error err;
    if (c->text.len == 0)
        return true;
    sp_status status = svc_logfiles_append(c->files, c->unix_ms(), c->text.data + c->text_at,
                                           c->text.len - c->text_at, &written, &err);
    c->text_at += written;
    if (status != SP_OK) {
        note_failure(c, &err);
        return false;
    }
    note_success(c);
    c->text.len = c->text_at = 0;
    return true;
}

/* Writes all that was taken. @return false: it can't be written by now */
static bool write_all(struct svc_capture *c)
{
    struct sp_error err;
    if (sp_buffer_reserve(&c->text, TEXT_BYTES - c->text.len, &err) != SP_OK) {
        note_failure(c, &err);
        return false;
    }
    do {
        if (!write_text(c))
            return false;
    } while (make_text(c));
    return true;
}

/* ------------------------------------------------------------------ the task */

static void look_for_old_files(struct svc_capture *c)
{
    uint64_t now = w32_now_ms();
    if (c->config.age_ms == 0)
        return;
    if (now >= c->look_ms) {
        svc_logfiles_expire(c->files, c->unix_ms());
        c->look_ms = now + LOOK_MS;
    }
    w32_task_wake(c->task, (uint32_t)(c->look_ms - now));
}

/* Gives back what is not needed while nothing comes. */
static void rest(struct svc_capture *c)
{
    svc_logfiles_rest(c->files);
    sp_buffer_deinit(&c->text);
    sp_buffer_deinit(&c->taken);
    c->taken_at = 0;
    w32_lock_enter(&c->lock);
    if (c->queue.len == 0)
        sp_buffer_deinit(&c->queue);
    w32_lock_leave(&c->lock);
}

/* Whoever follows may look now. */
static void leave(struct svc_capture *c, bool all_written)
{
    w32_lock_enter(&c->lock);
    c->busy = false;
    if (all_written && c->queue.len == 0 && c->lost == 0)
        c->why.status = SP_OK; /* nothing was lost by it */
    if (all_written)
        tell(c);
    w32_lock_leave(&c->lock);
}

static void work(void *arg)
{
    struct svc_capture *c = arg;
    bool closing = begin(c), took = false;
    bool ok = write_all(c);
    while (ok && take(c)) {
        took = true;
        ok = write_all(c);
        if (!closing) /* others wait for this thread, and are woken in turn */
            break;
    }
    if (ok && closing) {
        c->line_ms = 0;
        ok = write_all(c);
    }
    leave(c, ok);
    if (closing)
        return;
    if (ok && !took && c->lines.open_count == 0)
        rest(c);
    else
        w32_task_wake(c->task, PAUSE_MS);
    look_for_old_files(c);
}

/* ------------------------------------------------------------------ life */

static void destroy(struct svc_capture *c)
{
    svc_logfiles_close(c->files);
    sp_loglines_deinit(&c->lines);
    sp_buffer_deinit(&c->queue);
    sp_buffer_deinit(&c->taken);
    sp_buffer_deinit(&c->text);
    free(c->worker);
    free(c);
}

sp_status svc_capture_open(const struct svc_capture_options *options, struct svc_capture **out,
                           struct sp_error *err)
{
    if (options->config->streams == SP_CAPTURE_NONE) {
        *out = NULL;
        return SP_OK;
    }
    struct svc_capture *c = calloc(1, sizeof *c);
    if (c == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a capture");
    c->config = *options->config;
    c->streams = options->config->streams;
    c->unix_ms = options->unix_ms == NULL ? w32_unix_ms : options->unix_ms;
    c->line_ms = PAUSE_MS;
    sp_list_init(&c->followers);
    sp_status status = sp_text_copy(sp_bytes_of(options->worker), &c->worker, err);
    if (status == SP_OK)
        status =
            svc_logfiles_open(options->folder, options->worker, options->config, &c->files, err);
    if (status == SP_OK)
        status = w32_task_open(work, c, &c->task, err);
    if (status != SP_OK) {
        destroy(c);
        return status;
    }
    if (c->config.age_ms != 0)
        w32_task_wake(c->task, FIRST_LOOK_MS);
    *out = c;
    return SP_OK;
}

void svc_capture_close(struct svc_capture *c, uint32_t timeout_ms)
{
    if (c == NULL)
        return;
    w32_lock_enter(&c->lock);
    c->closing = true;
    w32_lock_leave(&c->lock);
    if (w32_task_close(c->task, timeout_ms) != SP_OK) {
        svc_log(SVC_LOG_WARNING,
                "worker '%s': the disk of its log does not answer; its end is lost", c->worker);
        return; /* the task may come back to it as long as the process lives */
    }
    if (c->text.len > 0 || c->taken_at < c->taken.len || c->queue.len > 0 || c->lost > 0)
        svc_log(SVC_LOG_WARNING, "worker '%s': the end of its log is lost: %s", c->worker,
                c->why.what);
    destroy(c);
}

struct svc_logfiles *svc_capture_files(struct svc_capture *c)
{
    return c->files;
}
