/* heard.c -- what the owner's process hears of the journal. */
#include "catalog/impl.h"

void
catalog_on_commit(struct catalog *c,
    void (*heard)(void *arg, const struct catalog_batch *b), void *arg)
{
	pthread_mutex_lock(&c->lock);
	c->heard = heard;
	c->heard_arg = arg;
	pthread_mutex_unlock(&c->lock);
}

/* The request was checked and done; the reply is the new batch's number. */
void
heard_commit(struct catalog *c, const void *request, size_t len,
    const void *reply, size_t reply_len)
{
	struct unpack u = unpack_start(request, len);
	struct unpack answer = unpack_start(reply, reply_len);
	struct catalog_batch b = {0};
	size_t keys;

	b.run = unpack_i64(&u);
	b.n = (size_t)unpack_u64(&u);
	b.bytes = unpack_bytes(&u, &b.len);
	b.id = unpack_i64(&answer);
	if (b.len > 0)
		c->heard(c->heard_arg, &b);
	while (u.p < u.end && !u.bad) {
		b = (struct catalog_batch){ .run = b.run };
		b.id = unpack_i64(&u);
		b.phase = (int)unpack_u64(&u);
		b.results = unpack_bytes(&u, &b.results_len);
		unpack_u64(&u);
		unpack_bytes(&u, &keys);
		c->heard(c->heard_arg, &b);
	}
}
