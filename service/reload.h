/* service/reload.h - the `reload` method: reads the config again and puts it in force without
 * touching what need not end. docs/service.md says what that means for whom. */
#ifndef SVC_RELOAD_H
#define SVC_RELOAD_H

#include <jansson.h>

struct svc_connection;
struct svc_reload;

/**
 * Reads the config, and answers what has changed, or what is wrong with it: then nothing has. The
 * answer comes when all of it is in force, unless this fails.
 *
 * @param c   may administer the service; on its loop, asks for nothing else
 * @param id  borrowed
 */
void svc_reload_start(struct svc_connection *c, json_t *id);

/** The client has gone: there is nobody to answer, but the reload goes on. NULL: nothing happens.
 */
void svc_reload_cancel(struct svc_reload *r);

#endif
