# jansson, libyaml and CMocka as sp_jansson, sp_yaml and sp_cmocka, from wherever this machine
# keeps them: CMake config files (tools/deps, vcpkg, MSYS2) or pkg-config (Debian).

# Makes the target sp_<name>: PACKAGE and TARGET are the config file's names, MODULE is pkg-config's.
function(sp_dependency name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "PACKAGE;TARGET;MODULE" "")
    add_library(sp_${name} INTERFACE)
    find_package(${arg_PACKAGE} CONFIG QUIET)
    set(library ${arg_TARGET})
    if(NOT TARGET ${library} AND NOT CMAKE_CROSSCOMPILING)
        find_package(PkgConfig QUIET)
        if(PkgConfig_FOUND)
            pkg_check_modules(${name} QUIET IMPORTED_TARGET ${arg_MODULE})
        endif()
        set(library PkgConfig::${name})
    endif()
    if(NOT TARGET ${library})
        message(FATAL_ERROR "${name} is missing: run tools/deps for the cross-build; on MSYS2 or "
            "Debian, install its development package")
    endif()
    target_include_directories(sp_${name} SYSTEM INTERFACE
        $<TARGET_PROPERTY:${library},INTERFACE_INCLUDE_DIRECTORIES>)
    get_target_property(type ${library} TYPE)
    if(CMAKE_HOST_WIN32 AND NOT type STREQUAL "STATIC_LIBRARY")
        # MSYS2 has both kinds, its config files name the DLL, and our programs stand alone.
        find_library(SP_STATIC_${name} lib${name}.a REQUIRED)
        mark_as_advanced(SP_STATIC_${name})
        set(library "${SP_STATIC_${name}}")
    endif()
    target_link_libraries(sp_${name} INTERFACE ${library})
endfunction()

sp_dependency(jansson PACKAGE jansson TARGET jansson::jansson MODULE jansson)
sp_dependency(yaml PACKAGE yaml TARGET yaml MODULE yaml-0.1)

# CMocka's config file has a target only since 1.1.6. Before that it has variables, which name the
# DLL even where a static library lies beside it.
find_package(cmocka CONFIG REQUIRED)
add_library(sp_cmocka INTERFACE)
find_library(SP_CMOCKA_STATIC cmocka-static)
mark_as_advanced(SP_CMOCKA_STATIC)
if(TARGET cmocka::cmocka)
    target_link_libraries(sp_cmocka INTERFACE cmocka::cmocka)
elseif(WIN32 AND SP_CMOCKA_STATIC)
    target_link_libraries(sp_cmocka INTERFACE "${SP_CMOCKA_STATIC}")
else()
    target_link_libraries(sp_cmocka INTERFACE "${CMOCKA_LIBRARY}")
endif()
target_include_directories(sp_cmocka SYSTEM INTERFACE "${CMOCKA_INCLUDE_DIR}")

if(MINGW)
    # CMocka's header takes its print_error for msvcrt's printf; tools/deps builds it with MinGW's
    # own, which knows %zu.
    target_compile_definitions(sp_cmocka INTERFACE __printf__=__gnu_printf__)
endif()
if(WIN32)
    # Without it yaml.h declares its functions as a DLL's.
    target_compile_definitions(sp_yaml INTERFACE YAML_DECLARE_STATIC)
endif()
