/* client/flow.h - what the data pipe of a stream does at the moment, in a session that outlives its
 * pipes. */
#ifndef CLI_FLOW_H
#define CLI_FLOW_H

enum cli_flow {
    CLI_FLOW_NONE,    /**< there was none yet */
    CLI_FLOW_OPEN,    /**< bytes may move */
    CLI_FLOW_ENDED,   /**< all of stdin was written, or an output's end came */
    CLI_FLOW_BROKEN,  /**< it failed */
    CLI_FLOW_STOPPED, /**< it was taken away */
};

#endif
