/* core/account.c - accounts as a config names them. */
#include "core/account.h"

#include <stdint.h>
#include <string.h>

#include "core/text.h"

enum { PARTS_MAX = 15 };

/* A decimal number up to a limit; moves *text behind it. */
static bool take_number(const char **text, uint64_t max)
{
    const char *p = *text;
    uint64_t number = 0;
    if (*p == '0' && p[1] >= '0' && p[1] <= '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        number = number * 10 + (uint64_t)(*p - '0');
        if (number > max)
            return false;
    }
    if (p == *text)
        return false;
    *text = p;
    return true;
}

bool sp_sid_valid(const char *text)
{
    int parts = 0;
    if (strncmp(text, "S-1-", 4) != 0)
        return false;
    text += 4;
    if (!take_number(&text, ((uint64_t)1 << 48) - 1))
        return false;
    for (; *text == '-'; parts++) {
        text++;
        if (!take_number(&text, UINT32_MAX))
            return false;
    }
    return *text == '\0' && parts >= 1 && parts <= PARTS_MAX;
}

sp_status sp_account_check(const char *text, struct sp_error *err)
{
    /* What no account's name may hold; a backslash and an @ part it from its domain. */
    static const char wrong[] = "\"/[]:;|=,+*?<>";
    size_t len = strlen(text);
    if (len == 0)
        return sp_fail(err, SP_EINVAL, 0, "an account's name is empty");
    if (len > SP_ACCOUNT_NAME_MAX)
        return sp_fail(err, SP_ETOOBIG, 0,
                       "an account's name has %zu bytes: at most %d are allowed", len,
                       SP_ACCOUNT_NAME_MAX);
    if (sp_text_begins(text, "S-1-") && !sp_sid_valid(text))
        return sp_fail(err, SP_EINVAL, 0,
                       "\"%s\" is no SID: write it as Windows does, as in S-1-5-32-545",
                       sp_text_excerpt(text).text);
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || strchr(wrong, *p) != NULL)
            return sp_fail(err, SP_EINVAL, 0,
                           "\"%s\" can't be an account: write DOMAIN\\name, name, or a SID",
                           sp_text_excerpt(text).text);
    const char *slash = strchr(text, '\\');
    if (slash == text || (slash != NULL && (slash[1] == '\0' || strchr(slash + 1, '\\') != NULL)))
        return sp_fail(err, SP_EINVAL, 0,
                       "\"%s\" can't be an account: write DOMAIN\\name, with one backslash",
                       sp_text_excerpt(text).text);
    return SP_OK;
}
