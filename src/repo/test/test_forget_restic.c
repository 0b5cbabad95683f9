/*
 * test_forget_restic.c -- random policies on random snapshots: we keep what real
 * restic keeps, for the reasons that it gives.
 *
 * The order of its rules has not changed since 0.14 (Debian 12), which is the
 * one that is asked here, but for these, each taken out of our answer first:
 *
 * - Since 0.16 the oldest snapshot is kept, too, while a rule has some left
 *   ("oldest daily snapshot").  0.14 does not know that.
 * - The newest snapshot of a group is kept by us whatever the policy says.
 *   0.14 lets it go; 0.18 refuses to remove a group's last one.
 * - Counts of "unlimited" are since 0.16; a large number means the same.
 *
 * A round is one run of restic on all the groups there are.  FETTLE_ROUNDS and
 * FETTLE_SEED may say how many and which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "repo/forget.h"
#include "repo/repo.h"
#include "repo/test/scene.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/json.h"
#include "util/time.h"
#include "util/xalloc.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))
#define HOSTS		36
#define PER_HOST	20		/* at most */
#define ROUNDS		40
#define ARGS		64

static unsigned
any(unsigned below)
{
	return (unsigned)rand() % below;
}

/* ---- snapshots ---- */

/* Back from the one before by minutes up to months, so that a list is dense in
 * places; some sit round midnight of a new year. */
static int64_t
step_back(int64_t sec)
{
	static const int64_t units[] = { 60, 600, 3600, 7 * 3600, 86400,
		7 * 86400, 31 * 86400 };

	if (any(12) == 0)
		return sec - sec % (365 * 86400) - 1 - any(7200);
	return sec - 1 - (int64_t)any(4000) * units[any(COUNT(units))] / 1000;
}

/* Half in the zone of this process, where restic goes by its rules for
 * daylight saving, half in one of somewhere else. */
static void
set_time(struct snapshot *s, int64_t sec)
{
	static const int32_t zones[] = { 0, 3600, 7200, -34200, 20700, 46800 };
	int32_t nsec = any(2) ? (int32_t)any(1000000) * 1000 : 0;

	node_time_local(sec, nsec, &s->time);
	if (any(2))
		s->time.zone = zones[any(COUNT(zones))];
}

static char **
any_tags(void)
{
	static const char *const names[] = { "a", "b", "c" };
	char **v = xallocn(COUNT(names) + 1, sizeof(*v));
	size_t i, n = 0;

	for (i = 0; i < COUNT(names); i++)
		if (any(3) == 0)
			v[n++] = xstrdup(names[i]);
	return v;
}

static void
save_host(struct repo *r, unsigned host)
{
	int64_t sec = 1790000000 - any(300000000);
	unsigned n = 1 + any(PER_HOST);
	struct err e;

	while (n-- > 0) {
		CLEAN_SNAPSHOT struct snapshot s = {0};

		sec = step_back(sec);
		set_time(&s, sec);
		s.hostname = xasprintf("h%u", host);
		s.paths = xallocn(2, sizeof(*s.paths));
		s.paths[0] = xstrdup(any(6) == 0 ? "/other" : "/data");
		s.tags = any_tags();
		if (snapshot_save(r, &s, &e) < 0)
			fail_msg("%s", e.text);
	}
}

/* ---- policies ---- */

/* A policy, and the same as restic's arguments. */
struct ask {
	struct forget_policy p;
	const char	*group_by;
	char		*args[ARGS];
	size_t		 n;
	const char	*lists[4];
};

static void
add_arg(struct ask *a, char *arg)
{
	assert_true(a->n < ARGS - 1);
	a->args[a->n++] = arg;
	a->args[a->n] = NULL;
}

static const char *const buckets[KEEP_BUCKETS] = { "last", "hourly", "daily",
	"weekly", "monthly", "yearly" };

static void
any_counts(struct ask *a)
{
	int b;

	for (b = 0; b < KEEP_BUCKETS; b++) {
		if (any(4) != 0)
			continue;
		a->p.keep.n[b] = any(8) == 0 ? 100000 : 1 + (int)any(9);
		add_arg(a, xasprintf("--keep-%s=%d", buckets[b],
		    a->p.keep.n[b]));
	}
}

static void
any_spans(struct ask *a)
{
	char text[KEEP_SPAN_TEXT];
	struct keep_span *s;
	int b;

	for (b = 0; b < KEEP_BUCKETS; b++) {
		if (any(7) != 0)
			continue;
		s = &a->p.keep.within[b];
		switch (any(5)) {
		case 0: s->hours = 1 + (int)any(100); break;
		case 1: s->days = 1 + (int)any(60); break;
		case 2: s->months = 1 + (int)any(20); break;
		case 3: s->years = 1 + (int)any(3); break;
		default:
			s->months = (int)any(8);
			s->days = 1 + (int)any(40);
			s->hours = (int)any(30);
			break;
		}
		keep_span_text(s, text);
		add_arg(a, xasprintf("--keep-within%s%s=%s", b ? "-" : "",
		    b ? buckets[b] : "", text));
	}
}

static void
any_lists(struct ask *a)
{
	static const char *const lists[] = { "a", "a,b", "c, a", "", "none",
		"a,none" };
	size_t n = any(3) == 0 ? 1 + any(3) : 0, i;

	for (i = 0; i < n; i++) {
		a->lists[i] = lists[any(COUNT(lists))];
		add_arg(a, xasprintf("--keep-tag=%s", a->lists[i]));
	}
	a->p.tags = a->lists;
}

static void
ask_init(struct ask *a, const char *repo)
{
	static const char *const by[] = { "host,paths", "host", "host,tags",
		"host,paths,tags", "paths", "tags", "" };
	static const char *const start[] = { "/usr/bin/restic", "--no-cache",
		"--no-lock", "forget", "--dry-run", "--json", "-r" };
	size_t i;

	do {
		memset(a, 0, sizeof(*a));
		for (i = 0; i < COUNT(start); i++)
			add_arg(a, xstrdup(start[i]));
		add_arg(a, xstrdup(repo));
		any_counts(a);
		any_spans(a);
		any_lists(a);
		if (forget_policy_empty(&a->p))
			for (i = 0; i < a->n; i++)
				free(a->args[i]);
	} while (forget_policy_empty(&a->p));
	a->group_by = by[any(4) == 0 ? any(COUNT(by)) : 0];
	add_arg(a, xasprintf("--group-by=%s", a->group_by));
}

static void
ask_fini(struct ask *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		free(a->args[i]);
}

static void
ask_text(struct buf *out, const struct ask *a)
{
	size_t i;

	for (i = 8; i < a->n; i++)
		buf_addf(out, " '%s'", a->args[i]);
}

/* ---- what restic says ---- */

/* Of one snapshot; groups are numbered as they come. */
struct verdict {
	struct id	 id;
	size_t		 group;
	char		*why;		/* reasons with '|' between; NULL: goes */
};

struct verdicts {
	struct verdict	*v;
	size_t		 n, cap, group, first;	/* of this group */
};

static void
verdicts_fini(struct verdicts *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		free(d->v[i].why);
	free(d->v);
}

static void
must(int got)
{
	assert_int_equal(got, 0);
}

/* {... "id":"<64 digits>" ...} */
static void
read_snapshot(struct json_read *r, struct verdicts *d)
{
	struct verdict v = { .group = d->group };
	const char *s;

	while (json_member(r, NULL) == 1) {
		if (strcmp(r->str, "id") != 0) {
			must(json_skip(r, NULL));
			continue;
		}
		must(json_get_str(r, &s, NULL, NULL));
		must(id_parse(s, &v.id));
	}
	XGROW(d->v, d->n, d->cap);
	d->v[d->n++] = v;
}

/* The reasons of those that stay come in their order. */
static char *
read_reason(struct json_read *r)
{
	CLEAN_BUF struct buf why = {0};

	while (json_member(r, NULL) == 1) {
		if (strcmp(r->str, "matches") != 0) {
			must(json_skip(r, NULL));
			continue;
		}
		must(json_expect(r, JSON_ARRAY, NULL));
		while (json_item(r, NULL) == 1) {
			if (why.len > 0)
				buf_addc(&why, '|');
			buf_adds(&why, r->str);
		}
	}
	return buf_steal(&why);
}

static void
read_group(struct json_read *r, struct verdicts *d)
{
	size_t stay = d->n;

	while (json_member(r, NULL) == 1) {
		int list = strcmp(r->str, "keep") == 0 ? 1 :
		    strcmp(r->str, "remove") == 0 ? 1 :
		    strcmp(r->str, "reasons") == 0 ? 2 : 0;

		if (list == 0) {
			must(json_skip(r, NULL));
			continue;
		}
		assert_int_equal(json_next(r, NULL), 1);
		if (r->event == JSON_NULL)
			continue;
		while (json_item(r, NULL) == 1) {
			if (list == 1)
				read_snapshot(r, d);
			else
				d->v[stay++].why = read_reason(r);
		}
	}
	d->group++;
}

static void
ask_restic(const struct ask *a, struct verdicts *d)
{
	CLEAN_BUF struct buf out = {0};
	CLEAN_JSON_READ struct json_read r;

	if (scene_run(&out, (const char *const *)a->args) != 0)
		fail_msg("%s", buf_str(&out));
	json_read_init(&r, out.data, out.len);
	must(json_expect(&r, JSON_ARRAY, NULL));
	while (json_item(&r, NULL) == 1)
		read_group(&r, d);
}

/* ---- both ---- */

/* Our reasons without those that 0.14 does not have; NULL if none is left. */
static char *
our_reasons(const struct forget_policy *p, const struct forget_item *it)
{
	CLEAN_BUF struct buf why = {0}, one = {0};
	unsigned i;

	for (i = 0; forget_reason(p, it, i, &one); i++, buf_reset(&one)) {
		if (strncmp(buf_str(&one), "oldest ", 7) == 0 ||
		    strcmp(buf_str(&one), "newest whole snapshot") == 0)
			continue;
		if (why.len > 0)
			buf_addc(&why, '|');
		buf_add(&why, one.data, one.len);
	}
	assert_int_equal(i > 0, it->keep.keep);
	return why.len > 0 ? buf_steal(&why) : NULL;
}

static const struct verdict *
verdict_on(const struct verdicts *d, const struct id *id)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (id_equal(&d->v[i].id, id))
			return &d->v[i];
	fail_msg("restic did not speak of a snapshot");
	return NULL;
}

static void
compare_group(const struct ask *a, const struct forget_group *g,
    const struct verdicts *d)
{
	const struct verdict *v = NULL;
	size_t i, in_group = 0;

	for (i = 0; i < g->n; i++) {
		CLEAN_FREE char *ours = our_reasons(&a->p, &g->v[i]);
		CLEAN_BUF struct buf t = {0}, args = {0};
		size_t group = v != NULL ? v->group : SIZE_MAX;

		v = verdict_on(d, &g->v[i].snapshot->id);
		assert_true(group == SIZE_MAX || v->group == group);
		if ((ours == NULL) == (v->why == NULL) &&
		    (ours == NULL || strcmp(ours, v->why) == 0))
			continue;
		node_time_text(&t, &g->v[i].snapshot->time);
		ask_text(&args, a);
		fail_msg("%s, number %zu of %zu: we '%s', restic '%s':%s",
		    buf_str(&t), i, g->n, ours != NULL ? ours : "-",
		    v->why != NULL ? v->why : "-", buf_str(&args));
	}
	for (i = 0; i < d->n; i++)
		in_group += v != NULL && d->v[i].group == v->group;
	assert_int_equal(in_group, g->n);
}

static size_t
compare(const struct ask *a, const struct snapshots *l)
{
	CLEAN(forget_fini) struct forget f;
	CLEAN(verdicts_fini) struct verdicts d = {0};
	struct err e;
	size_t i;

	if (forget_decide(l, a->group_by, &a->p, time_now(), &f, &e) < 0)
		fail_msg("%s", e.text);
	ask_restic(a, &d);
	assert_int_equal(d.n, l->n);
	assert_int_equal(d.group, f.groups.n);
	for (i = 0; i < f.groups.n; i++)
		compare_group(a, &f.v[i], &d);
	return f.groups.n;
}

static void
random_policies_keep_what_restic_keeps(void **state)
{
	CLEAN_FREE char *path = scene_path(*state, "lists");
	const char *rounds = getenv("FETTLE_ROUNDS"), *s = getenv("FETTLE_SEED");
	unsigned long left = rounds != NULL ? strtoul(rounds, NULL, 10) : ROUNDS;
	struct repo *r = scene_make(*state, "lists", 2);
	struct snapshots l;
	size_t pairs = 0;
	unsigned seed, i;
	struct ask a;
	struct err e;

	random_bytes(&seed, sizeof(seed));
	if (s != NULL)
		seed = (unsigned)strtoul(s, NULL, 10);
	print_message("FETTLE_SEED=%u\n", seed);
	srand(seed);
	for (i = 0; i < HOSTS; i++)
		save_host(r, i);
	if (snapshots_load(r, NULL, NULL, NULL, &l, &e) < 0)
		fail_msg("%s", e.text);
	for (; left > 0; left--) {
		ask_init(&a, path);
		pairs += compare(&a, &l);
		ask_fini(&a);
	}
	print_message("%zu lists compared\n", pairs);
	snapshots_fini(&l);
	repo_close(r);
}

/* The comparison above is made for what came before 0.16. */
static int
is_too_new(void)
{
	static const char *const ask[] = { "/usr/bin/restic", "version", NULL };
	CLEAN_BUF struct buf out = {0};
	const char *minor;

	scene_run(&out, ask);
	minor = strstr(buf_str(&out), "restic 0.");
	if (minor != NULL && strtoul(minor + 9, NULL, 10) < 16)
		return 0;
	puts("1..0 # SKIP restic is newer than what this compares with");
	return 1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_policies_keep_what_restic_keeps),
	};

	if (!scene_has_restic() || is_too_new())
		return 0;
	/* For restic, too, which is our child. */
	setenv("TZ", "Europe/Berlin", 1);
	setenv("RESTIC_PASSWORD", SCENE_PASSWORD, 1);
	tzset();
	return cmocka_run_group_tests(tests, scene_setup, scene_teardown);
}
