/* service/logfiles.c - the log files kept of one worker. */
#include "service/logfiles.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/isotime.h"
#include "core/text.h"
#include "win32/acl.h"
#include "win32/file.h"
#include "win32/loop.h"
#include "win32/thread.h"
#include "win32/trust.h"

enum {
    NUMBER_MAX = 16,    /* ".999" and a NUL, with room */
    HOLD_MS = 1000,     /* a handle is kept so long: then we see whether the file was moved away */
    AGAIN_MS = 1000,    /* between two attempts to rename what somebody holds */
    ASIDE_NAMES = 4,    /* names for files that are deleted while somebody reads them */
    BLOCKED_GROWTH = 2, /* times its size, while the next file can't be begun */
    HEAD_LEN = SP_ISOTIME_LEN,
};

struct svc_logfiles {
    struct sp_logs_config config;
    char *path;      /* of the current file */
    size_t stem_len; /* of it, without its ".log" */
    void *guard;     /* owned: the descriptor of the files that are created; NULL: their folder's */

    /* The writer's own. */
    w32_handle file;
    uint64_t opened_ms, size, begun_ms;
    bool known;        /* size and begun_ms are what they were when the handle was closed */
    bool torn;         /* the file ends in the middle of a line that is being written */
    uint64_t again_ms; /* not before then is a rename tried again */
    struct sp_error blocked;

    /* Held while names change and while one is opened by its generation: across blocking calls, but
     * only on threads that may block. */
    struct w32_lock names;
    char *from, *to;       /* room for two paths */
    uint64_t *generations; /* of each name; 0: there is none. [0] is the current file's */
    uint64_t newest;
};

/* ------------------------------------------------------------------ names */

/* Windows keeps these names in every folder, whatever follows a dot. */
static bool is_device(const char *worker)
{
    static const char *const names[] = {"con", "prn", "aux", "nul"};
    size_t len = strcspn(worker, ".");
    for (size_t i = 0; len == 3 && i < sizeof names / sizeof *names; i++)
        if (sp_text_begins(worker, names[i]))
            return true;
    return len == 4 && (sp_text_begins(worker, "com") || sp_text_begins(worker, "lpt")) &&
           worker[3] >= '0' && worker[3] <= '9';
}

/* "a.1" would be written to a.1.log, which is an old file of "a". */
static bool ends_in_number(const char *worker)
{
    const char *dot = strrchr(worker, '.');
    return dot != NULL && dot[1] != '\0' && dot[1 + strspn(dot + 1, "0123456789")] == '\0';
}

/* Neither '_' in front nor '~' can be in a worker's name, so no two workers share a file. */
static sp_status make_path(const char *folder, const char *worker, char **out, struct sp_error *err)
{
    size_t size = strlen(folder) + strlen(worker) + sizeof "\\_~.log";
    size_t folder_len = strlen(folder);
    bool has_slash = folder_len > 0 && strchr("\\/", folder[folder_len - 1]) != NULL;
    char *path = malloc(size);
    if (path == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for a path");
    snprintf(path, size, "%s%s%s%s%s.log", folder, has_slash ? "" : "\\",
             is_device(worker) ? "_" : "", worker, ends_in_number(worker) ? "~" : "");
    *out = path;
    return SP_OK;
}

/* Room for any of the paths. */
static size_t room_of(const struct svc_logfiles *f)
{
    return strlen(f->path) + NUMBER_MAX;
}

/* The current file's path with something in front of its suffix. */
static char *name_with(const struct svc_logfiles *f, char *room, char mark, uint32_t n)
{
    snprintf(room, room_of(f), "%.*s%c%u%s", (int)f->stem_len, f->path, mark, (unsigned)n,
             f->path + f->stem_len);
    return room;
}

/* The path of the n-th old file; 0: the current one's. */
static char *name_of(const struct svc_logfiles *f, char *room, uint32_t n)
{
    if (n > 0)
        return name_with(f, room, '.', n);
    memcpy(room, f->path, strlen(f->path) + 1);
    return room;
}

/* ------------------------------------------------------------------ life */

/* Where a suffix begins, or the end. */
static size_t stem_of(const char *path)
{
    size_t len = strlen(path), dot = len;
    while (dot > 0 && strchr("\\/:.", path[dot - 1]) == NULL)
        dot--;
    bool has_suffix = dot > 1 && path[dot - 1] == '.' && strchr("\\/:", path[dot - 2]) == NULL;
    return has_suffix ? dot - 1 : len;
}

sp_status svc_logfiles_open_at(const char *path, const struct sp_logs_config *config,
                               struct svc_logfiles **out, struct sp_error *err)
{
    struct svc_logfiles *f = calloc(1, sizeof *f);
    if (f == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory for log files");
    f->config = *config;
    if (f->config.files == 0)
        f->config.files = 1;
    sp_status status = sp_text_copy(sp_bytes_of(path), &f->path, err);
    if (status != SP_OK)
        goto failed;
    f->stem_len = stem_of(path);
    f->from = malloc(room_of(f));
    f->to = malloc(room_of(f));
    f->generations = calloc(f->config.files, sizeof *f->generations);
    if (f->from == NULL || f->to == NULL || f->generations == NULL) {
        status = sp_fail(err, SP_ENOMEM, 0, "no memory for log files");
        goto failed;
    }
    /* What is there from before counts from 1 up; nobody has to look which there are. */
    for (uint32_t i = 0; i < f->config.files; i++)
        f->generations[i] = f->config.files - i;
    f->newest = f->config.files;
    *out = f;
    return SP_OK;
failed:
    svc_logfiles_close(f);
    return status;
}

sp_status svc_logfiles_open(const char *folder, const char *worker,
                            const struct sp_logs_config *config, struct svc_logfiles **out,
                            struct sp_error *err)
{
    char *path = NULL;
    sp_status status = make_path(folder, worker, &path, err);
    if (status == SP_OK)
        status = svc_logfiles_open_at(path, config, out, err);
    free(path);
    return status;
}

void svc_logfiles_close(struct svc_logfiles *f)
{
    if (f == NULL)
        return;
    w32_handle_close(&f->file);
    w32_acl_free(f->guard);
    free(f->path);
    free(f->from);
    free(f->to);
    free(f->generations);
    free(f);
}

sp_status svc_logfiles_make_private(struct svc_logfiles *f, struct sp_error *err)
{
    return w32_trust_private(&f->guard, err);
}

const char *svc_logfiles_path(const struct svc_logfiles *f)
{
    return f->path;
}

/* ------------------------------------------------------------------ the next file */

static bool deleted(const char *path)
{
    return w32_file_delete(path, NULL) == SP_OK;
}

/* Deletes a file so that its name is free at once. On many systems the name of a file that
 * somebody reads stays taken until they close it, so it is first given another. */
static sp_status discard(struct svc_logfiles *f, uint32_t n, struct sp_error *err)
{
    sp_status status = SP_EOS;
    name_of(f, f->from, n);
    for (unsigned i = 0; i < ASIDE_NAMES && status != SP_OK && status != SP_ENOTFOUND; i++) {
        name_with(f, f->to, '~', i);
        deleted(f->to); /* one that was read when it was to be deleted */
        status = w32_file_rename(f->from, f->to, err);
    }
    if (status != SP_OK && status != SP_ENOTFOUND)
        return status;
    deleted(f->to);
    f->generations[n] = 0;
    return SP_OK;
}

/* Moves every name up by one, as far as there is a gap: what was moved stays so when the next
 * can't be, and is not moved again by another attempt. */
static sp_status move_names(struct svc_logfiles *f, struct sp_error *err)
{
    uint32_t gap = 1, last = f->config.files - 1;
    while (gap < last && w32_file_exists(name_of(f, f->to, gap)))
        gap++;
    if (gap >= last) {
        gap = last;
        sp_status status = discard(f, gap, err);
        if (status != SP_OK)
            return status;
    }
    for (; gap > 0; gap--) {
        sp_status status =
            w32_file_rename(name_of(f, f->from, gap - 1), name_of(f, f->to, gap), err);
        if (status != SP_OK && status != SP_ENOTFOUND)
            return status;
        f->generations[gap] = status == SP_OK ? f->generations[gap - 1] : 0;
        f->generations[gap - 1] = gap == 1 ? f->generations[0] : 0;
    }
    return SP_OK;
}

static sp_status rotate(struct svc_logfiles *f, uint64_t unix_ms, struct sp_error *err)
{
    svc_logfiles_rest(f);
    w32_lock_enter(&f->names);
    sp_status status = move_names(f, err);
    if (status == SP_OK) {
        f->generations[0] = ++f->newest;
        f->size = 0;
    }
    w32_lock_leave(&f->names);
    if (status == SP_OK)
        svc_logfiles_expire(f, unix_ms);
    return status;
}

void svc_logfiles_expire(struct svc_logfiles *f, uint64_t unix_ms)
{
    w32_lock_enter(&f->names);
    for (uint32_t i = 1; i < f->config.files; i++) {
        uint64_t written_ms = 0;
        if (f->generations[i] != 0 && f->config.age_ms != 0 &&
            w32_file_write_time(name_of(f, f->from, i), &written_ms, NULL) == SP_OK &&
            written_ms < unix_ms && unix_ms - written_ms >= f->config.age_ms)
            (void)discard(f, i, NULL);
    }
    /* There were more of them by an earlier config. */
    for (uint32_t i = f->config.files; deleted(name_of(f, f->from, i)); i++)
        ;
    w32_lock_leave(&f->names);
}

void svc_logfiles_configure(struct svc_logfiles *f, const struct sp_logs_config *config,
                            uint64_t unix_ms)
{
    uint32_t count = config->files == 0 ? 1 : config->files;
    uint64_t *generations = calloc(count, sizeof *generations);
    w32_lock_enter(&f->names);
    uint32_t known = f->config.files;
    f->config = *config;
    f->config.files = generations == NULL ? known : count;
    if (generations != NULL) {
        memcpy(generations, f->generations, (count < known ? count : known) * sizeof *generations);
        free(f->generations);
        f->generations = generations;
    }
    w32_lock_leave(&f->names);
    svc_logfiles_expire(f, unix_ms);
}

/* ------------------------------------------------------------------ the current file */

/* Looks at a file that was there before us: when it was begun, by its first line, and whether its
 * last line is whole. */
static void look_at(struct svc_logfiles *f, uint64_t unix_ms)
{
    w32_handle h = NULL;
    char head[HEAD_LEN] = {0}, last = '\n';
    uint32_t got = 0;
    f->begun_ms = unix_ms;
    if (w32_file_open(f->path, W32_FILE_READ, &h, NULL) != SP_OK)
        return;
    uint64_t begun_ms = 0;
    if (w32_file_read_at(h, 0, head, sizeof head, &got, NULL) == SP_OK &&
        sp_isotime_parse(head, got, &begun_ms) && begun_ms < unix_ms)
        f->begun_ms = begun_ms;
    if (w32_file_read_at(h, f->size - 1, &last, 1, &got, NULL) == SP_OK && last != '\n') {
        /* A service that was ended from outside; what comes next is not the rest of it. */
        size_t written = 0;
        if (w32_file_write(f->file, "\n", 1, &written, NULL) == SP_OK)
            f->size++;
    }
    w32_handle_close(&h);
}

/* Opens the current file, or looks whether the one that is open is still the current one. */
static sp_status open_file(struct svc_logfiles *f, uint64_t unix_ms, struct sp_error *err)
{
    uint64_t now = w32_now_ms(), size = 0;
    if (f->file != NULL && now - f->opened_ms < HOLD_MS)
        return SP_OK;
    svc_logfiles_rest(f);
    sp_status status = w32_file_append_guarded(f->path, f->guard, &f->file, err);
    if (status == SP_OK)
        status = w32_file_handle_size(f->file, &size, err);
    if (status != SP_OK)
        return status;
    bool is_another = f->known && size < f->size;
    bool is_new = !f->known || is_another;
    f->opened_ms = now;
    f->known = true;
    f->size = size;
    if (is_another) { /* somebody took it away, or emptied it: whoever reads it goes on here */
        w32_lock_enter(&f->names);
        f->generations[0] = ++f->newest;
        w32_lock_leave(&f->names);
        f->torn = false;
    }
    if (is_new && size > 0)
        look_at(f, unix_ms);
    return SP_OK;
}

void svc_logfiles_rest(struct svc_logfiles *f)
{
    w32_handle_close(&f->file);
}

/* How much of data goes into the current file when it may become so large: whole lines, and the
 * rest of one that was begun there. An empty file takes any line. */
static size_t fitting(const struct svc_logfiles *f, const char *data, size_t len, uint64_t limit)
{
    size_t room = f->size >= limit ? 0 : limit - f->size < len ? (size_t)(limit - f->size) : len;
    if (room == len)
        return len;
    size_t fit = room;
    while (fit > 0 && data[fit - 1] != '\n')
        fit--;
    if (fit > 0 || (f->size > 0 && !f->torn))
        return fit;
    const char *end = memchr(data, '\n', len);
    return end == NULL ? len : (size_t)(end - data) + 1;
}

/* Begins the next file where it is time, and says how much of data goes into the current one. */
static sp_status make_room(struct svc_logfiles *f, uint64_t unix_ms, const char *data, size_t len,
                           size_t *fit, struct sp_error *err)
{
    uint64_t limit = f->config.size_bytes == 0 ? UINT64_MAX : f->config.size_bytes;
    bool too_old = f->config.age_ms != 0 && f->size > 0 && !f->torn && unix_ms > f->begun_ms &&
                   unix_ms - f->begun_ms >= f->config.age_ms;
    *fit = fitting(f, data, len, limit);
    if (*fit > 0 && !too_old)
        return SP_OK;
    if (w32_now_ms() >= f->again_ms) {
        if (rotate(f, unix_ms, &f->blocked) == SP_OK) {
            sp_status status = open_file(f, unix_ms, err);
            if (status == SP_OK)
                *fit = fitting(f, data, len, limit);
            return status;
        }
        f->again_ms = w32_now_ms() + AGAIN_MS;
        sp_status status = open_file(f, unix_ms, err);
        if (status != SP_OK)
            return status;
    }
    *fit = fitting(f, data, len, limit > UINT64_MAX / 2 ? limit : limit * BLOCKED_GROWTH);
    if (*fit > 0)
        return SP_OK;
    if (err != NULL)
        *err = f->blocked;
    return f->blocked.status;
}

static sp_status append_some(struct svc_logfiles *f, uint64_t unix_ms, const char *data, size_t len,
                             size_t *written, struct sp_error *err)
{
    size_t fit = 0;
    *written = 0;
    sp_status status = open_file(f, unix_ms, err);
    if (status == SP_OK)
        status = make_room(f, unix_ms, data, len, &fit, err);
    if (status != SP_OK)
        return status;
    if (f->size == 0)
        f->begun_ms = unix_ms;
    status = w32_file_write(f->file, data, fit, written, err);
    f->size += *written;
    if (*written > 0)
        f->torn = data[*written - 1] != '\n';
    if (status != SP_OK)
        sp_error_prefix(err, "%s: ", f->path);
    return status;
}

sp_status svc_logfiles_append(struct svc_logfiles *f, uint64_t unix_ms, const void *data,
                              size_t len, size_t *written, struct sp_error *err)
{
    const char *lines = data;
    *written = 0;
    while (*written < len) {
        size_t some = 0;
        sp_status status = append_some(f, unix_ms, lines + *written, len - *written, &some, err);
        *written += some;
        if (status != SP_OK) {
            svc_logfiles_rest(f);
            return status;
        }
    }
    return SP_OK;
}

/* ------------------------------------------------------------------ reading */

uint64_t svc_logfiles_current(struct svc_logfiles *f)
{
    w32_lock_enter(&f->names);
    uint64_t current = f->generations[0];
    w32_lock_leave(&f->names);
    return current;
}

/* The name whose generation is the nearest to the wanted one; config.files: there is none. */
static uint32_t nearest(const struct svc_logfiles *f, uint64_t wanted, enum svc_logfiles_way way)
{
    uint32_t best = f->config.files;
    for (uint32_t i = 0; i < f->config.files; i++) {
        uint64_t g = f->generations[i];
        if (g == 0 || (way == SVC_LOGFILES_NEWER ? g < wanted : g > wanted))
            continue;
        if (best == f->config.files || (way == SVC_LOGFILES_NEWER) == (g < f->generations[best]))
            best = i;
    }
    return best;
}

sp_status svc_logfiles_read(struct svc_logfiles *f, uint64_t wanted, enum svc_logfiles_way way,
                            w32_handle *out, uint64_t *generation, struct sp_error *err)
{
    sp_status status = SP_ENOTFOUND;
    w32_lock_enter(&f->names);
    while (status == SP_ENOTFOUND) {
        uint32_t n = nearest(f, wanted, way);
        if (n == f->config.files) {
            status = sp_fail(err, SP_EEND, 0, "there is no other file of this log");
            break;
        }
        uint64_t found = f->generations[n];
        status = w32_file_open(name_of(f, f->from, n), W32_FILE_READ, out, err);
        if (status == SP_OK)
            *generation = found;
        wanted = way == SVC_LOGFILES_NEWER ? found + 1 : found - 1;
    }
    w32_lock_leave(&f->names);
    return status;
}
