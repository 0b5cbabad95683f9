#ifndef JOB_FENCE_H
#define JOB_FENCE_H

#include "job/job.h"

/*
 * A fence round a worker: from here on it can change what its job works on, and
 * fettle's own state, cache, log and trash, and nothing else (Landlock, where
 * the kernel has it).  A backup cannot even change what it saves.
 *
 * A job that runs commands has none, since they would inherit it: shell
 * actions, hooks, password_command, and ssh or rclone for a repository.
 */
struct buf;

/* Between job_plan and job_do: only then is known where things go.  1 it holds;
 * 0 there is none, and why; -1 it should hold and does not, and why.  Only in a
 * process that does nothing else after it. */
int job_fence(struct hall *h, const struct parts *p, struct buf *why);

#endif
