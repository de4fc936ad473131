/* core/keys.h - a sequence of keys in a stream of bytes, as --detach-keys spells it: found wherever
 * the stream is cut, and taken out of it. Any thread, one at a time. */
#ifndef SP_KEYS_H
#define SP_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/** The longest sequence. */
enum { SP_KEYS_MAX = 16 };

/** A sequence, and how much of it the latest bytes have matched. {0} is none: never found. */
struct sp_keys {
    unsigned char keys[SP_KEYS_MAX];
    size_t count;
    size_t matched; /**< bytes held back: they are the sequence's beginning */
};

/**
 * Reads a sequence: `ctrl-X` with X one of a-z @ [ \ ] ^ _ (its case does not count), or one
 * printable ASCII character but the comma; several with commas between them: `ctrl-p,ctrl-q`.
 * `none` is the empty sequence.
 *
 * @param text  a C string
 * @param out   written on success only
 * @param err   filled on failure, saying what would be right; may be NULL
 * @return SP_OK, SP_EINVAL, SP_ETOOBIG (more than SP_KEYS_MAX keys)
 */
SP_NODISCARD sp_status sp_keys_parse(const char *text, struct sp_keys *out, struct sp_error *err);

/**
 * Lets bytes pass, up to the end of the sequence if that comes. What may be its beginning is held
 * back until it is known, and then passes in its place.
 *
 * @param k        the sequence
 * @param in       len bytes
 * @param len      may be 0
 * @param out      receives what passes; room for len + SP_KEYS_MAX bytes; not in
 * @param out_len  how many those are
 * @param found    whether the sequence has ended behind the bytes that were used; it does not pass
 * @return how many bytes of in were used: all, unless it was found
 */
size_t sp_keys_pass(struct sp_keys *k, const void *in, size_t len, void *out, size_t *out_len,
                    bool *found);

/** Gives what is held back, once the stream has ended. @param out room for SP_KEYS_MAX bytes
 *  @return how many bytes those are */
size_t sp_keys_flush(struct sp_keys *k, void *out);

/** The control characters of a sequence, as bits: bit 28 stands for Ctrl-\, byte 28. */
uint32_t sp_keys_control_mask(const struct sp_keys *k);

#endif
