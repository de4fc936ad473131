/* service/log.c - the service's own log: a file, and stderr in a console. */
#include "service/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "service/events.h"
#include "win32/clock.h"
#include "win32/console.h"
#include "win32/file.h"
#include "win32/pipe.h"

enum { SMALL_TEXT = 512, HEAD_MAX = 40 };

/* One writer at a time: a synchronous handle lets one operation in at a time anyway, and nobody
 * writes into a handle that is being closed. Other processes' entries don't mix with ours, as each
 * is one write that the system appends whole. */
static SRWLOCK lock = SRWLOCK_INIT;
static w32_handle log_file;
static bool log_to_stderr = true;
static enum svc_log_level lowest_to_stderr = SVC_LOG_INFO;

sp_status svc_log_open(const char *file, bool to_stderr, struct sp_error *err)
{
    w32_handle opened = NULL;
    sp_status status = SP_OK;
    if (file != NULL)
        status = w32_file_append(file, &opened, err);
    AcquireSRWLockExclusive(&lock);
    w32_handle_close(&log_file);
    log_file = opened;
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
    w32_handle_close(&log_file);
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

static void write_entry(enum svc_log_level level, const char *entry, size_t len)
{
    AcquireSRWLockExclusive(&lock);
    /* A full disk must not silence a log that people watch, nor stop the service. */
    if (log_file != NULL && w32_write(log_file, entry, len, NULL) != SP_OK)
        w32_print(W32_STDERR, entry, len);
    else if (log_to_stderr && level >= lowest_to_stderr)
        w32_print(W32_STDERR, entry, len);
    ReleaseSRWLockExclusive(&lock);
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

void svc_log(enum svc_log_level level, const char *format, ...)
{
    char small[SMALL_TEXT];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len < 0)
        return;
    char *large = (size_t)len < sizeof small ? NULL : malloc((size_t)len + 1);
    if (large != NULL) {
        va_start(args, format);
        vsnprintf(large, (size_t)len + 1, format, args);
        va_end(args);
    }
    /* Without memory the beginning is better than nothing. */
    log_text(level, large != NULL ? large : small);
    free(large);
}
