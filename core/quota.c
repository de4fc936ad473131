/* core/quota.c - how much of something each user has, and how often one has come lately. */
#include "core/quota.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* What one costs of a user's credit, which grows by per_minute each millisecond. */
enum { COST = 60000, FIRST_ROOM = 16 };

struct sp_quota_user {
    char *name; /* owned */
    uint32_t count;
    uint64_t debt; /* how much credit is used up, as of at_ms */
    uint64_t at_ms;
};

static uint64_t debt_of(const struct sp_quota_user *u, uint32_t per_minute, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - u->at_ms;
    /* After a minute all is paid back, whatever it was; so the product stays small. */
    uint64_t paid = passed_ms >= COST ? UINT64_MAX : passed_ms * per_minute;
    return paid >= u->debt ? 0 : u->debt - paid;
}

static struct sp_quota_user *find(const struct sp_quota *q, const char *name)
{
    for (size_t i = 0; i < q->user_count; i++)
        if (strcmp(q->users[i].name, name) == 0)
            return &q->users[i];
    return NULL;
}

/* Forgets those who have nothing and did not come lately. */
static void sweep(struct sp_quota *q, uint32_t per_minute, uint64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < q->user_count; i++) {
        if (q->users[i].count > 0 || debt_of(&q->users[i], per_minute, now_ms) > 0)
            q->users[kept++] = q->users[i];
        else
            free(q->users[i].name);
    }
    q->user_count = kept;
}

static sp_status make_room(struct sp_quota *q, struct sp_error *err)
{
    if (q->user_count < q->user_room)
        return SP_OK;
    if (q->user_room >= SP_QUOTA_USERS_MAX)
        return sp_fail(err, SP_EACCESS, 0, "%d users at once are too many to be counted",
                       SP_QUOTA_USERS_MAX);
    size_t room = q->user_room == 0 ? FIRST_ROOM : q->user_room * 2;
    struct sp_quota_user *users = realloc(q->users, room * sizeof *users);
    if (users == NULL)
        return sp_fail(err, SP_ENOMEM, 0, "no memory to count users");
    q->users = users;
    q->user_room = room;
    return SP_OK;
}

static sp_status find_or_add(struct sp_quota *q, uint32_t per_minute, const char *name,
                             uint64_t now_ms, struct sp_quota_user **out, struct sp_error *err)
{
    struct sp_quota_user user = {.at_ms = now_ms};
    *out = find(q, name);
    if (*out != NULL)
        return SP_OK;
    if (q->user_count == q->user_room)
        sweep(q, per_minute, now_ms);
    sp_status status = make_room(q, err);
    if (status == SP_OK)
        status = sp_text_copy(sp_bytes_of(name), &user.name, err);
    if (status != SP_OK)
        return status;
    *out = &q->users[q->user_count++];
    **out = user;
    return SP_OK;
}

static sp_status check_user(const struct sp_quota_user *u, const struct sp_quota_limits *limits,
                            uint64_t now_ms, struct sp_error *err)
{
    if (limits->per_user > 0 && u->count >= limits->per_user)
        return sp_fail(err, SP_EACCESS, 0,
                       "this user has %u session%s, and may have no more (limits: per_user)",
                       (unsigned)u->count, u->count == 1 ? "" : "s");
    uint64_t most = (uint64_t)limits->per_minute * COST;
    uint64_t debt = debt_of(u, limits->per_minute, now_ms) + COST;
    if (limits->per_minute > 0 && debt > most)
        return sp_fail(
            err, SP_EACCESS, 0,
            "this user has come too often, and may %u time%s a minute (limits: "
            "connect_rate); again in %llu ms",
            (unsigned)limits->per_minute, limits->per_minute == 1 ? "" : "s",
            (unsigned long long)((debt - most + limits->per_minute - 1) / limits->per_minute));
    return SP_OK;
}

sp_status sp_quota_take(struct sp_quota *q, const struct sp_quota_limits *limits, const char *user,
                        uint64_t now_ms, bool *of_user, struct sp_error *err)
{
    struct sp_quota_user *u = NULL;
    sp_status status = SP_OK;
    if (limits->in_all > 0 && q->count >= limits->in_all)
        return sp_fail(err, SP_EACCESS, 0,
                       "there %s %u session%s, and there may be no more (limits: instances)",
                       q->count == 1 ? "is" : "are", (unsigned)q->count, q->count == 1 ? "" : "s");
    if (limits->per_user > 0 || limits->per_minute > 0)
        status = find_or_add(q, limits->per_minute, user, now_ms, &u, err);
    if (status == SP_OK && u != NULL)
        status = check_user(u, limits, now_ms, err);
    if (status != SP_OK)
        return status;
    q->count++;
    *of_user = u != NULL;
    if (u == NULL)
        return SP_OK;
    u->count++;
    if (limits->per_minute > 0) {
        u->debt = debt_of(u, limits->per_minute, now_ms) + COST;
        u->at_ms = now_ms;
    }
    return SP_OK;
}

void sp_quota_give_back(struct sp_quota *q, const char *user)
{
    struct sp_quota_user *u = user == NULL ? NULL : find(q, user);
    q->count--;
    if (u != NULL)
        u->count--;
}

void sp_quota_deinit(struct sp_quota *q)
{
    for (size_t i = 0; i < q->user_count; i++)
        free(q->users[i].name);
    free(q->users);
    *q = (struct sp_quota){0};
}
