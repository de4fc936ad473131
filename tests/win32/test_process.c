/* tests/win32/test_process.c - what can be asked of processes. */
#include "win32/process.h"

#include "children.h"

#include <time.h>

#include <windows.h>

static void a_process_has_the_name_of_its_program(void **state)
{
    (void)state;
    char name[64];
    struct w32_child child = {0};
    w32_process_name(w32_process_id(), name, sizeof name);
    assert_string_equal(name, "test_win32_process.exe");
    start(&(struct w32_spawn_options){CHILD("hang")}, &child);
    w32_process_name(child.pid, name, sizeof name);
    assert_string_equal(name, "test-child.exe");
    w32_child_close(&child);
}

static void a_process_that_is_not_there_is_a_question_mark(void **state)
{
    (void)state;
    char name[64];
    w32_process_name(0xFFFFFFF0, name, sizeof name);
    assert_string_equal(name, "?");
}

static void a_name_without_room_is_a_question_mark_and_not_cut(void **state)
{
    (void)state;
    char name[] = "xxxxxxxx";
    w32_process_name(w32_process_id(), name, 4);
    assert_string_equal(name, "?");
    memset(name, 'x', sizeof name - 1);
    w32_process_name(w32_process_id(), name, 2);
    assert_string_equal(name, "?");
    assert_int_equal(name[2], 'x');
}

static void our_id_is_windows_id(void **state)
{
    (void)state;
    assert_int_equal(w32_process_id(), GetCurrentProcessId());
}

static void the_time_is_that_of_the_c_library(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL);
    int64_t now = w32_unix_time();
    int64_t after = (int64_t)time(NULL);
    assert_true(before <= now && now <= after);
}

static void ending_oneself_gives_the_code(void **state)
{
    (void)state;
    const char *const argv[] = {beside("test_win32_process.exe"), "exit"};
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){.argv = argv, .argc = 2}, (struct sp_bytes){0}, &outcome);
    assert_int_equal(outcome.exit_code, 0xC000013A);
    w32_outcome_deinit(&outcome);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        w32_exit(0xC000013A);
    const struct CMUnitTest tests[] = {
        TEST(a_process_has_the_name_of_its_program),
        TEST(a_process_that_is_not_there_is_a_question_mark),
        TEST(a_name_without_room_is_a_question_mark_and_not_cut),
        TEST(our_id_is_windows_id),
        TEST(ending_oneself_gives_the_code),
        TEST(the_time_is_that_of_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
