/* tests/win32/test_spawn.c - what a started program gets: arguments, environment, folder, handles,
 * console, job; and how it ends. */
#include "win32/spawn.h"

#include "children.h"

#include <stdio.h>
#include <wchar.h>

#include <windows.h>

#include "tests/scratch.h"
#include "win32/console.h"
#include "win32/job.h"
#include "win32/thread.h"

static const struct sp_bytes NOTHING = {0};

/* ------------------------------------------------------------------ arguments */

static void arguments_arrive_as_they_were_given(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",
        "plain",
        "two words",
        " ",
        "\t",
        "\"",
        "\"quoted\"",
        "in\"side",
        "back\\slash",
        "trailing\\",
        "trailing and spaced\\",
        "\\\"",
        "\\\\\"",
        "C:\\Program Files\\",
        "\\\\host\\share\\",
        "*",
        "*.c",
        "?",
        "%PATH%",
        "^&|<>()!",
        "'single'",
        "pr\xc3\xbcgung",
        "\xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x9a\x92",
        "line\nbreak",
        "",
    };
    enum { COUNT = sizeof words / sizeof *words };
    const char *argv[COUNT + 2] = {child_program(), "args"};
    struct sp_buffer expected = {0};
    for (size_t i = 0; i < COUNT; i++) {
        argv[i + 2] = words[i];
        assert_int_equal(sp_buffer_printf(&expected, NULL, "%zu:%s\n", strlen(words[i]), words[i]),
                         SP_OK);
    }
    assert_int_equal(sp_buffer_append(&expected, "", 1, NULL), SP_OK);
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){.argv = argv, .argc = COUNT + 2}, NOTHING, &outcome);
    assert_int_equal(outcome.exit_code, 0);
    assert_text(&outcome.output, (const char *)expected.data);
    w32_outcome_deinit(&outcome);
    sp_buffer_deinit(&expected);
}

static void a_program_sees_its_own_name_as_it_was_given(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    const char *const argv[] = {"test-child", "command-line"};
    run(&(struct w32_spawn_options){.argv = argv, .argc = 2}, NOTHING, &outcome);
    assert_true(outcome.output.len > 10);
    /* Quoted or not is the quoting's affair; it is no full path. */
    const char *line = (const char *)outcome.output.data;
    assert_memory_equal(line + (line[0] == '"'), "test-child", 10);
    w32_outcome_deinit(&outcome);
}

static void too_many_arguments_are_refused(void **state)
{
    (void)state;
    char *word = malloc(40000);
    assert_non_null(word);
    memset(word, 'a', 39999);
    word[39999] = '\0';
    struct w32_child child = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_spawn(&(struct w32_spawn_options){CHILD("args", word)}, &child, &err),
                     SP_ETOOBIG);
    assert_says(err.what, "test-child");
    assert_null(child.process);
    free(word);
}

/* ------------------------------------------------------------------ environment and folder */

static void assert_env(const char *const *env, size_t count, const char *name, const char *value)
{
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("env", name), .env = env, .env_count = count}, NOTHING,
        &outcome);
    assert_int_equal(outcome.exit_code, value == NULL ? 1 : 0);
    assert_text(&outcome.output, value == NULL ? "" : value);
    w32_outcome_deinit(&outcome);
}

static void variables_are_set_on_top_of_ours(void **state)
{
    (void)state;
    const char *const env[] = {"SP_TEST_A=b=c", "SP_TEST_\xc3\x9c=pr\xc3\xbc"
                                                "fung"};
    assert_true(SetEnvironmentVariableW(L"SP_TEST_OURS", L"inherited"));
    assert_env(env, 2, "SP_TEST_A", "b=c");
    assert_env(env, 2, "SP_TEST_\xc3\x9c",
               "pr\xc3\xbc"
               "fung");
    assert_env(env, 2, "SP_TEST_OURS", "inherited");
    assert_env(NULL, 0, "SP_TEST_OURS", "inherited");
    assert_env(env, 2, "SP_TEST_NONE", NULL);
    SetEnvironmentVariableW(L"SP_TEST_OURS", NULL);
}

static void variables_are_replaced_and_removed_in_any_case(void **state)
{
    (void)state;
    const char *const env[] = {"sp_test_ours=theirs", "SP_test_Gone="};
    assert_true(SetEnvironmentVariableW(L"SP_TEST_OURS", L"ours"));
    assert_true(SetEnvironmentVariableW(L"SP_TEST_GONE", L"ours"));
    assert_env(env, 2, "SP_TEST_OURS", "theirs");
    assert_env(env, 2, "SP_TEST_GONE", NULL);
    SetEnvironmentVariableW(L"SP_TEST_OURS", NULL);
    SetEnvironmentVariableW(L"SP_TEST_GONE", NULL);
}

static void an_entry_that_is_no_variable_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "=value", "NAME", "NAME=\xff"};
    for (size_t i = 0; i < 4; i++) {
        struct w32_child child = {0};
        struct sp_error err = {0};
        assert_int_equal(
            w32_spawn(&(struct w32_spawn_options){CHILD("args"), .env = &wrong[i], .env_count = 1},
                      &child, &err),
            SP_EINVAL);
        assert_says(err.what, "environment");
    }
}

static void a_program_works_in_its_folder(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("folder"), .folder = scratch_folder}, NOTHING, &outcome);
    assert_text(&outcome.output, scratch_folder);
    w32_outcome_deinit(&outcome);
}

static void a_missing_folder_is_told_from_a_missing_program(void **state)
{
    (void)state;
    struct w32_child child = {0};
    struct sp_error err = {0};
    assert_int_equal(
        w32_spawn(&(struct w32_spawn_options){CHILD("folder"), .folder = scratch_path("none")},
                  &child, &err),
        SP_ENOTFOUND);
    assert_says(err.what, "there is no folder");
    const char *const argv[] = {scratch_path("none.exe")};
    assert_int_equal(w32_spawn(&(struct w32_spawn_options){.argv = argv, .argc = 1}, &child, &err),
                     SP_ENOTFOUND);
    assert_says(err.what, "there is no program");
    assert_null(child.process);
}

/* ------------------------------------------------------------------ what is not a program */

static void nothing_to_start_is_refused(void **state)
{
    (void)state;
    struct w32_child child = {0};
    const char *const argv[] = {""};
    assert_int_equal(w32_spawn(&(struct w32_spawn_options){0}, &child, NULL), SP_EINVAL);
    assert_int_equal(w32_spawn(&(struct w32_spawn_options){.argv = argv, .argc = 1}, &child, NULL),
                     SP_EINVAL);
}

static void a_file_that_is_no_program_is_refused(void **state)
{
    (void)state;
    struct w32_child child = {0};
    struct sp_error err = {0};
    const char *const argv[] = {scratch_path("text.exe")};
    assert_int_equal(w32_file_create(argv[0], "just a text, and no program\n", 28, NULL), SP_OK);
    sp_status status =
        w32_spawn(&(struct w32_spawn_options){.argv = argv, .argc = 1}, &child, &err);
    assert_int_equal(status, SP_EUNSUPPORTED);
    assert_says(err.what, "text.exe");
    assert_null(child.process);
    assert_null(child.job);
}

/* ------------------------------------------------------------------ batch files */

static const char *batch(const char *text)
{
    const char *path = scratch_path("stapel datei.cmd");
    assert_int_equal(w32_file_create(path, text, strlen(text), NULL), SP_OK);
    return path;
}

static void a_batch_file_runs_with_its_arguments(void **state)
{
    (void)state;
    const char *const argv[] = {batch("@echo [%~1][%~2][%~3]\r\n@exit /b 7\r\n"), "a b", "", "c"};
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){.argv = argv, .argc = 4}, NOTHING, &outcome);
    assert_text(&outcome.output, "[a b][][c]\r\n");
    assert_int_equal(outcome.exit_code, 7);
    w32_outcome_deinit(&outcome);
}

static void a_batch_file_is_found_without_its_extension(void **state)
{
    (void)state;
    (void)batch("@echo found\r\n");
    const char *const argv[] = {scratch_path("stapel datei")};
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){.argv = argv, .argc = 1}, NOTHING, &outcome);
    assert_text(&outcome.output, "found\r\n");
    w32_outcome_deinit(&outcome);
}

static void what_cmd_would_interpret_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a&b", "a|b",  "%PATH%", "a\"b",
                                        "a^b", "a\nb", "!x!",    "a>b"};
    const char *path = batch("@echo ran\r\n");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const argv[] = {path, wrong[i]};
        struct w32_child child = {0};
        struct sp_error err = {0};
        assert_int_equal(
            w32_spawn(&(struct w32_spawn_options){.argv = argv, .argc = 2}, &child, &err),
            SP_EINVAL);
        assert_says(err.what, "argument 1");
        assert_null(child.process);
    }
}

/* ------------------------------------------------------------------ handles */

static void a_std_handle_left_out_is_nul(void **state)
{
    (void)state;
    struct w32_child child = {0};
    start(&(struct w32_spawn_options){CHILD("sink", "5")}, &child);
    assert_int_equal(end_of(&child), 5);
    w32_child_close(&child);
}

/* The lines of `handles` that end in this. */
static size_t count_lines(const struct sp_buffer *text, const char *end)
{
    size_t count = 0;
    size_t len = strlen(end);
    for (size_t i = len; i < text->len; i++)
        if (text->data[i] == '\n' && memcmp(text->data + i - len, end, len) == 0)
            count++;
    return count;
}

/* An inheritable pipe, as a careless library beside us would have one open. */
struct bystander {
    w32_handle read;
    w32_handle write;
};

static struct bystander a_bystander(void)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE read;
    HANDLE write;
    assert_true(CreatePipe(&read, &write, &inheritable, 0));
    return (struct bystander){w32_take(read), w32_take(write)};
}

static void bystander_close(struct bystander *b)
{
    w32_handle_close(&b->read);
    w32_handle_close(&b->write);
}

/* First that the witness would see it: started with all that can be inherited, a program has both
 * ends of the bystander. */
static void a_plain_create_process_inherits_everything(void **state)
{
    (void)state;
    struct bystander b = a_bystander();
    struct w32_pipe out = {0};
    struct sp_buffer text = {0};
    uint32_t got = 0;
    wchar_t program[MAX_PATH];
    wchar_t line[] = L"test-child handles";
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    assert_true(SetHandleInformation(out.write, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    STARTUPINFOW startup = {
        .cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = out.write};
    PROCESS_INFORMATION info;
    swprintf(program, MAX_PATH, L"%hs", child_program());
    assert_true(CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL,
                               &startup, &info));
    CloseHandle(info.hThread);
    w32_handle process = w32_take(info.hProcess);
    w32_handle_close(&out.write);
    assert_int_equal(sp_buffer_reserve(&text, 65536, NULL), SP_OK);
    while (w32_read(out.read, text.data + text.len, (uint32_t)(text.cap - text.len), &got, NULL) ==
           SP_OK)
        text.len += got;
    assert_ends(&process);
    assert_int_equal(count_lines(&text, " File pipe"), 3);
    sp_buffer_deinit(&text);
    w32_pipe_close(&out);
    bystander_close(&b);
}

static void exactly_the_handles_named_are_inherited(void **state)
{
    (void)state;
    struct bystander b = a_bystander();
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("handles")}, NOTHING, &outcome);
    assert_int_equal(count_lines(&outcome.output, " File pipe"), 3);
    w32_outcome_deinit(&outcome);
    bystander_close(&b);
}

static void what_is_inheritable_stays_ours(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    struct w32_child child = {0};
    DWORD flags = HANDLE_FLAG_INHERIT;
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("cat"), .in = p.read}, &child);
    assert_true(GetHandleInformation(p.read, &flags));
    assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
    w32_pipe_close(&p);
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
}

enum { STARTERS = 4, STARTS = 4 };

struct starter {
    size_t wrong;
    w32_handle thread;
};

/* No assertions here: CMocka's are for the first thread. */
static void start_some(void *arg)
{
    struct starter *s = arg;
    for (int i = 0; i < STARTS; i++) {
        struct w32_outcome outcome = {0};
        const struct w32_spawn_options what = {CHILD("handles"), .console = W32_CONSOLE_NONE};
        if (w32_communicate(&what, NOTHING, PATIENCE_MS, &outcome, NULL) != SP_OK ||
            count_lines(&outcome.output, " File pipe") != 3)
            s->wrong++;
        w32_outcome_deinit(&outcome);
    }
}

static void programs_started_at_once_inherit_nothing_of_each_other(void **state)
{
    (void)state;
    struct starter starters[STARTERS] = {0};
    (void)child_program(); /* known before the threads ask for it */
    for (size_t i = 0; i < STARTERS; i++)
        assert_int_equal(w32_thread_start(start_some, &starters[i], &starters[i].thread, NULL),
                         SP_OK);
    for (size_t i = 0; i < STARTERS; i++) {
        assert_int_equal(w32_thread_join(&starters[i].thread, PATIENCE_MS), SP_OK);
        assert_int_equal(starters[i].wrong, 0);
    }
}

static void one_handle_can_be_both_outputs(void **state)
{
    (void)state;
    struct w32_pipe p = {0};
    struct w32_child child = {0};
    char text[8];
    uint32_t got = 0;
    size_t len = 0;
    assert_int_equal(w32_pipe_open(NULL, &p, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("talk", "A", "B", "3"), .out = p.write, .err = p.write},
          &child);
    w32_handle_close(&p.write);
    while (w32_read(p.read, text + len, (uint32_t)(sizeof text - len), &got, NULL) == SP_OK)
        len += got;
    assert_int_equal(len, 2);
    assert_memory_equal(text, "AB", 2);
    assert_int_equal(end_of(&child), 3);
    w32_child_close(&child);
    w32_pipe_close(&p);
}

static void one_pipe_as_both_input_and_output_is_refused(void **state)
{
    (void)state;
    wchar_t name[64];
    swprintf(name, 64, L"\\\\.\\pipe\\test-spawn-%lu", GetCurrentProcessId());
    w32_handle duplex = w32_take(
        CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL));
    w32_handle other =
        w32_take(CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
    assert_non_null(other);
    struct w32_child child = {0};
    struct sp_error err = {0};
    assert_int_equal(w32_spawn(&(struct w32_spawn_options){CHILD("cat"), .in = other, .out = other},
                               &child, &err),
                     SP_EINVAL);
    assert_says(err.what, "stdout");
    assert_int_equal(w32_spawn(&(struct w32_spawn_options){CHILD("cat"), .in = other, .err = other},
                               &child, &err),
                     SP_EINVAL);
    assert_says(err.what, "stderr");
    w32_handle_close(&other);
    w32_handle_close(&duplex);
}

/* What node and the C runtime do with their std handles at their start. */
static void a_child_may_ask_and_set_the_mode_of_its_pipes(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("pipes")}, NOTHING, &outcome);
    assert_text(&outcome.output, "stdin pipe info=1 set=1\n"
                                 "stdout pipe info=1 set=1\n"
                                 "stderr pipe info=1 set=1\n");
    w32_outcome_deinit(&outcome);

    struct w32_pipe in = {0};
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    char text[256] = {0};
    uint32_t got = 0;
    size_t len = 0;
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("pipes"), .in = in.read, .out = out.write}, &child);
    w32_handle_close(&out.write);
    while (w32_read(out.read, text + len, (uint32_t)(sizeof text - 1 - len), &got, NULL) == SP_OK)
        len += got;
    assert_says(text, "stdin pipe info=1 set=1\nstdout pipe info=1 set=1\n");
    assert_int_equal(end_of(&child), 0);
    w32_child_close(&child);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
}

static void a_child_has_the_console_it_was_given(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("console"), .console = W32_CONSOLE_HIDDEN}, NOTHING,
        &outcome);
    assert_text(&outcome.output, "console\n");
    w32_outcome_deinit(&outcome);
    run(&(struct w32_spawn_options){CHILD("console"), .console = W32_CONSOLE_NONE}, NOTHING,
        &outcome);
    assert_text(&outcome.output, "none\n");
    w32_outcome_deinit(&outcome);
}

/* ------------------------------------------------------------------ job and end */

/* Wine counts a child's console host to its job, too; Windows does not. */
static bool job_has(w32_handle job, uint32_t pid)
{
    uint32_t ids[16] = {0};
    size_t count = 0;
    assert_int_equal(w32_job_processes(job, ids, 16, &count, NULL), SP_OK);
    assert_in_range(count, 1, 16);
    for (size_t i = 0; i < count; i++)
        if (ids[i] == pid)
            return true;
    return false;
}

static void a_child_is_in_its_job_when_it_runs(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    run(&(struct w32_spawn_options){CHILD("job")}, NOTHING, &outcome);
    assert_text(&outcome.output, "1\n");
    w32_outcome_deinit(&outcome);

    struct w32_child child = {0};
    start(&(struct w32_spawn_options){CHILD("hang")}, &child);
    assert_true(job_has(child.job, child.pid));
    w32_child_close(&child);
}

static void closing_a_child_ends_its_whole_tree(void **state)
{
    (void)state;
    struct w32_pipe out = {0};
    struct w32_child child = {0};
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("tree", "120000"), .out = out.write}, &child);
    w32_handle grandchild = process_of(read_number(out.read));
    w32_handle self = process_of(child.pid);
    assert_int_equal(WaitForSingleObject(grandchild, 0), WAIT_TIMEOUT);
    w32_child_close(&child);
    assert_null(child.process);
    assert_null(child.job);
    assert_ends(&self);
    assert_ends(&grandchild);
    w32_pipe_close(&out);
}

static void a_job_that_is_given_ends_its_programs_when_it_is_closed(void **state)
{
    (void)state;
    w32_handle job = NULL;
    struct w32_child a = {0};
    struct w32_child b = {0};
    assert_int_equal(w32_job_open(&job, NULL), SP_OK);
    start(&(struct w32_spawn_options){CHILD("hang"), .job = job}, &a);
    start(&(struct w32_spawn_options){CHILD("hang"), .job = job}, &b);
    assert_null(a.job);
    assert_true(job_has(job, a.pid));
    assert_true(job_has(job, b.pid));
    uint32_t ids[2] = {0, 77};
    size_t count = 0;
    assert_int_equal(w32_job_processes(job, ids, 1, &count, NULL), SP_OK);
    assert_true(count >= 2); /* told in full, even where there is no room for it */
    assert_int_equal(ids[1], 77);
    w32_handle first = process_of(a.pid);
    w32_handle second = process_of(b.pid);
    w32_child_close(&a);
    w32_child_close(&b);
    assert_int_equal(WaitForSingleObject(first, 0), WAIT_TIMEOUT);
    w32_handle_close(&job);
    assert_ends(&first);
    assert_ends(&second);
}

static void ending_a_job_gives_its_programs_that_code(void **state)
{
    (void)state;
    struct w32_child child = {0};
    start(&(struct w32_spawn_options){CHILD("hang")}, &child);
    w32_job_end(child.job, 0xC000013A);
    assert_int_equal(end_of(&child), 0xC000013A);
    w32_child_close(&child);
    w32_job_end(NULL, 1);
}

static void exit_codes_come_back_in_all_their_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t code;
    } cases[] = {{"0", 0},
                 {"1", 1},
                 {"255", 255},
                 {"256", 256},
                 {"0xC000013A", 0xC000013A},
                 {"0xFFFFFFFF", 0xFFFFFFFF}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct w32_child child = {0};
        start(&(struct w32_spawn_options){CHILD("exit", cases[i].text)}, &child);
        assert_int_equal(end_of(&child), cases[i].code);
        w32_child_close(&child);
    }
}

/* Exit code 259 is what Windows says of a process that still runs, so it proves nothing. */
static void an_exit_code_of_259_is_an_end(void **state)
{
    (void)state;
    struct w32_child child = {0};
    start(&(struct w32_spawn_options){CHILD("exit", "259")}, &child);
    assert_int_equal(end_of(&child), 259);
    w32_child_close(&child);
}

static void a_crash_is_an_exit_code(void **state)
{
    (void)state;
    struct w32_child child = {0};
    start(&(struct w32_spawn_options){CHILD("crash")}, &child);
    assert_int_equal(end_of(&child), 0xC0000005);
    w32_child_close(&child);
}

/* A box would wait for somebody, where nobody is. What a child does it has from its parent. */
static void a_program_that_lacks_something_shows_no_box(void **state)
{
    (void)state;
    struct w32_outcome outcome;
    SetErrorMode(0);
    run(&(struct w32_spawn_options){CHILD("error-mode")}, NOTHING, &outcome);
    assert_int_equal(GetErrorMode() & SEM_FAILCRITICALERRORS, SEM_FAILCRITICALERRORS);
    assert_int_equal(sp_buffer_append(&outcome.output, "", 1, NULL), SP_OK);
    unsigned long mode = strtoul((const char *)outcome.output.data, NULL, 0);
    w32_outcome_deinit(&outcome);
    if ((mode & SEM_FAILCRITICALERRORS) == 0) {
        print_message("windows-only: this system does not hand the mode on to a child\n");
        skip();
    }
}

static void waiting_for_a_running_child_runs_out(void **state)
{
    (void)state;
    struct w32_child child = {0};
    struct sp_error err = {0};
    uint32_t code = 77;
    start(&(struct w32_spawn_options){CHILD("hang")}, &child);
    assert_int_equal(w32_child_wait(&child, 0, &code, &err), SP_ETIMEOUT);
    assert_int_equal(code, 77);
    w32_child_close(&child);
}

static int folder_open(void **state)
{
    return remember_open(state) == 0 ? scratch_open(state) : -1;
}

static int folder_close(void **state)
{
    return scratch_close(state) == 0 ? nothing_new_open(state) : -1;
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arguments_arrive_as_they_were_given),
        TEST(a_program_sees_its_own_name_as_it_was_given),
        TEST(too_many_arguments_are_refused),
        TEST(variables_are_set_on_top_of_ours),
        TEST(variables_are_replaced_and_removed_in_any_case),
        TEST(an_entry_that_is_no_variable_is_refused),
        FOLDER_TEST(a_program_works_in_its_folder),
        FOLDER_TEST(a_missing_folder_is_told_from_a_missing_program),
        TEST(nothing_to_start_is_refused),
        FOLDER_TEST(a_file_that_is_no_program_is_refused),
        FOLDER_TEST(a_batch_file_runs_with_its_arguments),
        FOLDER_TEST(a_batch_file_is_found_without_its_extension),
        FOLDER_TEST(what_cmd_would_interpret_is_refused),
        TEST(a_std_handle_left_out_is_nul),
        TEST(a_plain_create_process_inherits_everything),
        TEST(exactly_the_handles_named_are_inherited),
        TEST(what_is_inheritable_stays_ours),
        TEST(programs_started_at_once_inherit_nothing_of_each_other),
        TEST(one_handle_can_be_both_outputs),
        TEST(one_pipe_as_both_input_and_output_is_refused),
        TEST(a_child_may_ask_and_set_the_mode_of_its_pipes),
        TEST(a_child_has_the_console_it_was_given),
        TEST(a_child_is_in_its_job_when_it_runs),
        TEST(closing_a_child_ends_its_whole_tree),
        TEST(a_job_that_is_given_ends_its_programs_when_it_is_closed),
        TEST(ending_a_job_gives_its_programs_that_code),
        TEST(exit_codes_come_back_in_all_their_bits),
        TEST(an_exit_code_of_259_is_an_end),
        TEST(a_crash_is_an_exit_code),
        TEST(a_program_that_lacks_something_shows_no_box),
        TEST(waiting_for_a_running_child_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
