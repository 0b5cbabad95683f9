/* sample.c -- see sample.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tar/test/sample.h"
#include "util/buf.h"
#include "util/err.h"

/* An access ACL as the kernel has it: u::rw- u:1000:r-- g::r-- m::rw- o::---
 * and a default one with a named group. */
static const unsigned char acl_access[] =
    "\2\0\0\0" "\1\0\6\0\xff\xff\xff\xff" "\2\0\4\0\xe8\3\0\0"
    "\4\0\4\0\xff\xff\xff\xff" "\x10\0\6\0\xff\xff\xff\xff"
    "\x20\0\0\0\xff\xff\xff\xff";
static const unsigned char acl_default[] =
    "\2\0\0\0" "\1\0\7\0\xff\xff\xff\xff" "\4\0\5\0\xff\xff\xff\xff"
    "\x8\0\7\0\x64\0\0\0" "\x10\0\7\0\xff\xff\xff\xff"
    "\x20\0\0\0\xff\xff\xff\xff";

static const struct tar_xattr xattrs[] = {
	{ "user.comment", "bin\0ary\n\xff", 9 }, { "user.empty", "", 0 },
	{ "user.a=b%41 c", "odd name", 8 }, { "user.caf\xc3\xa9", "x", 1 },
	{ "security.selinux", "label", 6 },
	{ "system.posix_acl_access", acl_access, sizeof(acl_access) - 1 },
};
static const struct tar_xattr folder_xattrs[] = {
	{ "system.posix_acl_default", acl_default, sizeof(acl_default) - 1 },
};
static const struct tar_xattr plain_xattrs[] = {
	{ "user.comment", "bin\0ary\n\xff", 9 },
};
static const struct tar_extent middle[] = {
	{ 1 << 20, 4096 }, { 3 << 20, 100000 },
};
static const struct tar_extent ends[] = {
	{ 0, 65536 }, { (8 << 20) - 4096, 4096 },
};

static char long_name[256], deep_path[6000];

const struct tar_entry sample[SAMPLE_N] = {
	{ .type = TAR_FOLDER, .path = "d", .mode = 0750,
	  .mtime = 1700000000 * S + 1, .xattrs = folder_xattrs, .nxattrs = 1 },
	{ .type = TAR_FILE, .path = "d/plain", .mode = 0644, .size = 300000,
	  .mtime = 1700000000 * S + 123456789, .atime = 1700000001 * S + 5,
	  .has_atime = 1, .user = "somebody", .group = "some group",
	  .xattrs = plain_xattrs, .nxattrs = 1 },
	{ .type = TAR_FILE, .path = "d/empty", .mode = 0, .mtime = 0 },
	{ .type = TAR_FILE, .path = "d/holes", .mode = 0600,
	  .size = (5 << 20) + 123, .mtime = 1234567890 * S, .sparse = 1,
	  .data = middle, .ndata = 2 },
	{ .type = TAR_FILE, .path = "d/all hole", .mode = 0600,
	  .size = (3 << 20) + 1, .sparse = 1 },
	{ .type = TAR_FILE, .path = "d/ends", .mode = 0600, .size = 8 << 20,
	  .sparse = 1, .data = ends, .ndata = 2 },
	{ .type = TAR_SYMLINK, .path = "d/link", .link = "../plain",
	  .mode = 0777, .mtime = 1500000000 * S + 7 },
	{ .type = TAR_SYMLINK, .path = "link", .link = "/no/where\xff",
	  .mode = 0777 },
	{ .type = TAR_SYMLINK, .path = "far", .link = deep_path, .mode = 0777 },
	{ .type = TAR_HARDLINK, .path = "d/second", .link = "d/plain",
	  .mode = 0644, .mtime = 1700000000 * S + 123456789 },
	{ .type = TAR_FIFO, .path = "d/fifo", .mode = 0622 },
	{ .type = TAR_FILE, .path = long_name, .mode = 0644, .size = 1 },
	{ .type = TAR_FILE, .path = deep_path, .mode = 0644, .size = 1 },
	/* One name composed, one decomposed: two files. */
	{ .type = TAR_FILE, .path = "caf\xc3\xa9", .mode = 0644, .size = 2 },
	{ .type = TAR_FILE, .path = "cafe\xcc\x81", .mode = 0644, .size = 3 },
	{ .type = TAR_FILE, .path = "lat\xe9in", .mode = 0644, .size = 4 },
	{ .type = TAR_HARDLINK, .path = "lat\xe8in", .link = "lat\xe9in",
	  .mode = 0644 },
	{ .type = TAR_FILE, .path = "-rf \n\t\"$HOME.txt", .mode = 0644,
	  .size = 5 },
	{ .type = TAR_FILE, .path = "rich", .mode = 06660, .size = 6,
	  .uid = 4294967294u, .gid = 3000000000u, .xattrs = xattrs,
	  .nxattrs = LEN(xattrs) },
	{ .type = TAR_FILE, .path = "before 1970", .mode = 0644,
	  .mtime = -1 * S - 500000000, .atime = -86400 * S, .has_atime = 1 },
	{ .type = TAR_FILE, .path = "far future", .mode = 0644,
	  .mtime = 9000000000 * S + 999999999 },
};

void
sample_start(void)
{
	size_t i;

	memset(long_name, 'n', 255);
	for (i = 0; i + 101 < sizeof(deep_path); i += 100) {
		memset(deep_path + i, 'p', 99);
		deep_path[i + 99] = '/';
	}
	deep_path[i] = 'q';
}

static unsigned char
byte_of(const char *path, uint64_t at)
{
	return (unsigned char)(at * 2654435761u >> 7 ^ strlen(path) ^ at);
}

static int
is_data(const struct tar_entry *t, uint64_t at)
{
	size_t i;

	for (i = 0; i < t->ndata; i++)
		if (at >= t->data[i].offset &&
		    at - t->data[i].offset < t->data[i].len)
			return 1;
	return !t->sparse;
}

unsigned char
sample_byte(const struct tar_entry *t, uint64_t at)
{
	return is_data(t, at) ? byte_of(t->path, at) : 0;
}

static void
content(const struct tar_entry *t, uint64_t offset, size_t len,
    struct buf *out)
{
	unsigned char *p;
	size_t i;

	buf_reset(out);
	p = buf_room(out, len);
	for (i = 0; i < len; i++)
		p[i] = byte_of(t->path, offset + i);
	out->len = len;
}

void
sample_add(struct tar_writer *w, const struct tar_entry *t, size_t piece)
{
	struct tar_extent whole = { 0, t->size };
	const struct tar_extent *x = t->sparse ? t->data : &whole;
	size_t n = t->sparse ? t->ndata : 1, i, at, part;
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};

	if (tar_add(w, t, &e) < 0)
		fail_msg("%s: %s", t->path, e.text);
	for (i = 0; i < n; i++) {
		content(t, x[i].offset, x[i].len, &b);
		for (at = 0; at < b.len; at += part) {
			part = b.len - at < piece ? b.len - at : piece;
			assert_int_equal(tar_write(w, b.data + at, part, &e),
			    0);
		}
	}
	if (tar_end(w, &e) < 0)
		fail_msg("%s: %s", t->path, e.text);
}
