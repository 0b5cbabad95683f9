/*
 * filter_duplicate.c -- duplicate | duplicate: {detect_original_by: -created}
 *
 * Of all files of the rule that get as far as this filter and have the same
 * bytes, one is the original and the others match.  The planner finds them
 * (organize/twins.h) before it decides on the first file, so which one is the
 * original does not depend on which others were seen by then; organize's own
 * choice ends at the same files.  Names of one file (hard links) are no
 * duplicates of each other.
 *
 * hash_algorithm is read and of no consequence: bytes decide.
 */
#include <string.h>

#include "conf/nearest.h"
#include "crypto/digest.h"
#include "rules/filter.h"
#include "rules/reader.h"
#include "util/err.h"
#include "util/quote.h"

struct duplicate {
	unsigned	 slot;
};

static int
read_order(const struct conf_node *n, struct twins_by *by,
    struct rule_reader *r)
{
	static const char *const words[] = { "first_seen", "name", "created",
	    "lastmodified", "-first_seen", "-name", "-created",
	    "-lastmodified", "last_seen", "-last_seen", NULL };
	unsigned word = 0;

	if (conf_enum(n, words, NULL, &word, r->f) < 0)
		return -1;
	if (word >= 8)
		word = word == 8 ? 4 : 0;	/* last_seen is -first_seen */
	by->by = (enum twins_order)(word & 3);
	by->reverse = word >= 4;
	return 0;
}

static int
check_hash(const struct conf_node *n, struct rule_reader *r)
{
	struct digest *d;
	struct err e = {0};
	const char *name;

	if (n == NULL)
		return 0;
	if (conf_str(n, &name, r->f) < 0)
		return -1;
	if (digest_new(name, &d, &e) < 0) {
		conf_suggest(conf_bad(n, e.text, r->f), conf_nearest(name,
		    digest_names));
		return -1;
	}
	digest_free(d);
	return 0;
}

static int
duplicate_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "detect_original_by",
	    "hash_algorithm", NULL };
	static const struct conf_keys map = { .what = "'duplicate'",
	    .known = known };
	struct duplicate *x = f->state;
	struct twins_by by = { .slot = f->slot };

	if (value != NULL && value->kind == CONF_MAP) {
		if (conf_map_check(value, &map, r->f) < 0 ||
		    check_hash(conf_get(value, "hash_algorithm"), r) < 0)
			return -1;
		value = conf_get(value, "detect_original_by");
	}
	if (read_order(value, &by, r) < 0)
		return -1;
	if (r->n_twins == TWINS_MAX) {
		conf_fault(r->f, r->at, "more than %d filters 'duplicate' in a "
		    "rule", TWINS_MAX);
		return -1;
	}
	x->slot = f->slot;
	r->twins[r->n_twins++] = by;
	return 0;
}

static int
duplicate_match(void *state, struct subject *s, struct err *e)
{
	const struct duplicate *x = state;
	const char *original;
	int hit = s->ask->original(s->ask->arg, x->slot, s, &original, e);

	if (hit == 1 && s->captures != NULL)
		captures_add_typed(s->captures, "duplicate", "original",
		    CAPTURE_PATH, 0, original, strlen(original));
	return hit;
}

static void
duplicate_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct duplicate *x = state;
	const char *original;
	char q[QUOTE_SIZE];

	if (matched && detail && s->ask->original(s->ask->arg, x->slot, s,
	    &original, NULL) == 1)
		buf_addf(out, "it is a duplicate of %s",
		    quote_to(q, sizeof(q), original));
	else
		buf_addf(out, "it is %s duplicate", matched ? "a" : "no");
}

const struct filter_ops filter_duplicate = {
	.name	= "duplicate",
	.files	= 1,
	.needs	= NEED_FILE | NEED_TWINS,
	.size	= sizeof(struct duplicate),
	.read	= duplicate_read,
	.match	= duplicate_match,
	.say	= duplicate_say,
};
