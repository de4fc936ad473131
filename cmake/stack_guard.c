/* cmake/stack_guard.c - what -fstack-protector-strong calls, linked into every program.
 *
 * MinGW's own version draws its random number from advapi32, and that import alone would cost
 * standpipe.exe 20 ms at every start. This one mixes what Microsoft's C runtime mixes for its
 * security cookie: time, thread, process and the address of the image. */
#include <stdint.h>
#include <windows.h>

/* The compiler knows these two names; no header declares them. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

uintptr_t __stack_chk_guard = 0x2b992ddfa232;

/* Runs before main: a function that is protected must not be on the stack while it changes. */
__attribute__((constructor, no_stack_protector)) static void stack_guard_init(void)
{
    LARGE_INTEGER ticks;
    FILETIME now;
    QueryPerformanceCounter(&ticks);
    GetSystemTimeAsFileTime(&now);
    uintptr_t mixed = (uintptr_t)ticks.QuadPart ^ (uintptr_t)&now ^ (uintptr_t)&__stack_chk_guard;
    mixed ^= (uintptr_t)now.dwHighDateTime << 32 ^ now.dwLowDateTime;
    mixed ^= (uintptr_t)GetCurrentThreadId() << 32 ^ GetCurrentProcessId();
    /* A zero byte at its low end stops an overflow by a string function from rewriting it. */
    __stack_chk_guard = mixed * 0x9e3779b97f4a7c15u << 8;
}

void __stack_chk_fail(void)
{
    /* Nothing of this process can be trusted any more: no handler, no message. This is
     * __fastfail(FAST_FAIL_STACK_COOKIE_CHECK_FAILURE), which MinGW's headers lack. */
    __asm__ volatile("int $0x29" : : "c"(2));
    __builtin_unreachable();
}
