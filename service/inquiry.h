/* service/inquiry.h - the `access` method: who may do what with a worker, and why. Names and groups
 * may have to be asked of a domain controller, so the answer is made on the pool. */
#ifndef SVC_INQUIRY_H
#define SVC_INQUIRY_H

#include <jansson.h>

struct svc_connection;
struct svc_inquiry;
struct svc_worker;

/** What the client itself may do, as an array of words; a new reference, NULL without memory. */
json_t *svc_inquiry_rights(const struct svc_connection *c, const struct svc_worker *w);

/**
 * Answers with the lists of a worker, and with what an account may do. Later, unless it fails.
 *
 * @param c        has none under way; on its loop
 * @param w        a worker that the client may control
 * @param id       borrowed
 * @param account  a name or SID; NULL: nobody is asked about
 */
void svc_inquiry_start(struct svc_connection *c, const struct svc_worker *w, json_t *id,
                       const char *account);

/** The client has gone: there is nobody to answer. NULL: nothing happens. */
void svc_inquiry_cancel(struct svc_inquiry *q);

#endif
