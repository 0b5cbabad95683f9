#ifndef PLAN_PLAN_IMPL_H
#define PLAN_PLAN_IMPL_H

/* What the files of plan/ share; nobody else's affair. */
#include <sys/types.h>

#include "plan/codec.h"
#include "plan/intern.h"
#include "plan/plan.h"
#include "util/buf.h"

struct chunk {
	struct buf	 bytes;		/* empty once it is in the spool */
	off_t		 at;		/* there */
	size_t		 len;
};

struct job_record {
	struct plan_job	 job;
	uint64_t	 count[OP_KINDS][OP_STATES];
};

struct plan {
	int		 spool_dir;	/* borrowed; -1 never, or no longer */
	int		 spool;		/* -1 none yet */
	off_t		 spool_size;
	struct chunk	*chunks;
	size_t		 n_chunks, cap_chunks, n_spooled;
	size_t		 memory;	/* of the chunks */
	struct codec	 codec;
	uint64_t	 n_ops;
	int		 chained;	/* some op's source comes by another */
	struct intern	 dirs, texts;
	struct arena	 own;		/* job names */
	struct job_record *jobs;
	size_t		 n_jobs, cap_jobs;
};

#endif
