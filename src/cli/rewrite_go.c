/* rewrite_go.c -- choose snapshots, make them anew, and tell. */
#include <stdlib.h>
#include <string.h>

#include "cli/repo_show.h"
#include "cli/rewrite_go.h"
#include "repo/lock.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

struct going {
	struct about	*a;
	struct cli	*c;
	const struct rewrite_options *o;
	size_t		 changed, failed;
};

static void
on_begin(void *arg, const struct snapshot *s)
{
	const struct going *k = arg;
	CLEAN_BUF struct buf b = {0};
	char brief[ID_SHORT];

	if (k->c->json || !k->c->verbose)
		return;
	id_short(&s->id, brief);
	buf_addf(&b, "snapshot %s of ", brief);
	show_time(&b, &s->time);
	cli_say(k->c, "%s", buf_str(&b));
}

static void
on_changed(void *arg, const struct snapshot *s, const struct id *as)
{
	struct going *k = arg;
	char old[ID_HEX], new[ID_HEX];

	k->changed++;
	id_hex(&s->id, old);
	if (as != NULL)
		id_hex(as, new);
	if (k->c->json && as == NULL)
		cli_outf("{\"message_type\":\"changed\","
		    "\"old_snapshot_id\":\"%s\"}\n", old);
	else if (k->c->json)
		cli_outf("{\"message_type\":\"changed\",\"old_snapshot_id\":\"%s\","
		    "\"new_snapshot_id\":\"%s\"}\n", old, new);
	else if (as == NULL)
		cli_outf("snapshot %.8s would be made anew%s\n", old,
		    k->o->forget ? ", and would go" : "");
	else
		cli_outf("snapshot %.8s is %s %.8s\n", old, k->o->forget ?
		    "replaced by" : "made anew as", new);
}

static void
on_nothing(void *arg, const struct snapshot *s)
{
	struct going *k = arg;
	char old[ID_HEX];
	int goes;

	id_hex(&s->id, old);
	goes = k->o->forget && k->o->drop_empty;
	k->changed += (size_t)goes;
	k->failed += k->o->drop_empty && !goes;
	if (k->c->json)
		cli_outf("{\"message_type\":\"empty\",\"old_snapshot_id\":\"%s\"}\n",
		    old);
	else
		cli_outf("nothing %s of snapshot %.8s: %s\n", k->o->drop_empty ?
		    "is left" : "would be left", old, !k->o->drop_empty ?
		    "it stays as it is" : !goes ? "with --forget it goes" :
		    k->o->dry_run ? "it would go" : "it goes");
}

static void
on_failed(void *arg, const struct snapshot *s, const struct err *why)
{
	struct going *k = arg;
	char brief[ID_SHORT];
	struct err e = *why;

	id_short(&s->id, brief);
	err_wrap_text(&e, "snapshot %s stays as it is", brief);
	cli_fail(k->c, &e);
	k->failed++;
}

/* ---- which ---- */

static void
bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	struct going *k = arg;
	char hex[ID_HEX];

	id_hex(id, hex);
	cli_say(k->c, "fettle: snapshot %.8s cannot be read: %s", hex,
	    why->text);
	k->failed++;
}

/* One that was named and cannot be read; it goes if that was asked for. */
static int
drop_named(struct going *k, const char *name, const struct err *why,
    struct err *e)
{
	struct id id;

	if (why->kind != ERR_CORRUPT ||
	    repo_find(k->a->repo, STORE_SNAPSHOT, name, &id, NULL) < 0)
		return err_set(e, why->kind, "%s", why->text);
	k->changed++;
	cli_say(k->c, "snapshot %s cannot be read, and %s", name,
	    k->o->dry_run ? "would go" : "goes");
	if (k->o->dry_run)
		return 0;
	if (k->a->lock != NULL && lock_lost(k->a->lock))
		return err_set(e, ERR_LOCKED, "the lock could not be refreshed");
	return repo_remove(k->a->repo, STORE_SNAPSHOT, &id, e);
}

static int
find_named(struct going *k, char **names, size_t n,
    const struct snapshot_filter *f, int drop, struct snapshots *l,
    struct err *e)
{
	struct snapshot *s;
	struct err why;
	const char *sub;
	size_t i, j;

	l->v = xallocn(n + 1, sizeof(*l->v));
	for (i = 0; i < n; i++) {
		s = &l->v[l->n];
		if (snapshot_named(k->a->repo, names[i], f, s, &sub,
		    &why) < 0) {
			if (!drop || !k->o->forget)
				return err_set(e, why.kind, "%s", why.text);
			if (drop_named(k, names[i], &why, e) < 0)
				return -1;
			continue;
		}
		for (j = 0; j < l->n && !id_equal(&l->v[j].id, &s->id);)
			j++;
		if (j < l->n)
			snapshot_fini(s);
		else
			l->n++;
		if (sub != NULL)
			return err_set(e, ERR_USAGE, "whole snapshots, please: "
			    "not '%.200s'", names[i]);
	}
	return 0;
}

static int
summary(const struct going *k)
{
	if (k->c->json)
		cli_outf("{\"message_type\":\"summary\","
		    "\"changed_snapshots\":%zu}\n", k->changed);
	else if (k->changed == 0)
		cli_say(k->c, "no snapshot %s changed", k->o->dry_run ?
		    "would be" : "was");
	else
		cli_say(k->c, "%zu snapshot%s %s changed", k->changed,
		    k->changed == 1 ? "" : "s", k->o->dry_run ? "would be" :
		    k->changed == 1 ? "was" : "were");
	return k->failed > 0 ? EXIT_SOME : EXIT_DONE;
}

int
rewrite_go(struct about *a, char **names, size_t n,
    const struct snapshot_filter *f, struct rewrite_options *o, int drop)
{
	struct going k = { .a = a, .c = a->c, .o = o };
	struct snapshots l = {0};
	struct err e = {0};
	int r;

	o->begin = on_begin;
	o->changed = on_changed;
	o->nothing_left = on_nothing;
	o->failed = on_failed;
	o->arg = &k;
	r = n > 0 ? find_named(&k, names, n, f, drop, &l, &e) :
	    snapshots_load(a->repo, f, bad_snapshot, &k, &l, &e);
	if (r == 0)
		r = repo_load_index(a->repo, &e);
	if (r == 0)
		r = rewrite_snapshots(a->repo, &l, o, &e);
	o->arg = NULL;
	snapshots_fini(&l);
	return r < 0 ? cli_fail(a->c, &e) : summary(&k);
}
