/* place.c -- see place.h. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/index.h"
#include "repo/repo_impl.h"
#include "repo/test/place.h"
#include "testing/scratch.h"
#include "util/clean.h"
#include "util/err.h"

static struct kept {
	struct scratch	 s;
	struct repo	*repo;
} kept[3];			/* by version */

static struct store *
open_store(const char *path)
{
	struct store *s;
	struct err e = {0};

	if (store_open(path, NULL, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static void
make(unsigned version, struct kept *k)
{
	struct repo_options o = {
		.password = PLACE_PASSWORD,
		.password_len = strlen(PLACE_PASSWORD),
	};
	const struct scrypt quick = { 16, 8, 1 };
	struct store *s;
	struct err e = {0};

	k->s = scratch_new();
	if (store_create(k->s.path, NULL, &s, &e) < 0 ||
	    repo_init_with(s, &o, version, 0, &quick, &k->repo, &e) < 0)
		fail_msg("%s", e.text);
}

int
place_end(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		if (kept[i].repo == NULL)
			continue;
		repo_close(kept[i].repo);
		scratch_free(&kept[i].s);
	}
	return 0;
}

static int
remove_one(void *arg, const struct store_name *n, uint64_t size)
{
	(void)size;
	return store_remove(arg, n, NULL);
}

static void
take(struct place *p, struct store *s)
{
	struct repo *r = p->repo;

	index_free(r->index);
	r->index = NULL;
	if (s != r->store)
		store_close(r->store);
	r->store = s;
}

static void
load_index(struct place *p)
{
	struct err e = {0};

	if (repo_load_index(p->repo, &e) < 0)
		fail_msg("%s", e.text);
}

struct place
place_new(unsigned version)
{
	static const enum store_kind kinds[] = { STORE_PACK, STORE_INDEX,
	    STORE_SNAPSHOT };
	struct kept *k = &kept[version];
	struct place p;
	size_t i;

	if (k->repo == NULL)
		make(version, k);
	p.path = k->s.path;
	p.repo = k->repo;
	take(&p, open_store(p.path));
	memset(&p.repo->options, 0, sizeof(p.repo->options));
	for (i = 0; i < 3; i++)
		assert_int_equal(store_list(p.repo->store, kinds[i], remove_one,
		    p.repo->store, NULL), 0);
	load_index(&p);
	return p;
}

void
place_free(struct place *p)
{
	take(p, p->repo->store);
}

void
place_again(struct place *p)
{
	take(p, open_store(p->path));
	load_index(p);
}

void
place_through(struct place *p, enum store_fault kind, uint64_t nth)
{
	take(p, store_fault(open_store(p->path), kind, nth));
}

void
place_in_child(struct place *p)
{
	struct repo_options o = {
		.password = PLACE_PASSWORD,
		.password_len = strlen(PLACE_PASSWORD),
	};

	if (repo_open(open_store(p->path), &o, &p->repo, NULL) < 0)
		_exit(3);
}

/* ---- a pack's file ---- */

static int
open_pack(const struct place *p, const struct id *pack)
{
	struct scratch s = scratch_at(p->path);
	char hex[ID_HEX], name[128];
	int fd;

	id_hex(pack, hex);
	snprintf(name, sizeof(name), "data/%.2s/%s", hex, hex);
	scratch_mode(&s, name, 0600);
	fd = openat(s.fd, name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	scratch_leave(&s);
	return fd;
}

uint64_t
place_pack_size(const struct place *p, const struct id *pack)
{
	CLEAN_FD int fd = open_pack(p, pack);
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_size;
}

void
place_turn_bit(const struct place *p, const struct id *pack, uint64_t at,
    unsigned bit)
{
	CLEAN_FD int fd = open_pack(p, pack);
	unsigned char c;

	assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
	c ^= (unsigned char)(1 << bit);
	assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
}
