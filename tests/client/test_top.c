/* tests/client/test_top.c - `top` without a console: rates, the screen of any size, and the keys.
 */
#include "client/top_screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "win32/screen.h"

static struct cli_board board;
static struct cli_top top;
static struct cli_screen screen;

static int begin(void **state)
{
    (void)state;
    memset(&top, 0, sizeof top);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cli_board_deinit(&board);
    cli_screen_deinit(&screen);
    return 0;
}

static json_t *load(const char *format, ...) SP_PRINTF(1, 2);

/* JSON with ' for ". */
static json_t *load(const char *format, ...)
{
    char text[2048];
    json_error_t where;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_in_range(len, 1, sizeof text - 1);
    for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
        *quote = '"';
    json_t *value = json_loads(text, 0, &where);
    if (value == NULL)
        fail_msg("%s in %s", where.text, text);
    return value;
}

static json_t *service(int pid)
{
    return load("{'version':'0.1.0','pipe':'p','pid':%d,'started':1000,'uptime_ms':7200000,"
                "'memory':3145728}",
                pid);
}

static json_t *worker(const char *name, int in, int out, int cpu_ms, int memory)
{
    return load("{'worker':'%s','mode':'shared','state':'running','sessions':1,'restarts':4,"
                "'bytes':{'stdin':%d,'stdout':%d,'stderr':0},'cpu_ms':%d,'memory':%d,"
                "'processes':2}",
                name, in, out, cpu_ms, memory);
}

static json_t *session(const char *name, const char *in, const char *out)
{
    return load("{'session':'%s','worker':'alpha','state':'running','transport':'%s','started':"
                "8140,'stdin':%s,'stdout':%s,'stderr':%s,'memory':null,'cpu_ms':null,'host':'PC',"
                "'client_pid':7}",
                name, *in == 'n' ? "direct" : "relay", in, out, *out == 'n' ? "null" : "0");
}

static void take(struct cli_view view, uint64_t at_us)
{
    assert_int_equal(cli_board_take(&board, &view, at_us, NULL), SP_OK);
    assert_null(view.service); /* it was taken */
}

/* Two looks, two seconds apart: alpha moves 1 KiB/s in and 2 KiB/s out, beta nothing. */
static void look_twice(void)
{
    for (int i = 0; i < 2; i++) {
        struct cli_view view = {
            .service = service(1), .workers = json_array(), .sessions = json_array()};
        json_array_append_new(view.workers, worker("alpha", i * 2048, i * 4096, i * 500, 1048576));
        json_array_append_new(view.workers, worker("beta", 100, 100, 10, 2097152));
        json_array_append_new(view.sessions, session("s1", i == 0 ? "0" : "2048", "0"));
        json_array_append_new(view.sessions, session("s2", "null", "null"));
        json_array_append_new(view.sessions, session("s3", "5", i == 0 ? "0" : "4096"));
        take(view, 1000000 + (uint64_t)i * 2000000);
    }
}

static const char *draw(size_t width, size_t height)
{
    struct sp_error err = {0};
    if (cli_top_draw(&top, &board, width, height, &screen, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_int_equal(sp_buffer_append(&screen.text, "", 1, NULL), SP_OK);
    return (const char *)screen.text.data;
}

/* The line of the row that is chosen. */
static const char *chosen(void)
{
    static char text[256];
    const char *line = draw(100, 24);
    for (size_t i = 0; i < screen.line_count; i++, line += strcspn(line, "\n") + 1) {
        snprintf(text, sizeof text, "%.*s", (int)strcspn(line, " \n"), line);
        if (screen.looks[i] == CLI_LOOK_CHOSEN)
            return text;
    }
    return "nothing";
}

/* ------------------------------------------------------------------ the screen */

static void the_screen_shows_what_moves(void **state)
{
    (void)state;
    look_twice();
    assert_string_equal(
        draw(100, 14),
        "Standpipe 0.1.0, pipe p, up 2 h: 2 workers, 3 sessions, itself 3.0 MiB\n"
        "in 1.0 KiB/s, out 2.0 KiB/s; programs: 4, memory 3.0 MiB, CPU 25%\n"
        "> Workers, by name\n"
        "WORKER  STATE    SESSIONS     IN/S    OUT/S   MEMORY  CPU  RESTARTS\n"
        "alpha   RUNNING         1  1.0 KiB  2.0 KiB  1.0 MiB  25%         4\n"
        "beta    RUNNING         1      0 B      0 B  2.0 MiB   0%         4\n"
        "  Sessions, by name\n"
        "SESSION  WORKER  STATE    VIA        IN/S    OUT/S  MEMORY  CPU   AGE  FROM\n"
        "s1       alpha   running  relay   1.0 KiB      0 B       -    -  60 s  PC/7\n"
        "s2       alpha   running  direct        -        -       -    -  60 s  PC/7\n"
        "s3       alpha   running  relay       0 B  2.0 KiB       -    -  60 s  PC/7\n"
        "\n"
        "\n"
        "q quit  Tab table  n i o m c sort  d drop  s stop  h help\n");
    assert_int_equal(screen.looks[3], CLI_LOOK_HEAD);
    assert_int_equal(screen.looks[4], CLI_LOOK_CHOSEN);
    assert_int_equal(screen.looks[8], CLI_LOOK_PLAIN);
}

static void the_first_look_has_no_rates_and_neither_has_another_service(void **state)
{
    (void)state;
    look_twice();
    struct cli_view view = {
        .service = service(2), .workers = json_array(), .sessions = json_array()};
    json_array_append_new(view.workers, worker("alpha", 999999, 0, 0, 0));
    take(view, 5000000);
    json_t *alpha = json_object_get(board.workers, "alpha");
    assert_true(json_is_null(json_object_get(alpha, "in_per_s")));
    assert_true(json_is_null(json_object_get(alpha, "cpu_percent")));
    assert_true(cli_board_figure(alpha, "in_per_s") < 0);
}

/* Whatever size it has: so many lines, none too wide, none wrapped. */
static void a_console_of_any_size_is_filled_and_never_overrun(void **state)
{
    (void)state;
    look_twice();
    for (int help = 0; help < 2; help++) {
        top.help = help != 0;
        for (size_t height = 0; height < 30; height++)
            for (size_t width = 0; width < 110; width += 7) {
                const char *line = draw(width, height);
                assert_int_equal(screen.line_count, height < 3 ? 3 : height);
                for (size_t i = 0; i < screen.line_count; i++) {
                    size_t len = strcspn(line, "\n");
                    assert_true(sp_text_width((struct sp_bytes){line, len}) <=
                                (width == 0 ? 1 : width));
                    line += len + 1;
                }
                assert_int_equal(*line, '\0');
            }
    }
}

static void a_low_console_shows_the_table_of_the_keys_alone(void **state)
{
    (void)state;
    look_twice();
    top.table = CLI_TABLE_SESSIONS;
    const char *text = draw(40, 6);
    assert_null(strstr(text, "beta"));
    assert_non_null(strstr(text, "> Sessions 1 to 1 of 3, by name\n"));
    assert_non_null(strstr(text, "\ns1 "));
}

static void rows_without_room_are_scrolled_to(void **state)
{
    (void)state;
    struct cli_view view = {
        .service = service(1), .workers = json_array(), .sessions = json_array()};
    for (int i = 0; i < 50; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%02d", i);
        json_array_append_new(view.workers, worker(name, 0, 0, 0, 0));
    }
    take(view, 1);
    const char *text = draw(80, 16);
    assert_non_null(strstr(text, "> Workers 1 to 10 of 50, by name\n"));
    assert_non_null(strstr(text, "  No sessions\n"));
    assert_int_equal(cli_top_key(&top, &board, W32_KEY_PAGE_DOWN), CLI_WISH_NONE);
    assert_string_equal(chosen(), "w10");
    assert_int_equal(cli_top_key(&top, &board, W32_KEY_END), CLI_WISH_NONE);
    text = draw(80, 16);
    assert_non_null(strstr(text, "> Workers 41 to 50 of 50, by name\n"));
    assert_string_equal(chosen(), "w49");
    assert_int_equal(cli_top_key(&top, &board, W32_KEY_DOWN), CLI_WISH_NONE);
    assert_string_equal(chosen(), "w49");
    assert_int_equal(cli_top_key(&top, &board, W32_KEY_HOME), CLI_WISH_NONE);
    assert_int_equal(cli_top_key(&top, &board, W32_KEY_UP), CLI_WISH_NONE);
    assert_string_equal(chosen(), "w00");
}

static void a_name_of_others_is_no_command_to_the_terminal(void **state)
{
    (void)state;
    struct cli_view view = {
        .service = service(1), .workers = json_array(), .sessions = json_array()};
    json_array_append_new(view.workers, worker("a\\u001b[2J", 0, 0, 0, 0));
    take(view, 1);
    snprintf(top.note, sizeof top.note, "a\x1b[2J");
    assert_null(strchr(draw(80, 24), '\x1b'));
}

static void paper_has_all_rows_and_no_keys(void **state)
{
    (void)state;
    struct sp_buffer out = {0};
    look_twice();
    assert_int_equal(cli_top_print(&top, &board, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    const char *text = (const char *)out.data;
    assert_non_null(strstr(text, "\n\nWORKER  STATE "));
    assert_non_null(strstr(text, "\nbeta "));
    assert_non_null(strstr(text, "\n\nSESSION  WORKER "));
    assert_non_null(strstr(text, "\ns3 "));
    assert_null(strstr(text, "q quit"));
    sp_buffer_deinit(&out);
}

/* ------------------------------------------------------------------ the keys */

static void keys_sort_by_what_is_largest(void **state)
{
    (void)state;
    look_twice();
    static const struct {
        uint32_t key;
        const char *first;
    } cases[] = {{'m', "beta"}, {'c', "alpha"}, {'i', "alpha"}, {'n', "alpha"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cli_top_key(&top, &board, cases[i].key);
        assert_string_equal(chosen(), cases[i].first);
    }
    cli_top_key(&top, &board, '\t');
    cli_top_key(&top, &board, 'o');
    assert_string_equal(chosen(), "s3");
}

static void a_chosen_row_stays_chosen_wherever_it_goes(void **state)
{
    (void)state;
    look_twice();
    cli_top_key(&top, &board, W32_KEY_DOWN);
    assert_string_equal(chosen(), "beta");
    cli_top_key(&top, &board, 'm');
    assert_string_equal(chosen(), "beta");
    cli_top_key(&top, &board, W32_KEY_DOWN);
    assert_string_equal(chosen(), "alpha");
}

static void nothing_is_dropped_or_stopped_without_a_yes(void **state)
{
    (void)state;
    look_twice();
    assert_int_equal(cli_top_key(&top, &board, 's'), CLI_WISH_NONE);
    assert_non_null(strstr(draw(80, 24), "Stop worker alpha? y or n\n"));
    assert_int_equal(cli_top_key(&top, &board, 'x'), CLI_WISH_NONE);
    assert_int_equal(cli_top_key(&top, &board, 'y'), CLI_WISH_NONE); /* nobody asks any more */
    cli_top_key(&top, &board, 's');
    assert_int_equal(cli_top_key(&top, &board, 'y'), CLI_WISH_STOP);
    assert_string_equal(top.target, "alpha");
    assert_int_equal(top.target_table, CLI_TABLE_WORKERS);
}

static void sessions_are_dropped_in_their_table(void **state)
{
    (void)state;
    look_twice();
    cli_top_key(&top, &board, 'd');
    assert_non_null(strstr(draw(80, 24), "Tab goes to the sessions"));
    cli_top_key(&top, &board, '\t');
    cli_top_key(&top, &board, W32_KEY_DOWN);
    cli_top_key(&top, &board, 'd');
    assert_non_null(strstr(draw(80, 24), "Drop session s2? y or n\n"));
    assert_int_equal(cli_top_key(&top, &board, 'y'), CLI_WISH_DROP);
    assert_string_equal(top.target, "s2");
    cli_top_key(&top, &board, 's');
    assert_non_null(strstr(draw(80, 24), "Stop the worker of session s2? y or n\n"));
}

static void help_covers_the_tables_until_a_key_comes(void **state)
{
    (void)state;
    look_twice();
    cli_top_key(&top, &board, 'h');
    const char *text = draw(80, 24);
    assert_non_null(strstr(text, "drop the session"));
    assert_null(strstr(text, "alpha"));
    assert_int_equal(cli_top_key(&top, &board, 's'), CLI_WISH_NONE);
    assert_int_equal(top.asked, CLI_WISH_NONE);
    assert_non_null(strstr(draw(80, 24), "alpha"));
}

static void quitting_is_q_or_the_consoles_own_wish(void **state)
{
    (void)state;
    look_twice();
    assert_int_equal(cli_top_key(&top, &board, 'q'), CLI_WISH_QUIT);
    assert_int_equal(cli_top_key(&top, &board, W32_KEY_QUIT), CLI_WISH_QUIT);
    cli_top_key(&top, &board, 's');
    assert_int_equal(cli_top_key(&top, &board, W32_KEY_QUIT), CLI_WISH_QUIT);
}

#define TOP_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOP_TEST(the_screen_shows_what_moves),
        TOP_TEST(the_first_look_has_no_rates_and_neither_has_another_service),
        TOP_TEST(a_console_of_any_size_is_filled_and_never_overrun),
        TOP_TEST(a_low_console_shows_the_table_of_the_keys_alone),
        TOP_TEST(rows_without_room_are_scrolled_to),
        TOP_TEST(a_name_of_others_is_no_command_to_the_terminal),
        TOP_TEST(paper_has_all_rows_and_no_keys),
        TOP_TEST(keys_sort_by_what_is_largest),
        TOP_TEST(a_chosen_row_stays_chosen_wherever_it_goes),
        TOP_TEST(nothing_is_dropped_or_stopped_without_a_yes),
        TOP_TEST(sessions_are_dropped_in_their_table),
        TOP_TEST(help_covers_the_tables_until_a_key_comes),
        TOP_TEST(quitting_is_q_or_the_consoles_own_wish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
