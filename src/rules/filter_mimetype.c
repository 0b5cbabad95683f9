/*
 * filter_mimetype.c -- mimetype: image | [application/pdf, audio/midi]
 *
 * Each may be a beginning ("audio").  By default the name tells the type, as in
 * organize; {mimetypes: ..., by: content} looks at the first bytes, and at the
 * name where they tell nothing.  A file of no known type does not match.
 */
#include <string.h>

#include "media/names.h"
#include "media/type.h"
#include "rules/filter.h"
#include "rules/reader.h"
#include "util/err.h"

struct mimetype {
	struct names	*names;
	struct conf_strs want;
	const char	*said;
	unsigned	 by_content;
};

static int
mimetype_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "mimetypes", "by", NULL };
	static const char *const ways[] = { "name", "content", NULL };
	static const struct conf_keys map = { .what = "'mimetype'",
	    .known = known };
	struct mimetype *x = f->state;
	CLEAN_BUF struct buf said = {0};

	if (value != NULL && value->kind == CONF_MAP &&
	    (conf_map_check(value, &map, r->f) < 0 ||
	    conf_enum(conf_get(value, "by"), ways, NULL, &x->by_content,
	    r->f) < 0))
		return -1;
	value = reader_short(value, "mimetypes");
	if (value != NULL && conf_strs(value, r->arena, &x->want, r->f) < 0)
		return -1;
	x->names = names_new(NAMES_SYSTEM);
	for (size_t i = 0; i < x->want.n; i++)
		buf_addf(&said, "%s%s", i > 0 ? " or " : "", x->want.text[i]);
	x->said = arena_str(r->arena, buf_str(&said));
	f->needs = x->by_content ? NEED_FILE | NEED_ID | NEED_FETCH :
	    NEED_FILE;
	return 0;
}

static void
mimetype_fini(void *state)
{
	names_free(((struct mimetype *)state)->names);
}

/* The type that the bytes tell, without a NUL; nothing if they tell none. */
static int
mimetype_fetch(const void *state, const struct content *c, int catch,
    struct buf *out, struct err *e)
{
	const struct type *t;

	(void)state, (void)catch;
	if (type_of_file(c->fd, &t) < 0)
		return err_sys(e, "read it");
	if (t != NULL)
		buf_adds(out, t->mime);
	return 0;
}

/* *len is 0 if nobody knows. */
static const char *
mime_of(const struct mimetype *x, const struct subject *s, size_t *len)
{
	const char *mime;

	if (s->got != NULL && s->got->data.len > 0) {
		*len = s->got->data.len;
		return (const char *)s->got->data.data;
	}
	mime = names_type(x->names, s->first);
	*len = mime != NULL ? strlen(mime) : 0;
	return mime;
}

static int
mimetype_match(void *state, struct subject *s, struct err *e)
{
	const struct mimetype *x = state;
	size_t len;
	const char *mime = mime_of(x, s, &len);
	int hit = len > 0 && x->want.n == 0;

	(void)e;
	if (s->captures != NULL && len > 0)
		captures_add(s->captures, "mimetype", "", mime, len);
	for (size_t i = 0; i < x->want.n && len > 0 && !hit; i++) {
		size_t n = strlen(x->want.text[i]);

		hit = n <= len && memcmp(mime, x->want.text[i], n) == 0;
	}
	return hit;
}

static void
mimetype_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct mimetype *x = state;
	size_t len;
	const char *mime = mime_of(x, s, &len);

	if (len == 0) {
		buf_adds(out, "the mimetype is not known");
		return;
	}
	buf_adds(out, "mimetype is ");
	if (matched || detail)
		buf_add(out, mime, len);
	if (!matched)
		buf_addf(out, "%snot %s", detail ? ", " : "", x->said);
}

const struct filter_ops filter_mimetype = {
	.name	= "mimetype",
	.files	= 1,
	.needs	= NEED_FILE | NEED_FETCH,
	.size	= sizeof(struct mimetype),
	.read	= mimetype_read,
	.fini	= mimetype_fini,
	.fetch	= mimetype_fetch,
	.match	= mimetype_match,
	.say	= mimetype_say,
};
