/* tools/analysis.h - what clang's analyser can't see across files: that a failure is never SP_OK.
 * Included by tools/lint in front of every file but the two that define these functions. */
#include "core/error.h"
#include "win32/error.h"

static inline sp_status analysis_failed(sp_status status)
{
    if (status == SP_OK)
        __builtin_unreachable();
    return status;
}
#define sp_fail(...)  analysis_failed(sp_fail(__VA_ARGS__))
#define w32_fail(...) analysis_failed(w32_fail(__VA_ARGS__))
