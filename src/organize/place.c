/*
 * place.c -- where a destination is.
 *
 * What a template gives is a path as the user writes it, with symlinks and
 * "..".  It is led back to the folder it means: what exists is opened once and
 * has a path without symlinks, and what does not is put behind it.  So two ways
 * of writing one folder are one place, and a file that lies there already is
 * seen to.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "util/clean.h"
#include "util/path.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define PLACES_MAX	50000		/* remembered at once */

void
path_join(struct buf *out, const char *dir, const char *name)
{
	buf_adds(out, dir);
	if (out->len > 0 && out->data[out->len - 1] != '/')
		buf_addc(out, '/');
	buf_adds(out, name);
}

/* Can a walk of this rule come to dir? */
static int
is_walked(const struct run *r, const char *dir)
{
	for (size_t i = 0; i < r->n_tops; i++) {
		int most = r->rule->locations[i].max_depth, depth = 0;
		size_t n = strlen(r->tops[i]);

		if (!path_is_below(dir, r->tops[i]))
			continue;
		for (const char *p = dir + n; most >= 0 && *p != '\0'; p++)
			depth += *p == '/';
		if (most < 0 || depth <= most)
			return 1;
	}
	return 0;
}

static char *
not_a_folder(const char *dir, const char *name)
{
	CLEAN_BUF struct buf b = {0};
	char q[QUOTE_SIZE];

	path_join(&b, dir, name);
	return xasprintf("%s is in the way: it is not a folder",
	    quote_to(q, sizeof(q), buf_str(&b)));
}

/* rest, to be made below dir: does something that is no folder stand there? */
static char *
in_the_way(struct run *r, const char *dir, const char *rest)
{
	CLEAN_FREE char *first = NULL;
	struct err e = {0};
	int type;

	rest += strspn(rest, "/");
	first = xstrndup(rest, strcspn(rest, "/"));
	if (*first == '\0' || strcmp(first, ".") == 0)
		return NULL;
	if (strlen(first) > NAME_BYTES)
		return xasprintf("a folder's name would be %zu bytes long; at "
		    "most %d can be", strlen(first), NAME_BYTES);
	type = overlay_type(r->overlay, dir, first, &e);
	if (type < 0)
		return xstrdup(e.text);
	return type == 0 || type == DT_DIR ? NULL : not_a_folder(dir, first);
}

/* Add what is below an existing folder, without "//" and ".". */
static void
add_rest(struct buf *out, const char *rest)
{
	while (*(rest += strspn(rest, "/")) != '\0') {
		size_t len = strcspn(rest, "/");

		if (len != 1 || *rest != '.') {
			if (out->data[out->len - 1] != '/')
				buf_addc(out, '/');
			buf_add(out, rest, len);
		}
		rest += len;
	}
}

static void
resolve(struct run *r, const char *text, struct place *p)
{
	CLEAN_BUF struct buf dir = {0};
	struct fs_dir *held;
	struct err e = {0};
	const char *rest;

	*p = (struct place){ .plan_dir = PLAN_NONE };
	if (fs_dir_open_existing(text, &held, &rest, &e) < 0) {
		p->bad = xstrdup(e.text);
		return;
	}
	p->bad = in_the_way(r, held->real, rest);
	buf_adds(&dir, held->real);
	add_rest(&dir, rest);
	p->dir = xstrdup(buf_str(&dir));
	p->walked = is_walked(r, p->dir);
	fs_dir_free(held);
}

void
places_fini(struct run *r)
{
	for (size_t i = 0; i < r->n_places; i++) {
		free(r->place[i].dir);
		free(r->place[i].bad);
	}
	free(r->place);
	r->place = NULL;
	r->n_places = r->cap_places = 0;
	map_fini(&r->places);
}

/* The place of a folder as written. */
static struct place *
place_of(struct run *r, const char *text, size_t len)
{
	uint64_t *at = map_get(&r->places, text, len);
	CLEAN_FREE char *copy = NULL;

	if (at != NULL)
		return &r->place[*at];
	if (r->n_places == PLACES_MAX)
		places_fini(r);
	copy = xstrndup(text, len);
	XGROW(r->place, r->n_places, r->cap_places);
	resolve(r, copy, &r->place[r->n_places]);
	map_put(&r->places, text, len, r->n_places);
	return &r->place[r->n_places++];
}

/* In a list of a folder: the one called name without case; NULL if none. */
static const char *
in_any_case(const struct walk_list *l, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct walk_entry *en = &l->v[i];

		if (en->type != DT_DIR || strcasecmp(en->name, name) != 0)
			continue;
		if (found == NULL || strcmp(en->name, found) < 0)
			found = en->name;
	}
	return found;
}

/*
 * A folder that serves for dir/name, which is not there: the same in another
 * case.  Appends its path to out.
 */
static void
find_any_case(struct run *r, const char *dir, const char *name,
    struct buf *out)
{
	struct walk_options top = { .max_depth = 0 };
	const char *found = NULL;
	struct walk_dir d;
	struct walk *w = NULL;

	if (r->dir != NULL && strcmp(r->dir->path, dir) == 0)
		found = in_any_case(&r->dir->list, name);
	else if (walk_open(overlay_source(r->overlay), dir, &top, &w,
	    NULL) == 0 && walk_next(w, &d, NULL) == 1 && d.error == NULL)
		found = in_any_case(&d.list, name);
	path_join(out, dir, found != NULL ? found : name);
	walk_free(w);
}

/* text is BASE/Category; remembered under another key than plain text. */
static struct place *
place_any_case(struct run *r, struct buf *text)
{
	const char *s = buf_str(text), *slash = strrchr(s, '/');
	size_t len = text->len + 1;	/* with the NUL: a key of its own */
	uint64_t *at = map_get(&r->places, s, len);
	CLEAN_BUF struct buf path = {0};
	struct place *base, *p;

	if (at != NULL)
		return &r->place[*at];
	base = place_of(r, s, slash == s ? 1 : (size_t)(slash - s));
	if (base->bad != NULL)
		return base;
	if (overlay_type(r->overlay, base->dir, slash + 1, NULL) == 0)
		find_any_case(r, base->dir, slash + 1, &path);
	else
		path_join(&path, base->dir, slash + 1);
	p = place_of(r, buf_str(&path), path.len);
	map_put(&r->places, s, len, (uint64_t)(p - r->place));
	return p;
}

/*
 * Does text, without a slash behind it, mean a folder?  1, or 0 and *p is the
 * place of the folder it is in.
 */
static int
means_folder(struct run *r, const struct intent *in, const char *text,
    const char *last, struct place **p)
{
	size_t dir = last - 1 == text ? 1 : (size_t)(last - 1 - text);

	if (in->folder == FOLDER_GUESS && strchr(last, '.') == NULL)
		return 1;
	*p = place_of(r, text, dir);
	return in->folder != FOLDER_NEVER && (*p)->bad == NULL &&
	    overlay_taken(r->overlay, (*p)->dir, last, NULL) == 1 &&
	    overlay_dir_exists(r->overlay, text, NULL) == 1;
}

int
place_find(struct run *r, const struct intent *in, struct buf *text,
    const char *name, struct place **out, const char **to, struct err *e)
{
	int slash = text->len > 0 && text->data[text->len - 1] == '/';
	const char *s, *last;

	while (text->len > 1 && text->data[text->len - 1] == '/')
		text->len--;
	s = buf_str(text);
	last = strrchr(s, '/');
	if (last++ == NULL)
		return err_set(e, ERR_USAGE, "the destination '%.200s' is "
		    "relative", s);
	*to = name;
	if (in->folder == FOLDER_ANY_CASE)
		*out = place_any_case(r, text);
	else if (slash || *last == '\0' || in->folder == FOLDER_SURE ||
	    means_folder(r, in, s, last, out))
		*out = place_of(r, s, text->len);
	else
		*to = last;
	if ((*out)->bad != NULL)
		return err_set(e, ERR_USAGE, "%s", (*out)->bad);
	if (strcmp(*to, ".") == 0 || strcmp(*to, "..") == 0)
		return err_set(e, ERR_USAGE, "'%s' is no name for a file", *to);
	return 0;
}
