/* list.c -- which copies there are: folders of a place that have a manifest. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/destination.h"
#include "apply/place.h"
#include "copies/impl.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define STALE		(INT64_C(86400) * 1000000)

static int
by_time(const void *a, const void *b)
{
	const struct copy_name *x = a, *y = b;

	if (x->info.time != y->info.time)
		return x->info.time < y->info.time ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
add_name(struct copy_names *out, const char *name,
    const struct manifest_head *h)
{
	struct copy_name *n;

	XGROW(out->v, out->n, out->cap);
	n = &out->v[out->n++];
	*n = (struct copy_name){
		.name = xstrdup(name), .flags = h->flags,
		.info = { .time = h->time, .files = h->files,
			.bytes = h->bytes,
			.partial = (h->flags & MANIFEST_PARTIAL) != 0 },
	};
	n->info.name = n->name;
}

int
copies_names(const struct fs_dir *place, struct copy_names *out, struct err *e)
{
	struct fs_names names;
	struct manifest_head h;
	struct err why;
	const char *name;
	size_t i;

	if (fs_list(place, &names, e) < 0)
		return -1;
	for (i = 0; i < names.n; i++) {
		name = names.v[i].name;
		if (name[0] == '.' || names.v[i].type != DT_DIR)
			continue;
		if (manifest_glance(place, name, &h, &why) == 0) {
			add_name(out, name, &h);
			continue;
		}
		XGROW(out->lost, out->n_lost, out->cap_lost);
		out->lost[out->n_lost++] = (struct lost_copy){ xstrdup(name),
		    why.kind == ERR_NOENT ? NULL : xstrdup(why.text) };
	}
	fs_names_free(&names);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_time);
	return 0;
}

void
copies_names_free(struct copy_names *n)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		free(n->v[i].name);
	for (i = 0; i < n->n_lost; i++) {
		free(n->lost[i].name);
		free(n->lost[i].why);
	}
	free(n->lost);
	free(n->v);
	*n = (struct copy_names){0};
}

int
copies_hold(const struct copies *c, struct fs_dir **place, struct err *e)
{
	CLEAN_BUF struct buf why = {0};
	int r = copies_open_place(c, NULL, 0, place, &why, e);

	if (r != DESTINATION_HELD && r >= 0)
		return err_set(e, ERR_ABSENT, "%s: %s", c->name, buf_str(&why));
	return r < 0 ? -1 : 0;
}

int
copies_each(const struct copies *c,
    int (*each)(void *arg, const struct copy_info *i), void *arg, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	struct copy_names names = {0};
	size_t i;
	int r, stop = 0;

	if (copies_hold(c, &place, e) < 0)
		return -1;
	r = copies_names(place, &names, e);
	for (i = 0; r == 0 && i < names.n_lost && !stop; i++) {
		struct copy_info info = { .name = names.lost[i].name,
		    .damaged = names.lost[i].why };

		if (info.damaged != NULL)
			stop = each(arg, &info);
	}
	for (i = 0; r == 0 && i < names.n && !stop; i++)
		stop = each(arg, &names.v[i].info);
	copies_names_free(&names);
	return r;
}

int
copies_pick(const struct copies *c, const struct fs_dir *place,
    const char *name, int64_t as_of, char **out, struct err *e)
{
	struct copy_names names = {0};
	char q[QUOTE_SIZE];
	size_t i;

	*out = NULL;
	if (copies_names(place, &names, e) < 0)
		return -1;
	for (i = names.n; i-- > 0 && *out == NULL;) {
		if (as_of != 0 && names.v[i].info.time > as_of)
			continue;
		if (name == NULL || strcmp(name, COPIES_LATEST) == 0 ||
		    strcmp(name, names.v[i].name) == 0)
			*out = xstrdup(names.v[i].name);
	}
	copies_names_free(&names);
	if (*out != NULL)
		return 0;
	if (name == NULL || strcmp(name, COPIES_LATEST) == 0)
		return err_set(e, ERR_NOENT, "%s has no copy%s", c->name,
		    as_of ? " of that time" : " yet");
	return err_set(e, ERR_NOENT, "%s has no copy %s", c->name,
	    quote_to(q, sizeof(q), name));
}

int
copies_ls(const struct copies *c, const char *name,
    int (*each)(void *arg, const struct copy_entry *en), void *arg,
    struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	struct manifest_entry en;
	struct manifest *m;
	char *which;
	int r;

	if (copies_hold(c, &place, e) < 0 ||
	    copies_pick(c, place, name, 0, &which, e) < 0)
		return -1;
	r = manifest_open(place, which, &m, e);
	free(which);
	if (r < 0)
		return -1;
	while ((r = manifest_next(m, &en, e)) == 1)
		if (each(arg, &en.en)) {
			r = 0;
			break;
		}
	manifest_close(m);
	return r;
}

/* ---- leftovers ---- */

/* Another machine may be at work here right now: only what is a day old. */
static int
is_stale(const struct fs_dir *own, const char *name, int64_t now)
{
	struct fs_id id;

	return fs_stat(own, name, &id, NULL) == 0 && S_ISREG(id.mode) &&
	    now - id.mtime / 1000 > STALE;
}

static int
is_left_over(const struct fs_dir *place, const char *file)
{
	size_t len = strlen(file), end = strlen(COPIES_MANIFEST);
	CLEAN_FREE char *copy = NULL;
	struct err e = {0};
	struct fs_id id;

	if (strncmp(file, ".fettle-", 8) == 0 && len > 13 &&
	    strcmp(file + len - 5, ".part") == 0)
		return 1;
	if (len <= end || strcmp(file + len - end, COPIES_MANIFEST) != 0)
		return 0;
	copy = xstrndup(file, len - end);
	return fs_stat(place, copy, &id, &e) < 0 && e.kind == ERR_NOENT;
}

void
copies_tidy(const struct fs_dir *place, int64_t now)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *own = NULL;
	struct fs_names names;
	size_t i;

	if (fs_dir_below(place, COPIES_OWN, &own, NULL) < 0 ||
	    fs_list(own, &names, NULL) < 0)
		return;
	for (i = 0; i < names.n; i++)
		if (is_left_over(place, names.v[i].name) &&
		    is_stale(own, names.v[i].name, now))
			place_remove(own, names.v[i].name, NULL);
	fs_names_free(&names);
}
