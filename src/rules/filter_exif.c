/*
 * filter_exif.c -- exif | exif: gps.gpsdate | exif: {image.model: Nikon*}
 *
 * What a photo or film tells of itself (media/tags.h).  Without a value, any
 * file that tells something; a key, if it is there (a whole group, too); a key
 * with a pattern, if its text matches, without case.  All must hold.
 *
 * {exif.image.model} and the like are caught as organize names them, in lower
 * case (lowercase_keys: false leaves them as the standard has them).  Keys with
 * "date" in them are times, or days; such with "offset" spans.  {exif.taken} is
 * the best date that there is: of a film, which is told in UTC, the local one.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "glob/glob.h"
#include "media/in.h"
#include "media/probe.h"
#include "media/tags.h"
#include "rules/exif_date.h"
#include "rules/filter.h"
#include "rules/reader.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define TAGS_BYTES	((size_t)1 << 20)
#define KEY_MAX		200

struct want {
	const char	*key;		/* "image.model", "gps" */
	struct glob	*value;		/* NULL: that it is there is enough */
};

struct exif {
	struct want	*v;
	size_t		 n, cap;
	const char	*said;
	bool		 lower;
};

/* ---- reading the rule ---- */

static int
add(struct exif *x, const char *key, const struct conf_node *value,
    struct buf *said, struct rule_reader *r)
{
	struct want w = { .key = arena_str(r->arena, key) };
	struct err e = {0};
	const char *pattern;

	if (!reader_nothing(value)) {
		if (conf_str(value, &pattern, r->f) != 1)
			return -1;
		if (glob_new(pattern, GLOB_NOCASE, &w.value, &e) < 0) {
			(void)conf_bad(value, e.text, r->f);
			return -1;
		}
	}
	if (said->len > 0)
		buf_adds(said, " and ");
	buf_adds(said, key);
	if (w.value != NULL)
		buf_addf(said, " is %s", pattern);
	XGROW(x->v, x->n, x->cap);
	x->v[x->n++] = w;
	return 0;
}

static int
read_map(struct exif *x, const struct conf_node *map, int top,
    struct buf *said, struct rule_reader *r)
{
	int rc = 0;

	for (size_t i = 0; i < map->n; i++) {
		const char *key = map->pairs[i].key;
		const struct conf_node *value = map->pairs[i].value;

		if (top && strcmp(key, "lowercase_keys") == 0)
			rc |= conf_bool(value, &x->lower, r->f) < 0;
		else if (top && strcmp(key, "filter_tags") == 0 &&
		    value->kind == CONF_MAP)
			rc |= read_map(x, value, 0, said, r);
		else
			rc |= add(x, key, value, said, r) < 0;
	}
	return rc != 0 ? -1 : 0;
}

static int
exif_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	struct exif *x = f->state;
	CLEAN_BUF struct buf said = {0};
	struct conf_strs list = {0};
	int rc = 0;

	x->lower = true;
	if (value != NULL && value->kind == CONF_MAP)
		rc = read_map(x, value, 1, &said, r);
	else if (value != NULL)
		rc = conf_strs(value, r->arena, &list, r->f) < 0 ? -1 : 0;
	for (size_t i = 0; i < list.n; i++)
		rc |= add(x, list.text[i], NULL, &said, r);
	x->said = arena_str(r->arena, buf_str(&said));
	return rc;
}

static void
exif_fini(void *state)
{
	struct exif *x = state;

	for (size_t i = 0; i < x->n; i++)
		glob_free(x->v[i].value);
	free(x->v);
}

/* ---- reading the file ---- */

/* In the probe. */
static int
read_tags(const struct probe_file *f, struct buf *out, struct err *e)
{
	struct in *in = xalloc(sizeof(*in));

	(void)e;
	in_file(in, f->fd, f->size);
	tags_read(in, out);
	free(in);
	return 0;
}

static int
exif_fetch(const void *state, const struct content *c, int catch,
    struct buf *out, struct err *e)
{
	static const struct probe_work work = { read_tags, TAGS_BYTES };
	unsigned char head[TAGS_HEAD];
	ssize_t n = fd_pread_full(c->fd, head, sizeof(head), 0);

	(void)state, (void)catch;
	if (n < 0)
		return err_sys(e, "read it");
	if (!tags_may_be(head, (size_t)n))
		return 0;
	if (c->probe == NULL)
		return err_set(e, ERR_ABSENT, "there is nothing to read photos "
		    "with here");
	return probe_ask(c->probe, &work, c->fd, c->size, out, e);
}

/* ---- deciding ---- */

/* key is name without case, or the group that name is in. */
static int
is_key(const char *name, const char *key, int group_will_do)
{
	size_t n = strlen(key);

	return strncasecmp(name, key, n) == 0 &&
	    (name[n] == '\0' || (group_will_do && name[n] == '.'));
}

static int
holds(const struct want *w, const struct buf *tags)
{
	struct tag t;
	size_t at = 0;

	while (tags_next(tags, &at, &t))
		if (is_key(t.name, w->key, w->value == NULL))
			return w->value == NULL || glob_match(w->value, t.text,
			    strlen(t.text));
	return 0;
}

static void
catch_all(const struct exif *x, const struct buf *tags, struct captures *c)
{
	char key[KEY_MAX];
	struct tag t;
	size_t at = 0;

	while (tags_next(tags, &at, &t)) {
		enum capture_type type;
		size_t n = strlen(t.name);
		int64_t v;

		if (n >= sizeof(key))
			continue;
		for (size_t i = 0; i <= n; i++)
			key[i] = (char)(x->lower ?
			    tolower((unsigned char)t.name[i]) : t.name[i]);
		type = exif_value(t.name, t.text, &v);
		captures_add_typed(c, "exif", key, type, v, t.text,
		    strlen(t.text));
	}
}

static int
exif_match(void *state, struct subject *s, struct err *e)
{
	const struct exif *x = state;
	const struct buf *tags = &s->got->data;

	(void)e;
	if (s->captures != NULL)
		catch_all(x, tags, s->captures);
	for (size_t i = 0; i < x->n; i++)
		if (!holds(&x->v[i], tags))
			return 0;
	return tags->len > 0;
}

static void
exif_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct exif *x = state;

	(void)detail;
	if (s->got != NULL && s->got->error != NULL)
		buf_addf(out, "its exif data cannot be read: %s",
		    s->got->error->text);
	else if (s->got != NULL && s->got->data.len == 0)
		buf_adds(out, "it has no exif data");
	else if (x->n == 0)
		buf_adds(out, "it has exif data");
	else
		buf_addf(out, "exif %s %s", matched ? "has" : "has not",
		    x->said);
}

const struct filter_ops filter_exif = {
	.name	= "exif",
	.files	= 1,
	.needs	= NEED_FILE | NEED_ID | NEED_FETCH,
	.size	= sizeof(struct exif),
	.read	= exif_read,
	.fini	= exif_fini,
	.fetch	= exif_fetch,
	.match	= exif_match,
	.say	= exif_say,
};
