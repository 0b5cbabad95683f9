/*
 * saver.c PLACE KIND MIB [THREADS [VERIFY [PACK]]] -- how fast blobs get into a
 * repository, made anew in the folder PLACE (which is not emptied first).  KIND:
 * "random" and "text" are large files cut into chunks, "small" are texts of 4 KiB.
 * Prints wall and CPU time, MB/s, the memory's peak, and what was written.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "repo/chunker.h"
#include "repo/repo_impl.h"
#include "repo/save.h"
#include "util/err.h"
#include "../../src/repo/test/literal.h"

#define SMALL		((size_t)4096)

struct job {
	struct repo	*repo;
	struct saver	*saver;
	struct chunker	*chunker;
	const char	*kind;
	size_t		 share;		/* bytes this thread is to save */
	uint64_t	 seed;
};

/* Words, drawn at random with a bent for the first ones. */
static void
text(uint64_t *seed, unsigned char *out, size_t n)
{
	size_t at = 0, i, len;
	uint64_t r, word;

	while (at < n) {
		r = literal_random(seed);
		word = (r >> 32) % (1 + (r & 0xfff));
		len = 2 + word % 7;
		word = literal_random(&word);
		for (i = 0; i < len && at < n; i++)
			out[at++] = (unsigned char)('a' + (word >> 5 * i) % 26);
		if (at < n)
			out[at++] = r >> 60 == 0 ? '\n' : ' ';
	}
}

static void
save(struct job *j, struct repo_hand *h, const unsigned char *data, size_t len)
{
	struct err e = {0};
	struct id id;

	if (saver_save(j->saver, h, BLOB_DATA, data, len, &id, NULL, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
}

/*
 * A buffer of CHUNK_MAX as a reader has it, filled as chunks leave.  Making the
 * bytes costs time, too: a stretch is made once, and used with a number in each
 * KiB that makes it another.
 */
static void *
save_share(void *arg)
{
	struct job *j = arg;
	struct repo_hand *h = repo_hand_new(j->repo);
	size_t period = (size_t)1 << 20, have = 0, fed = 0, took, n, i;
	unsigned char *made = malloc(period), *buf = malloc(CHUNK_MAX);
	int small = strcmp(j->kind, "small") == 0;
	uint64_t mark;

	if (made == NULL || buf == NULL)
		exit(2);
	if (strcmp(j->kind, "random") == 0)
		literal_fill(j->seed, made, period);
	else
		text(&j->seed, made, period);
	while (fed < j->share || have > 0) {
		while (have < CHUNK_MAX && fed < j->share) {
			n = 1024;
			memcpy(buf + have, made + fed % period, n);
			mark = j->seed ^ fed * 0x9e3779b97f4a7c15;
			for (i = 0; i < 8; i++)
				buf[have + 8 * i] ^= (unsigned char)(mark >> 8 * i) & 15;
			have += n;
			fed += n;
		}
		took = small ? SMALL : chunker_next(j->chunker, buf, have, 0,
		    NULL);
		for (i = 0; small && i + SMALL <= have; i += SMALL)
			save(j, h, buf + i, SMALL);
		if (!small)
			save(j, h, buf, took);
		took = small ? have : took;
		memmove(buf, buf + took, have - took);
		have -= took;
	}
	free(made);
	free(buf);
	repo_hand_free(h);
	return NULL;
}

static double
seconds(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct repo *
make_repo(const char *place)
{
	struct repo_options o = { .password = "x", .password_len = 1 };
	const struct scrypt quick = { 16, 8, 1 };
	struct store *store;
	struct repo *r;
	struct err e = {0};

	if (store_create(place, NULL, &store, &e) < 0 ||
	    repo_init_with(store, &o, 2, 0, &quick, &r, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	return r;
}

static void
report(const struct saver *s, size_t total, double wall, double cpu)
{
	struct saver_totals t;
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	saver_totals(s, &t);
	printf("wall %.2f s, CPU %.2f s, %.0f MB/s, %ld MiB, "
	    "%llu blobs, %.1f %% of the bytes\n", wall, cpu,
	    (double)total / wall / 1e6, u.ru_maxrss / 1024,
	    (unsigned long long)t.blobs[0],
	    100.0 * (double)t.packed[0] / (double)(t.plain[0] + 1));
}

int
main(int argc, char **argv)
{
	size_t total, threads, i;
	struct job jobs[64];
	pthread_t t[64];
	struct chunker *c;
	struct saver *s;
	struct repo *r;
	struct err e = {0};
	double wall, cpu;

	if (argc < 4)
		return 2;
	total = (size_t)strtoul(argv[3], NULL, 10) << 20;
	threads = argc > 4 ? strtoul(argv[4], NULL, 10) % 65 : 2;
	r = make_repo(argv[1]);
	r->options.no_verify = argc > 5 && strcmp(argv[5], "no") == 0;
	if (argc > 6)
		r->options.pack_size = (size_t)strtoul(argv[6], NULL, 10) << 20;
	if (chunker_new(r->polynomial, &c, &e) < 0 || saver_new(r, &s, &e) < 0)
		return 1;
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (i = 0; i < threads; i++) {
		jobs[i] = (struct job){ r, s, c, argv[2], total / threads, i + 1 };
		pthread_create(&t[i], NULL, save_share, &jobs[i]);
	}
	for (i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	if (saver_flush(s, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	report(s, total, seconds(CLOCK_MONOTONIC) - wall,
	    seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	saver_free(s);
	chunker_free(c);
	repo_close(r);
	return 0;
}
