#ifndef BACKUP_ENTRY_H
#define BACKUP_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/keep.h"
#include "repo/repo.h"
#include "util/arena.h"

/*
 * An entry of `backups:` with `repository:`, as it was written.  Strings lie in
 * mem.  Lists are NULL-ended and may be NULL.
 */
struct conf_faults;
struct conf_node;
struct conf_where;
struct err;

enum backup_prune { BACKUP_PRUNE_AUTO, BACKUP_PRUNE_NEVER };

struct backup_entry {
	struct arena	 mem;
	const char	*name;
	const char	*repository;
	const char	*password_file, *password_command;
	const char	**paths;	/* absolute */
	const char	**exclude, **exclude_file, **if_present;
	bool		 one_fs, caches;
	uint64_t	 larger_than;	/* bytes; 0: no limit */
	const char	*host;		/* NULL: this machine's */
	const char	**tags;		/* snapshot_tags, besides fettle:NAME */
	struct keep	 keep;
	int		 has_keep;
	const char	**keep_tags;
	enum backup_prune prune;
	enum repo_compression compression;
	int64_t		 retry_lock;	/* µs */
	const char	**options;	/* of the store: "key=value" */
	const char	*cacert, *client_cert;	/* PEM */
	const char	*limit_upload, *limit_download;	/* store/limit.h */
	const char	**also_to;	/* names of other entries */
	const char	*const *also_places;	/* and their repositories; NULL: not
					 * known (job/also.h) */
	uint64_t	 min_free;	/* to stay free where it lies */
	unsigned	 min_free_percent;
	uint64_t	 hash;		/* of what makes it another backup */
};

/* Read one entry (a map); everything wrong goes to faults, and NULL is
 * returned then. */
struct backup_entry *backup_entry_read(const struct conf_node *entry,
    const struct conf_where *where, struct conf_faults *faults);
void backup_entry_free(struct backup_entry *b);	/* NULL is fine */

/* The tag by which its snapshots are known: "fettle:NAME", to be freed. */
char *backup_entry_tag(const struct backup_entry *b);

/* Its password is in a file on the disk that it protects: with that disk both are
 * gone.  (What a command or systemd gives may lie anywhere.) */
int backup_entry_key_beside(const struct backup_entry *b);

/* What its store is opened with (but for stop). */
struct store_options;
void backup_entry_store(const struct backup_entry *b, struct store_options *o);

/* What it protects against, in words for `status`: as fs_reach, or "other
 * machine". */
const char *backup_entry_reach(const struct backup_entry *b);

/* This machine's name, as restic writes it; to be freed. */
char *backup_host(void);

/*
 * Open its repository with its password.  ERR_ABSENT: there is none (what to
 * type is told).  cache_dir is restic's, or NULL.  credentials_dir is
 * $CREDENTIALS_DIRECTORY, where a credential of the entry's name is the password
 * if the entry does not say another; NULL: none.
 */
struct backup_open {
	const char	*cache_dir, *credentials_dir;
	int (*stop)(void *arg);
	void		*stop_arg;
};
int backup_entry_open(const struct backup_entry *b,
    const struct backup_open *o, struct repo **out, struct err *e);
/* Its password alone: secret memory of PASSWORD_MAX bytes. */
int backup_entry_password(const struct backup_entry *b,
    const char *credentials_dir, void **out, size_t *len, struct err *e);

/* What it leaves out (backup.h), to be freed; NULL: a pattern file cannot be
 * read. */
struct backup_exclude;
struct backup_exclude *backup_entry_exclude(const struct backup_entry *b,
    struct err *e);

/* Would a snapshot hold this absolute path?  By its sources and patterns. */
int backup_entry_takes(const struct backup_entry *b, const char *path);

#endif
