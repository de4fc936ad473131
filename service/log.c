/* service/log.c - the service's own log: files, and stderr in a console. */
#include "service/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "service/events.h"
#include "service/logfiles.h"
#include "win32/clock.h"
#include "win32/console.h"
#include "win32/file.h"

enum { SMALL_TEXT = 512, HEAD_MAX = 40, SECOND_MS = 1000 };

/* One writer at a time: a synchronous handle lets one operation in at a time anyway, and nobody
 * writes into a file that is being closed, or between two files. Other processes' entries don't mix
 * with ours, as each is one write that the system appends whole. */
static SRWLOCK lock = SRWLOCK_INIT;
static struct svc_logfiles *log_files;
static bool log_to_stderr = true;
static enum svc_log_level lowest_to_stderr = SVC_LOG_INFO;

/* Entries about clients in the second that began then. */
static uint64_t client_since_ms;
static unsigned client_written, client_left_out;

static void tell_left_out(void);

/* Whether it can be written is found out while somebody is there to be told. */
static sp_status open_files(const char *file, struct svc_logfiles **out, struct sp_error *err)
{
    const struct sp_logs_config config = {.size_bytes = SVC_LOG_FILE_BYTES, .files = SVC_LOG_FILES};
    w32_handle attempt = NULL;
    sp_status status = w32_file_append(file, &attempt, err);
    w32_handle_close(&attempt);
    return status == SP_OK ? svc_logfiles_open_at(file, &config, out, err) : status;
}

sp_status svc_log_open(const char *file, bool to_stderr, struct sp_error *err)
{
    struct svc_logfiles *opened = NULL;
    sp_status status = file == NULL ? SP_OK : open_files(file, &opened, err);
    AcquireSRWLockExclusive(&lock);
    svc_logfiles_close(log_files);
    log_files = opened;
    log_to_stderr = to_stderr || opened == NULL;
    ReleaseSRWLockExclusive(&lock);
    return status;
}

void svc_log_stderr_from(enum svc_log_level lowest)
{
    AcquireSRWLockExclusive(&lock);
    lowest_to_stderr = lowest;
    ReleaseSRWLockExclusive(&lock);
}

void svc_log_close(void)
{
    AcquireSRWLockExclusive(&lock);
    tell_left_out();
    svc_logfiles_close(log_files);
    log_files = NULL;
    log_to_stderr = true;
    ReleaseSRWLockExclusive(&lock);
}

static const char *level_name(enum svc_log_level level)
{
    switch (level) {
    case SVC_LOG_INFO:
        return "INFO";
    case SVC_LOG_WARNING:
        return "WARNING";
    case SVC_LOG_ERROR:
    default:
        return "ERROR";
    }
}

static size_t put_head(char *out, enum svc_log_level level)
{
    SYSTEMTIME now;
    GetSystemTime(&now);
    int len = snprintf(out, HEAD_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ %s ", now.wYear,
                       now.wMonth, now.wDay, now.wHour, now.wMinute, now.wSecond, now.wMilliseconds,
                       level_name(level));
    return len > 0 ? (size_t)len : 0;
}

/* Whether a C1 control stands at c: U+0080 to U+009F, which some terminals obey. */
static bool is_c1(const char *c)
{
    return (unsigned char)c[0] == 0xC2 && ((unsigned char)c[1] & 0xE0) == 0x80;
}

static size_t put_escaped(char *out, const char *text)
{
    char *end = out;
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte >= 0x20 && byte != 0x7F && !is_c1(c)) {
            *end++ = *c;
            continue;
        }
        if (is_c1(c))
            byte = (unsigned char)*++c;
        end += sprintf(end, "\\x%02X", byte);
    }
    *end++ = '\n';
    return (size_t)(end - out);
}

/* Under the lock. */
static void put_entry(enum svc_log_level level, const char *entry, size_t len)
{
    size_t written = 0;
    /* A full disk must not silence a log that people watch, nor stop the service. */
    bool failed = log_files != NULL && svc_logfiles_append(log_files, w32_unix_ms(), entry, len,
                                                           &written, NULL) != SP_OK;
    if (failed || (log_to_stderr && level >= lowest_to_stderr))
        w32_print(W32_STDERR, entry, len);
}

/* Under the lock. */
static void tell_left_out(void)
{
    char entry[HEAD_MAX + SMALL_TEXT];
    if (client_left_out == 0)
        return;
    size_t len = put_head(entry, SVC_LOG_WARNING);
    len += (size_t)sprintf(entry + len,
                           "%u more entries about clients were left out: at most %d a second are "
                           "written\n",
                           client_left_out, SVC_LOG_CLIENT_ENTRIES);
    client_left_out = 0;
    put_entry(SVC_LOG_WARNING, entry, len);
}

/* Under the lock. */
static void begin_second_if_due(void)
{
    uint64_t now = GetTickCount64();
    if (now - client_since_ms < SECOND_MS)
        return;
    tell_left_out();
    client_since_ms = now;
    client_written = 0;
}

static void write_entry(enum svc_log_level level, const char *entry, size_t len)
{
    AcquireSRWLockExclusive(&lock);
    begin_second_if_due();
    put_entry(level, entry, len);
    ReleaseSRWLockExclusive(&lock);
}

/* Whether one more entry about a client fits into this second; counts it. */
static bool client_fits(void)
{
    AcquireSRWLockExclusive(&lock);
    begin_second_if_due();
    bool fits = client_written < SVC_LOG_CLIENT_ENTRIES;
    *(fits ? &client_written : &client_left_out) += 1;
    ReleaseSRWLockExclusive(&lock);
    return fits;
}

static void log_text(enum svc_log_level level, const char *text)
{
    /* Each byte may become four. */
    char small[HEAD_MAX + SMALL_TEXT * 4 + 1];
    size_t size = HEAD_MAX + strlen(text) * 4 + 1;
    char *entry = size <= sizeof small ? small : malloc(size);
    if (entry == NULL)
        return;
    size_t len = put_head(entry, level);
    len += put_escaped(entry + len, text);
    write_entry(level, entry, len);
    svc_events_put(level, w32_unix_ms(), text);
    if (entry != small)
        free(entry);
}

static void log_args(enum svc_log_level level, const char *format, va_list args)
{
    char small[SMALL_TEXT];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    char *large = len < 0 || (size_t)len < sizeof small ? NULL : malloc((size_t)len + 1);
    if (large != NULL)
        vsnprintf(large, (size_t)len + 1, format, again);
    va_end(again);
    /* Without memory the beginning is better than nothing. */
    if (len >= 0)
        log_text(level, large != NULL ? large : small);
    free(large);
}

void svc_log(enum svc_log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_args(level, format, args);
    va_end(args);
}

void svc_log_client(enum svc_log_level level, const char *format, ...)
{
    if (!client_fits())
        return;
    va_list args;
    va_start(args, format);
    log_args(level, format, args);
    va_end(args);
}
