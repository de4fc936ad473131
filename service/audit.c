/* service/audit.c - the audit: a queue, and the thread that writes what is in it. */
#include "service/audit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/isotime.h"
#include "core/refusals.h"
#include "core/text.h"
#include "service/log.h"
#include "service/logfiles.h"
#include "win32/clock.h"
#include "win32/eventlog.h"
#include "win32/file.h"
#include "win32/loop.h"
#include "win32/thread.h"

enum {
    TEXT_MAX = 1 << 20, /* lines that wait for a file that can't be written */
    PAUSE_MS = 1000,    /* until it is tried again; until file and buffer are given back */
    NAMES = 16,         /* accounts whose names are remembered */
    NAME_MS = 600000,   /* for so long: an account may be given another */
};

/* A domain controller may take long to answer, and entries come in bursts of the same account. */
struct name {
    char sid[SP_AUDIT_SID_MAX];
    char account[SP_AUDIT_ACCOUNT_MAX];
    uint64_t until_ms;
};

/* A process has one, as it has one log. */
static struct {
    struct w32_lock lock; /* for what follows */
    struct w32_cond changed;
    struct sp_buffer queue; /* of struct sp_audit_entry */
    uint32_t lost;          /* entries behind what is in the queue */
    struct sp_refusals refusals;
    bool open;
    bool closing;

    w32_handle thread;

    /* The thread's own, and fixed while it runs. */
    char *source;
    struct svc_logfiles *files;
    struct sp_buffer text; /* lines to be written */
    uint32_t unwritten;    /* entries behind them that got no line */
    struct sp_error why;   /* the file's last failure */
    struct name names[NAMES];
    size_t next_name;
    bool file_fails, events_fail;
    bool rests; /* no file is open, and nothing is left to be written */
} audit;

/* ------------------------------------------------------------------ in */

static void put_who(struct sp_audit_entry *e, const struct w32_peer *peer)
{
    sp_audit_text(e->sid, sizeof e->sid, peer->sid);
    sp_audit_text(e->host, sizeof e->host, peer->host);
    e->remote = peer->remote;
}

/* Under the lock. @param stands_for how many are missing where it is */
static void put(const struct sp_audit_entry *e, uint32_t stands_for)
{
    /* Behind a gap nothing is taken until the thread has seen it: so there is one. */
    bool fits = audit.lost == 0 && audit.queue.len < SVC_AUDIT_QUEUE * sizeof *e &&
                sp_buffer_append(&audit.queue, e, sizeof *e, NULL) == SP_OK;
    if (!fits)
        audit.lost += stands_for < UINT32_MAX - audit.lost ? stands_for : UINT32_MAX - audit.lost;
}

/* Under the lock. */
static void put_count(const struct sp_refusals_count *c)
{
    struct sp_audit_entry e = {
        .kind = SP_AUDIT_REFUSALS, .unix_ms = w32_unix_ms(), .has_code = true, .code = c->count};
    if (c->count == 0)
        return;
    memcpy(e.sid, c->sid, sizeof e.sid);
    snprintf(e.reason, sizeof e.reason,
             "of an account %d are written one by one, and those of the next %d s counted",
             SP_REFUSALS_EACH, SP_REFUSALS_MS / 1000);
    put(&e, c->count);
}

/* Under the lock. Tells of the refusals whose time is over that they were so many. */
static void put_counts(uint64_t now_ms)
{
    struct sp_refusals_count ended;
    while (sp_refusals_ended(&audit.refusals, now_ms, &ended))
        put_count(&ended);
}

/* A client can be refused as often as it likes: what is counted here takes no room of the others'.
 */
static void enqueue(const struct sp_audit_entry *e)
{
    struct sp_refusals_count ended = {.count = 0};
    w32_lock_enter(&audit.lock);
    if (audit.open && !audit.closing) {
        bool alone = e->kind != SP_AUDIT_REFUSAL ||
                     sp_refusals_take(&audit.refusals, e->sid, w32_now_ms(), &ended);
        put_count(&ended);
        if (alone)
            put(e, 1);
        w32_cond_wake(&audit.changed);
    }
    w32_lock_leave(&audit.lock);
}

void svc_audit(const struct svc_audit_entry *entry)
{
    struct sp_audit_entry e = {.kind = entry->kind, .unix_ms = w32_unix_ms()};
    if (entry->peer != NULL && entry->peer->sid[0] != '\0')
        put_who(&e, entry->peer);
    sp_audit_text(e.worker, sizeof e.worker, entry->worker);
    sp_audit_text(e.session, sizeof e.session, entry->session);
    sp_audit_text(e.transport, sizeof e.transport, entry->transport);
    sp_audit_text(e.what, sizeof e.what, entry->what);
    sp_audit_text(e.reason, sizeof e.reason, entry->reason);
    e.has_code = entry->code != NULL;
    e.code = e.has_code ? *entry->code : 0;
    enqueue(&e);
}

void svc_audit_service(enum sp_audit_kind kind, const char *service, const char *config,
                       const char *why)
{
    struct w32_peer self = {0};
    char changed[SP_ISOTIME_LEN + 1] = "-", reason[SP_AUDIT_REASON_MAX];
    uint64_t unix_ms = 0;
    if (w32_own_sid(self.sid, NULL) != SP_OK)
        self.sid[0] = '\0';
    if (w32_file_write_time(config, &unix_ms, NULL) == SP_OK)
        sp_isotime(unix_ms, changed);
    snprintf(reason, sizeof reason, "%s%s%sconfig %s, last changed %s%s%s",
             service == NULL ? "" : "service ", service == NULL ? "" : service,
             service == NULL ? "" : ", ", config, changed, why == NULL ? "" : ": ",
             why == NULL ? "" : why);
    svc_audit(&(struct svc_audit_entry){.kind = kind, .peer = &self, .reason = reason});
}

/* ------------------------------------------------------------------ names */

static void look_up(struct name *n, const char *sid)
{
    char *account = NULL;
    snprintf(n->sid, sizeof n->sid, "%s", sid);
    n->until_ms = w32_now_ms() + NAME_MS;
    n->account[0] = '\0';
    /* One without a name is given back as it is. */
    if (w32_account_of(sid, &account, NULL) == SP_OK && strcmp(account, sid) != 0)
        sp_audit_text(n->account, sizeof n->account, account);
    free(account);
}

static void put_account(struct sp_audit_entry *e)
{
    struct name *n = NULL;
    if (e->sid[0] == '\0')
        return;
    for (size_t i = 0; i < NAMES && n == NULL; i++)
        if (strcmp(audit.names[i].sid, e->sid) == 0)
            n = &audit.names[i];
    if (n == NULL) {
        n = &audit.names[audit.next_name++ % NAMES];
        n->until_ms = 0;
    }
    if (n->until_ms <= w32_now_ms())
        look_up(n, e->sid);
    memcpy(e->account, n->account, sizeof e->account);
}

/* ------------------------------------------------------------------ out */

static void write_event(const struct sp_audit_entry *e)
{
    static const enum w32_event_level levels[] = {[SP_AUDIT_INFO] = W32_EVENT_INFO,
                                                  [SP_AUDIT_WARNING] = W32_EVENT_WARNING,
                                                  [SP_AUDIT_ERROR] = W32_EVENT_ERROR};
    static char texts[SP_AUDIT_STRINGS][SP_AUDIT_STRING_MAX]; /* the thread's */
    const char *strings[SP_AUDIT_STRINGS];
    struct sp_error err;
    if (audit.source == NULL)
        return;
    for (int i = 0; i < SP_AUDIT_STRINGS; i++) {
        sp_audit_string(e, (enum sp_audit_string)i, texts[i]);
        strings[i] = texts[i];
    }
    const struct w32_event event = {.level = levels[sp_audit_level(e->kind)],
                                    .id = sp_audit_id(e->kind),
                                    .strings = strings,
                                    .string_count = SP_AUDIT_STRINGS,
                                    .sid = e->sid[0] == '\0' ? NULL : e->sid};
    bool failed = w32_eventlog_report(audit.source, &event, &err) != SP_OK;
    if (failed && !audit.events_fail)
        svc_log(SVC_LOG_WARNING, "the audit's events can't be written: %s", err.what);
    audit.events_fail = failed;
}

/* @param stands_for how many entries are missing where its line is */
static void write_entry(struct sp_audit_entry *e, uint32_t stands_for)
{
    put_account(e);
    write_event(e);
    /* A gap has one place. */
    if (audit.unwritten > 0 || sp_audit_line(e, &audit.text, NULL) != SP_OK)
        audit.unwritten += stands_for;
}

/* Events go on whatever becomes of the file: so it is tried once, and again with what comes next.
 */
static void write_text(void)
{
    size_t written = 0;
    if (audit.text.len == 0)
        return;
    sp_status status = svc_logfiles_append(audit.files, w32_unix_ms(), audit.text.data,
                                           audit.text.len, &written, &audit.why);
    sp_buffer_consume(&audit.text, written);
    if (status != SP_OK && !audit.file_fails)
        svc_log(SVC_LOG_ERROR, "the audit can't be written: %s", audit.why.what);
    else if (status == SP_OK && audit.file_fails)
        svc_log(SVC_LOG_INFO, "the audit is written again");
    audit.file_fails = status != SP_OK;
}

static void write_loss(uint32_t count, const char *why)
{
    struct sp_audit_entry e = {
        .kind = SP_AUDIT_LOST, .unix_ms = w32_unix_ms(), .has_code = true, .code = count};
    sp_audit_text(e.reason, sizeof e.reason, why);
    write_entry(&e, count);
}

/* What is missing in the file is said there once it takes lines again. */
static void write_gap(void)
{
    uint32_t count = audit.unwritten;
    if (count == 0 || audit.text.len > 0)
        return;
    audit.unwritten = 0;
    write_loss(count, audit.why.status == SP_OK ? "there was no memory" : audit.why.what);
    write_text();
}

/* ------------------------------------------------------------------ the thread */

static bool has_rest(void)
{
    return audit.text.len > 0 || audit.unwritten > 0;
}

/* Gives back what is not needed while nothing comes. */
static void rest(void)
{
    svc_logfiles_rest(audit.files);
    sp_buffer_deinit(&audit.text);
    audit.why = (struct sp_error){0};
    audit.rests = true;
}

/* Under the lock: not longer than until something that was counted is to be told. */
static uint32_t wait_ms(void)
{
    uint32_t most_ms = audit.rests ? W32_FOREVER : PAUSE_MS;
    uint64_t now_ms = w32_now_ms(), end_ms = sp_refusals_end_ms(&audit.refusals);
    uint64_t left_ms = end_ms > now_ms ? end_ms - now_ms : 0;
    return left_ms < most_ms ? (uint32_t)left_ms : most_ms;
}

/* Waits for entries, or for a while. @return false: no more will come */
static bool take(struct sp_buffer *taken, uint32_t *lost)
{
    bool waits = true;
    w32_lock_enter(&audit.lock);
    put_counts(w32_now_ms());
    while (waits && audit.queue.len == 0 && audit.lost == 0 && !audit.closing) {
        waits = w32_cond_wait(&audit.changed, &audit.lock, wait_ms());
        put_counts(w32_now_ms());
    }
    *taken = audit.queue;
    audit.queue = (struct sp_buffer){0};
    *lost = audit.lost;
    audit.lost = 0;
    bool is_over = audit.closing && taken->len == 0 && *lost == 0;
    w32_lock_leave(&audit.lock);
    return !is_over;
}

/* How many lines were not written. */
static uint32_t rest_count(void)
{
    uint32_t count = audit.unwritten;
    for (size_t i = 0; i < audit.text.len; i++)
        count += audit.text.data[i] == '\n';
    return count;
}

static void write_all(const struct sp_buffer *taken, uint32_t lost)
{
    struct sp_audit_entry e;
    for (size_t at = 0; at < taken->len; at += sizeof e) {
        memcpy(&e, taken->data + at, sizeof e);
        write_entry(&e, e.kind == SP_AUDIT_REFUSALS ? e.code : 1);
    }
    if (lost > 0)
        write_loss(lost, "they came faster than they could be written");
    write_text();
    write_gap();
}

static void run(void *arg)
{
    (void)arg;
    struct sp_buffer taken = {0};
    uint32_t lost = 0;
    while (take(&taken, &lost)) {
        bool came = taken.len > 0 || lost > 0;
        audit.rests = false;
        write_all(&taken, lost);
        sp_buffer_deinit(&taken);
        if (!came && !has_rest())
            rest();
    }
    if (has_rest())
        svc_log(SVC_LOG_ERROR, "the end of the audit, %u entries, is lost: %s",
                (unsigned)rest_count(), audit.why.what);
}

/* ------------------------------------------------------------------ life */

static void free_all(void)
{
    sp_buffer_deinit(&audit.text);
    svc_logfiles_close(audit.files);
    audit.files = NULL;
    free(audit.source);
    audit.source = NULL;
}

sp_status svc_audit_open(const struct svc_audit_options *options, struct sp_error *err)
{
    const struct sp_logs_config config = {.size_bytes = SVC_AUDIT_FILE_BYTES,
                                          .files = SVC_AUDIT_FILES};
    sp_status status = svc_logfiles_open_at(options->file, &config, &audit.files, err);
    if (status == SP_OK)
        status = svc_logfiles_make_private(audit.files, err);
    if (status == SP_OK && options->source != NULL)
        status = sp_text_copy(sp_bytes_of(options->source), &audit.source, err);
    audit.text.max = TEXT_MAX;
    audit.unwritten = 0;
    audit.why = (struct sp_error){0};
    audit.file_fails = audit.events_fail = false;
    audit.rests = true;
    audit.closing = false;
    audit.refusals = (struct sp_refusals){0};
    audit.open = status == SP_OK;
    if (status == SP_OK)
        status = w32_thread_start(run, NULL, &audit.thread, err);
    if (status != SP_OK) {
        audit.open = false;
        free_all();
    }
    return status;
}

void svc_audit_close(uint32_t timeout_ms)
{
    w32_lock_enter(&audit.lock);
    bool was_open = audit.open && !audit.closing;
    if (was_open)
        put_counts(UINT64_MAX);
    audit.closing = true;
    w32_cond_wake(&audit.changed);
    w32_lock_leave(&audit.lock);
    if (!was_open)
        return;
    if (w32_thread_join(&audit.thread, timeout_ms) != SP_OK) {
        svc_log(SVC_LOG_ERROR, "what the audit writes to does not answer; its end is lost");
        return; /* the thread may come back to it as long as the process lives */
    }
    audit.open = false;
    free_all();
}
