/* tests/service/test_terminal.c - a worker in a terminal and its size, against clients that say
 * anything, in strict mode. Windows-only, since Wine 8 can't: that another size reaches it. */
#include "speaker.h"

#include <stdlib.h>
#include <string.h>

#include "core/rpc.h"

static struct speaker s;

static int begin(void **state)
{
    (void)state;
    serve("workers:\n"
          "  window: {command: [@, terminal, window], tty: true}\n"
          "  exit: {command: [@, terminal, exit, '3'], tty: true}\n"
          "  plain: {command: [@, cat]}\n");
    s = (struct speaker){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    speaker_break(&s);
    stop_serving();
    return 0;
}

static json_t *size(int columns, int rows)
{
    return json_pack("{s:i, s:i}", "columns", columns, "rows", rows);
}

static void read_until(const char *text)
{
    static char shown[16 * 1024];
    size_t len = 0;
    for (shown[0] = '\0'; strstr(shown, text) == NULL; shown[len] = '\0') {
        assert_true(len + 1 < sizeof shown);
        if (speaker_read(&s, SP_STDOUT, shown + len, 1) != 1)
            fail_msg("'%s' never came, but: %s", text, shown);
        len++;
    }
}

static void a_terminal_starts_with_its_clients_size(void **state)
{
    (void)state;
    speaker_attach(&s, "window", NULL);
    assert_int_equal(speaker_code(&s, "start", size(0, 20)), SP_RPC_INVALID_PARAMS);
    assert_int_equal(speaker_code(&s, "start", size(80, 32768)), SP_RPC_INVALID_PARAMS);
    assert_int_equal(speaker_code(&s, "start", json_pack("{s:i}", "columns", 80)),
                     SP_RPC_INVALID_PARAMS);
    json_decref(speaker_get(&s, "start", size(101, 33))); /* what was wrong changed nothing */
    read_until("101x33");
    assert_int_equal(speaker_code(&s, "resize", NULL), SP_RPC_INVALID_PARAMS);
    assert_int_equal(speaker_code(&s, "resize", size(80, -1)), SP_RPC_INVALID_PARAMS);
    for (int i = 1; i <= 100; i++)
        speaker_tell(&s, "resize", size(i, i));
    json_decref(speaker_get(&s, "resize", size(32767, 32767)));
}

static void attach_says_that_there_is_a_terminal(void **state)
{
    (void)state;
    speaker_open(&s);
    json_t *answer = speaker_get(
        &s, "attach", json_pack("{s:s, s:i}", "worker", "exit", "protocol", SP_PROTOCOL_VERSION));
    assert_true(json_is_true(json_object_get(answer, "tty")));
    json_decref(answer);
}

static void its_stderr_ends_at_once_and_its_exit_comes_last(void **state)
{
    (void)state;
    speaker_start(&s, "exit", NULL);
    assert_int_equal(speaker_read(&s, SP_STDERR, NULL, 1), 0);
    uint64_t shown = speaker_read(&s, SP_STDOUT, NULL, UINT64_MAX);
    for (int i = 0; i < 2; i++) {
        json_t *told = speaker_hear(&s, "output_end");
        bool out = strcmp(json_string_value(json_object_get(told, "stream")), "stdout") == 0;
        assert_int_equal(json_integer_value(json_object_get(told, "bytes")), out ? shown : 0);
        json_decref(told);
    }
    json_t *told = speaker_hear(&s, "exit");
    assert_int_equal(json_integer_value(json_object_get(told, "code")), 3);
    json_decref(told);
}

static void who_has_no_terminal_has_no_size(void **state)
{
    (void)state;
    speaker_attach(&s, "plain", NULL);
    json_decref(speaker_get(&s, "start", size(80, 25)));
    json_decref(speaker_get(&s, "resize", size(90, 30)));
    speaker_write(&s, "yes");
    assert_int_equal(speaker_read(&s, SP_STDOUT, NULL, 3), 3);
}

#define SERVED_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED_TEST(a_terminal_starts_with_its_clients_size),
        SERVED_TEST(attach_says_that_there_is_a_terminal),
        SERVED_TEST(its_stderr_ends_at_once_and_its_exit_comes_last),
        SERVED_TEST(who_has_no_terminal_has_no_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
