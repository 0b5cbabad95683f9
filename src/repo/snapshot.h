#ifndef REPO_SNAPSHOT_H
#define REPO_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "repo/node.h"

/*
 * A backup's record (restic-format 1.8): when, what, by whom, and the root
 * tree.  Members we do not know are kept when one is written again.
 */
struct buf;
struct err;
struct repo;

struct snapshot_summary {
	struct node_time start, end;
	uint64_t	 files_new, files_changed, files_unmodified;
	uint64_t	 dirs_new, dirs_changed, dirs_unmodified;
	uint64_t	 data_blobs, tree_blobs;
	uint64_t	 data_added, data_added_packed;
	uint64_t	 total_files, total_bytes;
	char		*unknown;	/* other members, as JSON; or NULL */
};

struct snapshot {
	struct id	 id;		/* of its file; not in it */
	struct node_time time;
	struct id	 parent, tree, original;
	int		 has_parent, has_original;
	char		**paths, **tags, **excludes;	/* NULL-ended; may be NULL */
	char		*hostname, *username, *program;
	uint32_t	 uid, gid;
	int		 has_summary;
	struct snapshot_summary summary;
	char		*unknown;	/* other members, as JSON (",\"a\":1,..."),
					   or NULL */
};

/* Free what it owns, which is all that it points to; {0} is fine. */
void snapshot_fini(struct snapshot *s);
#define CLEAN_SNAPSHOT	__attribute__((cleanup(snapshot_fini)))

/*
 * As JSON, byte for byte as restic; and back.  ERR_CORRUPT: no JSON, no time,
 * no tree, more than SNAPSHOT_STRINGS_MAX paths, tags and excludes.  After a
 * failure out is empty.
 */
#define SNAPSHOT_STRINGS_MAX	((size_t)1 << 20)
void snapshot_write(struct buf *out, const struct snapshot *s);
int snapshot_read(const void *json, size_t len, struct snapshot *out,
    struct err *e);

/* From and into the store.  save sets s->id. */
int snapshot_load(struct repo *r, const struct id *id, struct snapshot *out,
    struct err *e);
int snapshot_save(struct repo *r, struct snapshot *s, struct err *e);

/* Which: as restic's --host --tag --path.  A list that is NULL asks nothing. */
struct snapshot_filter {
	const char	*const *hosts;	/* any of them */
	const char	*const *tags;	/* any of these lists: "a,b" wants both;
					   "" one without tags */
	const char	*const *paths;	/* all of them */
};
int snapshot_matches(const struct snapshot *s, const struct snapshot_filter *f);
/* One such list of tags; blanks round each do not count. */
#define SNAPSHOT_BLANKS	" \t\n\v\f\r"
int snapshot_has_tags(const struct snapshot *s, const char *list);

/* All that match, oldest first.  One that cannot be read is told to bad; the
 * others go on. */
struct snapshots {
	struct snapshot	*v;
	size_t		 n;
};
int snapshots_load(struct repo *r, const struct snapshot_filter *f,
    void (*bad)(void *arg, const struct id *id, const struct err *why),
    void *arg, struct snapshots *out, struct err *e);
void snapshots_fini(struct snapshots *s);

/*
 * As people name one: "latest" (of those that match f), "latest~2" (the second
 * before it), an id or its beginning (f is not asked), with ":path" behind it,
 * which goes to *sub (borrowed from name; NULL if there is none).  ERR_NOENT if
 * there is none, ERR_USAGE for what names no snapshot.
 */
int snapshot_named(struct repo *r, const char *name,
    const struct snapshot_filter *f, struct snapshot *out, const char **sub,
    struct err *e);

#endif
