/* cmd_cat.c -- what stands in a file or a blob of a repository. */
#include <stdlib.h>
#include <string.h>

#include "cli/about.h"
#include "cli/indent.h"
#include "cli/repo_show.h"
#include "crypto/sha256.h"
#include "repo/index.h"
#include "repo/load.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/clean.h"

#define PACK_PIECE	((size_t)1 << 20)

static const struct opt_def none[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

enum what { CAT_MASTERKEY, CAT_CONFIG, CAT_PACK, CAT_BLOB, CAT_SNAPSHOT,
	CAT_INDEX, CAT_KEY, CAT_LOCK, CAT_TREE };

static const char *const words[] = { "masterkey", "config", "pack", "blob",
	"snapshot", "index", "key", "lock", "tree", NULL };

static void
print_json(const struct buf *json)
{
	CLEAN_BUF struct buf b = {0};

	indent_json(&b, json->data, json->len);
	cli_line(&b);
}

static int
cat_master(struct repo *r)
{
	CLEAN_BUF struct buf b = {0};

	buf_adds(&b, "{\"mac\":{\"k\":\"");
	base64_add(&b, r->key->k, sizeof(r->key->k));
	buf_adds(&b, "\",\"r\":\"");
	base64_add(&b, r->key->r, sizeof(r->key->r));
	buf_adds(&b, "\"},\"encrypt\":\"");
	base64_add(&b, r->key->encrypt, sizeof(r->key->encrypt));
	buf_adds(&b, "\"}");
	print_json(&b);
	return 0;
}

/* A file in the envelope. */
static int
cat_file(struct repo *r, enum store_kind kind, const char *prefix,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct id id = {0};

	if ((kind != STORE_CONFIG && repo_find(r, kind, prefix, &id, e) < 0) ||
	    repo_get(r, kind, &id, &b, e) < 0)
		return -1;
	print_json(&b);
	return 0;
}

/* What is shown may be damaged; that it is must be said. */
static int
is_named(const unsigned char sum[SHA256_LEN], const struct id *id,
    const char *what, struct err *e)
{
	char hex[ID_HEX];

	if (memcmp(sum, id->b, ID_LEN) == 0)
		return 0;
	id_hex(id, hex);
	return err_set(e, ERR_CORRUPT, "%s %s: its bytes are not those of its "
	    "name", what, hex);
}

/* A key file is as it lies there. */
static int
cat_key(struct repo *r, const char *prefix, struct err *e)
{
	struct store_name n = { .kind = STORE_KEY };
	CLEAN_BUF struct buf b = {0};
	unsigned char sum[SHA256_LEN];
	CLEAN_FREE void *data = NULL;
	struct id id;
	size_t len;

	if (repo_find(r, STORE_KEY, prefix, &id, e) < 0)
		return -1;
	memcpy(n.id, id.b, ID_LEN);
	if (store_get_all(r->store, &n, (size_t)1 << 20, &data, &len, e) < 0)
		return -1;
	sha256_of(data, len, sum);
	if (is_named(sum, &id, "key", e) < 0)
		return -1;
	buf_add(&b, data, len);
	print_json(&b);
	return 0;
}

/* All of it, also if it is damaged: it may be wanted for that. */
static int
show_pack(struct repo *r, const struct id *id, struct sha256 *sha,
    struct err *e)
{
	struct store_name n = { .kind = STORE_PACK };
	unsigned char sum[SHA256_LEN];
	CLEAN_BUF struct buf b = {0};
	uint64_t size, at;
	size_t len;

	memcpy(n.id, id->b, ID_LEN);
	if (store_size(r->store, &n, &size, e) < 0)
		return -1;
	buf_room(&b, PACK_PIECE);
	sha256_start(sha);
	for (at = 0; at < size; at += len) {
		len = size - at < PACK_PIECE ? (size_t)(size - at) : PACK_PIECE;
		if (store_get(r->store, &n, at, b.data, len, e) < 0)
			return -1;
		sha256_add(sha, b.data, len);
		cli_out(b.data, len);
	}
	sha256_end(sha, sum);
	return is_named(sum, id, "pack", e);
}

static int
cat_pack(struct repo *r, const char *prefix, struct err *e)
{
	struct sha256 *sha;
	struct id id;
	int ret;

	if (repo_find(r, STORE_PACK, prefix, &id, e) < 0)
		return -1;
	sha = sha256_new();
	ret = show_pack(r, &id, sha, e);
	sha256_free(sha);
	return ret;
}

static int
cat_blob(struct repo *r, struct repo_hand *h, const char *hex, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	enum blob_type t;
	struct id id;

	if (id_parse(hex, &id) < 0)
		return err_set(e, ERR_USAGE, "a blob is named by its whole id");
	t = index_has(r->index, BLOB_DATA, &id) ? BLOB_DATA : BLOB_TREE;
	if (load_blob(r, h, t, &id, &b, e) < 0)
		return -1;
	cli_out(b.data, b.len);
	return 0;
}

static int
cat_snapshot(struct repo *r, const char *name, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct snapshot s;
	const char *sub;

	if (snapshot_named(r, name, NULL, &s, &sub, e) < 0)
		return -1;
	snapshot_write(&b, &s);
	snapshot_fini(&s);
	print_json(&b);
	return 0;
}

static int
cat_tree(struct repo *r, struct repo_hand *h, const char *name, struct err *e)
{
	CLEAN_ARENA struct arena mem = {0};
	CLEAN_BUF struct buf b = {0};
	struct snapshot s;
	struct node n = {0};
	const char *sub;
	int ret;

	if (snapshot_named(r, name, NULL, &s, &sub, e) < 0)
		return -1;
	n.subtree = s.tree;
	ret = sub == NULL ? 0 : tree_find(r, h, &s.tree, sub, &mem, &n, e);
	snapshot_fini(&s);
	if (ret < 0 || tree_load(r, h, &n.subtree, &b, e) < 0)
		return -1;
	cli_out(b.data, b.len);
	return 0;
}

static int
cat(struct repo *r, enum what what, const char *name, struct err *e)
{
	struct repo_hand *h = repo_hand_new(r);
	int ret = -1;

	switch (what) {
	case CAT_MASTERKEY:
		ret = cat_master(r);
		break;
	case CAT_CONFIG:
		ret = cat_file(r, STORE_CONFIG, "", e);
		break;
	case CAT_PACK:
		ret = cat_pack(r, name, e);
		break;
	case CAT_BLOB:
		ret = cat_blob(r, h, name, e);
		break;
	case CAT_SNAPSHOT:
		ret = cat_snapshot(r, name, e);
		break;
	case CAT_INDEX:
		ret = cat_file(r, STORE_INDEX, name, e);
		break;
	case CAT_KEY:
		ret = cat_key(r, name, e);
		break;
	case CAT_LOCK:
		ret = cat_file(r, STORE_LOCK, name, e);
		break;
	case CAT_TREE:
		ret = cat_tree(r, h, name, e);
		break;
	}
	repo_hand_free(h);
	return ret;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct about a;
	struct err e = {0};
	size_t what = 0;
	int status;

	while (o->n_args > 0 && words[what] != NULL &&
	    strcmp(words[what], o->args[0]) != 0)
		what++;
	if (o->n_args == 0 || words[what] == NULL)
		return cli_usage(c, "cat what?  masterkey, config, pack, blob, "
		    "snapshot, index, key, lock or tree");
	if (o->n_args != (what > CAT_CONFIG ? 2 : 1))
		return cli_usage(c, "cat %s wants %s", words[what],
		    what > CAT_CONFIG ? "one id" : "nothing more");
	status = about_open(c, ABOUT_SHARED | (what == CAT_BLOB ||
	    what == CAT_TREE ? ABOUT_INDEX : 0), &a);
	if (status == EXIT_DONE && cat(a.repo, (enum what)what, what > CAT_CONFIG ?
	    o->args[1] : "", &e) < 0)
		status = cli_fail(c, &e);
	return a.repo != NULL ? about_close(&a, status) : status;
}

const struct command cmd_cat = {
	"cat", "WHAT [ID]", "Print a file, a blob or a tree of a repository", NULL,
	none, run, COMMAND_REPO,
};
