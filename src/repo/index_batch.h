#ifndef REPO_INDEX_BATCH_H
#define REPO_INDEX_BATCH_H

#include <stddef.h>

#include "repo/index_run.h"
#include "repo/pack.h"

/*
 * What some index files say, gathered in memory and made a run of.  {0} is a
 * valid empty one.  For one thread at a time.
 */
struct batch {
	struct run_file	*files;
	struct run_pack	*packs;
	struct run_record *v[2];	/* by type */
	size_t		 n_files, n_packs, n[2];
	size_t		 cap_files, cap_packs, cap[2];
};

/* Begin with an index file; the packs that follow are in it. */
void batch_file(struct batch *b, const struct id *file);
void batch_pack(struct batch *b, const struct id *pack,
    const struct pack_entry *v, size_t n);
/* The last file's name, if it was not known before. */
void batch_name_file(struct batch *b, const struct id *file);
size_t batch_blobs(const struct batch *b);

/*
 * Sort it, leave out what a file says twice, and write it as a run: into the
 * folder, or where runs without one lie (cache_run.h) if that is -1 or full.
 * It stays as it is.
 */
int batch_run(struct batch *b, int dir, struct run **out, struct err *e);

void batch_reset(struct batch *b);	/* empty it and keep the memory */
void batch_fini(struct batch *b);

#endif
