/*
 * work.c -- check and prune of a repository whose password is "x", to be timed
 * beside restic's.
 *
 *	bench-work check REPOSITORY CACHE	structure
 *	bench-work read REPOSITORY CACHE	and all data
 *	bench-work prune REPOSITORY CACHE	what restic's defaults say
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "repo/check.h"
#include "repo/prune.h"
#include "repo/repo.h"
#include "util/err.h"
#include "util/time.h"

static struct err e;

static _Noreturn void
fail(void)
{
	fprintf(stderr, "%s\n", e.text);
	exit(1);
}

static void
tell(const char *what, int64_t since)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	printf("%-12s wall %7.2f s   cpu %7.2f s   peak %6.1f MiB\n", what,
	    (double)(time_mono() - since) / 1e6,
	    (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6,
	    (double)ru.ru_maxrss / 1024);
}

static void
say(void *arg, const struct check_fault *f)
{
	(void)arg;
	puts(f->text);
}

static void
check(struct repo *r, int data)
{
	struct check_options o = { .fault = say };
	struct check_result out;

	o.data.part = data ? CHECK_ALL_DATA : CHECK_NO_DATA;
	if (check_run(r, &o, &out, &e) < 0)
		fail();
	printf("%" PRIu64 " errors, %" PRIu64 " packs, %" PRIu64 " trees\n",
	    out.errors, out.packs, out.trees);
}

static void
prune(struct repo *r)
{
	struct prune_options o = { .max_unused = PRUNE_PERCENT,
	    .max_unused_percent = 5, .small = prune_small(r, 0) };
	struct prune_stats st;
	struct prune *p;
	int64_t t = time_mono();

	if (repo_load_index(r, &e) < 0 || prune_plan(r, &o, &p, &e) < 0)
		fail();
	prune_stats(p, &st);
	tell("plan", t);
	printf("used %" PRIu64 " unused %" PRIu64 " repack %" PRIu64 " (%" PRIu64
	    " bytes) remove %" PRIu64 "\n", st.used.blobs, st.unused.blobs,
	    st.repack.blobs, st.repack.bytes, st.remove.blobs);
	if (prune_do(p, &e) < 0)
		fail();
	prune_free(p);
}

int
main(int argc, char **argv)
{
	struct repo_options o = { .password = "x", .password_len = 1 };
	int64_t t = time_mono();
	struct store *s;
	struct repo *r;

	if (argc != 4)
		return 2;
	o.cache_dir = argv[3];
	if (store_open(argv[2], NULL, &s, &e) || repo_open(s, &o, &r, &e))
		fail();
	if (strcmp(argv[1], "prune") == 0)
		prune(r);
	else
		check(r, strcmp(argv[1], "read") == 0);
	repo_close(r);
	tell(argv[1], t);
	return 0;
}
