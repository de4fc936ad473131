/* tests/service/test_audit.c - the audit's file: what stands in it, what becomes of it when it
 * can't be written or grows, what sessions record; and the messages of its events, which are in
 * standpiped.exe. */
#include "service/audit.h"

#include "logged.h"
#include "speaker.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "core/refusals.h"
#include "service/log.h"
#include "tests/scratch.h"
#include "win32/path.h"
#include "win32/text.h"

enum { FLOOD = 5 * SVC_AUDIT_QUEUE };

static int32_t handles_before;
static char path[512];

static int open_all(void **state)
{
    handles_before = w32_handle_tally();
    int result = scratch_open(state);
    snprintf(path, sizeof path, "%s", scratch_path("audit.jsonl"));
    return result;
}

static int close_all(void **state)
{
    svc_audit_close(PATIENCE_MS);
    svc_log_close();
    assert_int_equal(w32_handle_tally(), handles_before);
    return scratch_close(state);
}

static void open_audit(void)
{
    const struct svc_audit_options options = {.file = path};
    assert_int_equal(svc_audit_open(&options, NULL), SP_OK);
}

static void record(const char *worker)
{
    svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_STOP, .worker = worker});
}

/* Calls something for each line of a file, which must be an object, and counts them. */
static size_t each_line(const char *file, void (*call)(const json_t *entry, void *arg), void *arg)
{
    size_t count = 0;
    char *text = text_of(file);
    for (char *line = text, *end; *line != '\0'; line = end + 1, count++) {
        end = strchr(line, '\n');
        assert_non_null(end);
        json_t *entry = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(entry))
            fail_msg("no object: %.*s", (int)(end - line), line);
        call(entry, arg);
        json_decref(entry);
    }
    free(text);
    return count;
}

static const char *text_in(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text == NULL ? "" : text;
}

/* Appends "event worker session what reason code" without what is not there, and a '|'. */
static void add_story(const json_t *entry, void *arg)
{
    static const char *const keys[] = {"event", "worker", "session", "what", "reason"};
    struct sp_buffer *story = arg;
    const json_t *code = json_object_get(entry, "code");
    if (code == NULL)
        code = json_object_get(entry, "count");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_in(entry, keys[i])[0] != '\0')
            assert_int_equal(
                sp_buffer_printf(story, NULL, "%s%s", i == 0 ? "" : " ", text_in(entry, keys[i])),
                SP_OK);
    if (code != NULL)
        assert_int_equal(sp_buffer_printf(story, NULL, " %d", (int)json_integer_value(code)),
                         SP_OK);
    assert_int_equal(sp_buffer_append(story, "|", 1, NULL), SP_OK);
}

/* Closes the audit and asserts what stands in its file. */
static void assert_story(const char *expected)
{
    struct sp_buffer story = {0};
    svc_audit_close(PATIENCE_MS);
    each_line(path, add_story, &story);
    assert_int_equal(sp_buffer_append(&story, "", 1, NULL), SP_OK);
    assert_string_equal((const char *)story.data, expected);
    sp_buffer_deinit(&story);
}

/* ------------------------------------------------------------------ the file */

static void check_known(const json_t *entry, void *arg)
{
    const struct w32_peer *peer = arg;
    char *account = NULL;
    assert_int_equal(w32_account_of(peer->sid, &account, NULL), SP_OK);
    assert_string_equal(text_in(entry, "sid"), peer->sid);
    assert_string_equal(text_in(entry, "account"), account);
    assert_string_equal(text_in(entry, "from"), "remote");
    assert_string_equal(text_in(entry, "host"), "PC\\x0A7");
    assert_int_equal(strlen(text_in(entry, "time")), 24);
    free(account);
}

static void an_entry_says_who_by_sid_and_by_name(void **state)
{
    (void)state;
    struct w32_peer peer = {.remote = true, .host = "PC\n7"};
    assert_int_equal(w32_own_sid(peer.sid, NULL), SP_OK);
    snprintf(path, sizeof path, "%s", scratch_path("deep\\er\\audit.jsonl"));
    open_audit();
    svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_STOP, .peer = &peer});
    svc_audit_close(PATIENCE_MS);
    assert_int_equal(each_line(path, check_known, &peer), 1);
}

static void entries_stand_in_the_order_of_their_calls(void **state)
{
    (void)state;
    const uint32_t code = 3;
    record("unheard"); /* nothing is open */
    open_audit();
    record("a");
    svc_audit(&(struct svc_audit_entry){
        .kind = SP_AUDIT_EXIT, .worker = "b\n", .session = "s1", .reason = "\"", .code = &code});
    record("c");
    assert_story("stop a|exit b\\x0A s1 \" 3|stop c|");
    record("unheard");
    open_audit(); /* a file is gone on with */
    record("d");
    assert_story("stop a|exit b\\x0A s1 \" 3|stop c|stop d|");
}

static void a_service_says_with_which_config_it_runs(void **state)
{
    (void)state;
    struct sp_buffer story = {0};
    assert_int_equal(w32_file_create(scratch_path("c.yaml"), "", 0, NULL), SP_OK);
    open_audit();
    svc_audit_service(SP_AUDIT_SERVE, "Reports", scratch_path("c.yaml"), NULL);
    svc_audit_service(SP_AUDIT_CONFIG, NULL, "C:\\gone.yaml", "it is not there");
    svc_audit_close(PATIENCE_MS);
    each_line(path, add_story, &story);
    assert_int_equal(sp_buffer_append(&story, "", 1, NULL), SP_OK);
    const char *text = (const char *)story.data;
    assert_non_null(strstr(text, "serve service Reports, config "));
    assert_non_null(strstr(text, "c.yaml, last changed 2"));
    assert_non_null(strstr(text, "|config config C:\\gone.yaml, last changed -: it is not there|"));
    sp_buffer_deinit(&story);
}

static void a_file_that_is_full_becomes_an_old_one(void **state)
{
    (void)state;
    char *old = calloc(1, SVC_AUDIT_FILE_BYTES);
    assert_non_null(old);
    memset(old, '\n', SVC_AUDIT_FILE_BYTES);
    assert_int_equal(w32_file_create(path, old, SVC_AUDIT_FILE_BYTES, NULL), SP_OK);
    free(old);
    open_audit();
    record("a");
    assert_story("stop a|");
    assert_true(w32_file_exists(scratch_path("audit.1.jsonl")));
}

static void nobody_reads_the_file_but_administrators_system_and_ourselves(void **state)
{
    (void)state;
    open_audit();
    record("a");
    assert_story("stop a|");
    assert_false(is_for_others(path));
}

static void a_file_that_could_not_be_written_lacks_nothing_afterwards(void **state)
{
    (void)state;
    const char *log = scratch_path("log");
    assert_int_equal(svc_log_open(log, false, NULL), SP_OK);
    w32_handle h = locked(path);
    open_audit();
    record("a");
    assert_will_hold(log, "the audit can't be written: ");
    record("b");
    w32_handle_close(&h);
    assert_will_hold(log, "the audit is written again");
    assert_story("stop a|stop b|");
}

static void what_can_not_be_written_at_the_end_is_counted_in_the_log(void **state)
{
    (void)state;
    const char *log = scratch_path("log");
    assert_int_equal(svc_log_open(log, false, NULL), SP_OK);
    w32_handle h = locked(path);
    open_audit();
    record("a");
    record("b");
    svc_audit_close(PATIENCE_MS);
    assert_will_hold(log, "the end of the audit, 2 entries, is lost: ");
    w32_handle_close(&h);
}

struct sum {
    size_t entries, lost, gaps;
};

static void add_up(const json_t *entry, void *arg)
{
    struct sum *sum = arg;
    if (strcmp(text_in(entry, "event"), "lost") == 0) {
        sum->lost += (size_t)json_integer_value(json_object_get(entry, "count"));
        sum->gaps++;
    } else
        sum->entries++;
}

/* Each of another account, whose name has to be looked up: so they come faster than they go. */
static void entries_that_the_queue_has_no_room_for_are_counted(void **state)
{
    (void)state;
    struct sum sum = {0};
    open_audit();
    for (unsigned i = 0; i < FLOOD; i++) {
        struct w32_peer peer = {.remote = true};
        snprintf(peer.sid, sizeof peer.sid, "S-1-5-21-1-2-3-%u", i + 1000);
        svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_REFUSAL, .peer = &peer});
    }
    svc_audit_close(PATIENCE_MS);
    each_line(path, add_up, &sum);
    assert_true(sum.gaps > 0);
    assert_int_equal(sum.entries + sum.lost, FLOOD);
}

static void an_account_that_is_refused_all_the_time_leaves_room_for_others(void **state)
{
    (void)state;
    struct sp_buffer expected = {0};
    struct w32_peer ann = {.sid = "S-1-5-21-1-2-3-1000"}, bob = {.sid = "S-1-5-21-1-2-3-1001"};
    const struct svc_audit_entry refusal = {.kind = SP_AUDIT_REFUSAL, .peer = &ann, .what = "ps"};
    open_audit();
    for (unsigned i = 0; i < FLOOD; i++)
        svc_audit(&refusal);
    svc_audit(&(struct svc_audit_entry){.kind = SP_AUDIT_REFUSAL, .peer = &bob, .what = "start"});
    for (unsigned i = 0; i < SP_REFUSALS_EACH; i++)
        assert_int_equal(sp_buffer_printf(&expected, NULL, "refusal ps|"), SP_OK);
    assert_int_equal(sp_buffer_printf(&expected, NULL,
                                      "refusal start|refusals of an account %d "
                                      "are written one by one, and those of the next %d s counted "
                                      "%d|%c",
                                      SP_REFUSALS_EACH, SP_REFUSALS_MS / 1000,
                                      FLOOD - SP_REFUSALS_EACH, 0),
                     SP_OK);
    assert_story((const char *)expected.data);
    assert_true(file_holds(path, "\"event\":\"refusals\",\"id\":106,"
                                 "\"sid\":\"S-1-5-21-1-2-3-1000\",\"reason\""));
    sp_buffer_deinit(&expected);
}

/* ------------------------------------------------------------------ what sessions record */

static const char config[] = "loops: 1\n"
                             "drain: 300ms\n"
                             "stop: {stdin: 300ms, signal: 300ms}\n"
                             "workers:\n"
                             "  chat: {command: [@, obey], mode: shared, console: none}\n"
                             "  gone: {command: ['C:\\no\\such\\program.exe']}\n"
                             "  own: {command: [@, obey], resume: 60s, console: none}\n";

static json_t *can_resume(void)
{
    return json_pack("{s:b}", "resume", 1);
}

static struct speaker one, two;

static void begin_serving(void)
{
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    serve(config);
    open_audit();
}

/* Closes the audit, too. */
static void end_serving(void)
{
    speaker_break(&one);
    speaker_break(&two);
    wait_for_sessions(0);
    svc_audit_close(PATIENCE_MS); /* it opens its file when it likes, and handles are counted now */
    stop_serving();
}

static void a_client_that_vanishes_has_detached(void **state)
{
    (void)state;
    begin_serving();
    speaker_start(&one, "chat", NULL);
    speaker_break(&one);
    wait_for_sessions(0);
    speaker_open(&two);
    json_decref(speaker_get(&two, "stop_worker", json_pack("{s:s}", "worker", "chat")));
    end_serving();
    assert_story("attach chat s1|detach chat s1 the client is gone|stop chat|"
                 "exit chat it is being stopped 0|");
}

static void a_session_that_does_not_start_says_why(void **state)
{
    (void)state;
    begin_serving();
    speaker_attach(&one, "gone", NULL);
    assert_int_not_equal(speaker_code(&one, "start", NULL), 0);
    end_serving();
    assert_true(file_holds(path, "\"event\":\"attach\""));
    assert_true(file_holds(path, "\"event\":\"detach\""));
    assert_true(file_holds(path, "program.exe"));
    assert_false(file_holds(path, "\"event\":\"exit\""));
}

static void who_comes_back_and_who_may_not_is_recorded(void **state)
{
    (void)state;
    begin_serving();
    speaker_start(&one, "own", can_resume());
    speaker_open(&two);
    assert_int_not_equal(
        speaker_code(&two, "resume",
                     json_pack("{s:s, s:s, s:i, s:{s:i, s:i}}", "session", "s1", "token", "wrong",
                               "protocol", 1, "received", "stdout", 0, "stderr", 0)),
        0);
    speaker_break(&two);
    memset(&two, 0, sizeof two);
    speaker_resume(&two, &one);
    json_decref(speaker_get(&two, "start", NULL));
    speaker_write(&two, "exit 3\n");
    json_decref(speaker_hear(&two, "exit"));
    speaker_tell(&two, "ack", NULL);
    end_serving();
    assert_true(file_holds(path, "\"what\":\"resume\",\"reason\":\"it is not theirs"));
    assert_true(file_holds(path, "\"event\":\"resume\""));
}

static void a_line_that_is_none_is_a_refusal(void **state)
{
    (void)state;
    static const char line[] = "{\"half\"\n";
    begin_serving();
    speaker_open(&one);
    assert_int_equal(w32_overlapped_write(&one.writing, line, sizeof line - 1, NULL), SP_OK);
    assert_int_equal(w32_overlapped_wait(&one.writing, SPEAKER_MS, NULL, NULL), SP_OK);
    speaker_hear_end(&one);
    end_serving();
    assert_true(file_holds(path, "\"what\":\"connection\",\"reason\":\"not JSON: "));
}

/* ------------------------------------------------------------------ the messages of the events */

/* As the event viewer does it. @return UTF-8, free() */
static char *message(HMODULE program, DWORD id, wchar_t *const *strings)
{
    wchar_t *text = NULL;
    char *utf8 = NULL;
    DWORD_PTR arguments[SP_AUDIT_STRINGS];
    for (int i = 0; i < SP_AUDIT_STRINGS; i++)
        arguments[i] = (DWORD_PTR)strings[i];
    DWORD len = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_HMODULE |
                                   FORMAT_MESSAGE_ARGUMENT_ARRAY,
                               program, id, 0, (wchar_t *)&text, 0, (va_list *)(void *)arguments);
    if (len == 0)
        fail_msg("there is no message %lu (error %lu)", id, GetLastError());
    assert_int_equal(w32_utf8(text, &utf8, NULL), SP_OK);
    LocalFree(text);
    return utf8;
}

static HMODULE load_program(void)
{
    char *self = NULL, *folder = NULL, *program = NULL;
    wchar_t *wide = NULL;
    assert_int_equal(w32_path_self(&self, NULL), SP_OK);
    assert_int_equal(w32_path_folder(self, &folder, NULL), SP_OK);
    assert_int_equal(w32_path_join(folder, "standpiped.exe", &program, NULL), SP_OK);
    assert_int_equal(w32_wide(program, &wide, NULL), SP_OK);
    HMODULE loaded = LoadLibraryExW(wide, NULL, LOAD_LIBRARY_AS_DATAFILE);
    assert_non_null(loaded);
    free(self);
    free(folder);
    free(program);
    free(wide);
    return loaded;
}

static void every_event_has_a_message_in_the_program(void **state)
{
    (void)state;
    wchar_t *const strings[SP_AUDIT_STRINGS] = {L"SID",     L"ACCOUNT", L"FROM", L"HOST",
                                                L"WORKER",  L"SESSION", L"WAY",  L"WHAT",
                                                L"REASON1", L"CODE"};
    HMODULE program = load_program();
    for (int i = 0; i < SP_AUDIT_KINDS; i++) {
        char *text = message(program, sp_audit_id((enum sp_audit_kind)i), strings);
        if (i != SP_AUDIT_LOST)
            assert_non_null(strstr(text, "ACCOUNT"));
        assert_null(strchr(text, '%'));
        free(text);
    }
    char *text = message(program, sp_audit_id(SP_AUDIT_REFUSAL), strings);
    assert_string_equal(text, "ACCOUNT was refused: WHAT. REASON1\r\n\r\nSID: SID\r\n"
                              "From: FROM, HOST\r\nWorker: WORKER\r\nSession: SESSION");
    free(text);
    text = message(program, sp_audit_id(SP_AUDIT_EXIT), strings);
    assert_non_null(strstr(text, "Worker WORKER exited with CODE.\r\n"));
    free(text);
    text = message(program, 1, strings);
    assert_string_equal(text, "SID");
    free(text);
    FreeLibrary(program);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_entry_says_who_by_sid_and_by_name),
        TEST(entries_stand_in_the_order_of_their_calls),
        TEST(a_service_says_with_which_config_it_runs),
        TEST(a_file_that_is_full_becomes_an_old_one),
        TEST(nobody_reads_the_file_but_administrators_system_and_ourselves),
        TEST(a_file_that_could_not_be_written_lacks_nothing_afterwards),
        TEST(what_can_not_be_written_at_the_end_is_counted_in_the_log),
        TEST(entries_that_the_queue_has_no_room_for_are_counted),
        TEST(an_account_that_is_refused_all_the_time_leaves_room_for_others),
        TEST(a_client_that_vanishes_has_detached),
        TEST(a_session_that_does_not_start_says_why),
        TEST(who_comes_back_and_who_may_not_is_recorded),
        TEST(a_line_that_is_none_is_a_refusal),
        TEST(every_event_has_a_message_in_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
