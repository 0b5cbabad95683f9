/*
 * test_tree_any.c -- nodes of any kind and size come back, and none takes more
 * memory than its text is worth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "repo/test/same_node.h"
#include "repo/tree.h"
#include "util/err.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))

/* ---- limits ---- */

static void
attributes_have_an_end(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct tree_read t;
	struct err e;
	int i;

	(void)state;
	buf_adds(&b, "{\"nodes\":[{\"extended_attributes\":[{}");
	for (i = 0; i < 40000; i++)
		buf_adds(&b, ",{}");
	buf_adds(&b, "]}]}");
	tree_read_init(&t, b.data, b.len);
	assert_int_equal(tree_read_next(&t, &e), -1);
	tree_read_fini(&t);
	assert_non_null(strstr(e.text, "too many attributes"));
}

static void
memory_is_that_of_one_node(void **state)
{
	CLEAN_BUF struct buf b = {0}, target = {0};
	CLEAN_TREE_READ struct tree_read t;
	struct node n = { .type = NODE_SYMLINK };
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 4000; i++)
		buf_addc(&target, 'x');
	n.target = buf_str(&target);
	tree_begin(&b);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "%06d", i);
		n.name = name;
		tree_add(&b, &n);
	}
	tree_end(&b);
	tree_read_init(&t, b.data, b.len);
	while (tree_read_next(&t, NULL) == 1)
		assert_true(t.arena.total < 200000);
}

static void
a_file_of_many_pieces_comes_back(void **state)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_TREE_READ struct tree_read t;
	struct id *ids = calloc(100000, sizeof(*ids));
	struct node n = { .name = "disk", .content = ids, .n_content = 100000 };

	(void)state;
	assert_non_null(ids);
	random_bytes(ids, 100000 * sizeof(*ids));
	tree_begin(&b);
	tree_add(&b, &n);
	tree_end(&b);
	tree_read_init(&t, b.data, b.len);
	assert_int_equal(tree_read_next(&t, NULL), 1);
	assert_node_equal(&t.node, &n);
	free(ids);
}

/* ---- random ones ---- */

static uint64_t
any_u64(void)
{
	uint64_t v;

	v = (uint64_t)rand() << 40 ^ (uint64_t)rand() << 20 ^ (uint64_t)rand();
	return rand() % 4 == 0 ? 0 : v >> rand() % 64;
}

/* Bytes without NUL, at most 40. */
static const char *
any_text(struct arena *a)
{
	char text[41];
	size_t n = (size_t)rand() % 41, i;

	for (i = 0; i < n; i++)
		text[i] = (char)(rand() % 3 ? 'a' + rand() % 26 :
		    1 + rand() % 255);
	return arena_dup(a, text, n);
}

/* The same, in UTF-8, as all but name and target are. */
static const char *
any_utf8(struct arena *a)
{
	static const char *const parts[] = { "a", "B", "\"", "\\", "\n", "<",
		"\x7f", "\x1f", "\xc3\xa9", "\xe2\x80\xa8", "\xf0\x9f\x98\x80",
		"\xef\xbf\xbd" };
	char text[64] = "";
	int n = rand() % 12;

	while (n-- > 0)
		strncat(text, parts[(size_t)rand() % COUNT(parts)], 5);
	return arena_str(a, text);
}

static struct node_time
any_time(void)
{
	struct node_time t;

	/* Years 1 to 9998, so that no zone leaves the range. */
	t.sec = (int64_t)(any_u64() % 315000000000) - 62100000000;
	t.nsec = rand() % 3 ? rand() % 1000000000 : 0;
	t.zone = (rand() % 2880 - 1440) / 15 * 15 * 60 % 86400;
	return t;
}

static void
any_xattrs(struct arena *a, struct node *n)
{
	struct node_xattr *v;
	size_t i;

	n->n_xattrs = rand() % 3 ? 0 : (size_t)rand() % 12;
	n->xattrs = v = arena_alloc(a, n->n_xattrs * sizeof(*v));
	for (i = 0; i < n->n_xattrs; i++) {
		v[i].name = any_utf8(a);
		if (rand() % 5 == 0)
			continue;
		v[i].len = (size_t)rand() % 100;
		v[i].value = arena_alloc(a, v[i].len);
	}
}

static struct node
any_node(struct arena *a)
{
	struct node n = {
		.name = any_text(a),
		.type = (enum node_type)(rand() % NODE_OTHER),
		.mode = (uint32_t)any_u64(), .mtime = any_time(),
		.atime = any_time(), .ctime = any_time(),
		.uid = (uint32_t)any_u64(), .gid = (uint32_t)any_u64(),
		.user = any_utf8(a), .group = any_utf8(a),
		.inode = any_u64(), .device_id = any_u64(), .size = any_u64(),
		.links = any_u64(), .device = any_u64(),
	};
	struct id *ids;

	if (rand() % 2)
		n.atime = n.mtime;
	if (rand() % 4 == 0)
		n.target = any_text(a);
	any_xattrs(a, &n);
	n.n_content = rand() % 2 ? 0 : (size_t)rand() % 5;
	n.content = ids = arena_alloc(a, n.n_content * sizeof(*ids));
	if (n.n_content > 0)
		random_bytes(ids, n.n_content * sizeof(*ids));
	if ((n.has_subtree = rand() % 3 == 0) != 0)
		random_bytes(&n.subtree, sizeof(n.subtree));
	return n;
}

static void
random_nodes_come_back(void **state)
{
	struct node nodes[20];
	struct err e;
	unsigned seed;
	size_t i;
	int round;

	(void)state;
	random_bytes(&seed, sizeof(seed));
	print_message("seed %u\n", seed);
	srand(seed);
	for (round = 0; round < 400; round++) {
		CLEAN_ARENA struct arena a = {0};
		CLEAN_BUF struct buf b = {0};
		CLEAN_TREE_READ struct tree_read t;

		tree_begin(&b);
		for (i = 0; i < COUNT(nodes); i++) {
			nodes[i] = any_node(&a);
			tree_add(&b, &nodes[i]);
		}
		tree_end(&b);
		tree_read_init(&t, b.data, b.len);
		for (i = 0; i < COUNT(nodes); i++) {
			if (tree_read_next(&t, &e) != 1)
				fail_msg("%s", e.text);
			assert_node_equal(&t.node, &nodes[i]);
		}
		assert_int_equal(tree_read_next(&t, &e), 0);
		assert_writes_the_same(b.data, b.len);
	}
}

/* Nothing that a node can hold is too much for the room that is asked for it:
 * all strings of the worst bytes.  The sanitiser watches. */
static void
the_worst_node_has_room(void **state)
{
	static const char *const worst[] = { "<", "\x01", "\xff", "\"", "\\",
		"\xc2\x85", "\xe2\x80\xa8", "\xf3\xa0\x80\x81" };
	struct node_xattr x = { NULL, "\xff\xff", 2 };
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(worst); i++) {
		CLEAN_BUF struct buf text = {0}, b = {0};
		struct node n = { .type = NODE_OTHER, .mode = UINT32_MAX,
			.uid = UINT32_MAX, .gid = UINT32_MAX,
			.mtime = { INT64_MIN, 999999999, INT32_MIN },
			.atime = { INT64_MAX, 999999999, INT32_MAX },
			.ctime = { INT64_MAX, 1, INT32_MIN },
			.inode = UINT64_MAX, .device_id = UINT64_MAX,
			.size = UINT64_MAX, .links = UINT64_MAX,
			.device = UINT64_MAX, .xattrs = &x, .n_xattrs = 1,
			.has_subtree = 1 };

		for (j = 0; j < 2000; j++)
			buf_adds(&text, worst[i]);
		n.name = n.user = n.group = n.target = n.other = x.name =
		    buf_str(&text);
		node_write(&b, &n);
		assert_true(b.len <= b.cap);
		buf_fini(&b);
		/* A buf that is full to the byte. */
		b.cap = 1;
		b.data = malloc(1);
		b.len = 1;
		assert_non_null(b.data);
		b.data[0] = '[';
		node_write(&b, &n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_have_an_end),
		cmocka_unit_test(memory_is_that_of_one_node),
		cmocka_unit_test(a_file_of_many_pieces_comes_back),
		cmocka_unit_test(random_nodes_come_back),
		cmocka_unit_test(the_worst_node_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
