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
int copies_cmd_ls(struct about *a, const struct opts *o);
int copies_cmd_check(struct about *a, const struct opts *o, struct damage *d);
int copies_cmd_restore(struct about *a, const struct opts *o);

#endif
