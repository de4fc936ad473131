/* service/tally.c - what is counted of a worker over all its runs and sessions. */
#include "service/tally.h"

const char *svc_exit_kind_name(enum svc_exit_kind kind)
{
    static const char *const names[SVC_EXIT_KINDS] = {"success", "failure", "stopped",
                                                      "not_started"};
    return names[kind];
}
