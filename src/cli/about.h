#ifndef CLI_ABOUT_H
#define CLI_ABOUT_H

#include "cli/cli.h"

/*
 * What a repository command is about.
 *
 *	-b NAME		an entry of the configuration: its repository, or its
 *			plain copies, or an archive
 *	-r REPO		a repository, as restic names it; else what restic's
 *			environment says (RESTIC_REPOSITORY and its kin)
 */
struct archive;
struct copies;
struct hall;
struct lock;
struct repo;
struct store;

enum about_kind { ABOUT_REPO, ABOUT_COPIES, ABOUT_ARCHIVE };

enum {
	ABOUT_PLAIN_TOO = 1,	/* copies will do */
	ABOUT_ARCHIVE_TOO = 2,
	ABOUT_SHARED = 4,	/* lock it; none with --no-lock */
	ABOUT_EXCLUSIVE = 8,
	ABOUT_INDEX = 16,	/* with its index loaded */
	ABOUT_WRITES = 32,	/* so --no-lock is refused */
	ABOUT_SNAPSHOTS = 128,	/* it lists them next */
	ABOUT_CHANGES = 64,	/* copies: it changes the user's files */
};

struct about {
	struct cli	*c;
	enum about_kind	 kind;
	const struct job *job;		/* that -b names, or NULL */
	struct hall	*hall;		/* of copies and archives */
	struct repo	*repo;
	struct lock	*lock;
};

/* Does the command line, or the environment, name anything at all? */
int about_is_named(const struct cli *c);

/* Open what the command line names; failures are told: the exit status. */
int about_open(struct cli *c, int how, struct about *out);
/* Put it away again; gives status back, or the failure of a lost lock. */
int about_close(struct about *a, int status);

/* The store alone, for init: made if `make`, and its password (secret memory
 * of PASSWORD_MAX bytes), asked for twice on a terminal if it is new. */
int about_store(struct cli *c, int make, struct store **out, int *status);
int about_password(struct cli *c, int fresh, void **out, size_t *len,
    int *status);
struct repo_options;
/* What the flags say; 0, or -1 and the exit status. */
int about_options(struct cli *c, struct repo_options *out, int *status);

/* The recovery sheet of an entry, and of -b's (sheet.c). */
#define SHEET_ROOM	((size_t)64 << 10)
struct backup_entry;
void sheet_text(const struct cli *c, const struct backup_entry *b,
    const void *password, size_t len, struct buf *out);
int sheet_print(struct cli *c);

/* restic's cache folder, to be freed; NULL: none is to be used. */
char *about_cache_dir(const struct cli *c);

/* The second repository of copy and init: options for a command's table, and
 * opening what they name. */
#define ABOUT_FROM_OPTS							\
	{ "from-repo", 0, "REPO", "the other repository", 0 },		\
	{ "from-repository-file", 0, "FILE", "read its place from a file", 0 },	\
	{ "from-password-file", 0, "FILE", "its password", 0 },		\
	{ "from-password-command", 0, "COMMAND", "its password", 0 },	\
	{ "from-key-hint", 0, "ID", "its key", 0 },			\
	{ "from-insecure-no-password", 0, NULL, "it has none", 0 }

int about_from(struct cli *c, const struct opts *o, struct repo **out);
/* Lock it, waiting as --retry-lock says: the exit status. */
int about_lock(struct cli *c, struct repo *r, int exclusive,
    struct lock **out);

#endif
