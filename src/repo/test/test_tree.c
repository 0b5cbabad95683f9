/*
 * test_tree.c -- a tree written from its nodes has the id that restic gave it,
 * and what is read is what was written, whatever stands in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "crypto/sha256.h"
#include "repo/test/same_node.h"
#include "repo/tree.h"
#include "util/err.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

static void
assert_id(const struct buf *tree, const char *want)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];

	sha256_of(tree->data, tree->len, sum);
	sha256_hex(sum, hex);
	assert_string_equal(hex, want);
}

static void
an_empty_tree_has_its_well_known_id(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	tree_begin(&b);
	tree_end(&b);
	assert_id(&b, "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d"
	    "2523fee8");
}

/* The root of the small repository that restic 0.18 made (vectors): a name, a
 * type, an id for content or subtree, or a target. */
static const struct {
	const char	*name, *id;
	uint32_t	 mode, inode, size, links;
	uint32_t	 ctime;		/* behind 1795348284 s, in ns */
} tiny[] = {
	{ "back\\slash", "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73"
	    "eeaed59c009d", S_IFREG | 0644, 10971448, 1, 1, 198338048 },
	{ "ctl-\x01", "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1"
	    "a25aefc6", S_IFREG | 0644, 10971455, 1, 1, 198338048 },
	{ "dir", "d9f01ce7c3854229de9d036c7be2eba2b187556f70c52cfd6876f7ced00d"
	    "b308", S_IFDIR | 0755, 10987830, 0, 0, 198338048 },
	{ "empty", NULL, S_IFREG | 0644, 10971446, 0, 1, 198338048 },
	{ "emptydir", "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d"
	    "2523fee8", S_IFDIR | 0755, 10987832, 0, 0, 198338048 },
	{ "fifo", NULL, S_IFIFO | 0644, 10971458, 0, 0, 198019115 },
	{ "hardlink", "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299"
	    "a192a447", S_IFREG | 04755, 10971445, 12, 2, 198338048 },
	{ "html<>&", "aaa9402664f1a41f40ebbc52c9993eb66aeb366602958fdfaa283b71e"
	    "64db123", S_IFREG | 0644, 10971454, 1, 1, 198338048 },
	{ "latin1-\xe9", "acac86c0e609ca906f632b0e2dacccb2b77d22b0621f20ebece1a"
	    "4835b93f6f0", S_IFREG | 0644, 10971451, 1, 1, 198338048 },
	{ "link", "plain.txt", S_IFLNK | 0777, 10971456, 0, 1, 198338048 },
	{ "link-bad", "bad-\xff-target", S_IFLNK | 0777, 10971457, 0, 1,
	    198019115 },
	{ "nbsp-\xc2\xa0", "665077f5ca5d20c727acdc837412a42d19fe9ec8004165726592"
	    "a54ba56e628b", S_IFREG | 0644, 10971453, 2, 1, 198019115 },
	{ "new\nline", "1b16b1df538ba12dc3f97edbb85caa7050d46c148134290feba80f8"
	    "236c83db9", S_IFREG | 0644, 10971450, 1, 1, 198338048 },
	{ "plain.txt", "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d29"
	    "9a192a447", S_IFREG | 04755, 10971445, 12, 2, 198338048 },
	{ "quote\"d", "8e35c2cd3bf6641bdb0e2050b76932cbb2e6034a0ddacc1d9bea82a6"
	    "ba57f7cf", S_IFREG | 0644, 10971447, 1, 1, 198019115 },
	{ "tab\there", "e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402"
	    "bf6273dd8", S_IFREG | 0644, 10971449, 1, 1, 198338048 },
	{ "\xc3\xbc-\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "0bfe935e70c321c7ca3a"
	    "fc75ce0d0ca2f98b5422e008bb31c00c6d7f1f1c0ad6", S_IFREG | 0644,
	    10971452, 1, 1, 198338048 },
};

static enum node_type
type_of(uint32_t mode)
{
	return S_ISREG(mode) ? NODE_FILE : S_ISDIR(mode) ? NODE_DIR :
	    S_ISLNK(mode) ? NODE_SYMLINK : NODE_FIFO;
}

static struct node
tiny_node(size_t i, struct id *id)
{
	static const struct node_xattr x = { "user.test", "\0\1value", 7 };
	struct node n = {
		.name = tiny[i].name, .type = type_of(tiny[i].mode),
		.mode = node_mode_of(tiny[i].mode),
		.mtime = { 1700000000, 120000000, 0 },
		.atime = { 1700000000, 120000000, 0 },
		.ctime = { 1795348284, (int32_t)tiny[i].ctime, 0 },
		.user = "root", .group = "root", .inode = tiny[i].inode,
		.device_id = 65024, .size = tiny[i].size,
		.links = tiny[i].links,
	};

	assert_int_equal(node_st_mode(&n), tiny[i].mode);
	if (n.type == NODE_SYMLINK) {
		n.target = tiny[i].id;
		return n;
	}
	if (n.links == 2) {
		n.xattrs = &x;
		n.n_xattrs = 1;
	}
	if (tiny[i].id == NULL)
		return n;
	assert_int_equal(id_parse(tiny[i].id, id), 0);
	if (n.type == NODE_DIR) {
		n.subtree = *id;
		n.has_subtree = 1;
	} else {
		n.content = id;
		n.n_content = 1;
	}
	return n;
}

static void
a_tree_has_the_id_that_restic_gave_it(void **state)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_TREE_READ struct tree_read t;
	struct node n;
	struct id id;
	struct err e;
	size_t i;

	(void)state;
	tree_begin(&b);
	for (i = 0; i < COUNT(tiny); i++) {
		n = tiny_node(i, &id);
		tree_add(&b, &n);
	}
	tree_end(&b);
	assert_id(&b, "e498a534337ebb4e8fb9d96c04bfc9c4f54f130e4233df653bf35991"
	    "6b7d2676");

	tree_read_init(&t, b.data, b.len);
	for (i = 0; i < COUNT(tiny); i++) {
		assert_int_equal(tree_read_next(&t, &e), 1);
		n = tiny_node(i, &id);
		assert_node_equal(&t.node, &n);
		assert_false(t.unordered);
		/* [] and null are told apart. */
		assert_int_equal(t.node.content == NULL,
		    t.node.type != NODE_FILE);
	}
	assert_int_equal(tree_read_next(&t, &e), 0);
	assert_int_equal(tree_read_next(&t, &e), 0);
	assert_writes_the_same(b.data, b.len);
}

/* ---- what others may write ---- */

/* The first node of this text, which t then holds; fails if there is none. */
static void
first_node(struct tree_read *t, const char *text)
{
	struct err e;

	tree_read_init(t, text, strlen(text));
	if (tree_read_next(t, &e) != 1)
		fail_msg("%s: %s", text, e.text);
}

#define NODE(members)	"{\"nodes\":[{" members "}]}"

static void
keys_come_in_any_order_and_case(void **state)
{
	CLEAN_TREE_READ struct tree_read t;

	(void)state;
	first_node(&t, " { \"version\" : [ { } ] , \"NODES\" : [ { \"Uid\" : 7 ,"
	    "\"content\" : null , \"TYPE\" : \"dev\" , \"later\":{\"a\":[1,2]},"
	    "\"NAME\":\"x\" , \"\\u006dode\":5, \"\xc5\xbfize\":9,"
	    "\"lin\xe2\x84\xaas\":3, \"gid\":null, \"mtime\":null } ] ,"
	    " \"more\" : 1 } \n");
	assert_string_equal(t.node.name, "x");
	assert_int_equal(t.node.type, NODE_DEV);
	assert_int_equal(t.node.uid, 7);
	assert_int_equal(t.node.gid, 0);
	assert_int_equal(t.node.mode, 5);
	assert_int_equal(t.node.size, 9);
	assert_int_equal(t.node.links, 3);
	assert_true(t.node.mtime.sec == INT64_C(-62135596800));
	assert_int_equal(tree_read_next(&t, NULL), 0);
}

static void
of_a_key_that_comes_twice_the_last_counts(void **state)
{
	CLEAN_TREE_READ struct tree_read t;

	(void)state;
	first_node(&t, NODE("\"name\":\"a\",\"size\":1,\"name\":\"b\","
	    "\"size\":2,\"size\":null,\"type\":\"what\",\"type\":\"file\","
	    "\"content\":[\"ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee"
	    "88684d2523fee8\"],\"content\":[],\"linktarget_raw\":\"/w==\","
	    "\"linktarget\":\"x\""));
	assert_string_equal(t.node.name, "b");
	assert_int_equal(t.node.size, 2);
	assert_int_equal(t.node.type, NODE_FILE);
	assert_int_equal(t.node.n_content, 0);
	assert_non_null(t.node.content);
	assert_string_equal(t.node.target, "\xff");	/* raw wins */
}

static void
a_type_of_later_is_kept(void **state)
{
	static const char text[] = "{\"nodes\":[{\"name\":\"a\",\"type\":"
	    "\"door\",\"mtime\":\"0001-01-01T00:00:00Z\",\"atime\":"
	    "\"0001-01-01T00:00:00Z\",\"ctime\":\"0001-01-01T00:00:00Z\","
	    "\"uid\":0,\"gid\":0,\"content\":null}]}\n";
	CLEAN_TREE_READ struct tree_read t;

	(void)state;
	first_node(&t, text);
	assert_int_equal(t.node.type, NODE_OTHER);
	assert_string_equal(t.node.other, "door");
	assert_int_equal(node_st_mode(&t.node) & S_IFMT, 0);
	assert_writes_the_same(text, strlen(text));
}

static void
attributes_of_windows_are_kept(void **state)
{
	static const char text[] = "{\"nodes\":[{\"name\":\"a\",\"type\":"
	    "\"file\",\"mtime\":\"2023-11-14T23:13:20.5+01:00\",\"atime\":"
	    "\"2023-11-14T23:13:20.5+01:00\",\"ctime\":\"0001-01-01T00:00:00Z\","
	    "\"uid\":0,\"gid\":0,\"generic_attributes\":{"
	    "\"windows.creation_time\":\"AAA=\",\"windows.file_attributes\":32},"
	    "\"content\":[]}]}\n";
	CLEAN_TREE_READ struct tree_read t;

	(void)state;
	assert_writes_the_same(text, strlen(text));
	first_node(&t, NODE("\"name\":\"a\",\"generic_attributes\":{}"));
	assert_null(t.node.generic);
	tree_read_fini(&t);
	first_node(&t, NODE("\"name\":\"a\",\"generic_attributes\":null"));
	assert_null(t.node.generic);
}

static void
values_of_attributes_may_be_null_or_empty(void **state)
{
	static const char text[] = "{\"nodes\":[{\"name\":\"a\",\"type\":"
	    "\"file\",\"mtime\":\"2023-11-14T22:13:20Z\",\"atime\":"
	    "\"2023-11-14T22:13:20Z\",\"ctime\":\"2023-11-14T22:13:20Z\","
	    "\"uid\":0,\"gid\":0,\"extended_attributes\":["
	    "{\"name\":\"user.a\",\"value\":null},"
	    "{\"name\":\"user.b\",\"value\":\"\"},"
	    "{\"name\":\"user.\xc3\xa9\",\"value\":\"/+8=\"},"
	    "{\"name\":\"user.d\",\"value\":\"AAAA\"},"
	    "{\"name\":\"user.e\",\"value\":\"AAAA\"}],\"content\":[]}]}\n";
	CLEAN_TREE_READ struct tree_read t;

	(void)state;
	first_node(&t, text);
	assert_int_equal(t.node.n_xattrs, 5);
	assert_null(t.node.xattrs[0].value);
	assert_non_null(t.node.xattrs[1].value);
	assert_int_equal(t.node.xattrs[1].len, 0);
	assert_memory_equal(t.node.xattrs[2].value, "\xff\xef", 2);
	assert_writes_the_same(text, strlen(text));
	tree_read_fini(&t);
	first_node(&t, NODE("\"extended_attributes\":[null,{},{\"x\":1}]"));
	assert_int_equal(t.node.n_xattrs, 3);
	assert_string_equal(t.node.xattrs[2].name, "");
}

/* A C string ends at a NUL, and would be the name of something else. */
static void
a_name_with_a_nul_is_no_name(void **state)
{
	CLEAN_TREE_READ struct tree_read t;

	(void)state;
	first_node(&t, NODE("\"name\":\"passwd\\\\x00.txt\",\"linktarget\":"
	    "\"a\\u0000b\",\"user\":\"root\\u0000\",\"linktarget_raw\":"
	    "\"AAEC+vv8\",\"extended_attributes\":[{\"name\":"
	    "\"user.a\\u0000\",\"value\":\"AAAA\"}]"));
	assert_string_equal(t.node.name, "");
	assert_string_equal(t.node.target, "");
	assert_string_equal(t.node.user, "");
	assert_string_equal(t.node.xattrs[0].name, "");
	assert_int_equal(t.node.xattrs[0].len, 3);
}

static void
names_that_lead_elsewhere_are_known(void **state)
{
	(void)state;
	assert_true(node_name_ok("a"));
	assert_true(node_name_ok("..."));
	assert_true(node_name_ok(".a"));
	assert_true(node_name_ok("\xff\n"));
	assert_false(node_name_ok(""));
	assert_false(node_name_ok("."));
	assert_false(node_name_ok(".."));
	assert_false(node_name_ok("/"));
	assert_false(node_name_ok("a/../b"));
}

static void
order_is_told(void **state)
{
	static const char text[] = "{\"nodes\":[{\"name\":\"a\"},"
	    "{\"name\":\"a \"},{\"name\":\"a\"},{\"name\":\"a\"},"
	    "{\"name\":\"\xc3\xa9\"},{\"name\":\"\\\\xe9\"},{\"name\":\"z\"}]}";
	static const int unordered[] = { 0, 0, 1, 1, 0, 0, 1 };
	CLEAN_TREE_READ struct tree_read t;
	struct err e;
	size_t i;

	(void)state;
	tree_read_init(&t, text, strlen(text));
	for (i = 0; i < COUNT(unordered); i++) {
		assert_int_equal(tree_read_next(&t, &e), 1);
		assert_int_equal(t.unordered, unordered[i]);
	}
	assert_int_equal(tree_read_next(&t, &e), 0);
}

#define ID "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8"

static void
what_is_no_tree_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "{", "{}", "[]", "null", "{\"nodes\"}", "{\"nodes\":",
		"{\"nodes\":[", "{\"nodes\":[}", "{\"nodes\":{}}",
		"{\"nodes\":[]", "{\"nodes\":[]}x", "{\"nodes\":[]}{}",
		"{\"nodes\":[],\"nodes\":[]}", "{\"nodes\":null,\"nodes\":[]}",
		"{\"nodes\":[{}", "{\"nodes\":[{},", "{\"nodes\":[{},]}",
		"{\"nodes\":[{}{}]}", "{\"nodes\":[1]}", "{\"nodes\":[null]}",
		NODE("\"name\":1"), NODE("\"name\":\"\\\\\""),
		NODE("\"name\":\"a\\nb\""), NODE("\"name\":\"a\\\"b\""),
		NODE("\"type\":1"), NODE("\"mode\":-1"),
		NODE("\"mode\":4294967296"), NODE("\"size\":1.5"),
		NODE("\"size\":\"1\""), NODE("\"size\":18446744073709551616"),
		NODE("\"mtime\":\"today\""), NODE("\"mtime\":0"),
		NODE("\"content\":{}"), NODE("\"content\":[1]"),
		NODE("\"content\":[\"ab\"]"), NODE("\"content\":[\"" ID "0\"]"),
		NODE("\"content\":[\"" ID "\",]"),
		NODE("\"content\":[\"g" ID "\"]"), NODE("\"subtree\":\"\""),
		NODE("\"linktarget_raw\":\"a\""), NODE("\"subtree\":[]"),
		NODE("\"linktarget_raw\":\"AAE\""),
		NODE("\"extended_attributes\":{}"),
		NODE("\"extended_attributes\":[1]"),
		NODE("\"extended_attributes\":[{\"value\":\"?\"}]"),
		NODE("\"generic_attributes\":[]"),
		NODE("\"generic_attributes\":{\"a\"}"), NODE("\"later\":tru"),
	};
	struct err e;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		CLEAN_TREE_READ struct tree_read t;

		e.kind = ERR_NONE;
		tree_read_init(&t, bad[i], strlen(bad[i]));
		while ((got = tree_read_next(&t, &e)) == 1)
			continue;
		if (got != -1)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_int_equal(tree_read_next(&t, &e), -1);
	}
}

static void
a_tree_may_say_null(void **state)
{
	CLEAN_TREE_READ struct tree_read t;

	(void)state;
	tree_read_init(&t, "{\"nodes\":null}\n", 15);
	assert_int_equal(tree_read_next(&t, NULL), 0);
}

/* Every prefix of a good tree is refused, and read no further than it goes
 * (the copy is exactly as long, for the sanitiser to see). */
static void
a_tree_cut_off_anywhere_is_refused(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct node n;
	struct id id;
	size_t i, len;
	int got;

	(void)state;
	tree_begin(&b);
	for (i = 6; i < 12; i++) {
		n = tiny_node(i, &id);
		tree_add(&b, &n);
	}
	tree_end(&b);
	for (len = 0; len + 1 < b.len; len++) {
		char *copy = malloc(len + (len == 0));
		struct tree_read t;

		assert_non_null(copy);
		memcpy(copy, b.data, len);
		tree_read_init(&t, copy, len);
		while ((got = tree_read_next(&t, NULL)) == 1)
			continue;
		tree_read_fini(&t);
		free(copy);
		assert_int_equal(got, -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_tree_has_its_well_known_id),
		cmocka_unit_test(a_tree_has_the_id_that_restic_gave_it),
		cmocka_unit_test(keys_come_in_any_order_and_case),
		cmocka_unit_test(of_a_key_that_comes_twice_the_last_counts),
		cmocka_unit_test(a_type_of_later_is_kept),
		cmocka_unit_test(attributes_of_windows_are_kept),
		cmocka_unit_test(values_of_attributes_may_be_null_or_empty),
		cmocka_unit_test(a_name_with_a_nul_is_no_name),
		cmocka_unit_test(names_that_lead_elsewhere_are_known),
		cmocka_unit_test(order_is_told),
		cmocka_unit_test(what_is_no_tree_is_refused),
		cmocka_unit_test(a_tree_may_say_null),
		cmocka_unit_test(a_tree_cut_off_anywhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
