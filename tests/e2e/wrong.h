/* tests/e2e/wrong.h - lines and requests that are wrong, each in its own way, and what must be said
 * of them. */
#ifndef TESTS_E2E_WRONG_H
#define TESTS_E2E_WRONG_H

#include <stddef.h>

/** A JSON-RPC object of these members. */
#define CALL(members) "{\"jsonrpc\":\"2.0\"," members "}"

/** A line after which the service hangs up: head, so many times what is repeated, and tail. */
struct wrong_line {
    const char *head, *repeated;
    int count;
    const char *tail;
    int code;          /**< of the error */
    const char *words; /**< that its message has among them */
};

extern const struct wrong_line wrong_lines[];
extern const size_t wrong_line_count;

/** A request after which the connection goes on. */
struct wrong_request {
    const char *method, *params; /**< JSON; NULL: none */
    int code;
    const char *words;
};

/** On a connection without a session. */
extern const struct wrong_request wrong_alone[];
extern const size_t wrong_alone_count;

/** On one that has attached to a private worker and has not started it. */
extern const struct wrong_request wrong_attached[];
extern const size_t wrong_attached_count;

#endif
