/* live.c -- questions to the owner's process itself. */
#include "catalog/impl.h"
#include "util/clean.h"

int
catalog_live(struct catalog *c, const char *question, struct buf *answer,
    struct err *e)
{
	CLEAN_BUF struct buf req = {0};

	pack_str(&req, question);
	return catalog_call(c, VERB_LIVE, &req, answer, e);
}

int
do_live(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	CLEAN_FREE char *question = unpack_str(req);
	int r = -1, there;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	pthread_mutex_lock(&c->live_lock);
	there = c->live != NULL;
	if (there)
		r = c->live(c->live_arg, question, reply);
	pthread_mutex_unlock(&c->live_lock);
	if (!there)
		return err_set(e, ERR_NOENT, "nothing is going on");
	return r < 0 ? err_set(e, ERR_NOENT, "no answer to %.80s", question) :
	    0;
}

void
catalog_on_live(struct catalog *c,
    int (*answer)(void *arg, const char *question, struct buf *out),
    void *arg)
{
	pthread_mutex_lock(&c->live_lock);
	c->live = answer;
	c->live_arg = arg;
	pthread_mutex_unlock(&c->live_lock);
}
