#ifndef MOUNT_MOUNT_H
#define MOUNT_MOUNT_H

/*
 * A repository as a file system, to be looked at: FUSE, read-only.
 *
 *	ids/4a2f01c8	snapshots/2026-11-22T01:00:00+01:00	hosts/...	tags/...
 *
 * or as templates say (template.h).  New snapshots are seen within a minute.  It
 * is a feature of the build; where it is missing mount_run says so (ERR_USAGE).
 */
struct err;
struct repo;
struct snapshot_filter;

struct mount_options {
	const struct snapshot_filter *filter;
	const char	*const *paths;	/* NULL-ended; NULL: as above */
	const char	*time;		/* NULL: 2006-01-02T15:04:05Z07:00 */
	int		 allow_other;	/* other users may look, too */
	int		 owner_root;	/* everything belongs to root */
	int		 no_permissions;	/* with allow_other: ask no modes */

	void (*ready)(void *arg);	/* it can be looked at now */
	/* Something cannot be read; one at a time, from any thread. */
	void (*problem)(void *arg, const struct err *why);
	void		*arg;
};

int mount_is_built(void);

/*
 * Until it is unmounted, by whoever, or repo_options.stop says so: 0.  where is
 * an absolute path to a folder.  The index is loaded, and kept up to date; the
 * caller holds a lock.
 */
int mount_run(struct repo *r, const char *where,
    const struct mount_options *o, struct err *e);

#endif
