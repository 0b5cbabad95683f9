#ifndef CLI_VIEW_IMPL_H
#define CLI_VIEW_IMPL_H

#include "cli/view.h"
#include "util/buf.h"
#include "util/map.h"

/* What a form of view writes; view.c keeps the rest. */
struct view_ops {
	void (*op)(struct view *v, const struct op_told *t);
	void (*plan_end)(struct view *v, const struct parts *p,
	    const struct job_totals *t);
	void (*run_end)(struct view *v, const struct job_done *d);
	void (*free)(struct view *v);
};

struct group;

struct view {
	const struct view_ops	*ops;
	const struct cli	*cli;
	enum view_what		 what;
	int			 all;
	struct sink		 sink;
	int			 progress_shown;
	int64_t			 progress_at;	/* ms, monotonic */
	int64_t			 started;	/* ms, monotonic */
	struct group		*groups;	/* text: in order of appearance */
	size_t			 n_groups, cap_groups;
	struct map		 by_key;	/* group's state, kind, job, where */
	size_t			 last;		/* the group last added to */
	uint64_t		 failures;
	struct buf		 line;
	struct buf		 backup_failed;	/* text: the last such line's job
						   and error */
};

extern const struct view_ops view_text, view_json;

#endif
