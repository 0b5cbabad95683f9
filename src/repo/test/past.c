#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/index.h"
#include "repo/test/past.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

void
past_begin(struct past *p, void **state, unsigned version)
{
	static int number;

	*p = (struct past){ .s = *state };
	snprintf(p->name, sizeof(p->name), "r%d", number++);
	p->path = scene_path(p->s, p->name);
	p->r = scene_make(p->s, p->name, version);
	p->r->options.pack_size = PACK;
	OK(repo_load_index(p->r, &e));
}

void
past_end(struct past *p)
{
	repo_close(p->r);
	free(p->path);
}

void
past_again(struct past *p)
{
	repo_close(p->r);
	p->r = scene_open(p->path, NULL);
	p->r->options.pack_size = PACK;
	OK(repo_load_index(p->r, &e));
}

void
past_live(struct past *p, int snapshots)
{
	while (snapshots-- > 0) {
		if (random64() % 3 == 0)	/* larger and smaller packs */
			p->r->options.pack_size = PACK / (1 + random64() % 4);
		history_go_on(&p->h, p->r, 5 + (unsigned)(random64() % 30));
		p->r->options.pack_size = PACK;
		if (random64() % 4 == 0)
			history_repeat(&p->h, p->r, 1 + random64() % 10);
	}
}


int
past_count(void *arg, const struct store_name *n, uint64_t size)
{
	struct there *t = arg;

	(void)n;
	t->packs++;
	t->bytes += size;
	return 0;
}

static int
names_pack(void *arg, const struct index_pack *p)
{
	struct store_name n = { .kind = STORE_PACK };
	struct past *past = arg;
	uint64_t size;

	memcpy(n.id, p->id.b, ID_LEN);
	OK(store_size(past->r->store, &n, &size, &e));
	return 0;
}

void
past_is_whole(struct past *p)
{
	past_again(p);
	OK(index_packs(p->r->index, names_pack, p, &e));
	history_check(p->r);
}

void
past_restic_agrees(struct past *p)
{
	CLEAN_BUF struct buf out = {0};

	if (access("/usr/bin/restic", X_OK) != 0)
		return;
	if (scene_restic(&out, p->path, "check", "--read-data", NULL) != 0)
		fail_msg("%s", buf_str(&out));
}
