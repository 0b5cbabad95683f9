#ifndef JOB_WHY_H
#define JOB_WHY_H

#include "job/job.h"

/*
 * Why a file is where it is, and what would happen to it: each rule and archive
 * in turn says whether it takes the file, or which filter let it pass by, a
 * line each; then what was done to it before.
 */
struct why_line {
	const char	*job, *kind;
	int		 takes;		/* 1: this job would act on it */
	const char	*text;		/* "extension is not pdf" */
};

int job_why(struct hall *h, const char *path, int64_t now,
    void (*each)(void *arg, const struct why_line *l), void *arg,
    struct err *e);

#endif
