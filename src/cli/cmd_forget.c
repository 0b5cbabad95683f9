/* cmd_forget.c -- snapshots that a policy, or a name, lets go. */
#include <stdlib.h>
#include <string.h>

#include "cli/about.h"
#include "cli/prune_go.h"
#include "cli/repo_show.h"
#include "repo/forget.h"
#include "repo/lock.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "keep-last", 'l', "N", "the newest N ('unlimited': all)", 0 },
	{ "keep-hourly", 'H', "N", "of N hours the newest", 0 },
	{ "keep-daily", 'd', "N", "of N days", 0 },
	{ "keep-weekly", 'w', "N", "of N weeks", 0 },
	{ "keep-monthly", 'm', "N", "of N months", 0 },
	{ "keep-yearly", 'y', "N", "of N years", 0 },
	{ "keep-within", 0, "SPAN", "all this close to the newest (1y5m7d2h)", 0 },
	{ "keep-within-hourly", 0, "SPAN", "of each hour within", 0 },
	{ "keep-within-daily", 0, "SPAN", "of each day within", 0 },
	{ "keep-within-weekly", 0, "SPAN", "of each week within", 0 },
	{ "keep-within-monthly", 0, "SPAN", "of each month within", 0 },
	{ "keep-within-yearly", 0, "SPAN", "of each year within", 0 },
	{ "keep-tag", 0, "TAG,...", "those with all of these tags", 1 },
	{ "unsafe-allow-remove-all", 0, NULL, "no policy: all that fit go", 0 },
	{ "host", 0, "HOST", "only snapshots of this host", 1 },
	{ "tag", 0, "TAG,...", "only those with all of these tags", 1 },
	{ "path", 0, "PATH", "only those of this path", 1 },
	{ "compact", 'c', NULL, "a line each", 0 },
	{ "group-by", 'g', "WHAT", "host,paths (default); each group by itself", 0 },
	{ "dry-run", 'n', NULL, "only tell what would go", 0 },
	{ "prune", 0, NULL, "then prune", 0 },
	PRUNE_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

struct forgetting {
	struct about		 a;
	const struct opts	*o;
	struct snapshot_filter	 filter;
	struct forget_policy	 policy;
	struct snapshots	 all;
	struct id		*gone;
	size_t			 n;
	int			 dry_run;
};

/* ---- what is asked for ---- */
static int
take_count(const struct opts *o, const char *name, int *out, struct err *e)
{
	const char *s = opt_value(o, name);
	long v = 0;

	if (s != NULL && strcmp(s, "unlimited") == 0)
		*out = KEEP_ALL;
	else if (opt_number(o, name, -1, 1000000000, &v, e) < 0)
		return -1;
	else
		*out = (int)v;
	return 0;
}

static int
take_policy(struct forgetting *k, struct err *e)
{
	static const char *const counts[] = { "keep-last", "keep-hourly",
	    "keep-daily", "keep-weekly", "keep-monthly", "keep-yearly" };
	static const char *const spans[] = { "keep-within",
	    "keep-within-hourly", "keep-within-daily", "keep-within-weekly",
	    "keep-within-monthly", "keep-within-yearly" };
	const char *s;
	int i;

	for (i = 0; i < KEEP_BUCKETS; i++) {
		if (take_count(k->o, counts[i], &k->policy.keep.n[i], e) < 0)
			return -1;
		s = opt_value(k->o, spans[i]);
		if (s != NULL && keep_span_parse(s, &k->policy.keep.within[i],
		    e) < 0)
			return err_wrap(e, "--%s", spans[i]);
	}
	k->policy.tags = opt_values(k->o, "keep-tag");
	return 0;
}

static int
check_policy(struct forgetting *k)
{
	const struct snapshot_filter *f = &k->filter;

	if (k->o->n_args > 0 || !forget_policy_empty(&k->policy))
		return EXIT_DONE;
	if (!opt_given(k->o, "unsafe-allow-remove-all"))
		return cli_usage(k->a.c, "what is to be kept?  At least one "
		    "--keep-...; nothing was removed");
	if (f->hosts == NULL && f->tags == NULL && f->paths == NULL)
		return cli_usage(k->a.c, "--unsafe-allow-remove-all wants --host, "
		    "--tag or --path");
	return EXIT_DONE;
}

static void
add_gone(struct forgetting *k, const struct snapshot *s)
{
	k->gone = xrealloc(k->gone, k->n + 1, sizeof(*k->gone));
	k->gone[k->n++] = s->id;
}

/* ---- what is told ---- */
static void
list_json(struct buf *b, const char *name, const struct forget_group *g,
    int keep)
{
	size_t i, n = 0;

	buf_addf(b, ",\"%s\":", name);
	for (i = 0; i < g->n; i++) {
		if (g->v[i].keep.keep != keep)
			continue;
		buf_addc(b, n++ == 0 ? '[' : ',');
		show_snapshot_json(b, g->v[i].snapshot);
	}
	buf_adds(b, n > 0 ? "]" : "null");
}

static void
reasons_json(const struct forgetting *k, struct buf *b,
    const struct forget_group *g)
{
	CLEAN_BUF struct buf why = {0};
	size_t i, n = 0;
	unsigned r;

	buf_adds(b, ",\"reasons\":");
	for (i = 0; i < g->n; i++) {
		if (!g->v[i].keep.keep)
			continue;
		buf_adds(b, n++ == 0 ? "[{\"snapshot\":" : ",{\"snapshot\":");
		show_snapshot_json(b, g->v[i].snapshot);
		buf_adds(b, ",\"matches\":[");
		for (r = 0; forget_reason(&k->policy, &g->v[i], r, &why); r++) {
			if (r > 0)
				buf_addc(b, ',');
			node_string(b, buf_str(&why), why.len);
			buf_reset(&why);
		}
		buf_adds(b, "]}");
	}
	buf_adds(b, n > 0 ? "]" : "null");
}

static void
groups_json(const struct forgetting *k, const struct forget *f)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	buf_addc(&b, '[');
	for (i = 0; i < f->groups.n; i++) {
		buf_adds(&b, i > 0 ? ",{" : "{");
		group_members_json(&b, f->v[i].group);
		list_json(&b, "keep", &f->v[i], 1);
		list_json(&b, "remove", &f->v[i], 0);
		reasons_json(k, &b, &f->v[i]);
		buf_addc(&b, '}');
	}
	buf_addc(&b, ']');
	cli_line(&b);
}

/* Those of a group that stay, or go; oldest first, as `snapshots` has them. */
static void
list_text(const struct forgetting *k, const struct forget_group *g, int keep)
{
	struct snapshots l = { .v = xallocn(g->n + 1, sizeof(*l.v)) };
	size_t i;

	for (i = g->n; i-- > 0;)
		if (g->v[i].keep.keep == keep)
			l.v[l.n++] = *g->v[i].snapshot;
	if (l.n > 0) {
		cli_outf("%s %zu:\n", keep ? "kept" : k->dry_run ?
		    "would be forgotten" : "forgotten", l.n);
		show_snapshots(k->a.c, &l, opt_given(k->o, "compact"));
	}
	free(l.v);
}

/* Why each that stays does. */
static void
reasons_text(const struct forgetting *k, const struct forget_group *g)
{
	CLEAN_BUF struct buf b = {0};
	char brief[ID_SHORT];
	size_t i;
	unsigned r;

	for (i = g->n; i-- > 0;) {
		if (!g->v[i].keep.keep)
			continue;
		id_short(&g->v[i].snapshot->id, brief);
		buf_addf(&b, "  %s ", brief);
		for (r = 0;; r++) {
			buf_adds(&b, r > 0 ? ", " : " ");
			if (!forget_reason(&k->policy, &g->v[i], r, &b))
				break;
		}
		b.len -= 2;
		cli_line(&b);
	}
}

static void
groups_text(const struct forgetting *k, const struct forget *f)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	for (i = 0; i < f->groups.n; i++) {
		buf_reset(&b);
		group_key_text(&b, f->v[i].group);
		cli_outf("%ssnapshots for %s:\n", i > 0 ? "\n" : "", buf_str(&b));
		list_text(k, &f->v[i], 1);
		reasons_text(k, &f->v[i]);
		list_text(k, &f->v[i], 0);
	}
}

/* ---- deciding and doing ---- */

/* A policy that asks for nothing of a group is rather a mistyped tag than a
 * wish to lose that group: nothing goes then, of no group. */
static int
check_group(const struct forget_group *g, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->v[i].keep.keep && !keep_is_spared(&g->v[i].keep))
			return 0;
	group_key_text(&b, g->group);
	return err_set(e, ERR_DENIED, "the policy keeps no snapshot for %.600s; "
	    "nothing was forgotten", buf_str(&b));
}

static int
check_groups(const struct forget *f, struct err *e)
{
	size_t i;

	for (i = 0; i < f->groups.n; i++)
		if (check_group(&f->v[i], e) < 0)
			return -1;
	return 0;
}

static int
decide(struct forgetting *k)
{
	const char *by = opt_value(k->o, "group-by");
	struct forget f;
	struct err e = {0};
	size_t i, j;

	if (forget_decide(&k->all, by ? by : "host,paths", &k->policy,
	    k->a.c->now, &f, &e) < 0)
		return cli_fail(k->a.c, &e);
	if (check_groups(&f, &e) < 0) {
		forget_fini(&f);
		return cli_fail(k->a.c, &e);
	}
	for (i = 0; i < f.groups.n; i++)
		for (j = 0; j < f.v[i].n; j++)
			if (!f.v[i].v[j].keep.keep)
				add_gone(k, f.v[i].v[j].snapshot);
	if (k->a.c->json)
		groups_json(k, &f);
	else if (!k->a.c->quiet)
		groups_text(k, &f);
	forget_fini(&f);
	return EXIT_DONE;
}

static int
choose(struct forgetting *k)
{
	size_t i;

	if (k->o->n_args == 0 && !forget_policy_empty(&k->policy))
		return decide(k);
	for (i = 0; i < k->all.n; i++)
		add_gone(k, &k->all.v[i]);
	if (!k->a.c->json)
		cli_say(k->a.c, "%s %zu snapshot%s", k->dry_run ?
		    "would forget" : "forgetting", k->n, k->n == 1 ? "" : "s");
	return EXIT_DONE;
}

static int
remove_all(struct forgetting *k)
{
	int status = EXIT_DONE;
	struct err e = {0};
	size_t i;

	for (i = 0; i < k->n; i++)
		if (repo_remove(k->a.repo, STORE_SNAPSHOT, &k->gone[i], &e) < 0) {
			cli_fail(k->a.c, &e);
			status = EXIT_SOME;
		}
	return status;
}

static int
work(struct forgetting *k)
{
	struct err e = {0};
	int status = check_policy(k);

	if (status == EXIT_DONE)
		status = show_find(k->a.c, k->a.repo, k->o, &k->filter, &k->all);
	if (status == EXIT_DONE)
		status = choose(k);
	if (status == EXIT_DONE && lock_lost(k->a.lock)) {
		err_set(&e, ERR_LOCKED, "the lock could not be refreshed");
		status = cli_fail(k->a.c, &e);
	}
	if (status == EXIT_DONE && !k->dry_run)
		status = remove_all(k);
	if (status == EXIT_DONE && k->n > 0 && opt_given(k->o, "prune"))
		status = prune_go(&k->a, k->o, k->dry_run, k->gone, k->n);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct forgetting k = { .o = o, .dry_run = opt_given(o, "dry-run") };
	struct err e = {0};
	int status;

	show_filter(o, &k.filter);
	if (take_policy(&k, &e) < 0)
		return cli_fail(c, &e);
	status = about_open(c, ABOUT_EXCLUSIVE | (k.dry_run ? 0 : ABOUT_WRITES),
	    &k.a);
	if (status != EXIT_DONE)
		return status;
	status = about_close(&k.a, work(&k));
	snapshots_fini(&k.all);
	free(k.gone);
	return status;
}

const struct command cmd_forget = {
	"forget", "[SNAPSHOT...]", "Let snapshots go, by a policy or by name",
	"What only they held stays in the repository until 'prune' (or --prune).  The\n"
	"newest of each group stays whatever the policy says.", opts, run, COMMAND_REPO,
};
