/* numbered.c -- see numbered.h. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "repo/load.h"
#include "repo/pack.h"
#include "repo/test/literal.h"
#include "repo/test/numbered.h"
#include "util/buf.h"
#include "util/err.h"

/* Blob number n: of every size up to 300 kB, now and then of megabytes, one in
 * three random and the others such as shrink. */
void
blob_text(uint64_t n, struct buf *out)
{
	uint64_t s = n + 1, r = literal_random(&s);
	size_t len = (size_t)(literal_random(&s) % (r % 7 == 0 ? 300000 : 5000));
	unsigned char *p;
	size_t i;

	if (n % 101 == 100)
		len = 3000000 + len * 20;
	if (n < 3)
		len = n;
	out->len = 0;
	p = buf_room(out, len + 1);
	literal_fill(r, p, len);
	for (i = 0; n % 3 != 0 && i < len; i++)
		p[i] = (unsigned char)"abcdefg\n"[p[i] % 8];
	out->len = len;
}

enum blob_type
type_of(uint64_t n)
{
	return n % 4 == 0 ? BLOB_TREE : BLOB_DATA;
}

void
save_number(struct saver *s, struct repo_hand *h, uint64_t n, struct id *id,
    struct saved *how)
{
	CLEAN_BUF struct buf text = {0};
	struct err e = {0};

	blob_text(n, &text);
	if (saver_save(s, h, type_of(n), text.data, text.len, id, how, &e) < 0)
		fail_msg("%s", e.text);
}

/* Does it load, and is it what it was? */
int
loads(struct repo *r, struct repo_hand *h, uint64_t n, struct err *e)
{
	CLEAN_BUF struct buf text = {0}, got = {0};
	struct id id;

	blob_text(n, &text);
	sha256_of(text.data, text.len, id.b);
	if (load_blob(r, h, type_of(n), &id, &got, e) < 0)
		return 0;
	assert_int_equal(got.len, text.len);
	assert_memory_equal(buf_str(&got), buf_str(&text), got.len);
	return 1;
}

void
all_load(struct repo *r, uint64_t from, uint64_t to)
{
	struct repo_hand *h = repo_hand_new(r);
	struct err e = {0};

	for (; from < to; from++)
		if (!loads(r, h, from, &e))
			fail_msg("blob %" PRIu64 ": %s", from, e.text);
	repo_hand_free(h);
}

int
count_pack(void *arg, const struct index_pack *p)
{
	struct packs *c = arg;
	uint64_t size = 0;
	size_t i;

	c->n[p->v[0].type]++;
	for (i = 0; i < p->n; i++) {
		assert_int_equal(p->v[i].type, p->v[0].type);	/* never mixed */
		size += p->v[i].length;
	}
	if (size > c->largest)
		c->largest = size;
	c->one = p->id;
	return 0;
}

