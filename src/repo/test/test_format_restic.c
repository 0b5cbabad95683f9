/*
 * test_format_restic.c -- with real restic: what it makes of a folder is byte
 * for byte what we make of it, and it reads what we wrote.
 *
 * Debian's restic is older than what we write like (restic-format 1.21): names
 * here have characters that its Unicode knew, and texts neither \b nor \f.
 */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "repo/snapshot.h"
#include "repo/test/same_node.h"
#include "repo/test/scene.h"
#include "repo/tree.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))
#define NAME_LEN_MAX	255

/* ---- an awkward folder ---- */

/* With a time of its own, before 1970 and far ahead among them. */
static void
add_file(int dir, const char *name)
{
	static const int64_t times[] = { 0, -1, 1700000000, -2000000000,
		4102444800, 1690000000, 951782400 };
	static unsigned count;
	struct timespec t[2] = { { 5, 0 }, { times[count % COUNT(times)],
		(long)(count * 7919 % 1000000000) } };
	CLEAN_FD int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC,
	    0600 + count % 64);

	count++;
	if (fd < 0)	/* a name that this file system cannot have */
		return;
	assert_int_equal(futimens(fd, t), 0);
}

static void
add_all_bytes(int dir)
{
	char name[4] = { 'x', 0, 'y', 0 };
	int c;

	for (c = 1; c < 256; c++) {
		name[1] = (char)c;
		if (c == '/')
			continue;
		add_file(dir, name);
		if (c == '.')
			continue;
		add_file(dir, (char[]){ (char)c, 0 });
	}
}

/* Characters of many kinds, and pieces of them. */
static void
add_random_names(int dir, unsigned count)
{
	static const char *const parts[] = { "a", ".", " ", "<&>", "\"", "\\",
		"\n", "\t", "\x7f", "\x1b", "\xc3\xa9", "\xc2\xa0", "\xc2\xad",
		"\xe2\x80\x8b", "\xe2\x80\xa8", "\xe6\x97\xa5", "\xef\xbb\xbf",
		"\xef\xbf\xbd", "\xee\x80\x80", "\xf0\x9f\x98\x80",
		"\xf3\xa0\x80\x81", "\xf4\x8f\xbf\xbf", "\xcd\xb8", "\xff",
		"\xe2\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf0\x9f", "e\xcc\x81",
		"\xd7\x90", "\xe1\x9a\x80", "\xe3\x80\x80" };
	char name[NAME_LEN_MAX + 1];
	int n;

	while (count-- > 0) {
		name[0] = '\0';
		for (n = 1 + rand() % 12; n > 0; n--)
			strncat(name, parts[(size_t)rand() % COUNT(parts)], 4);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			add_file(dir, name);
	}
}

static void
add_others(int dir)
{
	static const char *const targets[] = { "plain", "/abs/<olute>", "..",
		"\xc3\xa9\xe2\x80\xa8\x01\x1f\x7f\"\\", "dangling/\n\t" };
	static const char binary[] = "\0\1\xff\xfe\n";
	char name[16];
	size_t i;
	int fd;

	for (i = 0; i < COUNT(targets); i++) {
		snprintf(name, sizeof(name), "link-%zu", i);
		assert_int_equal(symlinkat(targets[i], dir, name), 0);
	}
	assert_int_equal(mkfifoat(dir, "fifo", 0644), 0);
	assert_int_equal(mkdirat(dir, "folder", 0755), 0);
	if (mknodat(dir, "null", S_IFCHR | 0666, 0x103) == 0)
		assert_int_equal(mknodat(dir, "disk", S_IFBLK | 0660, 0x12c07),
		    0);
	fd = openat(dir, "rich", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 07755), 0);
	assert_int_equal(linkat(dir, "rich", dir, "rich-too", 0), 0);
	if (fsetxattr(fd, "user.binary", binary, 5, 0) == 0) {
		assert_int_equal(fsetxattr(fd, "user.empty", "", 0, 0), 0);
		assert_int_equal(fsetxattr(fd, "user.\xc3\xa9<", "x", 1, 0), 0);
	}
	close(fd);
}

/* ---- what we make of it ---- */

static void
add_xattrs(struct arena *a, int dir, struct node *n)
{
	CLEAN_FD int fd = openat(dir, n->name, O_RDONLY | O_CLOEXEC);
	struct node_xattr *v = arena_alloc(a, 16 * sizeof(*v));
	char names[4096], value[4096];
	ssize_t len = flistxattr(fd, names, sizeof(names)), got;
	const char *at;

	n->xattrs = v;
	for (at = names; len > 0 && at < names + len; at += strlen(at) + 1) {
		got = fgetxattr(fd, at, value, sizeof(value));
		assert_true(got >= 0 && n->n_xattrs < 16);
		v[n->n_xattrs++] = (struct node_xattr){ arena_str(a, at),
			arena_dup(a, value, (size_t)got), (size_t)got };
	}
}

static enum node_type
type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return NODE_FILE;
	case S_IFDIR: return NODE_DIR;
	case S_IFLNK: return NODE_SYMLINK;
	case S_IFBLK: return NODE_DEV;
	case S_IFCHR: return NODE_CHARDEV;
	case S_IFIFO: return NODE_FIFO;
	default: return NODE_OTHER;
	}
}

static const char *
user_name(struct arena *a, uid_t uid)
{
	struct passwd room, *found = NULL;
	char text[4096];
	int r = getpwuid_r(uid, &room, text, sizeof(text), &found);

	return arena_str(a, r == 0 && found != NULL ? found->pw_name : "");
}

static const char *
group_name(struct arena *a, gid_t gid)
{
	struct group room, *found = NULL;
	char text[16384];
	int r = getgrgid_r(gid, &room, text, sizeof(text), &found);

	return arena_str(a, r == 0 && found != NULL ? found->gr_name : "");
}

/* A file here is empty, and so is a folder. */
static struct node
node_of(struct arena *a, int dir, const char *name, const struct id *empty)
{
	struct node n = { .name = name };
	char target[256];
	struct stat st;
	ssize_t len;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	n.type = type_of(st.st_mode);
	n.mode = node_mode_of(st.st_mode);
	node_time_local(st.st_mtim.tv_sec, (int32_t)st.st_mtim.tv_nsec,
	    &n.mtime);
	n.atime = n.mtime;
	node_time_local(st.st_ctim.tv_sec, (int32_t)st.st_ctim.tv_nsec,
	    &n.ctime);
	n.uid = st.st_uid;
	n.gid = st.st_gid;
	n.user = user_name(a, st.st_uid);
	n.group = group_name(a, st.st_gid);
	n.inode = st.st_ino;
	n.device_id = st.st_dev;
	if (n.type != NODE_DIR && n.type != NODE_FIFO)
		n.links = st.st_nlink;
	if (n.type == NODE_DEV || n.type == NODE_CHARDEV)
		n.device = st.st_rdev;
	if (n.type == NODE_FILE)
		add_xattrs(a, dir, &n);
	if (n.type == NODE_DIR) {
		n.has_subtree = 1;
		n.subtree = *empty;
	}
	if (n.type == NODE_SYMLINK) {
		len = readlinkat(dir, name, target, sizeof(target));
		assert_true(len > 0);
		n.target = arena_dup(a, target, (size_t)len);
	}
	return n;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The tree of a folder. */
static void
make_tree(struct buf *out, int dir)
{
	CLEAN_ARENA struct arena a = {0};
	const char **names = NULL;
	size_t n = 0, cap = 0, i;
	struct dirent *d;
	struct id empty;
	struct node node;
	DIR *list;

	assert_int_equal(id_parse("ac08ce34ba4f8123618661bef2425f7028ffb9ac740"
	    "578a3ee88684d2523fee8", &empty), 0);
	list = fdopendir(dup(dir));
	assert_non_null(list);
	rewinddir(list);
	while ((d = readdir(list)) != NULL) {
		if (!node_name_ok(d->d_name))
			continue;
		XGROW(names, n, cap);
		names[n++] = arena_str(&a, d->d_name);
	}
	closedir(list);
	assert_non_null(names);
	qsort(names, n, sizeof(*names), by_bytes);
	tree_begin(out);
	for (i = 0; i < n; i++) {
		node = node_of(&a, dir, names[i], &empty);
		tree_add(out, &node);
	}
	tree_end(out);
	free(names);
}

/* Where two texts begin to differ, shown. */
static void
assert_same_text(const struct buf *a, const struct buf *b)
{
	size_t i = 0, from;

	while (i < a->len && i < b->len && a->data[i] == b->data[i])
		i++;
	if (i == a->len && i == b->len)
		return;
	from = i < 100 ? 0 : i - 100;
	fail_msg("at %zu:\n%.200s\n%.200s", i, (const char *)a->data + from,
	    (const char *)b->data + from);
}

static void
a_folder_is_the_same_tree_to_both(void **state)
{
	CLEAN_FREE char *path = scene_path(*state, "theirs");
	CLEAN_FREE char *folder = scene_path(*state, "awkward");
	CLEAN_BUF struct buf out = {0}, ours = {0}, theirs = {0};
	CLEAN_ARENA struct arena a = {0};
	CLEAN_SNAPSHOT struct snapshot s;
	struct repo_hand *h;
	const char *sub;
	struct repo *r;
	struct node n;
	unsigned seed;
	struct err e;
	int dir;

	random_bytes(&seed, sizeof(seed));
	print_message("seed %u\n", seed);
	srand(seed);
	assert_int_equal(mkdirat(AT_FDCWD, folder, 0755), 0);
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	add_all_bytes(dir);
	add_random_names(dir, 500);
	add_others(dir);
	make_tree(&ours, dir);
	close(dir);

	repo_close(scene_make(*state, "theirs", 2));
	assert_int_equal(scene_restic(&out, path, "backup", folder, NULL), 0);
	r = scene_open(path, NULL);
	h = repo_hand_new(r);
	if (repo_load_index(r, &e) < 0 ||
	    snapshot_named(r, "latest", NULL, &s, &sub, &e) < 0 ||
	    tree_find(r, h, &s.tree, folder, &a, &n, &e) < 0 ||
	    tree_load(r, h, &n.subtree, &theirs, &e) < 0)
		fail_msg("%s", e.text);
	assert_same_text(&theirs, &ours);
	assert_writes_the_same(theirs.data, theirs.len);
	repo_hand_free(h);
	repo_close(r);
}

/* ---- what it makes of ours ---- */

static void
restic_reads_what_was_written(void **state)
{
	static const char content[] = "hello";
	CLEAN_FREE char *path = scene_path(*state, "ours");
	CLEAN_BUF struct buf out = {0}, tree = {0};
	CLEAN_SNAPSHOT struct snapshot s = { .time = { 1700000000, 5, 3600 },
		.uid = 7, .has_summary = 1 };
	struct node n = { .name = "odd-\xe9\n\"<\xe2\x80\xa8", .mode = 0640,
		.mtime = { -5, 1, 0 }, .atime = { -5, 1, 0 },
		.ctime = { 1700000000, 0, -34200 }, .size = 5, .n_content = 1,
		.links = 1 };
	struct repo_hand *h;
	struct saver *sv;
	struct saved how;
	struct repo *r;
	struct id id;
	struct err e;

	sv = NULL;
	r = scene_make(*state, "ours", 2);
	h = repo_hand_new(r);
	if (repo_load_index(r, &e) < 0 || saver_new(r, &sv, &e) < 0 ||
	    saver_save(sv, h, BLOB_DATA, content, 5, &id, &how, &e) < 0)
		fail_msg("%s", e.text);
	n.content = &id;
	tree_begin(&tree);
	tree_add(&tree, &n);
	tree_end(&tree);
	s.paths = xallocn(2, sizeof(*s.paths));
	s.paths[0] = xstrdup("/a <b>");
	s.hostname = xstrdup("here");
	s.summary.files_new = 1;
	if (saver_save(sv, h, BLOB_TREE, tree.data, tree.len, &s.tree, &how,
	    &e) < 0 || saver_flush(sv, &e) < 0 || snapshot_save(r, &s, &e) < 0)
		fail_msg("%s", e.text);
	saver_free(sv);
	repo_hand_free(h);
	repo_close(r);

	assert_int_equal(scene_restic(&out, path, "check", "--read-data",
	    NULL), 0);
	buf_reset(&out);
	assert_int_equal(scene_restic(&out, path, "ls", "--json", "latest",
	    NULL), 0);
	assert_non_null(strstr(buf_str(&out),
	    "\"time\":\"2023-11-14T23:13:20.000000005+01:00\""));
	assert_non_null(strstr(buf_str(&out), "\"paths\":[\"/a \\u003cb\\u003e\"]"));
	assert_non_null(strstr(buf_str(&out), "\"uid\":7"));
	assert_non_null(strstr(buf_str(&out),
	    "\"name\":\"odd-\\ufffd\\n\\\"\\u003c\\u2028\""));
	assert_non_null(strstr(buf_str(&out),
	    "\"mtime\":\"1969-12-31T23:59:55.000000001Z\""));
	assert_non_null(strstr(buf_str(&out),
	    "\"ctime\":\"2023-11-14T12:43:20-09:30\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_the_same_tree_to_both),
		cmocka_unit_test(restic_reads_what_was_written),
	};

	if (!scene_has_restic())
		return 0;
	/* For restic, too, which is our child. */
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return cmocka_run_group_tests(tests, scene_setup, scene_teardown);
}
