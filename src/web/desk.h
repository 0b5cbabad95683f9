#ifndef WEB_DESK_H
#define WEB_DESK_H

#include <stddef.h>
#include <stdint.h>

#include "util/json.h"
#include "web/args.h"

/*
 * A desk answers the dashboard's questions as JSON, from the hall, which it
 * opens for asking only: it changes nothing.  It is a process of its own, so
 * that what may read files and repositories is not what speaks HTTP.
 *
 * A message is its length (four bytes, little-endian) and as many bytes: of a
 * question its name and its arguments (packed), of an answer an HTTP status
 * (two bytes, little-endian) and the text.
 */
#define DESK_HEAD	4
#define DESK_QUESTION_MAX ((size_t)256 << 10)
#define DESK_ANSWER_MAX	((size_t)64 << 20)

size_t desk_length(const unsigned char head[DESK_HEAD]);
void desk_add_length(struct buf *out, size_t len);

/* ---- inside ---- */
struct err;
struct hall;
struct id;
struct repo;

struct desk {
	struct hall	*h;
	const char	*file;		/* the configuration, faults or not */
	int64_t		 now;
	int64_t		 last_run;	/* of "live": what was told */
	int		 last_state;
	struct folder	*folder;	/* desk_tree.c: the last one listed */
	struct tally	*tally;		/* desk_space.c: the last one counted */
	struct changes	*changes;	/* desk_diff.c: the last comparison */
};

/* Each answers with an object (0), or -1; ERR_NOENT is 404, ERR_USAGE 400. */
typedef int desk_fn(struct desk *d, const struct args *a, struct buf *out,
    struct err *e);
desk_fn desk_health, desk_metrics, desk_today, desk_live, desk_stop, desk_job,
    desk_runs, desk_run, desk_operations, desk_held, desk_held_operations,
    desk_files, desk_why, desk_backups, desk_one_backup, desk_snapshots,
    desk_tree, desk_type, desk_diff, desk_space, desk_growth, desk_duplicates,
    desk_rules;

void desk_folder_free(struct folder *f);
void desk_tally_free(struct tally *t);
void desk_changes_free(struct changes *c);

/* ---- what they share ---- */
struct page {
	int64_t		 offset, limit;
};
#define PAGE_LIMIT	200
#define PAGE_MOST	1000
int desk_page(const struct args *a, struct page *p, struct err *e);

/* {"v":1, and its end. */
void desk_begin(struct json *j, struct buf *out);
void desk_end(struct json *j);
void desk_name(struct json *j, const char *key, const char *path);

/* Is q in the text, without case (of ASCII)?  NULL or "" always is. */
int desk_has(const char *text, const char *q);

/* A backup that is named: its job, or ERR_NOENT. */
struct job;
struct snapshot;
int desk_backup(struct desk *d, const struct args *a, const struct job **out,
    struct err *e);
/* The repository of a backup, its index loaded, and a snapshot in it. */
int desk_repository(struct desk *d, const struct args *a,
    const struct job **job, struct repo **out, struct err *e);
int desk_snapshot(struct repo *r, const struct job *j, const char *name,
    struct snapshot *out, struct err *e);

#endif
