/*
 * test_save_restic.c -- what we save, restic itself finds whole and gives back.
 * Passed over where there is no restic.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "repo/chunker.h"
#include "repo/load.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/test/literal.h"
#include "repo/test/place.h"
#include "repo/tree.h"
#include "testing/scratch.h"
#include "util/clean.h"
#include "util/proc.h"
#include "util/xalloc.h"

#define OUTPUT_MAX	((size_t)64 << 20)
#define PATIENCE	((int64_t)120 * 1000000)

/* Run restic on it: what it prints, and its exit status; -1 without restic. */
static int
restic(const struct place *p, const char *const *args, struct buf *out)
{
	const char *argv[12] = { "restic", "--no-cache", "-r", p->path };
	const char *env[] = { "RESTIC_PASSWORD=" PLACE_PASSWORD, NULL };
	struct proc_spec s = { .argv = argv, .env = env, PROC_NULL };
	struct err e = {0};
	int i, status;

	for (i = 0; i < 7 && args[i] != NULL; i++)
		argv[4 + i] = args[i];
	s.err = 2;
	out->len = 0;
	if (proc_run(&s, OUTPUT_MAX, PATIENCE, out, &status, &e) < 0) {
		if (e.kind == ERR_NOENT)
			return -1;
		fail_msg("%s", e.text);
	}
	return status;
}

/* ---- a small tree, saved by hand ---- */
static const struct {
	const char	*name;
	size_t		 len;
} files[] = {			/* in order of their names */
	{ "chunks", 20000000 }, { "empty", 0 }, { "small", 1000 },
	{ "zeros", 3000000 },
};
#define FILES		(sizeof(files) / sizeof(files[0]))
#define SMALL_FILES	300	/* more, in a folder of their own */

static void
file_text(size_t i, unsigned char *out)
{
	if (strcmp(files[i].name, "zeros") == 0)
		memset(out, 0, files[i].len);
	else
		literal_fill(i + 1, out, files[i].len);
}

struct work {
	struct repo	*repo;
	struct repo_hand *hand;
	struct saver	*saver;
	struct chunker	*chunker;
};

static void
save(struct work *w, enum blob_type t, const void *data, size_t len,
    struct id *id)
{
	struct err e = {0};

	if (saver_save(w->saver, w->hand, t, data, len, id, NULL, &e) < 0)
		fail_msg("%s", e.text);
}

static void
add_file(struct work *w, struct buf *tree, const char *name,
    const unsigned char *data, size_t len)
{
	struct id content[64];
	struct node n = {
		.name = name, .type = NODE_FILE, .mode = 0644, .user = "",
		.group = "", .inode = 1, .links = 1, .size = len,
		.content = content,
	};
	size_t at, took;

	for (at = 0; at < len; at += took) {
		took = chunker_next(w->chunker, data + at, len - at, 0, NULL);
		save(w, BLOB_DATA, data + at, took, &content[n.n_content++]);
	}
	tree_add(tree, &n);
}

static void
add_folder(struct work *w, struct buf *tree, const char *name, struct buf *sub)
{
	struct node n = {
		.name = name, .type = NODE_DIR, .mode = 0755 | 1U << 31,
		.user = "", .group = "", .inode = 2, .has_subtree = 1,
	};

	tree_end(sub);
	save(w, BLOB_TREE, sub->data, sub->len, &n.subtree);
	tree_add(tree, &n);
}

static void
save_tree(struct work *w, struct id *root)
{
	CLEAN_BUF struct buf top = {0}, many = {0}, few = {0};
	unsigned char *data;
	char name[32];
	size_t i;

	tree_begin(&few);
	for (i = 0; i < FILES; i++) {
		data = xalloc(files[i].len + 1);
		file_text(i, data);
		add_file(w, &few, files[i].name, data, files[i].len);
		free(data);
	}
	tree_begin(&many);
	for (i = 0; i < SMALL_FILES; i++) {
		snprintf(name, sizeof(name), "%04zu", i);
		add_file(w, &many, name, (const unsigned char *)name, 4);
	}
	tree_begin(&top);
	add_folder(w, &top, "few", &few);
	add_folder(w, &top, "many", &many);
	tree_end(&top);
	save(w, BLOB_TREE, top.data, top.len, root);
}

static void
make_snapshot(struct place *p)
{
	struct repo_hand *h = repo_hand_new(p->repo);
	struct work w = { .repo = p->repo, .hand = h };
	char path[] = "/data", host[] = "host", user[] = "user";
	char *paths[] = { path, NULL };
	struct snapshot s = {
		.time = { .sec = 1700000000 }, .paths = paths, .hostname = host,
		.username = user,
	};
	struct err e = {0};

	assert_int_equal(chunker_new(p->repo->polynomial, &w.chunker, &e), 0);
	assert_int_equal(saver_new(p->repo, &w.saver, &e), 0);
	save_tree(&w, &s.tree);
	if (saver_flush(w.saver, &e) < 0 || snapshot_save(p->repo, &s, &e) < 0)
		fail_msg("%s", e.text);
	saver_free(w.saver);
	chunker_free(w.chunker);
	repo_hand_free(h);
}

static void
gives_back(const struct place *p, const char *path, const void *data,
    size_t len)
{
	const char *const args[] = { "dump", "latest", path, NULL };
	CLEAN_BUF struct buf out = {0};

	assert_int_equal(restic(p, args, &out), 0);
	assert_int_equal(out.len, len);
	if (len > 0)
		assert_memory_equal(out.data, data, len);
}

static void
whole_for_restic(unsigned version, enum repo_compression c)
{
	const char *const check[] = { "check", "--read-data", "--no-lock", NULL };
	struct place p = place_new(version);
	CLEAN_BUF struct buf out = {0};
	unsigned char *data;
	char path[64];
	size_t i;
	int status;

	p.repo->options.compression = c;
	make_snapshot(&p);
	status = restic(&p, check, &out);
	if (status < 0) {
		place_free(&p);
		skip();
	}
	if (status != 0)
		fail_msg("restic check: %d\n%s", status, buf_str(&out));
	for (i = 0; i < FILES; i++) {
		data = xalloc(files[i].len + 1);
		file_text(i, data);
		snprintf(path, sizeof(path), "/few/%s", files[i].name);
		gives_back(&p, path, data, files[i].len);
		free(data);
	}
	gives_back(&p, "/many/0123", "0123", 4);
	place_free(&p);
}

static void
restic_finds_it_whole(void **state)
{
	(void)state;
	whole_for_restic(2, REPO_COMPRESS_AUTO);
	whole_for_restic(2, REPO_COMPRESS_MAX);
	whole_for_restic(2, REPO_COMPRESS_OFF);
	whole_for_restic(1, REPO_COMPRESS_AUTO);
}

/* restic backs a folder up into it, after us: what we saved is there for it, and
 * what it saved is there for us. */
static void
restic_and_we_share_blobs(void **state)
{
	struct place p = place_new(2);
	CLEAN_BUF struct buf out = {0}, got = {0};
	CLEAN_FREE unsigned char *data = xalloc(files[0].len);
	struct scratch folder = scratch_new();
	const char *const backup[] = { "backup", "--json", folder.path, NULL };
	struct repo_hand *h;
	struct chunker *c;
	struct err e = {0};
	struct id id;
	size_t at, took;
	int status;
	FILE *f;

	(void)state;
	make_snapshot(&p);
	file_text(0, data);
	f = fopen(scratch_path(&folder, "file"), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, files[0].len, f), files[0].len);
	fwrite("and more", 1, 8, f);
	fclose(f);
	status = restic(&p, backup, &out);
	scratch_free(&folder);
	if (status < 0) {
		place_free(&p);
		skip();
	}
	assert_int_equal(status, 0);
	/* Only the last chunk is another one: a fresh repository would have had
	 * all twenty megabytes. */
	assert_non_null(strstr(buf_str(&out), "\"data_blobs\":1,"));

	place_again(&p);
	h = repo_hand_new(p.repo);
	assert_int_equal(chunker_new(p.repo->polynomial, &c, &e), 0);
	data = xrealloc(data, files[0].len + 8, 1);
	memcpy(data + files[0].len, "and more", 8);
	for (at = 0; at < files[0].len + 8; at += took) {
		took = chunker_next(c, data + at, files[0].len + 8 - at, 0, NULL);
		sha256_of(data + at, took, id.b);
		if (load_blob(p.repo, h, BLOB_DATA, &id, &got, &e) < 0)
			fail_msg("%s", e.text);
	}
	chunker_free(c);
	repo_hand_free(h);
	place_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(restic_finds_it_whole),
		cmocka_unit_test(restic_and_we_share_blobs),
	};

	return cmocka_run_group_tests(tests, NULL, place_end);
}
