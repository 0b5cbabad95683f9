#ifndef CLI_WATCH_RUN_H
#define CLI_WATCH_RUN_H

#include "cli/cli.h"

/*
 * The worker that the daemon starts for files that arrive: it takes batches
 * from its standard input, a socket, and answers there (job/burst_wire.h).  A run ends
 * when nothing has come for a moment, or after a while.  It ends when nothing
 * has come for longer, when the daemon hangs up, or when it is told to.
 */
struct hall;
int watch_run(struct cli *c, struct hall *h);

#endif
