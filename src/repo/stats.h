#ifndef REPO_STATS_H
#define REPO_STATS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How much some snapshots are, in four ways of counting, restic's:
 *
 *	restore-size		files as a restore would make them: each snapshot by
 *				itself, hard links once
 *	files-by-contents	files that differ in content
 *	blobs-per-file		pieces of files, counted once a path
 *	raw-data		what they take in the repository
 *
 * A folder that several snapshots share is read once; but for restore-size one in
 * which hard links are, which is read for each.
 */
struct err;
struct repo;
struct snapshots;

enum stats_mode {
	STATS_RESTORE_SIZE, STATS_FILES_BY_CONTENTS, STATS_BLOBS_PER_FILE,
	STATS_RAW_DATA
};

/* By restic's words: 0, or -1 and ERR_USAGE. */
int stats_parse_mode(const char *s, enum stats_mode *out, struct err *e);
const char *stats_mode_name(enum stats_mode m);

struct stats {
	uint64_t	 snapshots, files, blobs, size;
	/* raw-data of a repository of version 2, else 0: */
	uint64_t	 uncompressed;		/* if nothing were compressed */
	uint64_t	 zipped, zipped_plain;	/* of blobs that are */
};

struct stats_options {
	enum stats_mode	 mode;
	void (*step)(void *arg, uint64_t snapshots, uint64_t trees);
	void		*arg;
};

/* The index is loaded.  A folder that cannot be read ends it: ERR_CORRUPT. */
int stats_count(struct repo *r, const struct snapshots *l,
    const struct stats_options *o, struct stats *out, struct err *e);

#endif
