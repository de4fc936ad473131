# How every C file of ours is compiled and linked. Dependencies are not touched by this.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(SP_STRICT "Stop where Windows would, and Wine forgives; trap on undefined behaviour" OFF)
option(SP_SANITIZE "Build with ASan and UBSan (native build only)" OFF)
option(SP_FUZZ "Build core/ and its fuzzers alone (native build with clang only)" OFF)

# Carries no code: sp_library() and its neighbours link it for what follows.
add_library(sp_options INTERFACE)
target_include_directories(sp_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(sp_options INTERFACE SP_VERSION="${PROJECT_VERSION}")
target_compile_options(sp_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes
    -Wvla -Wundef -Werror -ffunction-sections -fdata-sections)
target_link_options(sp_options INTERFACE -Wl,--gc-sections)

if(WIN32)
    # Windows 10 1809, the oldest that has what we call.
    target_compile_definitions(sp_options INTERFACE
        _WIN32_WINNT=0x0A00 WINVER=0x0A00 NTDDI_VERSION=0x0A000006 UNICODE _UNICODE
        __USE_MINGW_ANSI_STDIO=1)
    target_compile_options(sp_options INTERFACE -fstack-protector-strong)
    target_link_options(sp_options INTERFACE
        -static -Wl,--dynamicbase,--nxcompat,--high-entropy-va)
    # Linked into each executable as an object, so that it wins over MinGW's libssp.
    add_library(sp_guard OBJECT "${PROJECT_SOURCE_DIR}/cmake/stack_guard.c")
    target_link_libraries(sp_guard PRIVATE sp_options)
else()
    add_library(sp_guard INTERFACE)
endif()
if(SP_STRICT)
    # MinGW has no sanitizer runtime: undefined behaviour becomes an illegal instruction.
    target_compile_definitions(sp_options INTERFACE W32_STRICT=1)
    target_compile_options(sp_options INTERFACE
        -fsanitize=undefined -fsanitize-undefined-trap-on-error)
endif()
if(SP_SANITIZE)
    target_compile_options(sp_options INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(sp_options INTERFACE -fsanitize=address,undefined)
endif()
if(SP_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "SP_FUZZ takes clang, which brings libFuzzer: use the preset fuzz")
    endif()
    target_compile_options(sp_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
