/* cmd_cache.c -- the folders in which repositories are remembered. */
#include <stdlib.h>

#include "cli/about.h"
#include "repo/cache.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/size.h"
#include "util/time.h"

static const struct opt_def opts[] = {
	{ "cleanup", 0, NULL, "remove those not used for 30 days", 0 },
	{ "max-age", 0, "DAYS", "what counts as old", 0 },
	{ "no-size", 0, NULL, "do not add up their sizes", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct looking {
	struct cli	*c;
	const char	*dir;
	int		 cleanup, sizes;
	int64_t		 before;	/* older than this is old, µs */
	size_t		 n, removed;
	struct err	 e;
};

static int
each(void *arg, const struct cache_info *i)
{
	struct looking *l = arg;
	CLEAN_BUF struct buf b = {0};
	int old = i->used < l->before;

	l->n++;
	if (l->cleanup) {
		if (!old)
			return 0;
		l->removed++;
		return cache_remove(l->dir, i->id, &l->e);
	}
	buf_addf(&b, "%.10s  ", i->id);
	cli_time(&b, i->used);
	buf_adds(&b, old ? "  old  " : "       ");
	if (l->sizes)
		size_print(&b, i->size);
	cli_line(&b);
	return 0;
}

static int
run(struct cli *c, const struct opts *o)
{
	CLEAN_FREE char *dir = about_cache_dir(c);
	struct looking l = { .c = c, .dir = dir,
	    .cleanup = opt_given(o, "cleanup"),
	    .sizes = !opt_given(o, "no-size") };
	struct err e = {0};
	long days = 30;

	if (o->n_args > 0)
		return cli_usage(c, "cache takes no names");
	if (dir == NULL)
		return cli_usage(c, "there is no cache");
	if (opt_number(o, "max-age", 0, 100000, &days, &e) < 0)
		return cli_fail(c, &e);
	l.before = c->now - (int64_t)days * 86400 * 1000000;
	if (cache_each(dir, each, &l, &e) < 0)
		return cli_fail(c, l.e.kind != ERR_NONE ? &l.e : &e);
	if (l.cleanup)
		cli_say(c, "removed %zu of %zu", l.removed, l.n);
	else
		cli_say(c, "%zu in %s", l.n, dir);
	return EXIT_DONE;
}

const struct command cmd_cache = {
	"cache", "", "The caches of repositories", NULL, opts, run, COMMAND_REPO,
};
