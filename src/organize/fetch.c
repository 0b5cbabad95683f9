/*
 * fetch.c -- filters of content: what they want to read of files.
 *
 * Decisions are made one by one, in order, by one thread; reading is what takes
 * time.  So of all files of a chunk that the cheap filters let pass, the next
 * filter that wants to read says so (a wish), all wishes are done at once on
 * all cores, and the filters are asked again, until each file is decided.  A
 * file whose first filter says no is not read for the second.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/probe.h"
#include "media/type.h"
#include "organize/organize_impl.h"
#include "organize/read.h"
#include "plan/overlay.h"
#include "util/xalloc.h"

/* Filter f is to read of the c-th candidate. */
struct wish {
	size_t		 c;
	const struct filter *f;
};

void
fetch_init(struct run *r)
{
	const struct rule *rule = r->rule;

	r->most = CHUNK;
	r->catches = (rule->actions.needs & NEED_CAPTURES) != 0;
	if (rule->slots > 0 || (rule->actions.needs & NEED_TYPE) != 0)
		r->crew = crew_new(crew_fit(CREW_MAX));
	if (rule->slots == 0)
		return;
	r->most = FETCHED;
	r->fetched = xallocn((size_t)FETCHED * rule->slots,
	    sizeof(*r->fetched));
	r->wishes = xallocn(FETCHED, sizeof(*r->wishes));
}

void
fetch_fini(struct run *r)
{
	size_t n = r->fetched != NULL ? r->most * r->rule->slots : 0;

	/* Before the threads that began them end. */
	for (size_t i = 0; i < CREW_MAX; i++)
		probe_free(r->probes[i]);
	crew_free(r->crew);
	for (size_t i = 0; i < n; i++)
		fetched_fini(&r->fetched[i]);
	free(r->fetched);
	free(r->wishes);
}

/* Have filter f read what is at fd. */
static void
fetch(struct run *r, const struct filter *f, int fd, uint64_t size,
    const char *name, unsigned who, struct fetched *to)
{
	struct content c = { .fd = fd, .size = size, .name = name };
	struct err why;

	err_start(&why);
	if (r->probes[who] == NULL)
		r->probes[who] = probe_new();
	c.probe = r->probes[who];
	fetched_reset(to);
	if (f->ops->fetch(f->state, &c, r->catches, &to->data, &why) < 0) {
		buf_reset(&to->data);
		to->error = xalloc(sizeof(*to->error));
		*to->error = why;
	}
	to->done = 1;
	to->caught = 1;
}

/* Where its bytes lie now. */
static int
open_candidate(const struct run *r, const struct candidate *c, struct err *e)
{
	const struct overlay_note *note = c->entry->note;
	const struct fs_id *id = folder_id(r, c);

	if (note == NULL)
		return read_open(r->dir->dir->fd, c->entry->name, id, e);
	if (note->real_dir != NULL)
		return read_open_path(note->real_dir, note->real_name, id, e);
	return err_set(e, ERR_USAGE, "an earlier rule brings it, and it cannot "
	    "be read before");
}

static void
fulfil(void *arg, size_t i, unsigned who)
{
	struct run *r = arg;
	const struct wish *w = &r->wishes[i];
	const struct candidate *c = &r->chunk[w->c];
	struct fetched *to = &r->fetched[w->c * r->rule->slots + w->f->slot];
	struct err why;
	int fd;

	err_start(&why);
	fd = open_candidate(r, c, &why);
	if (fd >= 0) {
		fetch(r, w->f, fd, folder_id(r, c)->size, c->entry->name, who,
		    to);
		close(fd);
		return;
	}
	fetched_reset(to);
	to->error = xalloc(sizeof(*to->error));
	*to->error = why;
	to->done = to->caught = 1;
}

/*
 * What the filters say of the subject by now, and if it is taken whether all
 * has been caught that templates want.
 */
static int
ask(struct run *r, struct err *e)
{
	struct subject *s = &r->subject;
	int hit = folder_ask(r, KNOWN, e);

	if (hit != 1 || !r->catches || r->survey != NULL)
		return hit;
	captures_reset(&r->captures);
	s->captures = &r->captures;
	hit = filters_match(&r->rule->filters, s, KNOWN, e);
	s->captures = NULL;
	return hit == 1 && s->wants != NULL ? FILTERS_LATER : hit;
}

/* One candidate that waits: decided, or one more wish. */
static int
decide(struct run *r, struct candidate *c, struct err *e)
{
	struct err why;
	int hit;

	err_start(&why);
	hit = folder_subject(r, c, &why);
	if (hit == 0)
		hit = ask(r, &why);
	if (hit == FILTERS_LATER && r->subject.wants != NULL) {
		r->wishes[r->n_wishes++] = (struct wish){
		    .c = (size_t)(c - r->chunk), .f = r->subject.wants };
		return 0;
	}
	c->waits = 0;
	c->passed = hit == 1;
	c->gone = hit != 1;
	return hit < 0 ? tell(r, OP_FAILED, r->dir->path, c->entry->name,
	    why.text, e) : 0;
}

int
fetch_chunk(struct run *r, struct err *e)
{
	do {
		r->n_wishes = 0;
		for (size_t i = 0; i < r->n_chunk; i++)
			if (r->chunk[i].waits && !r->chunk[i].gone &&
			    decide(r, &r->chunk[i], e) < 0)
				return -1;
		crew_run(r->crew, r->n_wishes, fulfil, r);
	} while (r->n_wishes > 0);
	return 0;
}

/* What cannot be read has no type; its name may still tell. */
static void
type_of_one(void *arg, size_t i, unsigned who)
{
	struct run *r = arg;
	struct candidate *c = &r->chunk[i];
	int fd;

	(void)who;
	if (c->gone || (fd = open_candidate(r, c, NULL)) < 0)
		return;
	(void)type_of_file(fd, &c->type);
	close(fd);
}

void
fetch_types(struct run *r)
{
	if ((r->rule->actions.needs & NEED_TYPE) != 0 && r->survey == NULL)
		crew_run(r->crew, r->n_chunk, type_of_one, r);
}

void
fetch_forget(struct run *r)
{
	for (size_t i = 0; r->fetched != NULL &&
	    i < r->n_chunk * r->rule->slots; i++)
		fetched_reset(&r->fetched[i]);
}

int
fetch_one(struct run *r, int fd, struct err *e)
{
	struct subject *s = &r->subject;

	for (size_t i = 0; i < r->rule->slots; i++)
		fetched_reset(&r->fetched[i]);
	/* With captures all filters are asked, and want what they want. */
	s->fetched = r->fetched;
	s->captures = &r->captures;
	for (;;) {
		captures_reset(&r->captures);
		(void)filters_match(&r->rule->filters, s, KNOWN, NULL);
		if (s->wants == NULL)
			break;
		fetch(r, s->wants, fd, s->id->size, s->name, 0,
		    &r->fetched[s->wants->slot]);
	}
	s->captures = NULL;
	return filters_match(&r->rule->filters, s, KNOWN, e);
}
