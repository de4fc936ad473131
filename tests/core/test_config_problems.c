/* tests/core/test_config_problems.c - what is wrong with a config file is said all at once, with
 * its place, and with what would be right. */
#include "core/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A file with one problem, where it is, and words that its text must have. */
struct mistake {
    const char *yaml;
    unsigned line, column;
    const char *says;
    const char *advises;
};

static void parse(struct sp_bytes text, struct sp_config_problems *problems)
{
    struct sp_config config = {.loops = 77};
    struct sp_error err = {0};
    assert_int_equal(sp_config_parse("t.yaml", text, &config, problems, &err), SP_ESYNTAX);
    assert_int_equal(err.status, SP_ESYNTAX);
    assert_int_equal(config.loops, 77);
    assert_true(problems->count > 0);
    char head[32];
    snprintf(head, sizeof head, "t.yaml:%u:%u: ", problems->items[0].place.line,
             problems->items[0].place.column);
    assert_ptr_equal(strstr(err.what, head), err.what);
}

static void assert_mistake(const struct mistake *m)
{
    struct sp_config_problems problems = {0};
    parse(sp_bytes_of(m->yaml), &problems);
    const struct sp_config_problem *p = &problems.items[0];
    if (problems.count != 1 || p->place.line != m->line || p->place.column != m->column ||
        strstr(p->text, m->says) == NULL || strstr(p->text, m->advises) == NULL) {
        print_error("in:\n%s\n%u problems, the first one:\n%u:%u: %s\n", m->yaml,
                    (unsigned)problems.count, p->place.line, p->place.column, p->text);
        fail();
    }
    sp_config_problems_deinit(&problems);
}

static void assert_mistakes(const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_mistake(&mistakes[i]);
}

/* In the order of the schema. */
#define FILE_KEYS "loops, log, logs, audit, drain, stop, allow, dashboard, workers"
#define WORKER_KEYS                                                                                \
    "command, pipeline, description, env, folder, args, allow, remote, run_as, "                   \
    "restricted, console, tty, mode, autostart, restart, slow, history, warm, "                    \
    "resume, drain, stop, logs, limits"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void keys_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"drian: 2s", 1, 1, "unknown key \"drian\": did you mean drain?", FILE_KEYS},
        {"x: 1", 1, 1, "unknown key \"x\": the keys of", FILE_KEYS},
        {"workers:\n  w:\n    comand: [x]\n    command: [x]", 3, 5, "did you mean command?",
         WORKER_KEYS},
        {"allow: {write: [x]}", 1, 9, "write is a key of a worker's allow", "indented"},
        {"dashboard: {port: 80}", 1, 19, "port must be", "1024"},
        {"dashboard: on", 1, 12, "dashboard must be", ""},
        {"allow: {admin: ann}", 1, 16, "admin must be a list of accounts, not a text", "admin: ["},
        {"allow: {admin: [[a]]}", 1, 17, "an account must be a text", "CORP"},
        {"allow: {admin: [a, A]}", 1, 20, "admin: A is given twice", ""},
        {"allow: {admin: [S-1-5-x]}", 1, 17, "is no SID", "S-1-5-32-545"},
        {"command: [x]", 1, 1, "command is a key of a worker, not of the file's top level",
         "indented"},
        {"workers: {w: {command: [x], loops: 1}}", 1, 29, "loops is a key of the file's top level",
         "indented"},
        {"workers: {w: {command: [x], signal: 1s}}", 1, 29, "signal is a key of stop, not of a",
         "indented"},
        {"stdin: 1s", 1, 1, "stdin is a key of stop, not of the file's top level", "indented"},
        {"workers: {w: {command: [x], size: 1MiB}}", 1, 29, "size is a key of logs, not of a",
         "indented"},
        {"stop:\n  drain: 1s", 2, 3, "drain is a key of a worker, not of stop", "indented"},
        {"stop: {sdtin: 1s}", 1, 8, "unknown key \"sdtin\": did you mean stdin?",
         "the keys of stop are stdin, signal"},
        {"stop: {stdin: 1s, stdin: 2s}", 1, 19, "stdin is given twice", "line 1"},
        {"workers: {w: {command: [x], logs: {stream: both}}}", 1, 36, "did you mean streams?",
         "the keys of logs are streams, size, age, files"},
        {"loops: 1\nlog: x\nloops: 1", 3, 1, "loops is given twice", "line 1"},
        {"loops: 1\n? [a, b]\n: 2", 2, 3, "a key must be a word", "quotes"},
        {"~: 2", 1, 1, "a key must be a word", "quotes"},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void values_of_the_wrong_kind_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"[a, b]", 1, 1, "the file must be a section of keys, not a list", "loops: 2"},
        {"hello", 1, 1, "the file must be a section of keys, not a text", "loops: 2"},
        {"loops: [1]", 1, 8, "loops must be a number, not a list", "loops: 2"},
        {"loops:\nlog: x", 1, 7, "loops must be a number, not nothing", "loops: 2"},
        {"loops: two", 1, 8, "loops: \"two\" is no whole number", ""},
        {"loops: 99999999999999999999", 1, 8, "is too large", ""},
        {"loops: 0", 1, 8, "loops must be from 1 to 64, not 0", ""},
        {"loops: 65", 1, 8, "loops must be from 1 to 64, not 65", ""},
        {"log: ''", 1, 6, "log must be a text, not an empty text", "D:\\logs"},
        {"log: {a: b}", 1, 6, "log must be a text, not a section", "D:\\logs"},
        {"log: \"C:\\temp\\new\"", 1, 6, "log must be one line", "single quotes"},
        {"drain: 2", 1, 8, "drain: 2 is a duration without a unit", "write 2s?"},
        {"drain: 2sec", 1, 8, "drain: 2sec has an unknown unit", "write 2s?"},
        {"stop: 5s", 1, 7, "stop must be a section, not a text", "stop: {stdin: 10s, signal: 30s}"},
        {"stop: [1s]", 1, 7, "stop must be a section, not a list", "stop: {"},
        {"stop: {signal: 601s}", 1, 16, "signal must be from 0s to 10m, not 601s", ""},
        {"stop: {stdin: 2}", 1, 15, "stdin: 2 is a duration without a unit", "write 2s?"},
        {"logs: {streams: both}", 1, 7, "logs must be a text, not a section", "D:\\logs"},
        {"workers: [a]", 1, 10, "workers must be a section of workers, not a list", "sort"},
        {"workers: {w: x}", 1, 14, "w must be a section of keys, not a text", "command: ["},
        {"workers: {w: [x]}", 1, 14, "w must be a section of keys, not a list", "command: ["},
        {"workers:\n  command: [x]", 2, 3, "command stands where a worker's name belongs",
         "indent"},
        {"workers:\nw:\n  command: [x]", 2, 1, "unknown key \"w\"", "below \"workers:\""},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void workers_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers:\n  -a: {command: [x]}", 2, 3, "\"-a\" can't name a worker", "letter or a digit"},
        {"workers:\n  a b: {command: [x]}", 2, 3, "\"a b\" can't name a worker", "63"},
        {"workers:\n  a: {command: [x]}\n  b: {command: [x]}\n  A: {command: [x]}", 4, 3,
         "a worker a in line 2 already", "case"},
        {"workers:\n  a:\n  b: {command: [x]}", 2, 3, "worker a has no command", "command: ["},
        {"workers:\n  a: {folder: x}", 2, 3, "worker a has no command", "or a pipeline"},
        {"workers:\n  a: {command: [x], pipeline: [[x], [y]]}", 2, 3,
         "both a command and a pipeline", "only one"},
        {"workers: {a: {pipeline: [[x], [y]], args: allow}}", 1, 43,
         "args can't be allowed for a pipeline", "one program"},
        {"workers: {a: {command: [x], args: yes}}", 1, 35,
         "args must be deny or allow, not \"yes\"", ""},
        {"workers: {a: {command: [x], remote: yes}}", 1, 37,
         "remote must be false or true, not \"yes\"", ""},
        {"workers: {a: {command: [x], console: shared}}", 1, 38,
         "console must be hidden or none, not \"shared\"", ""},
        {"workers: {a: {command: [x], folder: \"C:\\temp\"}}", 1, 37, "folder must be one line",
         "single quotes"},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void values_of_the_wrong_kind_in_a_worker_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers: {a: {command: [x], mode: common}}", 1, 35,
         "mode must be private or shared, not \"common\"", ""},
        {"workers: {a: {command: [x], restart: sometimes}}", 1, 38,
         "restart must be on-failure, always or never, not \"sometimes\"", ""},
        {"workers: {a: {command: [x], mode: shared, slow: wait}}", 1, 49,
         "slow must be drop, block or disconnect, not \"wait\"", ""},
        {"workers: {a: {command: [x], mode: shared, autostart: 1}}", 1, 54,
         "autostart must be false or true, not \"1\"", ""},
        {"workers: {a: {command: [x], mode: shared, history: 1}}", 1, 52,
         "history: 1 is a size without a unit", "write 1KiB?"},
        {"workers: {a: {command: [x], mode: shared, history: 1MB}}", 1, 52,
         "history: 1MB has an unknown unit", "write 1MiB?"},
        {"workers: {a: {command: [x], mode: shared, history: 63KiB}}", 1, 52,
         "history must be from 64KiB to 64MiB, not 63KiB", ""},
        {"workers: {a: {command: [x], mode: shared, history: 65MiB}}", 1, 52,
         "history must be from 64KiB to 64MiB, not 65MiB", ""},
        {"workers: {a: {command: [x], mode: shared, history: [1MiB]}}", 1, 52,
         "history must be a size, not a list", "history: 16MiB"},
        {"workers: {a: {command: [x], warm: 65}}", 1, 35, "warm must be from 0 to 64, not 65", ""},
        {"workers: {a: {command: [x], warm: -1}}", 1, 35, "\"-1\" is no whole number", ""},
        {"workers: {a: {command: [x], resume: 25h}}", 1, 37,
         "resume must be from 0s to 24h, not 25h", ""},
        {"workers: {a: {command: [x], resume: 60}}", 1, 37,
         "resume: 60 is a duration without a unit", "write 60s?"},
        {"workers: {a: {command: [x], drain: 11m}}", 1, 36, "drain must be from 0s to 10m, not 11m",
         ""},
        {"workers: {a: {command: [x], stop: 5s}}", 1, 35, "stop must be a section, not a text",
         "stop: {"},
        {"workers: {a: {command: [x], stop: {stdin: 1h}}}", 1, 43,
         "stdin must be from 0s to 10m, not 1h", ""},
        {"workers: {a: {command: [x], logs: D:\\logs}}", 1, 35,
         "logs must be a section, not a text", "streams: both"},
        {"workers: {a: {command: [x], logs: {streams: stdout}}}", 1, 45,
         "streams must be none, stderr or both, not \"stdout\"", ""},
        {"workers: {a: {command: [x], logs: {size: 1KiB}}}", 1, 42,
         "size must be from 4KiB to 4GiB, not 1KiB", ""},
        {"workers: {a: {command: [x], logs: {age: 1ms}}}", 1, 41,
         "age must be from 1s to 3650d, not 1ms", ""},
        {"workers: {a: {command: [x], logs: {files: 0}}}", 1, 43,
         "files must be from 1 to 1000, not 0", ""},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void keys_of_the_other_mode_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers:\n  a:\n    command: [x]\n    warm: 2\n    mode: shared", 4, 11,
         "warm is not for mode: shared", "autostart: true"},
        {"workers: {a: {command: [x], mode: shared, args: allow}}", 1, 49,
         "args can't be allowed with mode: shared", "not started for a client"},
        {"workers: {a: {command: [x], autostart: true}}", 1, 40, "autostart needs mode: shared",
         "warm"},
        {"workers: {a: {command: [x], mode: private, slow: drop}}", 1, 50,
         "slow needs mode: shared", "waits for its one client"},
        {"workers: {a: {command: [x], history: 1MiB}}", 1, 38, "history needs mode: shared", ""},
        {"workers: {a: {pipeline: [[x], [y]], slow: drop}}", 1, 43, "slow needs mode: shared", ""},
        /* which mode is meant is not known: nothing more is said */
        {"workers: {a: {command: [x], mode: share, autostart: true, slow: drop, warm: 1}}", 1, 35,
         "mode must be private or shared", ""},
        {"workers: {a: {command: [x], mode: [shared], history: 1MiB}}", 1, 35,
         "mode must be one word, not a list", "mode: shared"},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void what_a_terminal_leaves_no_sense_to_is_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers: {a: {pipeline: [[x], [y]], tty: true}}", 1, 25,
         "a pipeline is not for tty: true", "give one command"},
        {"workers: {a: {command: [x], tty: true, console: none}}", 1, 49,
         "console: none is not for tty: true", ""},
        {"workers: {a: {command: [x], warm: 2, tty: true}}", 1, 35, "warm is not for tty: true",
         "no client yet"},
        {"workers: {a: {command: [x], tty: true, logs: {streams: stderr}}}", 1, 56,
         "logs: stderr is empty with tty: true", "both"},
        {"workers: {a: {command: [x], tty: yes}}", 1, 34, "tty must be false or true", ""},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void every_key_of_the_other_mode_is_found_at_once(void **state)
{
    (void)state;
    struct sp_config_problems problems = {0};
    parse(sp_bytes_of("workers:\n"
                      "  a:\n"
                      "    history: 1MiB\n"
                      "    autostart: true\n"
                      "    slow: block\n"
                      "  b: {pipeline: [[x], [y]], args: allow, warm: 1, mode: shared}\n"),
          &problems);
    static const struct sp_place places[] = {{2, 3},  {3, 14}, {4, 16}, {5, 11},
                                             {6, 35}, {6, 35}, {6, 48}};
    assert_int_equal(problems.count, COUNT(places));
    for (size_t i = 0; i < problems.count; i++) {
        assert_int_equal(problems.items[i].place.line, places[i].line);
        assert_int_equal(problems.items[i].place.column, places[i].column);
    }
    sp_config_problems_deinit(&problems);
}

static void limits_and_accounts_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers: {a: {command: [x], limits: 5}}", 1, 37, "limits must be a section", "memory:"},
        {"workers: {a: {command: [x], limits: {ram: 1MiB}}}", 1, 38, "unknown key \"ram\"",
         "memory, processes, cpu, instances, per_user, connect_rate, session_time, idle_time"},
        {"workers: {a: {command: [x], per_user: 1}}", 1, 29, "per_user is a key of limits",
         "indented"},
        {"workers: {a: {command: [x], limits: {memory: 512}}}", 1, 46, "memory", "without a unit"},
        {"workers: {a: {command: [x], limits: {cpu: 101}}}", 1, 43, "cpu must be from 1 to 100",
         ""},
        {"workers: {a: {command: [x], mode: shared, limits: {instances: 2}}}", 1, 63,
         "instances is not for mode: shared", "per_user"},
        {"workers: {a: {pipeline: [[x], [y]], limits: {processes: 1}}}", 1, 57,
         "1 is too few for a pipeline of 2", ""},
        {"workers: {a: {command: [x], run_as: me}}", 1, 37, "not \"me\"",
         "service, client or {user: NAME}"},
        {"workers: {a: {command: [x], run_as: [a]}}", 1, 37, "not a list", "{user: "},
        {"workers: {a: {command: [x], run_as: {}}}", 1, 37, "names no account", "{user: "},
        {"workers: {a: {command: [x], run_as: {name: y}}}", 1, 38, "unknown key \"name\"", "user"},
        {"workers: {a: {command: [x], run_as: {user: CORP\\}}}", 1, 44,
         "not the name of an account", "DOMAIN\\NAME"},
        {"workers: {a: {command: [x], run_as: client, mode: shared}}", 1, 37,
         "run_as: client is not for mode: shared", ""},
        {"workers: {a: {command: [x], run_as: client, warm: 1}}", 1, 37,
         "run_as: client is not for a worker with warm", ""},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void commands_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers: {a: {command: C:\\x.exe}}", 1, 24, "command must be a list", "command: ["},
        {"workers: {a: {command: {x: y}}}", 1, 24, "not a section", "command: ["},
        {"workers: {a: {command: []}}", 1, 24, "command is empty", "it needs a program"},
        {"workers: {a: {command: [x, [y]]}}", 1, 28, "value 2 must be a text", "quotes"},
        {"workers: {a: {command: [x, y: z]}}", 1, 28, "value 2 must be a text", "quotes"},
        {"workers: {a: {command: [x, ~]}}", 1, 28, "value 2 is nothing", "write ''"},
        {"workers:\n  a:\n    command:\n      - x\n      -\n", 5, 8, "value 2 is nothing", "''"},
        {"workers: {a: {command: ['', x]}}", 1, 25, "the program's name is empty", ""},
        {"workers: {a: {command: [\"C:\\tools\"]}}", 1, 25, "control character", "single quotes"},
        {"workers: {a: {command: ['\"x\"']}}", 1, 24, "can't hold a quotation mark", ""},
        {"workers: {a: {command: [x.bat, '50%']}}", 1, 24, "command: argument 1: ", "cmd.exe"},
        {"workers: {a: {command: [x, \"a\\0b\"]}}", 1, 28, "NUL", ""},
        {"workers: {a: {pipeline: [[x]]}}", 1, 25, "two or more commands", "is a command"},
        {"workers: {a: {pipeline: []}}", 1, 25, "two or more commands", "is a command"},
        {"workers: {a: {pipeline: [x, y]}}", 1, 25, "each a list of its own", "[["},
        {"workers: {a: {pipeline: [[x], y]}}", 1, 31, "pipeline, command 2 must be a list", "["},
        {"workers: {a: {pipeline: [[x], []]}}", 1, 31, "pipeline, command 2 is empty", ""},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void environments_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers: {a: {command: [x], env: [A=b]}}", 1, 34, "env must be a section of NAME: value",
         "LANG"},
        {"workers: {a: {command: [x], env: {'': b}}}", 1, 35, "a variable needs a name", ""},
        {"workers: {a: {command: [x], env: {A=B: c}}}", 1, 35, "\"A=B\" can't hold an =", "NAME:"},
        {"workers: {a: {command: [x], env: {A: }}}", 1, 38, "A must be a text", "''"},
        {"workers: {a: {command: [x], env: {A: [b]}}}", 1, 38, "A must be a text", "''"},
        {"workers: {a: {command: [x], env: {a: 1, A: 2}}}", 1, 41, "A is given twice", "case"},
        {"workers: {a: {command: [x], env: {Standpipe_User: x}}}", 1, 35,
         "Standpipe_User can't be set", "STANDPIPE_"},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void what_yaml_has_and_a_config_does_not_is_refused(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"workers: {a: {command: [x, *y]}}", 1, 28, "aliases (*y)", "quotes"},
        {"workers: {a: {command: [x, &y z]}}", 1, 28, "anchors (&y)", "quotes"},
        {"workers: &all {a: {command: [x]}}", 1, 10, "anchors (&all)", "quotes"},
        {"workers: {a: {command: &c [x]}}", 1, 24, "anchors (&c)", "quotes"},
        {"loops: !!int 3", 1, 8, "tags (", "quotes"},
        {"workers: !x {a: {command: [x]}}", 1, 10, "tags (!x)", "quotes"},
        {"loops: 1\n---\nloops: 2", 2, 1, "a second document", "take this --- out"},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void what_is_no_yaml_is_explained(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"log: \"C:\\users\"", 1, 11, "a backslash begins an escape", "single quotes"},
        {"log: \"C:\\Windows\"", 1, 9, "a backslash begins an escape", "single quotes"},
        {"workers:\n\ta: 1", 2, 1, "never with tabs", "line 2"},
        {"log: *.txt", 1, 7, "begins with * or &", "quotes"},
        {"log: @x", 1, 6, "in quotes", ""},
        {"log: %TEMP%", 1, 6, "in quotes", ""},
        {"log: \"x", 1, 8, "a quotation mark is not closed", "line 1"},
        {"workers: {a: {command: [x}}", 1, 26, "closed with ]", ""},
        {"loops: 1\n log: x", 2, 5, "further to the right", ""},
        {"loops: 1\nlog", 3, 1, "a colon and a space", ""},
        {"log: \xe9", 1, 6, "not UTF-8", "save it"},
        {"# h\xc3\xa9\nlog: a\x01", 2, 7, "U+0001", "take it out"},
        /* Lines end where YAML's do, and a byte order mark is no character. */
        {"drain: 1s\rloops: 2\r\nlog: \xff", 3, 6, "not UTF-8", "save it"},
        {"log: a\xe2\x80\xa8\x01", 2, 1, "U+0001", "take it out"},
        {"\xef\xbb\xbflog: \x01", 1, 6, "U+0001", "take it out"},
        {"drain: 1s\rlog: \t@", 2, 7, "in quotes", ""},
    };
    assert_mistakes(mistakes, COUNT(mistakes));
}

static void a_nul_in_the_file_is_explained(void **state)
{
    (void)state;
    struct sp_config_problems problems = {0};
    static const char utf16_without_mark[] = "l\0o\0g\0:\0";
    parse((struct sp_bytes){utf16_without_mark, 8}, &problems);
    assert_non_null(strstr(problems.items[0].text, "not UTF-8"));
    sp_config_problems_deinit(&problems);
}

static void every_problem_of_a_file_is_found_and_sorted(void **state)
{
    (void)state;
    struct sp_config_problems problems = {0};
    struct sp_buffer out = {0};
    parse(sp_bytes_of("loops: 99\n"
                      "workers:\n"
                      "  sort:\n"
                      "    comand: [sort.exe]\n"
                      "    remote: yes\n"
                      "  echo: {command: echo.exe}\n"
                      "drain: 2\n"),
          &problems);
    assert_int_equal(sp_config_problems_print(&problems, &out, NULL), SP_OK);
    assert_int_equal(sp_buffer_append(&out, "", 1, NULL), SP_OK);
    assert_string_equal(
        (char *)out.data,
        "t.yaml:1:8: loops must be from 1 to 64, not 99\n"
        "t.yaml:3:3: worker sort has no command: add command: [PROGRAM, ARGUMENT...], or a "
        "pipeline\n"
        "t.yaml:4:5: unknown key \"comand\": did you mean command? the keys of a worker are " WORKER_KEYS
        "\n"
        "t.yaml:5:13: remote must be false or true, not \"yes\"\n"
        "t.yaml:6:19: command must be a list of a program and its arguments, not a text: "
        "command: [C:\\Windows\\System32\\sort.exe, /R]\n"
        "t.yaml:7:8: drain: 2 is a duration without a unit: write 2s? (500ms, 2s, 5m, 1h, 1d)\n");
    sp_buffer_deinit(&out);
    sp_config_problems_deinit(&problems);
}

static void the_error_has_the_first_problem_and_the_number_of_others(void **state)
{
    (void)state;
    struct sp_config config = {0};
    struct sp_config_problems problems = {0};
    struct sp_error err = {0};
    struct sp_bytes text = sp_bytes_of("log: x\nloops: 0\ndrain: 99m\nstop: 99m\n");
    assert_int_equal(sp_config_parse("C:\\a b.yaml", text, &config, &problems, &err), SP_ESYNTAX);
    assert_string_equal(err.what,
                        "C:\\a b.yaml:2:8: loops must be from 1 to 64, not 0 (and 2 more)");
    sp_config_problems_deinit(&problems);
    text = sp_bytes_of("loops: 0");
    assert_int_equal(sp_config_parse("t.yaml", text, &config, &problems, &err), SP_ESYNTAX);
    assert_string_equal(err.what, "t.yaml:1:8: loops must be from 1 to 64, not 0");
    sp_config_problems_deinit(&problems);
    assert_int_equal(sp_config_parse("t.yaml", text, &config, &problems, NULL), SP_ESYNTAX);
    sp_config_problems_deinit(&problems);
}

static void at_most_a_hundred_problems_are_listed_and_the_first_ones(void **state)
{
    (void)state;
    struct sp_config_problems problems = {0};
    struct sp_buffer out = {0};
    for (unsigned line = 300; line > 0; line--)
        assert_int_equal(sp_config_problem_add(&problems, NULL, (struct sp_place){line, 2}, "%s %u",
                                               "line", line),
                         SP_OK);
    assert_int_equal(problems.count, SP_CONFIG_PROBLEMS_MAX);
    assert_int_equal(problems.more, 200);
    for (size_t i = 0; i < problems.count; i++)
        assert_int_equal(problems.items[i].place.line, i + 1);
    assert_int_equal(sp_config_problems_print(&problems, &out, NULL), SP_OK);
    assert_memory_equal(out.data, "config:1:2: line 1\nconfig:2:2: line 2\n", 38);
    assert_memory_equal(out.data + out.len - 13, "and 200 more\n", 13);
    out.max = out.len + 100;
    size_t len = out.len;
    assert_int_equal(sp_config_problems_print(&problems, &out, NULL), SP_ETOOBIG);
    assert_int_equal(out.len, len);
    sp_buffer_deinit(&out);
    sp_config_problems_deinit(&problems);
}

static void problems_of_one_place_keep_their_order(void **state)
{
    (void)state;
    struct sp_config_problems problems = {0};
    struct sp_place place = {1, 1};
    assert_int_equal(sp_config_problem_add(&problems, NULL, place, "a"), SP_OK);
    assert_int_equal(sp_config_problem_add(&problems, NULL, place, "b\n\x1b"), SP_OK);
    assert_string_equal(problems.items[0].text, "a");
    assert_string_equal(problems.items[1].text, "b??");
    sp_config_problems_deinit(&problems);
}

/* A file of a text, repeated, between two others; has one problem, with these words. */
static void assert_too_many(const char *before, const char *repeated, size_t count,
                            const char *after, const char *says)
{
    struct sp_buffer text = {0};
    struct sp_config_problems problems = {0};
    assert_int_equal(sp_buffer_append(&text, before, strlen(before), NULL), SP_OK);
    for (size_t i = 0; i < count; i++) {
        const char *star = strchr(repeated, '*');
        int head = star == NULL ? (int)strlen(repeated) : (int)(star - repeated);
        assert_int_equal(sp_buffer_printf(&text, NULL, "%.*s", head, repeated), SP_OK);
        if (star != NULL)
            assert_int_equal(sp_buffer_printf(&text, NULL, "%zu%s", i, star + 1), SP_OK);
    }
    assert_int_equal(sp_buffer_append(&text, after, strlen(after), NULL), SP_OK);
    parse((struct sp_bytes){text.data, text.len}, &problems);
    assert_int_equal(problems.count, 1);
    if (strstr(problems.items[0].text, says) == NULL)
        print_error("%s\n", problems.items[0].text);
    assert_non_null(strstr(problems.items[0].text, says));
    sp_config_problems_deinit(&problems);
    sp_buffer_deinit(&text);
}

static void what_passes_a_ceiling_is_refused(void **state)
{
    (void)state;
    assert_too_many("", "#", SP_CONFIG_SIZE_MAX + 1, "", "at most 1048576 are allowed");
    assert_too_many("workers:\n", "  w*: {command: [x]}\n", SP_CONFIG_WORKERS_MAX + 1, "",
                    "there are 1001 of them, at most 1000");
    assert_too_many("workers: {w: {command: [x", ", y", SP_CONFIG_ARGS_MAX, "]}}",
                    "command has 257 values: at most 256");
    assert_too_many("workers: {w: {command: [x], env: {", "V*: x, ", SP_CONFIG_ENV_MAX + 1, "}}}",
                    "env has 257 variables: at most 256");
    assert_too_many("workers: {w: {pipeline: [", "[x], ", SP_CONFIG_STAGES_MAX + 1, "]}}",
                    "pipeline has 33 commands: at most 32");
    assert_too_many("workers: {w: {command: [x, '", "aaaaaaaaaa", 3300, "']}}",
                    "the command line is longer");
    assert_too_many("workers: ", "[", 2000, "", "nested more than 16 deep");
    assert_too_many("workers: ", "{a: ", 17, "x", "nested more than 16 deep");
    assert_too_many("loops: [", "1,", 200000, "]", "more than 100000 values");
}

static void a_long_value_is_shown_in_part(void **state)
{
    (void)state;
    struct sp_config_problems problems = {0};
    struct sp_buffer text = {0};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(sp_buffer_append(&text, "\xc3\xa9", 2, NULL), SP_OK);
    assert_int_equal(sp_buffer_printf(&text, NULL, ": 1"), SP_OK);
    parse((struct sp_bytes){text.data, text.len}, &problems);
    assert_true(strlen(problems.items[0].text) < 300);
    assert_non_null(strstr(problems.items[0].text, "\xc3\xa9...\""));
    sp_config_problems_deinit(&problems);
    sp_buffer_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_are_wrong_are_named),
        cmocka_unit_test(values_of_the_wrong_kind_are_named),
        cmocka_unit_test(workers_that_are_wrong_are_named),
        cmocka_unit_test(values_of_the_wrong_kind_in_a_worker_are_named),
        cmocka_unit_test(keys_of_the_other_mode_are_named),
        cmocka_unit_test(what_a_terminal_leaves_no_sense_to_is_named),
        cmocka_unit_test(every_key_of_the_other_mode_is_found_at_once),
        cmocka_unit_test(limits_and_accounts_that_are_wrong_are_named),
        cmocka_unit_test(commands_that_are_wrong_are_named),
        cmocka_unit_test(environments_that_are_wrong_are_named),
        cmocka_unit_test(what_yaml_has_and_a_config_does_not_is_refused),
        cmocka_unit_test(what_is_no_yaml_is_explained),
        cmocka_unit_test(a_nul_in_the_file_is_explained),
        cmocka_unit_test(every_problem_of_a_file_is_found_and_sorted),
        cmocka_unit_test(the_error_has_the_first_problem_and_the_number_of_others),
        cmocka_unit_test(at_most_a_hundred_problems_are_listed_and_the_first_ones),
        cmocka_unit_test(problems_of_one_place_keep_their_order),
        cmocka_unit_test(what_passes_a_ceiling_is_refused),
        cmocka_unit_test(a_long_value_is_shown_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
