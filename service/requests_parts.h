/* service/requests_parts.h - between service/requests*.c alone: what the methods share, and those
 * of a session. On the connection's loop. */
#ifndef SVC_REQUESTS_PARTS_H
#define SVC_REQUESTS_PARTS_H

#include <stdbool.h>

#include "core/rpc.h"
#include "service/connection.h"
#include "service/session.h"
#include "service/worker.h"

/** Answers that the params are not what the method takes. */
void svc_request_invalid(struct svc_connection *c, const struct sp_rpc *rpc, const char *what);

/** A text among the params, as the client has sent it; or NULL. */
const char *svc_request_text(const struct sp_rpc *rpc, const char *name);

/** Answers that something is refused, and has it logged, counted and audited. */
void svc_request_refuse(struct svc_connection *c, const struct sp_rpc *rpc, enum sp_rpc_code code,
                        const char *why);

/** Whether the client may do something with a worker; if not, it was told. */
bool svc_request_may(struct svc_connection *c, const struct sp_rpc *rpc, const struct svc_worker *w,
                     enum sp_right right);

/** Whether the client may do something with a session, which takes less if it is its own; if not,
 *  it was told. */
bool svc_request_may_with(struct svc_connection *c, const struct sp_rpc *rpc,
                          const struct svc_session *s);

/** The worker of a name; or NULL, and the client was told. */
struct svc_worker *svc_request_worker(struct svc_connection *c, const struct sp_rpc *rpc,
                                      const char *name);

/** The session of an id, on this loop; or NULL, and the client was told, or goes where it is. */
struct svc_session *svc_request_session(struct svc_connection *c, const struct sp_rpc *rpc,
                                        const char *id);

/* ------------------------------------------------------------------ the methods of a session */

void svc_request_attach(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_start(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_resize(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_input_end(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_received(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_output_closed(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_ack(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_detach(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_resume(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_interrupt(struct svc_connection *c, const struct sp_rpc *rpc);
void svc_request_drop(struct svc_connection *c, const struct sp_rpc *rpc);

#endif
