#ifndef CLI_REWRITE_GO_H
#define CLI_REWRITE_GO_H

#include "cli/about.h"
#include "repo/rewrite.h"
#include "repo/snapshot.h"

/*
 * Snapshots made anew, for rewrite and repair snapshots: those named, or all that
 * fit; the events of o are set here, and what they tell is shown.  drop: one that
 * is named and cannot be read goes, if the old ones go.  The exit status.
 */
int rewrite_go(struct about *a, char **names, size_t n,
    const struct snapshot_filter *f, struct rewrite_options *o, int drop);

#endif
