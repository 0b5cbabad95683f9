/*
 * nodes.c -- how long restic's JSON takes us: nodes of trees, written and read,
 * and entries of index files.  bench-nodes [COUNT]: the best of five rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repo/index.h"
#include "repo/pack.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define ROUNDS	5

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
say(const char *what, size_t n, size_t bytes, double seconds)
{
	printf("%-24s %8.1f ms  %6.0f ns each  %6.0f MB/s  %zu bytes each\n",
	    what, seconds * 1e3, seconds * 1e9 / (double)n,
	    (double)bytes / seconds / 1e6, bytes / n);
}

static struct node
sample(size_t i, char name[32], struct id *id)
{
	struct node n = { .name = name, .type = NODE_FILE, .mode = 0644,
		.uid = 1000, .gid = 1000, .user = "somebody", .group = "users",
		.inode = 10000000 + i, .device_id = 65024, .size = 4096 + i,
		.links = 1, .content = id, .n_content = 1 };

	snprintf(name, 32, "photo-2023-%06zu.jpeg", i);
	memset(id, (int)i, sizeof(*id));
	node_time_local(1700000000 - (int64_t)i * 61, (int32_t)i * 977,
	    &n.mtime);
	n.atime = n.mtime;
	node_time_local(1790000000 + (int64_t)i / 100, (int32_t)i * 1009,
	    &n.ctime);
	return n;
}

static double
write_nodes(struct buf *out, size_t count)
{
	double start = now();
	struct node n;
	struct id id;
	char name[32];
	size_t i;

	buf_reset(out);
	tree_begin(out);
	for (i = 0; i < count; i++) {
		n = sample(i, name, &id);
		tree_add(out, &n);
	}
	tree_end(out);
	return now() - start;
}

/* What the samples themselves cost. */
static double
make_nodes(size_t count)
{
	double start = now();
	struct node n;
	struct id id;
	char name[32];
	size_t i;

	for (i = 0; i < count; i++) {
		n = sample(i, name, &id);
		__asm__ volatile("" : : "r"(&n) : "memory");
	}
	return now() - start;
}

static double
read_nodes(const struct buf *in, size_t count)
{
	double start = now();
	CLEAN_TREE_READ struct tree_read t;
	size_t n = 0;

	tree_read_init(&t, in->data, in->len);
	while (tree_read_next(&t, NULL) == 1)
		n++;
	if (n != count)
		abort();
	return now() - start;
}

static int
count_pack(void *arg, const struct index_file_pack *p)
{
	*(size_t *)arg += p->n;
	return 0;
}

static double
read_index(const struct buf *in, size_t count)
{
	double start = now();
	size_t n = 0;

	if (index_file_read(in->data, in->len, count_pack, &n, NULL) < 0 ||
	    n != count)
		abort();
	return now() - start;
}

static double
write_index(struct buf *out, const struct pack_entry *v, size_t count)
{
	double start = now();

	buf_reset(out);
	index_file_begin(out);
	index_file_pack(out, &v->id, v, count);
	index_file_end(out);
	return now() - start;
}

static double
least(double a, double b)
{
	return a < b ? a : b;
}

int
main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000, i;
	struct pack_entry *v = xallocn(count, sizeof(*v));
	CLEAN_BUF struct buf tree = {0}, index = {0};
	double best[5] = { 1e9, 1e9, 1e9, 1e9, 1e9 };

	for (i = 0; i < count; i++) {
		memset(v[i].id.b, (int)i, ID_LEN);
		v[i].offset = (uint32_t)i * 1000;
		v[i].length = 1000;
		v[i].plain = 3000 + (uint32_t)i;
		v[i].compressed = 1;
	}
	for (i = 0; i < ROUNDS; i++) {
		best[0] = least(best[0], make_nodes(count));
		best[1] = least(best[1], write_nodes(&tree, count));
		best[2] = least(best[2], read_nodes(&tree, count));
		best[3] = least(best[3], write_index(&index, v, count));
		best[4] = least(best[4], read_index(&index, count));
	}
	say("nodes written", count, tree.len, best[1] - best[0]);
	say("nodes read", count, tree.len, best[2]);
	say("index entries written", count, index.len, best[3]);
	say("index entries read", count, index.len, best[4]);
	free(v);
	return 0;
}
