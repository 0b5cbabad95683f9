#ifndef ORGANIZE_TWINS_IMPL_H
#define ORGANIZE_TWINS_IMPL_H

#include <errno.h>
#include <stdint.h>

#include "fs/id.h"
#include "organize/twins.h"
#include "util/arena.h"
#include "util/crew.h"
#include "util/map.h"

#define TWIN_NONE	UINT32_MAX
#define TWIN_SUM	16		/* bytes of SHA-256 that are kept */

struct twin {
	struct fs_id	 id;
	const char	*name, *real_name;
	uint32_t	 dir, real_dir;
	uint64_t	 known;		/* of its first and last bytes */
	unsigned char	 sum[TWIN_SUM];	/* of all of them; equal is the same */
	uint32_t	 link_of;	/* the first name of this file, + 1; or 0 */
	uint32_t	 best;		/* of a first name: the best of its names */
	uint32_t	 original;
	int		 error;		/* errno of reading it */
	unsigned char	 settled;	/* it was compared with the only other */
};

struct twins {
	unsigned	 by;		/* enum twins_order */
	int		 reverse;
	struct twin	*v;		/* in the order in which they were seen */
	size_t		 n, cap;
	uint32_t	*live, *scratch;	/* who may still have a twin */
	size_t		 n_live;
	int		 links;		/* some are names of one file */
	struct map	 dirs, at;	/* path: number; key: index of v */
	char		**dir;
	size_t		 n_dirs, cap_dirs;
	struct arena	 own;
};

enum twins_step { TWINS_FIRST, TWINS_LAST, TWINS_WHOLE };

/* ---- twins.c ---- */
/* As far as is known by now they may be the same. */
int twins_alike(const struct twin *a, const struct twin *b);

/* ---- twins_read.c ---- */
/* Learn more of all that are live, and sorted; sets known, sum or error. */
void twins_read(struct twins *t, enum twins_step step, struct crew *c);

#endif
