/*
 * index.c -- the index of a large repository: how long, and how much memory.
 *
 *	bench-index make REPOSITORY BLOBS	index files without packs
 *	bench-index load REPOSITORY CACHE	open the index; look things up
 *	bench-index packs REPOSITORY CACHE	go through it pack by pack
 *
 * The repository is there already, and its password is "x".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "repo/index.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

#define PACK	160	/* blobs in one: 16 MiB of 100 KiB */
#define FILE_BLOBS	50000

static struct err e;

static _Noreturn void
fail(void)
{
	fprintf(stderr, "%s\n", e.text);
	exit(1);
}

/* The k-th blob or pack: the same in every run. */
static void
nth(struct id *id, uint64_t k, uint64_t kind)
{
	uint64_t v[4], x = (k << 3 | kind) * 0x9e3779b97f4a7c15u + 1;
	int i;

	for (i = 0; i < 4; i++) {
		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
		x = (x ^ x >> 27) * 0x94d049bb133111ebu;
		v[i] = x ^= x >> 31;
	}
	memcpy(id->b, v, sizeof(v));
}

static void
tell(const char *what, int64_t since)
{
	char line[200];
	unsigned long rss = 0;
	struct rusage ru;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			rss = strtoul(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
	getrusage(RUSAGE_SELF, &ru);
	printf("%-32s %9.1f ms   resident %6.1f MiB   peak %6.1f MiB\n", what,
	    (double)(time_mono() - since) / 1000, (double)rss / 1024,
	    (double)ru.ru_maxrss / 1024);
}

static void
make(struct repo *r, uint64_t blobs)
{
	struct pack_entry v[PACK];
	struct buf json = {0};
	struct id pack, file;
	uint64_t k = 0, in = 0;
	uint32_t at;
	int i;

	while (k < blobs) {
		if (in == 0)
			index_file_begin(&json);
		nth(&pack, k, 1);
		for (i = 0, at = 0; i < PACK; i++, k++) {
			v[i] = (struct pack_entry){
				.type = k / PACK % 20 == 0, .offset = at,
				.length = (uint32_t)(60000 + k * 7919 % 90000),
				.plain = (uint32_t)(150000 + k % 50000),
				.compressed = 1,
			};
			nth(&v[i].id, k, 0);
			at += v[i].length;
		}
		index_file_pack(&json, &pack, v, PACK);
		in += PACK;
		if (in < FILE_BLOBS && k < blobs)
			continue;
		index_file_end(&json);
		if (repo_put(r, STORE_INDEX, json.data, json.len, &file, &e))
			fail();
		buf_reset(&json);
		in = 0;
	}
	buf_fini(&json);
}

static void
look_up(const struct repo *r, const char *what, uint64_t from, uint64_t n)
{
	int64_t t = time_mono();
	struct blob_at at;
	uint64_t k, found = 0;
	struct id id;
	char line[80];

	for (k = 0; k < n; k++) {
		nth(&id, from + k * 7919 % 5000000, 0);
		found += (uint64_t)index_find(r->index, BLOB_DATA, &id, &at);
	}
	snprintf(line, sizeof(line), "%s (%" PRIu64 " of %" PRIu64 ")", what,
	    found, n);
	tell(line, t);
}

static void
load(struct repo *r)
{
	struct index_stat st;
	int64_t t = time_mono();

	if (repo_load_index(r, &e))
		fail();
	tell("open the index", t);
	index_stat(r->index, &st);
	printf("%" PRIu64 " blobs, %" PRIu64 " packs, %" PRIu64 " files\n",
	    st.blobs[0] + st.blobs[1], st.packs, st.files);
	t = time_mono();
	if (repo_load_index(r, &e))
		fail();
	tell("bring it up to date", t);
	look_up(r, "look up blobs", 0, 100000);
	look_up(r, "look up what is not there", (uint64_t)1 << 40, 100000);
	t = time_mono();
	if (index_verify(r, &e))
		fail();
	tell("verify it", t);
}

static int
count(void *arg, const struct index_pack *p)
{
	uint64_t *n = arg;

	*n += p->n;
	return 0;
}

static void
packs(struct repo *r)
{
	uint64_t n = 0;
	int64_t t;

	if (repo_load_index(r, &e))
		fail();
	t = time_mono();
	if (index_packs(r->index, count, &n, &e))
		fail();
	printf("%" PRIu64 " blobs\n", n);
	tell("pack by pack", t);
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
	if (strcmp(argv[1], "make") != 0)
		o.cache_dir = argv[3];
	if (store_open(argv[2], NULL, &s, &e) || repo_open(s, &o, &r, &e))
		fail();
	tell("derive the key", t);
	if (strcmp(argv[1], "make") == 0)
		make(r, strtoull(argv[3], NULL, 10));
	else if (strcmp(argv[1], "load") == 0)
		load(r);
	else
		packs(r);
	repo_close(r);
	return 0;
}
