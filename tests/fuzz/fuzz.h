/* tests/fuzz/fuzz.h - what the fuzzers share: input that is taken piece by piece, and claims about
 * what came of it. One thread. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"

/** What libFuzzer calls with each input; a fuzzer is a file that defines it. @return 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the process when a claim is wrong; libFuzzer keeps the input. */
#define FUZZ_CHECK(claim) ((claim) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #claim))

_Noreturn void fuzz_fail(const char *file, int line, const char *claim);

/** What is left of an input. */
struct fuzz_input {
    const uint8_t *data;
    size_t len;
};

/** The next byte; 0 behind the last one. */
uint8_t fuzz_byte(struct fuzz_input *in);

/** A number below count, of the next two bytes. @param count at least 1 */
size_t fuzz_below(struct fuzz_input *in, size_t count);

/** A number of any size, of the next eight bytes. */
uint64_t fuzz_number(struct fuzz_input *in);

/** Whether an input is one of a few, by a hash of what is left of it: one in 32 may do what takes a
 *  hundred times as long as the others. */
bool fuzz_is_rare(const struct fuzz_input *in);

/** The next bytes, at most max, copied into memory of exactly that size. The caller frees data. */
struct sp_bytes fuzz_bytes(struct fuzz_input *in, size_t max);

/** The next bytes up to a NUL, or up to the end, as a C string in memory of exactly its size. The
 *  caller frees it. */
char *fuzz_text(struct fuzz_input *in);

/** An array of C strings. */
struct fuzz_argv {
    char **texts; /**< owned, and each of them */
    size_t count;
};

/** All that is left, cut at each NUL: at least one text, at most max, the last one up to the end
 *  or the next NUL. */
struct fuzz_argv fuzz_argv(struct fuzz_input *in, size_t max);

/** Frees the texts. */
void fuzz_argv_free(struct fuzz_argv *argv);

/** The texts as the functions of core/ take them. */
const char *const *fuzz_argv_of(const struct fuzz_argv *argv);

/** Whether all texts are UTF-8. */
bool fuzz_argv_is_utf8(const struct fuzz_argv *argv);

/** The next number of a sequence that looks like chance. @param seed not 0 */
uint32_t fuzz_random(uint32_t *seed);

/** malloc and realloc that end the process where there is no memory. */
void *fuzz_alloc(size_t size);

/**
 * Reads one character of UTF-8, by the table of the Unicode standard and nothing of ours.
 *
 * @param text  len bytes, at least one
 * @param len   of text
 * @param code  receives the code point; written on success only
 * @return its bytes; 0: none
 */
size_t fuzz_decode(const uint8_t *text, size_t len, uint32_t *code);

/** Whether bytes are UTF-8 as a whole. */
bool fuzz_is_utf8(struct sp_bytes bytes);

/** Claims that a text for a person is not empty, one line, and without control characters. */
void fuzz_check_line(const char *text);

/** fuzz_check_line(), and that the text is UTF-8. */
void fuzz_check_text(const char *text);

/** Claims that an error has this status, which is none of success, and a text as it should be. */
void fuzz_check_error(const struct sp_error *err, sp_status status);

/** Appends a text to YAML, in double quotes, with all that is not ASCII as an escape.
 *  @param text UTF-8 */
void fuzz_put_yaml(struct sp_buffer *out, const char *text);

/** Appends a formatted text; there always is memory. */
void fuzz_printf(struct sp_buffer *out, const char *format, ...) SP_PRINTF(2, 3);

#endif
