/*
 * filter_extension.c -- extension: jpg | [.jpg, jpeg] | "jpg png"
 *
 * Without case, with or without the dot.  "tar.gz" matches what ends so, which
 * organize cannot; {extension} is what follows the last dot, as there.
 */
#include <string.h>
#include <strings.h>

#include "rules/category.h"
#include "rules/filter.h"
#include "rules/letters.h"
#include "rules/name.h"
#include "rules/reader.h"

struct extension {
	struct categories *set;		/* of one category; NULL matches all */
	const char	*said;		/* "jpg or jpeg" */
	const char	**words;	/* NULL-ended, without their dots */
	locale_t	 letters;
};

static int
add(struct extension *x, struct buf *said, const char *word, size_t len,
    const struct conf_node *at, struct rule_reader *r)
{
	char *ext = arena_dup(r->arena, word, len);

	if (categories_add_ext(x->set, 0, ext) < 0) {
		(void)conf_bad(at, "it is no extension", r->f);
		return -1;
	}
	if (said->len > 0)
		buf_adds(said, " or ");
	buf_adds(said, ext + (*ext == '.'));
	return 0;
}

/* The words of "jpg or jpeg" one by one. */
static void
split(struct extension *x, struct arena *a)
{
	size_t n = 0;

	x->words = arena_alloc(a, (strlen(x->said) / 2 + 2) *
	    sizeof(*x->words));
	for (const char *p = x->said; *p != '\0';) {
		size_t len = strcspn(p, " ");

		x->words[n++] = arena_dup(a, p, len);
		p += len;
		p += strncmp(p, " or ", 4) == 0 ? 4 : 0;
	}
}

/* A file that ends in .a ends in .b as well. */
static int
ends_so(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	return m <= n && strcasecmp(a + n - m, b) == 0 &&
	    (m == n || a[n - m - 1] == '.');
}

static int
extension_meet(const void *a, int not_a, const void *b, int not_b)
{
	const struct extension *x = not_a ? b : a, *y = not_a ? a : b;

	if ((not_a && not_b) || x->set == NULL || y->set == NULL)
		return (x->set != NULL || !(not_a && not_b)) &&
		    (y->set != NULL || !(not_a || not_b));
	for (const char **p = x->words; *p != NULL; p++) {
		int inside = 0, both = 0;

		for (const char **q = y->words; *q != NULL; q++) {
			inside |= ends_so(*p, *q);
			both |= ends_so(*p, *q) || ends_so(*q, *p);
		}
		/* Of one that is turned round, all that is not inside. */
		if (not_a || not_b ? !inside : both)
			return 1;
	}
	return 0;
}

static int
extension_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "extensions", NULL };
	static const struct conf_keys map = { .what = "'extension'",
	    .known = known };
	struct extension *x = f->state;
	struct conf_strs list = {0};
	CLEAN_BUF struct buf said = {0};
	int rc = 0;

	x->letters = letters_open();
	if (value == NULL || (value->kind == CONF_SCALAR && *value->text == 0))
		return 0;
	if ((value->kind == CONF_MAP &&
	    conf_map_check(value, &map, r->f) < 0) ||
	    conf_strs(reader_short(value, "extensions"), r->arena, &list,
	    r->f) < 0)
		return -1;
	x->set = categories_new();
	(void)categories_add(x->set, "");
	for (size_t i = 0; i < list.n; i++)
		for (const char *p = list.text[i]; *p != '\0';) {
			size_t len;

			p += strspn(p, " \t\n");
			len = strcspn(p, " \t\n");
			if (len > 0 && add(x, &said, p, len, list.node[i], r) < 0)
				rc = -1;
			p += len;
		}
	if (said.len == 0) {
		categories_free(x->set);
		x->set = NULL;
	}
	x->said = arena_str(r->arena, buf_str(&said));
	split(x, r->arena);
	return rc;
}

static void
extension_fini(void *state)
{
	struct extension *x = state;

	categories_free(x->set);
	if (x->letters != 0)
		freelocale(x->letters);
}

static int
extension_match(void *state, struct subject *s, struct err *e)
{
	struct extension *x = state;
	size_t hidden = s->first_len > 0 && s->first[0] == '.';

	(void)e;
	return x->set == NULL || categories_find(x->set, s->first + hidden,
	    s->first_len - hidden, NULL) >= 0;
}

static void
extension_say(void *state, const struct subject *s, int matched,
    int detail, struct buf *out)
{
	struct extension *x = state;
	size_t stem = name_py_stem(s->first, s->first_len), hidden;
	const char *ext = s->first + stem + (stem < s->first_len);

	hidden = s->first_len > 0 && s->first[0] == '.';
	if (matched && x->set != NULL)
		(void)categories_find(x->set, s->first + hidden,
		    s->first_len - hidden, &ext);
	if (*ext == '\0') {
		buf_adds(out, "there is no extension");
	} else if (matched || detail) {
		buf_adds(out, "extension is ");
		letters_lower(x->letters, ext,
		    (size_t)(s->first + s->first_len - ext), out);
	}
	if (!matched && x->set != NULL)
		buf_addf(out, "%snot %s", *ext == '\0' || detail ? ", " :
		    "extension is ", x->said);
}

const struct filter_ops filter_extension = {
	.name	= "extension",
	.meet	= extension_meet,
	.files	= 1,
	.size	= sizeof(struct extension),
	.read	= extension_read,
	.fini	= extension_fini,
	.match	= extension_match,
	.say	= extension_say,
};
