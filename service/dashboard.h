/* service/dashboard.h - the page to look at, on 127.0.0.1: a thread of its own that samples the
 * throughput and answers browsers. Off unless the config has `dashboard`. docs/dashboard.md. */
#ifndef SVC_DASHBOARD_H
#define SVC_DASHBOARD_H

#include "core/buffer.h"
#include "core/error.h"

struct svc_dashboard;
struct svc_server;

enum { SVC_DASHBOARD_URL = 80 /**< room for an address, with its NUL */ };

/**
 * Starts its thread, which opens the port: that may take seconds. Where it can't be opened, the
 * service goes on without the page, and svc_dashboard_url() says why.
 *
 * @param server  its config has a port; borrowed
 * @param out     written on success only; svc_dashboard_stop(), svc_dashboard_close()
 * @param err     filled on failure; may be NULL
 * @return SP_OK, SP_ENOMEM, w32_fail()'s status
 */
SP_NODISCARD sp_status svc_dashboard_open(struct svc_server *server, struct svc_dashboard **out,
                                          struct sp_error *err);

/**
 * The page's address with a new token, good for 12 hours. Any thread; does not block.
 *
 * @param url  SVC_DASHBOARD_URL bytes
 * @param err  filled on failure; may be NULL
 * @return SP_OK; SP_ESTATE it is not open yet; why it could not be opened
 */
SP_NODISCARD sp_status svc_dashboard_url(struct svc_dashboard *dashboard, char *url,
                                         struct sp_error *err);

/** Ends its thread. Blocks for what is being answered, 5 s at most, or until the port is open.
 *  Nothing happens when it is NULL. @param progress as in svc_server_stop() */
void svc_dashboard_stop(struct svc_dashboard *dashboard, void (*progress)(void *arg), void *arg);

/** Frees it once stopped; nothing happens when it is NULL. */
void svc_dashboard_close(struct svc_dashboard *dashboard);

#endif
