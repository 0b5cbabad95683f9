#ifndef CLI_REPO_SHOW_H
#define CLI_REPO_SHOW_H

#include "cli/cli.h"
#include "repo/snapshot.h"

/* Snapshots and what is in them, in restic's forms. */
struct node;

/* Options that choose snapshots, for a command's table. */
#define SNAPSHOT_FILTER_OPTS						\
	{ "host", 'H', "HOST", "only snapshots of this host", 1 },	\
	{ "tag", 0, "TAG,...", "only those with all of these tags", 1 },	\
	{ "path", 0, "PATH", "only those of this (absolute) path", 1 }

void show_filter(const struct opts *o, struct snapshot_filter *out);

/* As an object, with "id" and "short_id" behind its own members. */
void show_snapshot_json(struct buf *out, const struct snapshot *s);
/* A table of them, oldest first, with what they add up to. */
void show_snapshots(const struct cli *c, const struct snapshots *l, int compact);

/* A time as restic prints it, local: 2026-11-22 01:00:00. */
void show_time(struct buf *out, const struct node_time *t);

/* As Go's os.FileMode prints it: "-rw-r--r--", "drwxr-xr-x", "Lrwxrwxrwx". */
#define SHOW_MODE	16
void show_mode(const struct node *n, char out[SHOW_MODE]);

/* A node as `ls --json` has it, without the end of the line; and as a line. */
void show_node_json(struct buf *out, const char *path, const struct node *n);
void show_node(const struct cli *c, const char *path, const struct node *n,
    int human);
/* That line, without its end. */
/* A name of a snapshot: in a pipe as it is, unless it would break the line. */
void show_path(const struct cli *c, struct buf *b, const char *path);
void show_node_line(const struct cli *c, struct buf *b, const char *path,
    const struct node *n, int human);

/* A size as restic's options have it: powers of 1024 with k, M, G, T. */
int show_size(const char *s, uint64_t *bytes, struct err *e);

/* "file", "dir" ...: the words of trees. */
const char *show_type(const struct node *n);

/* The snapshots that these words name, or (none) all that fit the filter,
 * oldest first; failures are told: the exit status. */
struct repo;
int show_find(struct cli *c, struct repo *r, const struct opts *o,
    const struct snapshot_filter *f, struct snapshots *out);
/* The same of n names that are no arguments, each snapshot once; the newest first
 * or last. */
int show_find_named(struct cli *c, struct repo *r, const char *const *names,
    size_t n, const struct snapshot_filter *f, int newest_first,
    struct snapshots *out);

/* The folder that SNAPSHOT[:PATH] names.  snapshot (to be freed) and f may be
 * NULL. */
int show_root(struct repo *r, const char *name, const struct snapshot_filter *f,
    struct snapshot *snapshot, struct id *root, struct err *e);

/*
 * What could not be done about path, and why, while `during` went on ("archival",
 * "restore"): to standard error, with --json as restic has it.
 */
void show_problem(const struct cli *c, const char *during, const char *path,
    const struct err *why);

#endif
