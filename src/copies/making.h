#ifndef COPIES_MAKING_H
#define COPIES_MAKING_H

#include <stdatomic.h>
#include <unistd.h>

#include "copies/impl.h"
#include "copies/last.h"
#include "copies/loads.h"
#include "crypto/sha256.h"
#include "util/map.h"
#include "util/pool.h"
#include "util/time.h"

#define TARGET_MAX	((size_t)4096)
#define COPY_NAME	240		/* bytes of a copy's name */

/* A copy while it is made: what make.c and making.c share. */
struct making {
	const struct copies	*c;
	const struct copies_env	*env;
	const struct apply_report *r;
	struct copies_result	*res;
	struct fs_dir		*place, *own;	/* own: its .fettle folder */
	struct tree		*t;
	struct manifest_writer	*w;
	struct last		*last;		/* the copy before, or NULL */
	uint64_t		 measure;	/* files a full copy had */
	struct map		 links;		/* fs, ino -> index of firsts */
	struct first_name {			/* of files with several names */
		char		*path;
		char		 sum[SHA256_HEX];
	}			*firsts;
	size_t			 n_firsts, cap_firsts;
	struct folder_seen {
		char		*path;
		struct fs_id	 id;
	}			*folders;
	size_t			 n_folders, cap_folders;
	struct sha256		*sha;
	unsigned char		*piece;		/* for reading */
	uint64_t		 total;		/* bytes that the copy holds */
	/* loads.c's: */
	struct pool		*pool;
	struct tree_hand	*hands[POOL_THREADS_MAX];
	struct load		*load;		/* in hand */
	struct err		 fatal;		/* what ended it all */
	atomic_int		 cancel;
};

/* Put a regular file into the copy: linked at once, or to be copied. */
int making_file(struct making *m, const struct source_item *it,
    struct err *e);
/* Copy it, in any thread. */
void making_copy(struct making *m, struct tree_hand *hand, struct thing *t);
/* It has ended: its line in the manifest, or it is told why there is none. */
void making_ended(struct making *m, const struct thing *t);
/* Does this failure end the whole copy?  Its kind is made plain. */
int making_is_over(const struct making *m, struct err *e);
/* It is not in the copy, or not whole: told, and the copy is partial. */
void making_failed(struct making *m, const char *abs, const char *why);
void making_files_fini(struct making *m);

#endif
