# Cross-compiles to 64-bit Windows; what is built runs under Wine. On Windows itself (MSYS2) this
# file steps aside: the presets serve both.
if(CMAKE_HOST_WIN32)
    return()
endif()
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH repository)
set(CMAKE_CROSSCOMPILING_EMULATOR "${repository}/tools/wine-run")

# Libraries come from tools/deps and MinGW, never from this Linux.
set(CMAKE_FIND_ROOT_PATH "${repository}/build/deps/prefix" /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
