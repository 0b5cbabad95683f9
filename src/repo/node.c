/*
 * node.c -- a node as restic writes it: fields in the order of Go's struct,
 * most of them left out where they are 0 or empty.
 *
 * The room that the whole node can take is asked for once, and then written
 * to without looking.
 */
#include <string.h>
#include <sys/stat.h>

#include "repo/emit.h"
#include "repo/node.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/unicode.h"

/* Go's os.FileMode. */
#define GO_DIR		(1u << 31)
#define GO_SYMLINK	(1u << 27)
#define GO_DEVICE	(1u << 26)
#define GO_FIFO		(1u << 25)
#define GO_SOCKET	(1u << 24)
#define GO_SETUID	(1u << 23)
#define GO_SETGID	(1u << 22)
#define GO_CHARDEV	(1u << 21)
#define GO_STICKY	(1u << 20)

/* All keys, numbers, times and brackets of a node. */
#define FIXED_MAX	1024

static uint32_t
go_type(uint32_t st_mode)
{
	switch (st_mode & S_IFMT) {
	case S_IFDIR: return GO_DIR;
	case S_IFLNK: return GO_SYMLINK;
	case S_IFBLK: return GO_DEVICE;
	case S_IFCHR: return GO_DEVICE | GO_CHARDEV;
	case S_IFIFO: return GO_FIFO;
	case S_IFSOCK: return GO_SOCKET;
	default: return 0;
	}
}

uint32_t
node_mode_of(uint32_t st_mode)
{
	return (st_mode & 0777) | go_type(st_mode) |
	    (st_mode & S_ISUID ? GO_SETUID : 0) |
	    (st_mode & S_ISGID ? GO_SETGID : 0) |
	    (st_mode & S_ISVTX ? GO_STICKY : 0);
}

uint32_t
node_st_mode(const struct node *n)
{
	static const uint32_t types[] = {
		[NODE_FILE] = S_IFREG, [NODE_DIR] = S_IFDIR,
		[NODE_SYMLINK] = S_IFLNK, [NODE_DEV] = S_IFBLK,
		[NODE_CHARDEV] = S_IFCHR, [NODE_FIFO] = S_IFIFO,
		[NODE_SOCKET] = S_IFSOCK, [NODE_OTHER] = 0,
	};

	return types[n->type] | (n->mode & 0777) |
	    (n->mode & GO_SETUID ? S_ISUID : 0) |
	    (n->mode & GO_SETGID ? S_ISGID : 0) |
	    (n->mode & GO_STICKY ? S_ISVTX : 0);
}

int
node_name_ok(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static size_t
length(const char *s)
{
	return s != NULL ? strlen(s) : 0;
}

static size_t
room_for(const struct node *n)
{
	size_t room = FIXED_MAX + n->generic_len, i;

	room += EMIT_STRING_MAX(length(n->name));
	room += EMIT_STRING_MAX(length(n->user));
	room += EMIT_STRING_MAX(length(n->group));
	room += EMIT_STRING_MAX(length(n->other));
	/* Twice, for linktarget_raw. */
	room += 2 * EMIT_STRING_MAX(length(n->target));
	room += n->n_content * (EMIT_ID_MAX + 1);
	for (i = 0; i < n->n_xattrs; i++)
		room += EMIT_STRING_MAX(length(n->xattrs[i].name)) +
		    n->xattrs[i].len * 2 + 32;
	return room;
}

static unsigned char *
put_type(unsigned char *p, const struct node *n)
{
	static const char *const names[] = {
		[NODE_FILE] = "\"file\"", [NODE_DIR] = "\"dir\"",
		[NODE_SYMLINK] = "\"symlink\"", [NODE_DEV] = "\"dev\"",
		[NODE_CHARDEV] = "\"chardev\"", [NODE_FIFO] = "\"fifo\"",
		[NODE_SOCKET] = "\"socket\"", [NODE_OTHER] = "\"irregular\"",
	};

	p = emit(p, ",\"type\":");
	if (n->type == NODE_OTHER && n->other != NULL)
		return emit_string(p, n->other, strlen(n->other));
	return emit(p, names[n->type]);
}

/* A number that is left out where it is 0.  key is all before it. */
static unsigned char *
put_number(unsigned char *p, const char *key, uint64_t v)
{
	return v == 0 ? p : emit_u64(emit(p, key), v);
}

static unsigned char *
put_text(unsigned char *p, const char *key, const char *s)
{
	if (s == NULL || s[0] == '\0')
		return p;
	return emit_string(emit(p, key), s, strlen(s));
}

/* atime is mostly mtime, and then the text is there already. */
static unsigned char *
put_times(unsigned char *p, const struct node *n)
{
	const unsigned char *m;
	size_t len;

	p = emit(p, ",\"mtime\":");
	m = p;
	p = emit_time(p, &n->mtime);
	len = (size_t)(p - m);
	p = emit(p, ",\"atime\":");
	if (n->atime.sec == n->mtime.sec && n->atime.nsec == n->mtime.nsec &&
	    n->atime.zone == n->mtime.zone)
		p = emit_raw(p, m, len);
	else
		p = emit_time(p, &n->atime);
	return emit_time(emit(p, ",\"ctime\":"), &n->ctime);
}

/* Base64 in quotes; util/base64.h adds to a buf. */
static unsigned char *
put_base64(unsigned char *p, const void *data, size_t len)
{
	CLEAN_BUF struct buf b = {0};

	base64_add(&b, data, len);
	p = emit_raw(emit(p, "\""), b.data, b.len);
	return emit(p, "\"");
}

static unsigned char *
put_target(unsigned char *p, const char *target)
{
	size_t len = length(target);

	p = put_text(p, ",\"linktarget\":", target);
	if (utf8_valid(target, len))
		return p;
	return put_base64(emit(p, ",\"linktarget_raw\":"), target, len);
}

static unsigned char *
put_xattrs(unsigned char *p, const struct node *n)
{
	const struct node_xattr *x;
	size_t i;

	if (n->n_xattrs == 0)
		return p;
	p = emit(p, ",\"extended_attributes\":[");
	for (i = 0; i < n->n_xattrs; i++) {
		x = &n->xattrs[i];
		p = emit(p, i > 0 ? ",{\"name\":" : "{\"name\":");
		p = emit(emit_string(p, x->name, length(x->name)),
		    ",\"value\":");
		p = x->value == NULL ? emit(p, "null") :
		    put_base64(p, x->value, x->len);
		p = emit(p, "}");
	}
	return emit(p, "]");
}

/* null means "this has no content", which of a file must never be said. */
static unsigned char *
put_content(unsigned char *p, const struct node *n)
{
	size_t i;

	p = emit(p, ",\"content\":");
	if (n->n_content == 0)
		return emit(p, n->type == NODE_FILE ? "[]" : "null");
	*p++ = '[';
	for (i = 0; i < n->n_content; i++) {
		if (i > 0)
			*p++ = ',';
		p = emit_id(p, &n->content[i]);
	}
	*p++ = ']';
	return p;
}

static unsigned char *
put_node(unsigned char *p, const struct node *n)
{
	p = emit_name(emit(p, "{\"name\":"), n->name, length(n->name));
	p = put_type(p, n);
	p = put_number(p, ",\"mode\":", n->mode);
	p = put_times(p, n);
	p = emit_u64(emit(p, ",\"uid\":"), n->uid);
	p = emit_u64(emit(p, ",\"gid\":"), n->gid);
	p = put_text(p, ",\"user\":", n->user);
	p = put_text(p, ",\"group\":", n->group);
	p = put_number(p, ",\"inode\":", n->inode);
	p = put_number(p, ",\"device_id\":", n->device_id);
	p = put_number(p, ",\"size\":", n->size);
	p = put_number(p, ",\"links\":", n->links);
	if (n->target != NULL && n->target[0] != '\0')
		p = put_target(p, n->target);
	p = put_xattrs(p, n);
	if (n->generic_len > 0)
		p = emit_raw(emit(p, ",\"generic_attributes\":"), n->generic,
		    n->generic_len);
	p = put_number(p, ",\"device\":", n->device);
	p = put_content(p, n);
	if (n->has_subtree)
		p = emit_id(emit(p, ",\"subtree\":"), &n->subtree);
	*p++ = '}';
	return p;
}

void
node_write(struct buf *out, const struct node *n)
{
	unsigned char *p = buf_room(out, room_for(n));

	out->len += (size_t)(put_node(p, n) - p);
}
