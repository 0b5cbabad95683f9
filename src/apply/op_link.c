/*
 * op_link.c -- a second name, or a symlink.  Neither replaces anything:
 * linkat and symlinkat fail on a taken name.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/gone.h"
#include "apply/hands.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/quote.h"

static void
fail(struct hands *h, struct item *it)
{
	char q[QUOTE_SIZE];
	struct err e = {0};

	err_sys(&e, "link %s", quote_to(q, sizeof(q), it->to));
	item_fail(h->load, it, &e);
}

/* What was made, for undo to know it again. */
static void
made(struct hands *h, struct item *it, const struct fs_dir *d)
{
	struct err e = {0};
	struct fs_id id;

	touch(h->load, it->to_dir);
	if (fs_stat(d, it->to, &id, &e) < 0) {
		item_attention(h->load, it, &e);
		return;
	}
	it->found = id;
	item_done(it);
}

void
op_link(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	const struct fs_dir *d = s != NULL ? hands_target(h, it) : NULL;
	struct fs_id now;

	if (d == NULL)
		return;
	while (linkat(s->fd, it->op.from, d->fd, it->to, 0) < 0) {
		if (errno == ENOENT)
			item_skip(h->load, it, "it is no longer there");
		else if (errno != EEXIST)
			fail(h, it);
		else if (hands_next_name(h, it, d) == 0)
			continue;
		return;
	}
	if (it->expect.ino != 0 && fs_stat(d, it->to, &now, NULL) == 0 &&
	    !fs_id_unchanged(&now, &it->expect)) {
		gone_file(d, it->to, it->token, &now, 0, NULL);
		item_skip(h->load, it, "it changed since it was planned");
		return;
	}
	made(h, it, d);
}

void
op_symlink(struct hands *h, struct item *it)
{
	const struct fs_dir *d = hands_target(h, it);
	CLEAN_BUF struct buf target = {0};

	if (d == NULL)
		return;
	if (*it->op.text != '\0')
		buf_adds(&target, it->op.text);
	else
		plan_from(h->a->plan, &it->op, &target);
	while (symlinkat(buf_str(&target), d->fd, it->to) < 0) {
		if (errno != EEXIST)
			fail(h, it);
		else if (hands_next_name(h, it, d) == 0)
			continue;
		return;
	}
	made(h, it, d);
}
