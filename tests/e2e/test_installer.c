/* tests/e2e/test_installer.c - the MSI, as administrators deploy it: silently. It is that of a
 * product of its own, "Standpipe Test", so that a Standpipe on this machine is left alone. The
 * tests are one life of an installation, in order. Needs an elevated prompt on Windows. */
#include "fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "win32/file.h"
#include "win32/npipe.h"
#include "win32/path.h"
#include "win32/pipe.h"

#define PRODUCT    "Standpipe Test"
#define SERVICES   "SYSTEM\\CurrentControlSet\\Services\\"
#define PRODUCTS   "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Exit codes: of msiexec, of `standpiped status`, of the client. */
enum { OK = 0, STOPPED = 3, REFUSED = 125 };

enum { TEXT_MAX = 4096, WORD_COUNT = 12 };

/* Beside this program: a version, and a higher one. */
static char *older, *newer;

static char *programs;

/* ------------------------------------------------------------------ looking at the machine */

static bool has_key(const char *path)
{
    HKEY key = NULL;
    LSTATUS os = RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key);
    if (os == ERROR_SUCCESS)
        RegCloseKey(key);
    return os == ERROR_SUCCESS;
}

/* A value of the registry; "" when it isn't there. */
static const char *value_of(const char *path, const char *name)
{
    static char text[TEXT_MAX];
    DWORD size = sizeof text;
    if (RegGetValueA(HKEY_LOCAL_MACHINE, path, name,
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, text,
                     &size) != ERROR_SUCCESS)
        text[0] = '\0';
    return text;
}

/* How often Windows lists the product among those that can be removed. */
static int entries_of_product(void)
{
    HKEY key = NULL;
    char name[256], path[TEXT_MAX];
    int count = 0;
    assert_int_equal(RegOpenKeyExA(HKEY_LOCAL_MACHINE, PRODUCTS, 0, KEY_READ, &key), ERROR_SUCCESS);
    for (DWORD i = 0; RegEnumKeyA(key, i, name, sizeof name) == ERROR_SUCCESS; i++) {
        snprintf(path, sizeof path, "%s\\%s", PRODUCTS, name);
        if (strcmp(value_of(path, "DisplayName"), PRODUCT) == 0)
            count++;
    }
    RegCloseKey(key);
    return count;
}

static bool is_in_path(void)
{
    return strstr(
               value_of("SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", "Path"),
               PRODUCT) != NULL;
}

/* In everybody's Start menu; under Wine in this user's. */
static bool has_shortcut(void)
{
    static const char *const menus[] = {"ProgramData", "APPDATA"};
    char path[TEXT_MAX];
    bool found = false;
    for (size_t i = 0; i < sizeof menus / sizeof *menus; i++) {
        snprintf(path, sizeof path,
                 "%s\\Microsoft\\Windows\\Start Menu\\Programs\\" PRODUCT " documentation.lnk",
                 getenv(menus[i]));
        found = found || w32_file_exists(path);
    }
    return found;
}

static void assert_nothing_is_left(void)
{
    assert_false(w32_folder_exists(programs));
    assert_false(has_key(SERVICES PRODUCT));
    assert_false(has_key(SERVICES "EventLog\\Application\\" PRODUCT));
    assert_false(has_key("Software\\" PRODUCT));
    assert_int_equal(entries_of_product(), 0);
    assert_false(is_in_path());
    assert_false(has_shortcut());
}

/* ------------------------------------------------------------------ doing things */

/* Runs msiexec silently. @return its exit code */
static uint32_t msiexec(const char *const *words)
{
    const char *argv[WORD_COUNT] = {"msiexec.exe", "/qn"};
    size_t argc = 2;
    struct w32_outcome outcome;
    for (; *words != NULL && argc < WORD_COUNT; words++)
        argv[argc++] = *words;
    run_program(argv, argc, (struct sp_bytes){0}, &outcome);
    uint32_t code = outcome.exit_code;
    w32_outcome_deinit(&outcome);
    return code;
}

static void assert_status(uint32_t code)
{
    struct w32_outcome outcome;
    assert_int_equal(daemon_verb(WORDS("status", "--name", PRODUCT), &outcome), code);
    w32_outcome_deinit(&outcome);
}

static void assert_echoes(void)
{
    struct w32_outcome outcome;
    attach(WORDS("echo"), sp_bytes_of("are you there?"), &outcome);
    assert_text(&outcome.output, "are you there?");
    assert_int_equal(outcome.exit_code, 0);
    w32_outcome_deinit(&outcome);
}

static void write_config(const char *text)
{
    w32_file_remove(fixture.config);
    assert_int_equal(w32_file_create(fixture.config, text, strlen(text), NULL), SP_OK);
}

static void assert_config_is(const char *text)
{
    struct sp_buffer bytes = {0};
    assert_int_equal(w32_file_read(fixture.config, TEXT_MAX, &bytes, NULL), SP_OK);
    assert_text(&bytes, text);
    sp_buffer_deinit(&bytes);
}

/* ------------------------------------------------------------------ set-up */

static sp_status join_all(void)
{
    char *self = NULL, *folder = NULL;
    sp_status status = w32_path_self(&self, NULL);
    if (status == SP_OK)
        status = w32_path_folder(self, &folder, NULL);
    if (status == SP_OK)
        status = w32_path_join(folder, "standpipe-test.msi", &older, NULL);
    if (status == SP_OK)
        status = w32_path_join(folder, "standpipe-test-next.msi", &newer, NULL);
    if (status == SP_OK)
        status = w32_path_join(getenv("ProgramFiles"), PRODUCT, &programs, NULL);
    if (status == SP_OK)
        status = w32_path_join(programs, "standpiped.exe", &fixture.daemon, NULL);
    if (status == SP_OK)
        status = w32_path_join(programs, "standpipe.exe", &fixture.client, NULL);
    if (status == SP_OK)
        status = w32_path_program_data(PRODUCT, &fixture.folder, NULL);
    if (status == SP_OK)
        status = w32_path_join(fixture.folder, "standpipe.yaml", &fixture.config, NULL);
    free(self);
    free(folder);
    return status;
}

/* What a run that was ended has left. */
static void clean_up(void)
{
    msiexec(WORDS("/x", newer));
    msiexec(WORDS("/x", older));
    w32_file_remove(fixture.folder);
}

static int open_group(void **state)
{
    (void)state;
    struct w32_npipe_leaf leaf;
    if (join_all() != SP_OK || w32_npipe_random_leaf("msi-", &leaf, NULL) != SP_OK)
        return -1;
    snprintf(fixture.pipe, sizeof fixture.pipe, "%s", leaf.text);
    if (!w32_file_exists(older) || !w32_file_exists(newer)) {
        print_error("there is no %s: wixl builds it, see tools/setup\n", older);
        return -1;
    }
    if (entries_of_product() != 0)
        clean_up();
    w32_file_remove(fixture.folder);
    return 0;
}

static int close_group(void **state)
{
    (void)state;
    if (entries_of_product() != 0)
        clean_up();
    w32_file_remove(fixture.folder);
    free(older);
    free(newer);
    free(programs);
    free(fixture.daemon);
    free(fixture.client);
    free(fixture.folder);
    free(fixture.config);
    fixture = (struct fixture){0};
    return 0;
}

/* ------------------------------------------------------------------ the tests */

static void a_silent_installation_serves_on_the_pipe_it_was_given(void **state)
{
    (void)state;
    char pipe[80];
    snprintf(pipe, sizeof pipe, "PIPENAME=%s", fixture.pipe);
    assert_int_equal(msiexec(WORDS("/i", older, pipe)), OK);
    assert_status(OK);
    assert_echoes();
    assert_true(w32_file_exists(fixture.config));
    assert_true(has_shortcut());
    assert_true(is_in_path());
    assert_true(has_key(SERVICES "EventLog\\Application\\" PRODUCT));
    assert_int_equal(entries_of_product(), 1);
    assert_int_equal(value_of(SERVICES PRODUCT, "ImagePath")[0], '"');
}

static void an_upgrade_tells_who_is_attached_and_keeps_the_config(void **state)
{
    (void)state;
    static const char mine[] = "# mine\nstop: {stdin: 1s, signal: 1s}\n";
    struct w32_pipe in = {0}, out = {0}, err = {0};
    struct w32_child client = {0};
    char line[256];
    write_config(mine);
    assert_int_equal(w32_pipe_open(NULL, &in, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &out, NULL), SP_OK);
    assert_int_equal(w32_pipe_open(NULL, &err, NULL), SP_OK);
    start_attach(WORDS("echo"), in.read, out.write, err.write, &client);
    w32_handle_close(&in.read);
    w32_handle_close(&out.write);
    w32_handle_close(&err.write);
    assert_int_equal(w32_write(in.write, "here\n", 5, NULL), SP_OK);
    read_line(out.read, line, sizeof line);
    assert_string_equal(line, "here");

    assert_int_equal(msiexec(WORDS("/i", newer)), OK);

    read_line(err.read, line, sizeof line);
    assert_non_null(strstr(line, "the service is stopping"));
    assert_int_equal(end_of(&client), REFUSED);
    assert_config_is(mine);
    assert_int_equal(entries_of_product(), 1);
    assert_status(OK);
    assert_echoes(); /* on the same pipe, of which nobody said a word */
    w32_child_close(&client);
    w32_pipe_close(&in);
    w32_pipe_close(&out);
    w32_pipe_close(&err);
}

static void an_older_version_is_not_installed_over_a_newer_one(void **state)
{
    (void)state;
    assert_int_not_equal(msiexec(WORDS("/i", older)), OK);
    assert_int_equal(entries_of_product(), 1);
    assert_status(OK);
}

static void removing_it_leaves_nothing_but_the_config_and_its_log(void **state)
{
    (void)state;
    assert_int_equal(msiexec(WORDS("/x", newer)), OK);
    assert_nothing_is_left();
    assert_true(w32_file_exists(fixture.config));
    assert_true(w32_file_exists(scratch("standpiped.log")));
}

/* windows-only: that an upgrade which fails brings the older version back. Wine removes that one by
 * an installation of its own, which is over by then. */
static void an_installation_whose_service_can_not_start_leaves_nothing(void **state)
{
    (void)state;
    static const char broken[] = "colour: red\n";
    write_config(broken);
    assert_int_not_equal(msiexec(WORDS("/i", older)), OK);
    assert_nothing_is_left();
    assert_config_is(broken);
}

static void a_config_needs_a_full_path(void **state)
{
    (void)state;
    assert_int_not_equal(msiexec(WORDS("/i", older, "CONFIG=here.yaml")), OK);
    assert_nothing_is_left();
}

static void it_is_installed_without_a_start_and_removed_with_its_config(void **state)
{
    (void)state;
    char *folder = NULL;
    char config[TEXT_MAX];
    assert_int_equal(w32_folder_temporary("msi-", &folder, NULL), SP_OK);
    snprintf(config, sizeof config, "CONFIG=%s\\mine.yaml", folder);
    assert_int_equal(msiexec(WORDS("/i", older, config, "STARTSERVICE=0")), OK);
    assert_status(STOPPED);
    assert_true(w32_file_exists(strchr(config, '=') + 1));
    assert_int_equal(msiexec(WORDS("/x", older, "REMOVECONFIG=1")), OK);
    assert_nothing_is_left();
    assert_false(w32_folder_exists(folder));
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_installation_serves_on_the_pipe_it_was_given),
        cmocka_unit_test(an_upgrade_tells_who_is_attached_and_keeps_the_config),
        cmocka_unit_test(an_older_version_is_not_installed_over_a_newer_one),
        cmocka_unit_test(removing_it_leaves_nothing_but_the_config_and_its_log),
        cmocka_unit_test(an_installation_whose_service_can_not_start_leaves_nothing),
        cmocka_unit_test(a_config_needs_a_full_path),
        cmocka_unit_test(it_is_installed_without_a_start_and_removed_with_its_config),
    };
    return cmocka_run_group_tests(tests, open_group, close_group);
}
