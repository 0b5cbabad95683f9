#ifndef CLI_COPIES_CMDS_H
#define CLI_COPIES_CMDS_H

#include <stdint.h>

#include "cli/about.h"

/* What a check found: how much, and the first of it in words. */
struct damage {
	uint64_t	 n;
	char		 first[300];
};
void damage_note(struct damage *d, const char *text);

/* Repository commands where -b names plain copies (or, for check, an archive):
 * each gives the exit status. */
int copies_cmd_snapshots(struct about *a);
/* Options of the command's own table that say nothing of plain copies are refused
 * by name: EXIT_DONE if none but these (ended by NULL) is given. */
int copies_cmd_only(struct cli *c, const struct opts *o,
    const struct opt_def *own, const char *const *known);
int copies_cmd_ls(struct about *a, const struct opts *o);
int copies_cmd_check(struct about *a, const struct opts *o, struct damage *d);
int copies_cmd_restore(struct about *a, const struct opts *o);

#endif
