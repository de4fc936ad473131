/* tests/client/test_see.c - `metrics` as text that keeps OpenMetrics' grammar, and all about one
 * worker in words. */
#include "client/metrics_text.h"
#include "client/status_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/metrics_grammar.h"

static struct cli_view view;
static struct sp_buffer out;

/* JSON with ' for ". */
static json_t *load(const char *json)
{
    static char text[4096];
    json_error_t where;
    snprintf(text, sizeof text, "%s", json);
    for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
        *quote = '"';
    json_t *value = json_loads(text, 0, &where);
    if (value == NULL)
        fail_msg("%s in %s", where.text, json);
    return value;
}

static int open_view(void **state)
{
    (void)state;
    view.service =
        load("{'version':'0.1.0','protocol':1,'pid':4,'started':1795433137,'uptime_ms':5500,"
             "'workers':2,'sessions':3,'sessions_total':9,'refusals':2,'memory':4096,'cpu_ms':1250,"
             "'handles':22}");
    view.workers = load(
        "[{'worker':'repl','description':'a Python\\u001b for all','mode':'shared','state':"
        "'running','programs':[['C:\\\\p\\\\python.exe','-i']],'pids':[984],'sessions':2,'ways':"
        "{'relay':2,'direct':0,'handoff':0},'attaches':17,'refusals':1,'starts':4,'restarts':3,"
        "'exits':{'success':1,'failure':2,'stopped':0,'not_started':5},'exit_code':3,"
        "'bytes':{'stdin':1536,'stdout':2097152,'stderr':7},'uptime_ms':180000,'processes':1,"
        "'memory':1048576,'cpu_ms':1500,'log':'C:\\\\logs\\\\repl.log','raw_pipe':'p\\\\repl',"
        "'settings':{'env':['A','B'],'folder':null,'stop.stdin':'2s','logs.files':5}},"
        "{'worker':'own','mode':'private','state':'on demand','programs':[['x']],'pids':[],"
        "'sessions':0,'ways':{},'attaches':0,'refusals':0,'starts':0,'restarts':0,'exits':{},"
        "'bytes':{},'uptime_ms':null,'processes':0,'memory':0,'cpu_ms':0}]");
    view.sessions = load("[]");
    return 0;
}

static int close_view(void **state)
{
    (void)state;
    cli_view_deinit(&view);
    sp_buffer_deinit(&out);
    return 0;
}

static const char *text(sp_status status)
{
    assert_int_equal(status, SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    return (const char *)out.data;
}

static void assert_says(const char *all, const char *part)
{
    if (strstr(all, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, all);
}

static void assert_grammar(const char *all)
{
    const char *where = "", *wrong = grammar_check(all, &where);
    if (wrong != NULL)
        fail_msg("%s: %.80s", wrong, where);
}

/* ------------------------------------------------------------------ metrics */

static void metrics_keep_the_grammar_and_have_every_figure(void **state)
{
    (void)state;
    const char *all = text(cli_metrics_text(&view, &out, NULL));
    assert_grammar(all);
    static const char *const lines[] = {
        "\nstandpipe_up 1\n",
        "\nstandpipe_build_info{version=\"0.1.0\",protocol=\"1\"} 1\n",
        "\nstandpipe_uptime_seconds 5.5\n",
        "\nstandpipe_attaches_total 9\n",
        "\nstandpipe_refusals_total 2\n",
        "\nstandpipe_cpu_seconds_total 1.25\n",
        "\nstandpipe_worker_sessions{worker=\"repl\",transport=\"relay\"} 2\n",
        "\nstandpipe_worker_attaches_total{worker=\"repl\"} 17\n",
        "\nstandpipe_worker_moved_bytes_total{worker=\"repl\",stream=\"stdout\"} 2097152\n",
        "\nstandpipe_worker_restarts_total{worker=\"repl\"} 3\n",
        "\nstandpipe_worker_exits_total{worker=\"repl\",kind=\"not_started\"} 5\n",
        "\nstandpipe_worker_uptime_seconds{worker=\"repl\"} 180\n",
        "\nstandpipe_worker_state{worker=\"repl\",state=\"running\"} 1\n",
        "\nstandpipe_worker_state{worker=\"repl\",state=\"failed\"} 0\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_says(all, lines[i]);
}

static void what_nobody_knows_has_no_sample(void **state)
{
    (void)state;
    const char *all = text(cli_metrics_text(&view, &out, NULL));
    assert_null(strstr(all, "standpipe_worker_uptime_seconds{worker=\"own\"}"));
    assert_null(strstr(all, "standpipe_worker_state{worker=\"own\""));
}

static void a_service_that_is_not_there_is_a_figure(void **state)
{
    (void)state;
    const char *all = text(cli_metrics_text(NULL, &out, NULL));
    assert_grammar(all);
    assert_says(all, "\nstandpipe_up 0\n# EOF\n");
}

/* The check must be able to fail. */
static void the_grammar_finds_what_is_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "# TYPE a gauge\n# HELP a h\na 1\n",
        "# TYPE a gauge\n# HELP a h\na 1\n# TYPE a gauge\n# HELP a h\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a h\n# HELP a h\na 1\n# EOF\n",
        "# TYPE a counter\n# HELP a h\na 1\n# EOF\n",
        "# TYPE a info\n# HELP a h\na 1\n# EOF\n",
        "# TYPE a gauge\n# UNIT a bytes\n# HELP a h\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a h\na{b=\"\\x\"} 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a h\na{b=\"\"} x\n# EOF\n",
        "# TYPE a gauge\n# HELP a h\nb 1\n# EOF\n",
        "# TYPE a gauge\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a h\na 1\n# EOF\nmore\n",
    };
    const char *where = "";
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (grammar_check(wrong[i], &where) == NULL)
            fail_msg("nothing is found in %s", wrong[i]);
}

/* ------------------------------------------------------------------ one worker */

static void all_about_a_worker_is_said_in_words(void **state)
{
    (void)state;
    assert_string_equal(
        text(cli_status_text(&view, NULL, 1000, &out, NULL)),
        "worker          repl: a Python? for all\n"
        "mode            shared: one process for all clients\n"
        "state           RUNNING for 3 min, process 984\n"
        "runs            python -i\n"
        "starts          4; restarts tried: 3\n"
        "exits           1 with 0, 2 with another code, 0 stopped; 5 could not be started\n"
        "last exit       3\n"
        "sessions        2 now (relay 2, direct 0, handoff 0), 17 in all, 1 refused\n"
        "bytes           stdin 1.5 KiB, stdout 2.0 MiB, stderr 7 B through the service in all\n"
        "takes           1 process, 1.0 MiB of memory; 1.5 s of processor time in all\n"
        "log             C:\\logs\\repl.log\n"
        "raw pipe        \\\\.\\pipe\\p\\repl\n"
        "\n"
        "Config:\n"
        "  env                  A, B\n"
        "  folder               the service's own (not set)\n"
        "  stop.stdin           2s\n"
        "  logs.files           5\n"
        "\n"
        "No sessions.\n");
}

static void a_raw_pipe_of_another_machine_is_not_offered(void **state)
{
    (void)state;
    assert_null(strstr(text(cli_status_text(&view, "PC", 1000, &out, NULL)), "raw pipe"));
}

static void a_service_that_tells_nothing_is_an_error(void **state)
{
    (void)state;
    struct sp_error err = {0};
    json_array_clear(view.workers);
    assert_int_equal(cli_status_text(&view, NULL, 0, &out, &err), SP_EPROTOCOL);
}

#define VIEW_TEST(name) cmocka_unit_test_setup_teardown(name, open_view, close_view)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VIEW_TEST(metrics_keep_the_grammar_and_have_every_figure),
        VIEW_TEST(what_nobody_knows_has_no_sample),
        VIEW_TEST(a_service_that_is_not_there_is_a_figure),
        VIEW_TEST(the_grammar_finds_what_is_wrong),
        VIEW_TEST(all_about_a_worker_is_said_in_words),
        VIEW_TEST(a_raw_pipe_of_another_machine_is_not_offered),
        VIEW_TEST(a_service_that_tells_nothing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
