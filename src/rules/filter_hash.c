/*
 * filter_hash.c -- hash: md5 (default) | sha256 | ...  It rejects nothing; it
 * makes {hash} available, and reads the file only where that is asked for.
 */
#include <string.h>

#include "conf/nearest.h"
#include "crypto/digest.h"
#include "rules/filter.h"
#include "rules/reader.h"
#include "util/err.h"

struct hash {
	struct digest	*digest;
	const char	*algorithm;
};

static int
hash_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "algorithm", NULL };
	static const struct conf_keys map = { .what = "'hash'",
	    .known = known };
	struct hash *x = f->state;
	struct err e = {0};

	f->needs = 0;
	f->catches = NEED_FILE | NEED_ID | NEED_FETCH;
	x->algorithm = "md5";
	if (value != NULL && value->kind == CONF_MAP &&
	    conf_map_check(value, &map, r->f) < 0)
		return -1;
	value = reader_short(value, "algorithm");
	if (value != NULL && conf_str(value, &x->algorithm, r->f) != 1)
		return -1;
	if (digest_new(x->algorithm, &x->digest, &e) == 0)
		return 0;
	conf_suggest(conf_bad(value, e.text, r->f), conf_nearest(x->algorithm,
	    digest_names));
	return -1;
}

static void
hash_fini(void *state)
{
	digest_free(((struct hash *)state)->digest);
}

static int
hash_fetch(const void *state, const struct content *c, int catch,
    struct buf *out, struct err *e)
{
	const struct hash *x = state;

	(void)catch;
	return digest_file(x->digest, c->fd, out, e);
}

static int
hash_match(void *state, struct subject *s, struct err *e)
{
	(void)state, (void)e;
	if (s->captures != NULL && s->got != NULL)
		captures_add(s->captures, "hash", "",
		    (const char *)s->got->data.data, s->got->data.len);
	return 1;
}

static void
hash_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct hash *x = state;

	(void)s, (void)matched, (void)detail;
	buf_addf(out, "%s is any", x->algorithm);
}

const struct filter_ops filter_hash = {
	.name	= "hash",
	.files	= 1,
	.needs	= NEED_FETCH,
	.size	= sizeof(struct hash),
	.read	= hash_read,
	.fini	= hash_fini,
	.fetch	= hash_fetch,
	.match	= hash_match,
	.say	= hash_say,
};
