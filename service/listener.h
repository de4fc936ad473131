/* service/listener.h - the waiting instances of one pipe name. Several are always there, and the
 * next is made before the current one is handed on, so the name is never free while the service
 * runs and a client finds no busy pipe. Lives on one loop. */
#ifndef SVC_LISTENER_H
#define SVC_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "win32/handle.h"
#include "win32/loop.h"
#include "win32/npipe.h"

struct svc_listener;
struct svc_shard;

enum { SVC_LISTENING = 4 /**< the most instances of a listener */ };

/** One waiting instance. */
struct svc_instance {
    struct svc_listener *listener;
    w32_handle pipe; /**< owned; NULL while none could be made */
    struct w32_op connect;
    struct w32_timer retry; /**< makes another when making one failed */
};

/** A listener. Zeroed, its first part set, then svc_listener_open(). */
struct svc_listener {
    /** A client has come. On the loop. @param pipe its instance, bound to the loop; the callee's */
    void (*accept)(struct svc_listener *l, w32_handle pipe);
    struct svc_shard *shard;
    struct w32_npipe_options options; /**< what it borrows lives as long as the listener */
    bool *first_made;                 /**< whether the name was taken; shared by its listeners */
    int count;                        /**< instances, at most SVC_LISTENING */
    bool stopped;
    struct svc_instance instances[SVC_LISTENING];
};

/** Makes the instances: clients that come wait. Before the loop runs. @param err may be NULL
 *  @return on failure svc_listener_close() closes what was made */
SP_NODISCARD sp_status svc_listener_open(struct svc_listener *l, struct sp_error *err);

/** Takes in those who have come and those who come; after svc_listener_stop(), with new instances.
 *  Nothing happens if it does so already. On the loop. */
void svc_listener_start(struct svc_listener *l);

/** Has the instances that wait replaced, one by one, by others made with what `options` says by
 * now; the name is never without one. On the loop. */
void svc_listener_renew(struct svc_listener *l);

/** Stops to listen; svc_shard_quit_if_empty() is called when it has. On the loop. */
void svc_listener_stop(struct svc_listener *l);

/** Whether nothing of it is in flight. On the loop. */
bool svc_listener_idle(const struct svc_listener *l);

/** Closes what waits. After the loop. */
void svc_listener_close(struct svc_listener *l);

#endif
