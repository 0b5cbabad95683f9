/*
 * node_read.c -- a node out of JSON, as Go reads it: keys in any order and
 * either case, null where there is nothing, keys that nobody knows passed
 * over.  Of a key that comes twice the last value counts.
 *
 * Whatever is read takes memory in proportion to its text, except extended
 * attributes, of which there may be NODE_XATTRS_MAX.
 */
#include <string.h>

#include "repo/node_impl.h"
#include "util/arena.h"
#include "util/base64.h"
#include "util/err.h"

/* Linux lists at most 64 KiB of names of one file. */
#define NODE_XATTRS_MAX	32768

enum field {
	NAME, TYPE, MODE, MTIME, ATIME, CTIME, UID, GID, USER, GROUP, INODE,
	DEVICE_ID, SIZE, LINKS, LINKTARGET, LINKTARGET_RAW, XATTRS, GENERIC,
	DEVICE, CONTENT, SUBTREE, UNKNOWN
};

static const char *const fields[] = {
	"name", "type", "mode", "mtime", "atime", "ctime", "uid", "gid", "user",
	"group", "inode", "device_id", "size", "links", "linktarget",
	"linktarget_raw", "extended_attributes", "generic_attributes", "device",
	"content", "subtree", NULL
};

struct reader {
	struct lex	*s;
	struct arena	*a;
	struct node	*n;
	const char	*raw_target;	/* wins over target */
	size_t		 xattrs;	/* of all lists, if there are several */
	const unsigned char *time;	/* the text of the last time, with its */
	size_t		 time_len;	/* quotes, and what it meant */
	struct node_time time_was;
};

/*
 * As a C string.  One with a NUL in it cannot be one, and cutting it there
 * would make another name of it, so it is given as empty: no name, no target,
 * no attribute can be made of that.
 */
static const char *
keep(struct arena *a, const void *s, size_t len)
{
	return len > 0 && memchr(s, '\0', len) == NULL ?
	    arena_dup(a, s, len) : "";
}

static int
read_text(struct reader *r, const char **out, struct err *e)
{
	struct lex_text t;

	if (lex_null(r->s))
		return 0;
	if (lex_string(r->s, &t, e) < 0)
		return -1;
	*out = keep(r->a, t.s, t.len);
	return 0;
}

/* Without an escape of JSON there is none of Go's, too: both are backslashes. */
static int
read_name(struct reader *r, struct err *e)
{
	CLEAN_BUF struct buf name = {0};
	struct lex_text t;

	if (lex_null(r->s))
		return 0;
	if (lex_string(r->s, &t, e) < 0)
		return -1;
	if (!t.escaped) {
		r->n->name = keep(r->a, t.s, t.len);
		return 0;
	}
	if (node_unquote(&name, t.s, t.len, NULL) < 0)
		return lex_fail(r->s, "a name with a wrong escape", e);
	r->n->name = keep(r->a, name.data, name.len);
	return 0;
}

static int
read_type(struct reader *r, struct err *e)
{
	static const char *const types[] = {
		[NODE_FILE] = "file", [NODE_DIR] = "dir",
		[NODE_SYMLINK] = "symlink", [NODE_DEV] = "dev",
		[NODE_CHARDEV] = "chardev", [NODE_FIFO] = "fifo",
		[NODE_SOCKET] = "socket",
	};
	struct lex_text t;
	size_t i;

	if (lex_null(r->s))
		return 0;
	if (lex_string(r->s, &t, e) < 0)
		return -1;
	r->n->other = NULL;
	for (i = 0; i < NODE_OTHER; i++) {
		r->n->type = (enum node_type)i;
		if (strlen(types[i]) == t.len &&
		    memcmp(types[i], t.s, t.len) == 0)
			return 0;
	}
	r->n->type = NODE_OTHER;
	r->n->other = keep(r->a, t.s, t.len);
	return 0;
}

static int
read_u32(struct reader *r, uint32_t *out, struct err *e)
{
	uint64_t v = *out;

	if (!lex_null(r->s) && lex_u64(r->s, UINT32_MAX, &v, e) < 0)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

static int
read_u64(struct reader *r, uint64_t *out, struct err *e)
{
	return lex_null(r->s) ? 0 : lex_u64(r->s, UINT64_MAX, out, e);
}

/* Go knows no escapes in times; nobody writes any. */
int
node_read_time(struct lex *s, struct node_time *out, struct err *e)
{
	struct lex_text t;

	if (lex_null(s))
		return 0;
	if (lex_string(s, &t, e) < 0)
		return -1;
	if (node_time_read(t.s, t.len, out) < 0)
		return lex_fail(s, "expected a time", e);
	return 0;
}

/* atime is mostly mtime's text again, which need not be understood twice. */
static int
read_time(struct reader *r, struct node_time *out, struct err *e)
{
	struct lex *s = r->s;
	const unsigned char *from;

	if (r->time != NULL && (size_t)(s->end - s->at) >= r->time_len &&
	    memcmp(s->at, r->time, r->time_len) == 0) {
		s->at += r->time_len;
		*out = r->time_was;
		return 0;
	}
	lex_peek(s);
	from = s->at;
	if (node_read_time(s, out, e) < 0)
		return -1;
	if (*from != '"')
		return 0;
	r->time = from;
	r->time_len = (size_t)(s->at - from);
	r->time_was = *out;
	return 0;
}

/* Base64, decoded into the arena; not NULL if it is a string at all. */
static int
read_bytes(struct reader *r, const void **out, size_t *len, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct lex_text t;

	if (lex_null(r->s))
		return 0;
	if (lex_string(r->s, &t, e) < 0)
		return -1;
	if (base64_parse(t.s, t.len, &b) < 0)
		return lex_fail(r->s, "expected base64", e);
	*out = arena_dup(r->a, (const char *)b.data, b.len);
	*len = b.len;
	return 0;
}

static int
read_raw_target(struct reader *r, struct err *e)
{
	const void *bytes = NULL;
	size_t len = 0;

	if (read_bytes(r, &bytes, &len, e) < 0)
		return -1;
	if (bytes != NULL)
		r->raw_target = keep(r->a, bytes, len);
	return 0;
}

static int
read_xattr(struct reader *r, struct node_xattr *x, struct err *e)
{
	static const char *const names[] = { "name", "value", NULL };
	struct lex_text key;
	size_t n = 0, hint = 0;
	int more, bad;

	*x = (struct node_xattr){ "", NULL, 0 };
	if (lex_null(r->s))
		return 0;
	if (lex_open(r->s, '{', e) < 0)
		return -1;
	while ((more = lex_member(r->s, &n, &key, e)) == 1) {
		switch (lex_name(&key, names, &hint)) {
		case 0: bad = read_text(r, &x->name, e); break;
		case 1: bad = read_bytes(r, &x->value, &x->len, e); break;
		default: bad = lex_skip(r->s, e); break;
		}
		if (bad < 0)
			return -1;
	}
	return more;
}

/* Doubles in the arena, so what is left behind is no more than what is used. */
static struct node_xattr *
grow(struct arena *a, const struct node_xattr *v, size_t n, size_t *cap)
{
	struct node_xattr *more;

	*cap = *cap > 0 ? 2 * *cap : 4;
	more = arena_alloc(a, *cap * sizeof(*more));
	if (n > 0)
		memcpy(more, v, n * sizeof(*more));
	return more;
}

static int
read_xattrs(struct reader *r, struct err *e)
{
	struct node_xattr *v = NULL;
	size_t n = 0, cap = 0, seen = 0;
	int more;

	r->n->xattrs = NULL;
	r->n->n_xattrs = 0;
	if (lex_null(r->s))
		return 0;
	if (lex_open(r->s, '[', e) < 0)
		return -1;
	while ((more = lex_item(r->s, &seen, e)) == 1) {
		if (r->xattrs++ == NODE_XATTRS_MAX)
			return lex_fail(r->s, "too many attributes", e);
		if (n == cap)
			v = grow(r->a, v, n, &cap);
		if (read_xattr(r, &v[n++], e) < 0)
			return -1;
	}
	r->n->xattrs = v;
	r->n->n_xattrs = n;
	return more;
}

/* Kept as it is; no attributes at all are written as nothing. */
static int
read_generic(struct reader *r, struct err *e)
{
	const unsigned char *from;
	size_t len;

	r->n->generic = NULL;
	r->n->generic_len = 0;
	if (lex_null(r->s))
		return 0;
	if (lex_peek(r->s) != '{')
		return lex_fail(r->s, "expected an object", e);
	from = r->s->at;
	if (lex_skip(r->s, e) < 0)
		return -1;
	len = (size_t)(r->s->at - from);
	if (len <= 2)
		return 0;
	r->n->generic = arena_dup(r->a, (const char *)from, len);
	r->n->generic_len = len;
	return 0;
}

/* No id has a ']' in it, so the next one tells how many there can be. */
static size_t
ids_before_bracket(const struct lex *s)
{
	size_t left = (size_t)(s->end - s->at);
	const unsigned char *end = memchr(s->at, ']', left);

	return (end != NULL ? (size_t)(end - s->at) : left) /
	    (2 * ID_LEN + 2) + 1;
}

static int
read_content(struct reader *r, struct err *e)
{
	struct id *v;
	size_t n = 0, seen = 0;
	int more;

	r->n->content = NULL;
	r->n->n_content = 0;
	if (lex_null(r->s))
		return 0;
	if (lex_open(r->s, '[', e) < 0)
		return -1;
	v = arena_alloc(r->a, ids_before_bracket(r->s) * sizeof(*v));
	while ((more = lex_item(r->s, &seen, e)) == 1)
		if (lex_id(r->s, &v[n++], e) < 0)
			return -1;
	r->n->content = v;
	r->n->n_content = n;
	return more;
}

static int
read_subtree(struct reader *r, struct err *e)
{
	r->n->has_subtree = 0;
	if (lex_null(r->s))
		return 0;
	if (lex_id(r->s, &r->n->subtree, e) < 0)
		return -1;
	r->n->has_subtree = 1;
	return 0;
}

static int
read_field(struct reader *r, enum field f, struct err *e)
{
	struct node *n = r->n;

	switch (f) {
	case NAME: return read_name(r, e);
	case TYPE: return read_type(r, e);
	case MODE: return read_u32(r, &n->mode, e);
	case MTIME: return read_time(r, &n->mtime, e);
	case ATIME: return read_time(r, &n->atime, e);
	case CTIME: return read_time(r, &n->ctime, e);
	case UID: return read_u32(r, &n->uid, e);
	case GID: return read_u32(r, &n->gid, e);
	case USER: return read_text(r, &n->user, e);
	case GROUP: return read_text(r, &n->group, e);
	case INODE: return read_u64(r, &n->inode, e);
	case DEVICE_ID: return read_u64(r, &n->device_id, e);
	case SIZE: return read_u64(r, &n->size, e);
	case LINKS: return read_u64(r, &n->links, e);
	case LINKTARGET: return read_text(r, &n->target, e);
	case LINKTARGET_RAW: return read_raw_target(r, e);
	case XATTRS: return read_xattrs(r, e);
	case GENERIC: return read_generic(r, e);
	case DEVICE: return read_u64(r, &n->device, e);
	case CONTENT: return read_content(r, e);
	case SUBTREE: return read_subtree(r, e);
	case UNKNOWN: break;
	}
	return lex_skip(r->s, e);
}

int
node_read(struct lex *s, struct arena *a, struct node *out, struct err *e)
{
	struct reader r = { .s = s, .a = a, .n = out };
	size_t n = 0, hint = 0;
	struct lex_text key;
	int more;

	*out = (struct node){ .name = "", .user = "", .group = "",
	    .type = NODE_OTHER, .other = "", .mtime = NODE_TIME_NONE,
	    .atime = NODE_TIME_NONE, .ctime = NODE_TIME_NONE };
	if (lex_open(s, '{', e) < 0)
		return -1;
	while ((more = lex_member(s, &n, &key, e)) == 1)
		if (read_field(&r, (enum field)lex_name(&key, fields, &hint),
		    e) < 0)
			return -1;
	if (r.raw_target != NULL)
		out->target = r.raw_target;
	return more;
}
