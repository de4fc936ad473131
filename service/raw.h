/* service/raw.h - raw endpoints: `\\.\pipe\standpipe\WORKER`, one duplex pipe for whoever can open
 * a file and has no client of ours. What is written to it is the worker's stdin, what is read from
 * it the worker's stdout; a message of no bytes ends stdin while stdout flows on; the end of the
 * pipe is the end of the worker's output. Lives on the worker's home shard. */
#ifndef SVC_RAW_H
#define SVC_RAW_H

#include "service/worker.h"

/** Makes a worker's endpoint. Before the loop runs. @param err may be NULL @return on failure
 *  svc_raw_close() closes what was made */
SP_NODISCARD sp_status svc_raw_open(struct svc_worker *w, struct sp_error *err);

/** Closes it. After the loop. */
void svc_raw_close(struct svc_worker *w);

#endif
