/* service/session_parts.h - what the four files of a session call of each other. */
#ifndef SVC_SESSION_PARTS_H
#define SVC_SESSION_PARTS_H

#include "service/session.h"

enum {
    SVC_SESSION_ATTACH_MS = 30000, /**< for the client to open its pipes and say start */
};

/** Records in the audit how a session ends; of several ways the first one counts. One that its
 *  worker's exit has ended needs none. @param reason in words */
void svc_session_audit_end(struct svc_session *s, const char *reason);

/** Makes the data pipes, for the peer alone. @param err may be NULL */
SP_NODISCARD sp_status svc_session_make_pipes(struct svc_session *s, struct sp_error *err);

/** Whether the client has opened all of them. */
bool svc_session_pipes_open(const struct svc_session *s);

/** Joins the run's feeds, if it has any. Once, when the run runs. */
void svc_session_join_feeds(struct svc_session *s);

/** Sets the callbacks of the streams. Once. */
void svc_session_init_streams(struct svc_session *s);

/** Binds the data pipes to the loop. @param err may be NULL */
SP_NODISCARD sp_status svc_session_bind(struct svc_session *s, struct sp_error *err);

/** Starts to move bytes; each output from a position. May end with the session freed. */
void svc_session_start_streams(struct svc_session *s, const uint64_t from[SP_STREAM_COUNT]);

/** Whether nothing moves any more and nothing is in flight. */
bool svc_session_streams_idle(const struct svc_session *s);

/** Stops whatever moves; it is idle soon. */
void svc_session_stop_streams(struct svc_session *s);

/** How many bytes of stdin have come in all. */
uint64_t svc_session_input(const struct svc_session *s);

/** Lets a client go soon that asked for it, if all it has written has come. */
void svc_session_detach_if_due(struct svc_session *s);

/** Closes a data pipe of ours; what the client has not read stays with it. */
void svc_session_close_pipe(struct svc_session *s, enum sp_stream stream);

/** Something has become idle: goes on with what waited for that. May free s. */
void svc_session_settle(struct svc_session *s);

/** Answers a `resume` that waits, if the old pipes are done with. */
void svc_session_resume_if_settled(struct svc_session *s);

/** The client did not come back, or did not open its pipes, in time. May free s. */
void svc_session_resume_timed_out(struct svc_session *s);

/** Counts it among its worker's sessions. @param err says which limit is against it; may be NULL
 *  @return SP_OK, SP_EACCESS, SP_ENOMEM */
SP_NODISCARD sp_status svc_session_count(struct svc_session *s, struct sp_error *err);

/** It is none of them any more: before its client learns that, which may come back at once.
 *  Nothing happens when it was not counted. */
void svc_session_uncount(struct svc_session *s);

/** It runs from now on: its time does. */
void svc_session_start_clock(struct svc_session *s);

#endif
