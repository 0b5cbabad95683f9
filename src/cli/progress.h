#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/cli.h"

/*
 * The progress of long work on a repository: a line on a terminal that is
 * written over, or restic's status messages with --json.  Nothing with -q, and
 * nothing where there is no terminal.
 */
struct progress {
	const struct cli	*c;
	int64_t			 began;	/* time_mono */
	int64_t			 shown;
	int			 line;	/* one is on the screen */
};

struct progress_state {
	uint64_t	 files, total_files;	/* total 0: not known */
	uint64_t	 bytes, total_bytes;
	uint64_t	 problems;
	const char	*current;	/* or NULL */
};

void progress_start(struct progress *p, const struct cli *c);
/* Is it time to show something? */
int progress_due(struct progress *p);
void progress_show(struct progress *p, const struct progress_state *s);
/* The same for work that has no files: what, and how far. */
void progress_step(struct progress *p, const char *what, uint64_t done,
    uint64_t total);
/* The line goes away. */
void progress_end(struct progress *p);
/* Seconds since the start; the same for people: "2min 5s", "76ms". */
double progress_seconds(const struct progress *p);
void progress_took(const struct progress *p, struct buf *out);

#endif
