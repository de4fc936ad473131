# One function for each kind of thing we build. Each takes a folder that may still be empty.

# A static library of a folder's C files, or an empty stand-in while there are none.
# EXCEPT names files to leave out, LIBRARIES what it and whoever links it needs.
function(sp_library name folder)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "EXCEPT;LIBRARIES")
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.c")
    foreach(file IN LISTS arg_EXCEPT)
        list(REMOVE_ITEM sources "${PROJECT_SOURCE_DIR}/${folder}/${file}")
    endforeach()
    if(NOT sources)
        message(STATUS "${folder}/ has no C files yet: ${name} is empty")
        set(sources "${PROJECT_BINARY_DIR}/empty.c")
        file(WRITE "${sources}" "typedef int sp_empty;\n")
    endif()
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PRIVATE sp_options PUBLIC ${arg_LIBRARIES})
endfunction()

# One of the three programs: main (a wmain) linked with a library, and a resource that carries
# version, description and manifest.
function(sp_program name main library description)
    if(NOT EXISTS "${PROJECT_SOURCE_DIR}/${main}")
        message(STATUS "${main} is not there yet: no ${name}.exe")
        return()
    endif()
    set(SP_RC_NAME ${name})
    set(SP_RC_DESCRIPTION "${description}")
    configure_file("${PROJECT_SOURCE_DIR}/cmake/version.rc.in" rc/${name}.rc @ONLY)
    add_executable(${name} "${PROJECT_SOURCE_DIR}/${main}"
                   "${CMAKE_CURRENT_BINARY_DIR}/rc/${name}.rc")
    # windres does not follow the manifest named inside the .rc file.
    set_source_files_properties("${CMAKE_CURRENT_BINARY_DIR}/rc/${name}.rc" PROPERTIES
        OBJECT_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/standpipe.manifest")
    target_link_libraries(${name} PRIVATE sp_options sp_guard ${library})
    target_link_options(${name} PRIVATE -municode)
endfunction()

# The messages of a program's events, compiled into it: windmc makes a message table of them.
function(sp_messages program source)
    if(NOT TARGET ${program})
        return()
    endif()
    find_program(SP_WINDMC NAMES x86_64-w64-mingw32-windmc windmc REQUIRED)
    mark_as_advanced(SP_WINDMC)
    cmake_path(GET source STEM name)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/rc")
    set(rc "${folder}/${name}.rc")
    add_custom_command(OUTPUT "${rc}" "${folder}/${name}_en.bin" "${folder}/${name}.h"
        COMMAND "${SP_WINDMC}" -r "${folder}" -h "${folder}" "${PROJECT_SOURCE_DIR}/${source}"
        DEPENDS "${PROJECT_SOURCE_DIR}/${source}" VERBATIM)
    target_sources(${program} PRIVATE "${rc}")
    set_source_files_properties("${rc}" PROPERTIES
        INCLUDE_DIRECTORIES "${folder}" OBJECT_DEPENDS "${folder}/${name}_en.bin")
endfunction()

# Each C file of a folder is a program of its own, with a wmain.
function(sp_executables folder library)
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.c")
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM name)
        add_executable(${name} "${source}")
        target_link_libraries(${name} PRIVATE sp_options sp_guard ${library})
        target_link_options(${name} PRIVATE -municode)
    endforeach()
endfunction()

# tests/<layer>/test_*.c: a CMocka program each, run from the root of the repository. The layer's
# other C files are linked into all of them. OVER_ALL_TRANSPORTS names those that run three times.
function(sp_tests layer library)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "OVER_ALL_TRANSPORTS")
    set(folder "${PROJECT_SOURCE_DIR}/tests/${layer}")
    file(GLOB tests CONFIGURE_DEPENDS "${folder}/test_*.c")
    file(GLOB shared CONFIGURE_DEPENDS "${folder}/*.c")
    list(REMOVE_ITEM shared ${tests})
    set(seconds 120)
    if(layer STREQUAL "e2e")
        set(seconds 600)
    endif()
    foreach(test IN LISTS tests)
        cmake_path(GET test STEM stem)
        # core/ and win32/ both have an error.c, so the layer is part of the name.
        string(REPLACE "test_" "test_${layer}_" name "${stem}")
        add_executable(${name} "${test}" ${shared})
        target_link_libraries(${name} PRIVATE sp_options sp_guard ${library} sp_cmocka)
        if(CMAKE_CROSSCOMPILING)
            # Under Wine the exit status alone proves nothing: tools/wine-test also reads.
            set_property(TARGET ${name} PROPERTY
                CROSSCOMPILING_EMULATOR "${PROJECT_SOURCE_DIR}/tools/wine-test")
        endif()
        if(stem IN_LIST arg_OVER_ALL_TRANSPORTS)
            foreach(transport relay direct handoff)
                sp_add_test(${layer}/${stem}.${transport} ${name} ${layer} ${seconds}
                            SP_E2E_TRANSPORT=${transport})
            endforeach()
        else()
            sp_add_test(${layer}/${stem} ${name} ${layer} ${seconds})
        endif()
    endforeach()
endfunction()

# standpipe-test.msi and standpipe-test-next.msi beside the tests, by wixl, which runs on Linux.
function(sp_test_installers)
    file(GLOB documents CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/*.md" "${PROJECT_SOURCE_DIR}/docs/*"
         "${PROJECT_SOURCE_DIR}/docs/howto/*")
    set(installer "${PROJECT_SOURCE_DIR}/installer")
    set(stage "${PROJECT_BINARY_DIR}/stage")
    set(product "Standpipe Test" 0D6E1B0B-2C4E-4E43-9E0A-6F0C9E7A3D55)
    set(packages "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/standpipe-test")
    math(EXPR next "${PROJECT_VERSION_MINOR} + 1")
    add_custom_command(
        OUTPUT "${packages}.msi" "${packages}-next.msi"
        COMMAND "${installer}/stage" "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}" "${stage}"
        COMMAND "${installer}/msi" "${stage}" "${PROJECT_VERSION}" "${packages}.msi" ${product}
        COMMAND "${installer}/msi" "${stage}" "${PROJECT_VERSION_MAJOR}.${next}.0"
                "${packages}-next.msi" ${product}
        DEPENDS standpiped standpipe ${documents} "${installer}/stage" "${installer}/msi"
                "${installer}/standpipe.wxs" "${installer}/tables.sql"
        COMMENT "Building the installers of the tests"
        VERBATIM)
    add_custom_target(test-installers ALL DEPENDS "${packages}.msi" "${packages}-next.msi")
endfunction()

# One run of a test program, with variables in its environment.
function(sp_add_test test program layer seconds)
    add_test(NAME ${test} COMMAND ${program} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    # The wrapper gives up first, so that the log says what the test had printed.
    math(EXPR wrapper_seconds "${seconds} - 10")
    set_tests_properties(${test} PROPERTIES LABELS ${layer} TIMEOUT ${seconds}
        ENVIRONMENT "SP_TEST_SECONDS=${wrapper_seconds};${ARGN}")
    if(test MATCHES "^e2e/test_(faults|bench)") # what others do beside them would be in their figures
        set_tests_properties(${test} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

# Lets the allocations of a layer's tests go through the functions of its own that --wrap names. Of
# jansson and libyaml, too, where their static libraries lie beside the shared ones.
function(sp_wrap_allocations layer)
    find_library(SP_TORTURE_JANSSON libjansson.a)
    find_library(SP_TORTURE_YAML libyaml.a)
    mark_as_advanced(SP_TORTURE_JANSSON SP_TORTURE_YAML)
    file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${layer}/test_*.c")
    foreach(test IN LISTS tests)
        cmake_path(GET test STEM stem)
        string(REPLACE "test_" "test_${layer}_" name "${stem}")
        target_link_options(${name} PRIVATE
            -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=free)
        foreach(library IN ITEMS "${SP_TORTURE_JANSSON}" "${SP_TORTURE_YAML}")
            if(library)
                target_link_libraries(${name} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${library}>")
            endif()
        endforeach()
    endforeach()
endfunction()

# tests/fuzz/fuzz_*.c: a libFuzzer program each; the folder's other C files are linked into all of
# them. Its test is that it takes its corpus, every file of tests/fuzz/corpus/<name>.
function(sp_fuzzers library)
    set(folder "${PROJECT_SOURCE_DIR}/tests/fuzz")
    file(GLOB fuzzers CONFIGURE_DEPENDS "${folder}/fuzz_*.c")
    file(GLOB shared CONFIGURE_DEPENDS "${folder}/*.c")
    list(REMOVE_ITEM shared ${fuzzers})
    foreach(fuzzer IN LISTS fuzzers)
        cmake_path(GET fuzzer STEM name)
        add_executable(${name} "${fuzzer}" ${shared})
        target_link_libraries(${name} PRIVATE sp_options ${library})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        string(REPLACE "fuzz_" "" stem "${name}")
        file(GLOB inputs "${folder}/corpus/${stem}/*")
        if(NOT inputs)
            message(FATAL_ERROR "tests/fuzz/corpus/${stem} is empty: ${name} needs a few inputs")
        endif()
        add_test(NAME fuzz/${stem}
                 COMMAND ${name} -runs=0 -timeout=20 -rss_limit_mb=1024 "${folder}/corpus/${stem}")
        set_tests_properties(fuzz/${stem} PROPERTIES LABELS fuzz TIMEOUT 120)
    endforeach()
endfunction()

# Compiles a text file into a library, as an array of bytes with a NUL behind them.
function(sp_embed library file symbol)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${file}")
    file(READ "${PROJECT_SOURCE_DIR}/${file}" bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    set(source "${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.c")
    file(CONFIGURE OUTPUT "${source}" CONTENT
         "extern const unsigned char ${symbol}[];\nconst unsigned char ${symbol}[] = {${bytes}0};\n")
    target_sources(${library} PRIVATE "${source}")
endfunction()

# tests/browser/test_*: a script each, that is given the folder of the programs. Among the end-to-end
# tests, since it starts a service as they do.
function(sp_browser_tests)
    file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/browser/test_*")
    foreach(test IN LISTS tests)
        cmake_path(GET test STEM stem)
        add_test(NAME browser/${stem} COMMAND "${test}" "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
                 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        set_tests_properties(browser/${stem} PROPERTIES LABELS "e2e;browser" TIMEOUT 300
            RUN_SERIAL ON)
    endforeach()
endfunction()
