/* tests/client/test_ps.c - what `ps` shows: states, last words, sessions, and no line too wide. */
#include "client/ps_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char service[] = "{\"version\":\"0.1.0\",\"pid\":4,\"pipe\":\"p\",\"config\":\"c\"}";

/* The tables, without the first two lines. @return until the next call */
static const char *tables(const char *workers, const char *sessions)
{
    static struct sp_buffer out;
    struct sp_error err = {0};
    json_error_t where;
    json_t *s = json_loads(service, 0, &where), *w = json_loads(workers, 0, &where);
    json_t *t = json_loads(sessions, 0, &where);
    assert_true(s != NULL && w != NULL && t != NULL);
    out.len = 0;
    if (cli_ps_tables(s, w, t, 1000, &out, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    json_decref(s);
    json_decref(w);
    json_decref(t);
    const char *text = (const char *)out.data;
    const char *head = "Standpipe 0.1.0, process 4, pipe p, config c\n\n";
    assert_memory_equal(text, head, strlen(head));
    return text + strlen(head);
}

#define SHARED(name, more)                                                                         \
    "{\"worker\":\"" name "\",\"mode\":\"shared\",\"programs\":[[\"C:\\\\t\\\\x.exe\",\"-i\"]],"   \
    "\"sessions\":2,\"restarts\":7," more "}"

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void private_workers_are_on_demand_or_warm(void **state)
{
    (void)state;
    assert_string_equal(
        tables("[{\"worker\":\"a\",\"mode\":\"private\",\"state\":\"on demand\",\"programs\":"
               "[[\"C:\\\\b c\\\\x.EXE\",\"y\"],[\"z\"]],\"sessions\":1,\"description\":\"d\"},"
               "{\"worker\":\"b\",\"mode\":\"private\",\"warm\":2,\"warm_wanted\":4,\"programs\":"
               "[[\"x\"]],\"sessions\":0,\"description\":null}]",
               "[]"),
        "WORKER  MODE     STATE        SESSIONS  RESTARTS  RUNS     DESCRIPTION\n"
        "a       private  on demand           1         -  x y | z  d\n"
        "b       private  2 of 4 warm         0         -  x\n"
        "\n"
        "No sessions.\n");
}

static void shared_workers_have_a_state(void **state)
{
    (void)state;
    assert_string_equal(
        tables(
            "[" SHARED("a", "\"state\":\"running\"") "," SHARED("b", "\"state\":\"stopped\"") "," SHARED("c", "\"state\":\"backoff\",\"backoff_ms\":3001") "," SHARED(
                "d",
                "\"state\":\"failed\",\"exit_code\":3") "," SHARED("e",
                                                                   "\"state\":\"failed\",\"exit_code\":3221225477") "]",
            "[]"),
        "WORKER  MODE    STATE              SESSIONS  RESTARTS  RUNS  DESCRIPTION\n"
        "a       shared  RUNNING                   2         7  x -i\n"
        "b       shared  STOPPED                   2         7  x -i\n"
        "c       shared  BACKOFF 4 s               2         7  x -i\n"
        "d       shared  FAILED 3                  2         7  x -i\n"
        "e       shared  FAILED 0xC0000005         2         7  x -i\n"
        "\n"
        "No sessions.\n");
}

static void the_last_words_stand_below_the_table_and_are_harmless(void **state)
{
    (void)state;
    const char *text = tables(
        "[" SHARED(
            "a",
            "\"state\":\"failed\",\"exit_code\":3,\"last_words\":"
            "[\"no \\u001b[31mdatabase\",\"giving up\"]") "," SHARED("b",
                                                                     "\"state\":\"running\",\"last_words\":[]") "]",
        "[]");
    assert_says(text, "\n\na exited with 3, its last words:\n"
                      "  no ?[31mdatabase\n"
                      "  giving up\n"
                      "\n"
                      "No sessions.\n");
}

static void a_worker_that_never_ran_has_no_last_words_but_a_reason(void **state)
{
    (void)state;
    assert_says(tables("[" SHARED("a", "\"state\":\"backoff\",\"backoff_ms\":1,\"exit_code\":null,"
                                       "\"last_words\":[\"there is no program\"]") "]",
                       "[]"),
                "\n\na could not be started:\n  there is no program\n");
}

static void sessions_say_how_long_they_have_been_detached_and_what_was_dropped(void **state)
{
    (void)state;
    assert_says(
        tables("[]", "[{\"session\":\"s1\",\"worker\":\"w\",\"state\":\"detached\",\"detached_ms\":"
                     "12900,\"transport\":\"relay\",\"host\":\"PC\",\"client_pid\":7,\"pids\":[8],"
                     "\"started\":400,\"stdin\":3,\"stdout\":2048,\"stderr\":0,\"dropped\":5},"
                     "{\"session\":\"s2\",\"worker\":\"w\",\"state\":\"running\",\"raw\":true,"
                     "\"transport\":\"relay\",\"host\":\"PC\",\"client_pid\":7,\"pids\":[],"
                     "\"started\":1000,\"stdin\":3,\"stdout\":1,\"stderr\":0,\"read_only\":true}]"),
        "SESSION  WORKER  STATE          VIA    FROM  PID     AGE  STDIN   STDOUT  STDERR  "
        "DROPPED\n"
        "s1       w       detached 12 s  relay  PC/7    8  10 min    3 B  2.0 KiB     0 B      "
        "5 B\n"
        "s2       w       running        raw    PC/7    -     0 s      -      1 B     0 B      "
        "0 B\n");
}

static void what_goes_past_the_service_is_counted_by_nobody(void **state)
{
    (void)state;
    assert_says(tables("[]",
                       "[{\"session\":\"s1\",\"worker\":\"w\",\"state\":\"running\",\"transport\":"
                       "\"direct\",\"host\":\"PC\",\"client_pid\":7,\"pids\":[8],\"started\":1000,"
                       "\"stdin\":null,\"stdout\":null,\"stderr\":2048,\"dropped\":0},"
                       "{\"session\":\"s2\",\"worker\":\"w\",\"state\":\"running\",\"transport\":"
                       "\"handoff\",\"host\":\"PC\",\"client_pid\":7,\"pids\":[8],\"started\":1000,"
                       "\"stdin\":null,\"stdout\":null,\"stderr\":null,\"dropped\":0}]"),
                "SESSION  WORKER  STATE    VIA      FROM  PID  AGE  STDIN  STDOUT   STDERR\n"
                "s1       w       running  direct   PC/7    8  0 s      -       -  2.0 KiB\n"
                "s2       w       running  handoff  PC/7    8  0 s      -       -        -\n");
}

static void without_drops_there_is_no_column_for_them(void **state)
{
    (void)state;
    const char *text =
        tables("[]", "[{\"session\":\"s1\",\"worker\":\"w\",\"state\":\"running\",\"transport\":"
                     "\"relay\",\"host\":\"PC\",\"client_pid\":7,\"pids\":[8],\"started\":400}]");
    assert_null(strstr(text, "DROPPED"));
}

static void ordinary_lines_fit_100_columns(void **state)
{
    (void)state;
    const char *text = tables(
        "[{\"worker\":\"report\",\"mode\":\"shared\",\"state\":\"backoff\",\"backoff_ms\":59000,"
        "\"programs\":[[\"C:\\\\tools\\\\standpiped.exe\",\"worker\",\"upper\"]],\"sessions\":12,"
        "\"restarts\":120,\"description\":\"gives it back in capitals\"}]",
        "[{\"session\":\"s1234\",\"worker\":\"report\",\"state\":\"detached\",\"detached_ms\":"
        "59000,\"transport\":\"relay\",\"host\":\"DESKTOP-9\",\"client_pid\":12345,\"pids\":[23456]"
        ",\"started\":400,\"stdin\":3000,\"stdout\":204800,\"stderr\":0}]");
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 100)
            fail_msg("%d columns: %.*s", (int)strcspn(line, "\n"), (int)strcspn(line, "\n"), line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_workers_are_on_demand_or_warm),
        cmocka_unit_test(shared_workers_have_a_state),
        cmocka_unit_test(the_last_words_stand_below_the_table_and_are_harmless),
        cmocka_unit_test(a_worker_that_never_ran_has_no_last_words_but_a_reason),
        cmocka_unit_test(sessions_say_how_long_they_have_been_detached_and_what_was_dropped),
        cmocka_unit_test(what_goes_past_the_service_is_counted_by_nobody),
        cmocka_unit_test(without_drops_there_is_no_column_for_them),
        cmocka_unit_test(ordinary_lines_fit_100_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
