/*
 * saver.c PLACE KIND MIB [THREADS [VERIFY [PACK]]] -- how fast blobs get into a
 * repository, made anew in the folder PLACE (which is not emptied first).  KIND:
 * "random" and "text" are large files cut into chunks, "small" are texts of 4 KiB.
 * Prints wall and CPU time (but for making the bytes), MB/s, the memory's peak,
 * and what was written.
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
#define PIECE		((size_t)1 << 20)	/* read at a time */

struct job {
	struct repo	*repo;
	struct saver	*saver;
	struct chunker	*chunker;
	const char	*kind;
	size_t		 share;		/* bytes this thread is to save */
	uint64_t	 seed;
	double		 making;	/* CPU time that is not the saver's */
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

static double
seconds(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* More bytes at the end of what is there.  A stretch is made once, longer than
 * zstd's window, and used again and again with a number in each KiB. */
static size_t
fill(struct job *j, const unsigned char *made, size_t period,
    unsigned char *buf, size_t have, size_t *fed)
{
	double begin = seconds(CLOCK_THREAD_CPUTIME_ID);
	size_t end = have + PIECE < CHUNK_MAX ? have + PIECE : CHUNK_MAX;
	uint64_t mark;
	int i;

	while (have < end && *fed < j->share) {
		memcpy(buf + have, made + *fed % period, 1024);
		mark = j->seed ^ *fed * 0x9e3779b97f4a7c15;
		for (i = 0; i < 8; i++)
			buf[have + 8 * (size_t)i] ^=
			    (unsigned char)(mark >> 8 * i & 15);
		have += 1024;
		*fed += 1024;
	}
	j->making += seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
	return have;
}

/* The next piece to save, at the beginning of buf; 0 at the end. */
static size_t
next_piece(struct job *j, const unsigned char *made, size_t period,
    unsigned char *buf, size_t *have, size_t *fed)
{
	size_t took = 0, seen = 0;
	int cut = 0;

	while (!cut) {
		took = chunker_next(j->chunker, buf, *have, seen, &cut);
		seen = *have;
		if (cut || *fed >= j->share)
			break;
		*have = fill(j, made, period, buf, *have, fed);
	}
	return took;
}

static void *
save_share(void *arg)
{
	struct job *j = arg;
	struct repo_hand *h = repo_hand_new(j->repo);
	int small = strcmp(j->kind, "small") == 0;
	size_t period = (size_t)(small ? 1 : 8) << 20;
	size_t have = 0, fed = 0, took, i;
	unsigned char *made = malloc(period), *buf = malloc(CHUNK_MAX);

	if (made == NULL || buf == NULL)
		exit(2);
	if (strcmp(j->kind, "random") == 0)
		literal_fill(j->seed, made, period);
	else
		text(&j->seed, made, period);
	while (small && fed < j->share) {
		have = fill(j, made, period, buf, 0, &fed);
		for (i = 0; i + SMALL <= have; i += SMALL)
			save(j, h, buf + i, SMALL);
	}
	have = 0;
	while ((took = next_piece(j, made, period, buf, &have, &fed)) > 0) {
		save(j, h, buf, took);
		have -= took;
		memmove(buf, buf + took, have);
	}
	free(made);
	free(buf);
	repo_hand_free(h);
	return NULL;
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
	double wall, cpu, making = 0;

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
		jobs[i] = (struct job){ r, s, c, argv[2], total / threads, i + 1,
		    0 };
		pthread_create(&t[i], NULL, save_share, &jobs[i]);
	}
	for (i = 0; i < threads; i++) {
		pthread_join(t[i], NULL);
		making += jobs[i].making;
	}
	if (saver_flush(s, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	report(s, total, seconds(CLOCK_MONOTONIC) - wall,
	    seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu - making);
	saver_free(s);
	chunker_free(c);
	repo_close(r);
	return 0;
}
