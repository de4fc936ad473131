/* tests/fuzz/fuzz_account.c - accounts and SIDs as a config names them. What passes as a SID goes
 * into a security descriptor's text as it is, so it must hold nothing but digits and dashes.
 *
 * Input: the text. */
#include <stdlib.h>
#include <string.h>

#include "core/account.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    char *text = fuzz_text(&in);
    struct sp_error err = {0};
    sp_status status = sp_account_check(text, &err);
    if (status != SP_OK) {
        FUZZ_CHECK(status == SP_EINVAL || status == SP_ETOOBIG);
        fuzz_check_error(&err, status);
    }
    if (sp_sid_valid(text)) {
        FUZZ_CHECK(status == SP_OK);
        FUZZ_CHECK(strspn(text + 1, "0123456789-") == strlen(text + 1));
        FUZZ_CHECK(strlen(text) < 192);
    }
    if (status == SP_OK)
        FUZZ_CHECK(strlen(text) <= SP_ACCOUNT_NAME_MAX && strpbrk(text, ";\"\n\r\t") == NULL);
    free(text);
    return 0;
}
