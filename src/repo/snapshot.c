/*
 * snapshot.c -- a snapshot as JSON, in the order of Go's struct; finding and
 * keeping them is in snapshots.c.
 *
 * Members that we do not know are kept as text, comma first, and written behind
 * our own.  They were checked to be JSON when they were read.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/emit.h"
#include "repo/node_impl.h"
#include "repo/snapshot.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

static void
free_list(char **v)
{
	size_t i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		free(v[i]);
	free(v);
}

void
snapshot_fini(struct snapshot *s)
{
	free_list(s->paths);
	free_list(s->tags);
	free_list(s->excludes);
	free(s->hostname);
	free(s->username);
	free(s->program);
	free(s->summary.unknown);
	free(s->unknown);
	*s = (struct snapshot){0};
}

/* ---- writing ---- */

static void
add_text(struct buf *out, const char *key, const char *s)
{
	if (s == NULL || s[0] == '\0')
		return;
	buf_adds(out, key);
	node_string(out, s, strlen(s));
}

static void
add_number(struct buf *out, const char *key, uint64_t v)
{
	unsigned char digits[EMIT_U64_MAX];

	buf_adds(out, key);
	buf_add(out, digits, (size_t)(emit_u64(digits, v) - digits));
}

static void
add_time(struct buf *out, const char *key, const struct node_time *t)
{
	buf_adds(out, key);
	buf_addc(out, '"');
	node_time_text(out, t);
	buf_addc(out, '"');
}

static void
add_id(struct buf *out, const char *key, const struct id *id)
{
	unsigned char text[EMIT_ID_MAX];

	buf_adds(out, key);
	buf_add(out, text, (size_t)(emit_id(text, id) - text));
}

/* Only paths may be told empty. */
static void
add_list(struct buf *out, const char *key, char *const *v)
{
	size_t i;

	buf_adds(out, key);
	for (i = 0; v[i] != NULL; i++) {
		buf_addc(out, i > 0 ? ',' : '[');
		node_string(out, v[i], strlen(v[i]));
	}
	buf_adds(out, i > 0 ? "]" : "[]");
}

/* The numbers of a summary, in its order. */
static const struct {
	const char	*name;
	size_t		 at;
} counts[] = {
	{ "files_new", offsetof(struct snapshot_summary, files_new) },
	{ "files_changed", offsetof(struct snapshot_summary, files_changed) },
	{ "files_unmodified", offsetof(struct snapshot_summary, files_unmodified) },
	{ "dirs_new", offsetof(struct snapshot_summary, dirs_new) },
	{ "dirs_changed", offsetof(struct snapshot_summary, dirs_changed) },
	{ "dirs_unmodified", offsetof(struct snapshot_summary, dirs_unmodified) },
	{ "data_blobs", offsetof(struct snapshot_summary, data_blobs) },
	{ "tree_blobs", offsetof(struct snapshot_summary, tree_blobs) },
	{ "data_added", offsetof(struct snapshot_summary, data_added) },
	{ "data_added_packed", offsetof(struct snapshot_summary, data_added_packed) },
	{ "total_files_processed", offsetof(struct snapshot_summary, total_files) },
	{ "total_bytes_processed", offsetof(struct snapshot_summary, total_bytes) },
};
#define COUNTS	(sizeof(counts) / sizeof(counts[0]))

static void
add_summary(struct buf *out, const struct snapshot_summary *s)
{
	uint64_t v;
	size_t i;

	add_time(out, ",\"summary\":{\"backup_start\":", &s->start);
	add_time(out, ",\"backup_end\":", &s->end);
	for (i = 0; i < COUNTS; i++) {
		memcpy(&v, (const char *)s + counts[i].at, sizeof(v));
		buf_adds(out, ",\"");
		buf_adds(out, counts[i].name);
		add_number(out, "\":", v);
	}
	if (s->unknown != NULL)
		buf_adds(out, s->unknown);
	buf_addc(out, '}');
}

void
snapshot_write(struct buf *out, const struct snapshot *s)
{
	add_time(out, "{\"time\":", &s->time);
	if (s->has_parent)
		add_id(out, ",\"parent\":", &s->parent);
	add_id(out, ",\"tree\":", &s->tree);
	if (s->paths != NULL)
		add_list(out, ",\"paths\":", s->paths);
	else
		buf_adds(out, ",\"paths\":null");
	add_text(out, ",\"hostname\":", s->hostname);
	add_text(out, ",\"username\":", s->username);
	if (s->uid != 0)
		add_number(out, ",\"uid\":", s->uid);
	if (s->gid != 0)
		add_number(out, ",\"gid\":", s->gid);
	if (s->excludes != NULL && s->excludes[0] != NULL)
		add_list(out, ",\"excludes\":", s->excludes);
	if (s->tags != NULL && s->tags[0] != NULL)
		add_list(out, ",\"tags\":", s->tags);
	if (s->has_original)
		add_id(out, ",\"original\":", &s->original);
	add_text(out, ",\"program_version\":", s->program);
	if (s->has_summary)
		add_summary(out, &s->summary);
	if (s->unknown != NULL)
		buf_adds(out, s->unknown);
	buf_addc(out, '}');
}

/* ---- reading ---- */

struct reader {
	struct lex	 s;
	size_t		 strings;
	int		 has_time, has_tree;
};

/* A NUL cannot be in a path, a host's name or a tag; what has one is cut off
 * in front of it. */
static char *
keep(const struct lex_text *t)
{
	return xstrndup(t->s, t->len);
}

static int
read_text(struct reader *r, char **out, struct err *e)
{
	struct lex_text t;

	if (lex_null(&r->s))
		return 0;
	if (lex_string(&r->s, &t, e) < 0)
		return -1;
	free(*out);
	*out = keep(&t);
	return 0;
}

/* *v is a whole list at any moment, so that snapshot_fini can free it. */
static int
read_list(struct reader *r, char ***v, struct err *e)
{
	struct lex_text t;
	size_t n = 0, cap = 0, seen = 0;
	int more;

	free_list(*v);
	*v = NULL;
	if (lex_null(&r->s))
		return 0;
	if (lex_open(&r->s, '[', e) < 0)
		return -1;
	XGROW(*v, n, cap);
	(*v)[0] = NULL;
	while ((more = lex_item(&r->s, &seen, e)) == 1) {
		if (r->strings++ == SNAPSHOT_STRINGS_MAX)
			return lex_fail(&r->s, "too many strings", e);
		if (lex_null(&r->s))
			t = (struct lex_text){ "", 0, 0 };
		else if (lex_string(&r->s, &t, e) < 0)
			return -1;
		XGROW(*v, n + 1, cap);
		(*v)[n++] = keep(&t);
		(*v)[n] = NULL;
	}
	return more;
}

static int
read_id(struct reader *r, struct id *out, int *has, struct err *e)
{
	*has = 0;
	if (lex_null(&r->s))
		return 0;
	if (lex_id(&r->s, out, e) < 0)
		return -1;
	*has = 1;
	return 0;
}

static int
read_u32(struct reader *r, uint32_t *out, struct err *e)
{
	uint64_t v = *out;

	if (!lex_null(&r->s) && lex_u64(&r->s, UINT32_MAX, &v, e) < 0)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

/* Keep a member that nobody knows. */
static int
read_unknown(struct reader *r, const struct lex_text *key, struct buf *out,
    struct err *e)
{
	const unsigned char *from;

	buf_addc(out, ',');
	node_string(out, key->s, key->len);
	buf_addc(out, ':');
	lex_peek(&r->s);
	from = r->s.at;
	if (lex_skip(&r->s, e) < 0)
		return -1;
	buf_add(out, from, (size_t)(r->s.at - from));
	return 0;
}

static char *
unknown_text(struct buf *b)
{
	return b->len > 0 ? buf_steal(b) : NULL;
}

static int
read_count(struct reader *r, const struct lex_text *key,
    struct snapshot_summary *out, struct buf *unknown, struct err *e)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < COUNTS; i++)
		if (strlen(counts[i].name) == key->len &&
		    memcmp(counts[i].name, key->s, key->len) == 0)
			break;
	if (i == COUNTS)
		return read_unknown(r, key, unknown, e);
	if (!lex_null(&r->s) && lex_u64(&r->s, UINT64_MAX, &v, e) < 0)
		return -1;
	memcpy((char *)out + counts[i].at, &v, sizeof(v));
	return 0;
}

static int
read_summary(struct reader *r, struct snapshot *out, struct err *e)
{
	static const char *const times[] = { "backup_start", "backup_end",
	    NULL };
	struct snapshot_summary *sum = &out->summary;
	CLEAN_BUF struct buf unknown = {0};
	size_t n = 0, hint = 0, which;
	struct lex_text key;
	int more, bad;

	free(sum->unknown);
	*sum = (struct snapshot_summary){ .start = NODE_TIME_NONE,
	    .end = NODE_TIME_NONE };
	out->has_summary = 0;
	if (lex_null(&r->s))
		return 0;
	if (lex_open(&r->s, '{', e) < 0)
		return -1;
	while ((more = lex_member(&r->s, &n, &key, e)) == 1) {
		if ((which = lex_name(&key, times, &hint)) < 2)
			bad = node_read_time(&r->s, which == 0 ? &sum->start :
			    &sum->end, e);
		else
			bad = read_count(r, &key, sum, &unknown, e);
		if (bad < 0)
			return -1;
	}
	sum->unknown = unknown_text(&unknown);
	out->has_summary = 1;
	return more;
}

enum field {
	TIME, PARENT, TREE, PATHS, HOSTNAME, USERNAME, UID, GID, EXCLUDES, TAGS,
	ORIGINAL, PROGRAM, SUMMARY, UNKNOWN
};

static const char *const fields[] = {
	"time", "parent", "tree", "paths", "hostname", "username", "uid", "gid",
	"excludes", "tags", "original", "program_version", "summary", NULL
};

static int
read_field(struct reader *r, enum field f, struct snapshot *out, struct err *e)
{
	switch (f) {
	case TIME:
		r->has_time = 1;
		return node_read_time(&r->s, &out->time, e);
	case PARENT: return read_id(r, &out->parent, &out->has_parent, e);
	case TREE: return read_id(r, &out->tree, &r->has_tree, e);
	case PATHS: return read_list(r, &out->paths, e);
	case HOSTNAME: return read_text(r, &out->hostname, e);
	case USERNAME: return read_text(r, &out->username, e);
	case UID: return read_u32(r, &out->uid, e);
	case GID: return read_u32(r, &out->gid, e);
	case EXCLUDES: return read_list(r, &out->excludes, e);
	case TAGS: return read_list(r, &out->tags, e);
	case ORIGINAL: return read_id(r, &out->original, &out->has_original, e);
	case PROGRAM: return read_text(r, &out->program, e);
	case SUMMARY: return read_summary(r, out, e);
	case UNKNOWN: break;
	}
	return lex_skip(&r->s, e);
}

static int
read_members(struct reader *r, struct snapshot *out, struct err *e)
{
	CLEAN_BUF struct buf unknown = {0};
	size_t n = 0, hint = 0, which;
	struct lex_text key;
	int more, bad;

	if (lex_open(&r->s, '{', e) < 0)
		return -1;
	while ((more = lex_member(&r->s, &n, &key, e)) == 1) {
		which = lex_name(&key, fields, &hint);
		bad = which == UNKNOWN ? read_unknown(r, &key, &unknown, e) :
		    read_field(r, (enum field)which, out, e);
		if (bad < 0)
			return -1;
	}
	out->unknown = unknown_text(&unknown);
	return more < 0 ? -1 : lex_end(&r->s, e);
}

static void
reader_fini(struct reader *r)
{
	lex_fini(&r->s);
}

int
snapshot_read(const void *json, size_t len, struct snapshot *out,
    struct err *e)
{
	CLEAN(reader_fini) struct reader r = {0};
	int bad;

	*out = (struct snapshot){0};
	lex_init(&r.s, json, len);
	bad = read_members(&r, out, e);
	if (bad == 0 && (!r.has_time || !r.has_tree))
		bad = err_set(e, ERR_CORRUPT, "a snapshot without a %s",
		    r.has_tree ? "time" : "tree");
	if (bad < 0)
		snapshot_fini(out);
	return bad;
}
