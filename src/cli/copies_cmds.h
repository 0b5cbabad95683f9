#ifndef CLI_COPIES_CMDS_H
#define CLI_COPIES_CMDS_H

#include "cli/about.h"

/* Repository commands where -b names plain copies (or, for check, an archive):
 * each gives the exit status. */
int copies_cmd_snapshots(struct about *a);
int copies_cmd_ls(struct about *a, const struct opts *o);
int copies_cmd_check(struct about *a, const struct opts *o);
int copies_cmd_restore(struct about *a, const struct opts *o);

#endif
