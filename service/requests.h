/* service/requests.h - the methods of the control connection. Lives on the connection's loop. */
#ifndef SVC_REQUESTS_H
#define SVC_REQUESTS_H

#include "core/rpc.h"
#include "service/connection.h"

/** Does what a client asks, and answers it. @param rpc borrowed */
void svc_request(struct svc_connection *c, const struct sp_rpc *rpc);

#endif
