#ifndef REPO_CHECK_H
#define REPO_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * Is the repository whole (restic-format 1.18)?  Nothing is changed.
 *
 *	index		every index file can be read, each pack is in one of them
 *	packs		each pack that they name is there and as long as it must be
 *	trees		each folder of each snapshot can be read and makes sense, and
 *			each blob that is needed is in the index
 *	data		if asked for: packs are what their names say, their headers
 *			are as the index has it, and each blob opens and is itself
 *
 * Every fault is told and the check goes on.  The caller holds a lock, which is
 * best exclusive; the index need not be loaded.
 */
struct err;
struct repo;
struct snapshot_filter;

enum check_grade {
	CHECK_HINT,		/* costs room, and nothing else */
	CHECK_ERROR
};

struct check_fault {
	enum check_grade grade;
	const char	*text;		/* "pack 4f2a...: blob 12ab...: ..." */
	const struct id	*pack;		/* that is broken, or NULL */
};

enum check_step {
	CHECK_INDEX, CHECK_PACKS, CHECK_SNAPSHOTS, CHECK_TREES, CHECK_DATA
};

/* Which packs are read (--read-data, --read-data-subset). */
enum check_part {
	CHECK_NO_DATA, CHECK_ALL_DATA,
	CHECK_GROUP,		/* those whose first byte % groups is group - 1 */
	CHECK_PERCENT, CHECK_BYTES	/* some, at random */
};

struct check_data {
	enum check_part	 part;
	unsigned	 group, groups;
	double		 percent;
	uint64_t	 bytes;
};

/* "2/5", "2.5%", "10G": 0, or -1 and ERR_USAGE. */
int check_parse_subset(const char *s, struct check_data *out, struct err *e);

struct check_options {
	struct check_data data;
	int		 unused;	/* a blob that no snapshot needs is a fault */
	/* Look only at the trees of these, and read only packs that they need: all
	 * that fit (NULL: any), or those that are named (then the filter says
	 * what "latest" is).  Without either, all of the repository.  None that
	 * fits is ERR_NOENT. */
	const struct snapshot_filter *filter;
	const char	*const *names;	/* NULL-ended, or NULL */
	/* One at a time, from any thread. */
	void (*fault)(void *arg, const struct check_fault *f);
	void (*step)(void *arg, enum check_step step, uint64_t done,
	    uint64_t total);
	void		*arg;
};

struct check_result {
	uint64_t	 errors, hints;
	uint64_t	 snapshots, trees, packs, blobs;
	uint64_t	 strays;	/* packs in no index: prune */
	uint64_t	 split;		/* packs in several: repair index */
	int		 no_index;	/* it cannot be read: repair index */
	uint64_t	 packs_read, bytes_read;
};

/* 0: it was checked, and the result says how it is.  -1: it could not go on. */
int check_run(struct repo *r, const struct check_options *o,
    struct check_result *out, struct err *e);

#endif
