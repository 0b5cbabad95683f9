#ifndef REPO_INDEX_BATCH_H
#define REPO_INDEX_BATCH_H

#include <stddef.h>

#include "repo/index_run.h"
#include "repo/pack.h"

/*
 * What some index files say, gathered in memory and made a run of.  {0} is a
 * valid empty one.  For one thread at a time.
 */
struct index_batch {
	struct run_file	*files;
	struct run_pack	*packs;
	struct run_record *v[2];	/* by type */
	size_t		 n_files, n_packs, n[2];
	size_t		 cap_files, cap_packs, cap[2];
};

/* Begin with an index file; the packs that follow are in it. */
void index_batch_file(struct index_batch *b, const struct id *file);
void index_batch_pack(struct index_batch *b, const struct id *pack,
    const struct pack_entry *v, size_t n);
/* The last file's name, if it was not known before. */
void index_batch_name_file(struct index_batch *b, const struct id *file);
size_t index_batch_blobs(const struct index_batch *b);

/*
 * Sort it, leave out what a file says twice, and write it as a run: into the
 * folder, or where runs without one lie (cache_run.h) if that is -1 or full.
 * It stays as it is.
 */
int index_batch_run(struct index_batch *b, int dir, struct run **out,
    struct err *e);

/* Empty it and keep the memory. */
void index_batch_reset(struct index_batch *b);
void index_batch_fini(struct index_batch *b);

#endif
