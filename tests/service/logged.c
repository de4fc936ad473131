/* tests/service/logged.c - what the tests of log files share. */
#include "logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <windows.h>
#include <aclapi.h>

#include "win32/file.h"
#include "win32/identity.h"
#include "win32/loop.h"
#include "win32/text.h"

enum { LOOK_MS = 20, FILE_MAX = 64 << 20 };

char *text_of(const char *path)
{
    struct sp_buffer bytes = {0};
    struct sp_error err = {0};
    if (w32_file_read(path, FILE_MAX, &bytes, &err) != SP_OK)
        fail_msg("%s", err.what);
    assert_int_equal(sp_buffer_append(&bytes, "", 1, NULL), SP_OK);
    return (char *)bytes.data;
}

bool is_for_others(const char *path)
{
    char own[W32_SID_TEXT_MAX], sid[W32_SID_TEXT_MAX];
    wchar_t *wide = NULL;
    PACL list = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    bool others = false;
    assert_int_equal(w32_own_sid(own, NULL), SP_OK);
    assert_int_equal(w32_wide(path, &wide, NULL), SP_OK);
    assert_int_equal(GetNamedSecurityInfoW(wide, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL,
                                           NULL, &list, NULL, &descriptor),
                     ERROR_SUCCESS);
    assert_non_null(list);
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *raw = NULL;
        assert_true(GetAce(list, i, &raw));
        ACCESS_ALLOWED_ACE *ace = raw;
        assert_int_equal(w32_sid_text(&ace->SidStart, sid, NULL), SP_OK);
        others |= ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE && strcmp(sid, own) != 0 &&
                  strcmp(sid, "S-1-5-18") != 0 && strcmp(sid, "S-1-5-32-544") != 0;
    }
    LocalFree(descriptor);
    free(wide);
    return others;
}

bool file_holds(const char *path, const char *text)
{
    struct sp_buffer bytes = {0};
    if (w32_file_read(path, FILE_MAX, &bytes, NULL) != SP_OK ||
        sp_buffer_append(&bytes, "", 1, NULL) != SP_OK) {
        sp_buffer_deinit(&bytes);
        return false;
    }
    bool holds = strstr((char *)bytes.data, text) != NULL;
    sp_buffer_deinit(&bytes);
    return holds;
}

void assert_file(const char *path, const char *text)
{
    char *found = text_of(path);
    assert_string_equal(found, text);
    free(found);
}

void assert_will_hold(const char *path, const char *text)
{
    uint64_t deadline = w32_now_ms() + PATIENCE_MS;
    while (!file_holds(path, text)) {
        if (w32_now_ms() > deadline)
            fail_msg("%s never held: %s", path, text);
        Sleep(LOOK_MS);
    }
}

void assert_handles_will_be(int32_t count)
{
    uint64_t deadline = w32_now_ms() + PATIENCE_MS;
    while (w32_handle_tally() > count) {
        if (w32_now_ms() > deadline)
            fail_msg("%d handles are open, not %d", w32_handle_tally(), count);
        Sleep(LOOK_MS);
    }
}

static w32_handle opened(const char *path, DWORD share)
{
    wchar_t *wide = NULL;
    assert_int_equal(w32_wide(path, &wide, NULL), SP_OK);
    w32_handle h = w32_take(CreateFileW(wide, GENERIC_READ, share, NULL, OPEN_ALWAYS, 0, NULL));
    assert_non_null(h);
    free(wide);
    return h;
}

w32_handle locked(const char *path)
{
    return opened(path, 0);
}

w32_handle readable(const char *path)
{
    return opened(path, FILE_SHARE_READ | FILE_SHARE_WRITE);
}
