/*
 * zone_load.c -- where a zone comes from.
 *
 * A TZif file is a block of 32-bit data for old readers, then, from version 2
 * on, one of 64-bit data, then a line with the rule for what comes after.
 * Each block: a header of 44 bytes ending in six counts, then the changes, the
 * type after each change, the types (offset, daylight, abbreviation), the
 * characters of the abbreviations, leap seconds, and two lists of flags that
 * only matter to those who make zones.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "zone/zone_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define ZONE_FOLDER	"/usr/share/zoneinfo"
#define ZONE_LOCAL	"/etc/localtime"
#define OFFSET_LIMIT	(26 * 3600)
#define HEADER		44

struct counts {
	size_t	utc, std, leap, time, type, chars;
};

/* One block of the file: where its parts begin. */
struct block {
	struct counts		 n;
	size_t			 width;		/* of a time: 4 or 8 */
	const unsigned char	*body;
	size_t			 size;		/* of the body */
};

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int64_t
time_of(const unsigned char *p, size_t width)
{
	if (width == 4)
		return (int32_t)be32(p);
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Read the header at p; -1 if it or its body does not fit into left bytes. */
static int
read_block(const unsigned char *p, size_t left, size_t width, struct block *b)
{
	struct counts *n = &b->n;

	if (left < HEADER || memcmp(p, "TZif", 4) != 0)
		return -1;
	n->utc = be32(p + 20);
	n->std = be32(p + 24);
	n->leap = be32(p + 28);
	n->time = be32(p + 32);
	n->type = be32(p + 36);
	n->chars = be32(p + 40);
	b->width = width;
	b->body = p + HEADER;
	b->size = n->time * (width + 1) + n->type * 6 + n->chars +
	    n->leap * (width + 4) + n->std + n->utc;
	return b->size > left - HEADER ? -1 : 0;
}

static int
read_types(struct zone *z, const unsigned char *p, const struct counts *n)
{
	const unsigned char *chars = p + n->type * 6;
	struct zone_type *t;
	size_t i;

	if (n->type == 0 || n->type > ZONE_TYPES_MAX || n->chars == 0 ||
	    n->chars > ZONE_CHARS_MAX)
		return -1;
	for (i = 0; i < n->chars; i++)
		if (chars[i] != '\0' && (chars[i] <= ' ' || chars[i] > '~'))
			return -1;
	memcpy(z->chars, chars, n->chars);
	z->n_types = n->type;
	for (i = 0; i < n->type; i++) {
		t = &z->types[i];
		t->offset = (int32_t)be32(p + i * 6);
		t->dst = p[i * 6 + 4] != 0;
		t->abbr = p[i * 6 + 5];
		if (t->offset < -OFFSET_LIMIT || t->offset > OFFSET_LIMIT ||
		    (size_t)t->abbr >= n->chars)
			return -1;
	}
	return 0;
}

static int
read_changes(struct zone *z, const struct block *b)
{
	const unsigned char *to = b->body + b->n.time * b->width;
	size_t i;

	z->n = b->n.time;
	z->at = xallocn(z->n ? z->n : 1, sizeof(*z->at));
	z->to = xallocn(z->n ? z->n : 1, 1);
	for (i = 0; i < z->n; i++) {
		z->at[i] = time_of(b->body + i * b->width, b->width);
		z->to[i] = to[i];
		if (to[i] >= z->n_types || (i > 0 && z->at[i] <= z->at[i - 1]))
			return -1;
	}
	return 0;
}

/* The line after the second block: "\nCET-1CEST,...\n", perhaps empty. */
static int
read_footer(struct zone *z, const unsigned char *p, size_t left)
{
	char text[256];
	const unsigned char *end;
	size_t len;

	if (left < 2 || p[0] != '\n' ||
	    (end = memchr(p + 1, '\n', left - 1)) == NULL)
		return -1;
	len = (size_t)(end - p) - 1;
	if (len == 0)
		return 0;
	if (len >= sizeof(text) || memchr(p + 1, '\0', len) != NULL)
		return -1;
	memcpy(text, p + 1, len);
	text[len] = '\0';
	z->has_rule = 1;
	return zone_rule_parse(text, &z->rule);
}

/* 0, -1 for damage, -2 for leap seconds. */
static int
read_tzif(struct zone *z, const unsigned char *p, size_t len)
{
	const unsigned char *end = p + len;
	struct block b;
	int version;

	if (read_block(p, len, 4, &b) < 0)
		return -1;
	version = p[4];
	if (version != '\0') {
		p = b.body + b.size;
		if (read_block(p, (size_t)(end - p), 8, &b) < 0)
			return -1;
	}
	if (read_types(z, b.body + b.n.time * (b.width + 1), &b.n) < 0 ||
	    read_changes(z, &b) < 0)
		return -1;
	if (b.n.leap > 0)
		return -2;
	p = b.body + b.size;
	return version == '\0' ? 0 : read_footer(z, p, (size_t)(end - p));
}

int
zone_read(const void *tzif, size_t len, struct zone **out, struct err *e)
{
	struct zone *z = xalloc(sizeof(*z));
	int r = read_tzif(z, tzif, len);

	if (r == 0) {
		*out = z;
		return 0;
	}
	zone_free(z);
	if (r == -2)
		return err_set(e, ERR_USAGE, "time zone counts leap seconds");
	return err_set(e, ERR_CORRUPT, "time zone data are damaged");
}

int
zone_rule(const char *rule, struct zone **out, struct err *e)
{
	struct zone *z = xalloc(sizeof(*z));

	z->has_rule = 1;
	if (zone_rule_parse(rule, &z->rule) == 0) {
		*out = z;
		return 0;
	}
	zone_free(z);
	return err_set(e, ERR_NOENT, "no time zone rule");
}

/* A folder, a device or a fifo by that name is no zone; nor is it waited for. */
static int
read_file(int folder, const char *path, struct zone **out, struct err *e)
{
	CLEAN_FD int fd = openat(folder, path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	CLEAN_BUF struct buf b = {0};
	struct stat st;

	if (fd < 0)
		return err_sys(e, "time zone");
	if (fstat(fd, &st) < 0)
		return err_sys(e, "time zone");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_NOENT, "no such time zone");
	if (fd_read_all(fd, ZONE_FILE_MAX, &b) < 0)
		return err_sys(e, "time zone");
	return zone_read(b.data, b.len, out, e);
}

/* Letters, digits and _+- between single slashes: no name climbs or is hidden. */
static int
name_is_sane(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= ZONE_NAME_MAX || name[0] == '/' ||
	    name[len - 1] == '/' || strstr(name, "//") != NULL)
		return 0;
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_+-/") == len;
}

static int
load_named(const char *name, struct zone **out, struct err *e)
{
	CLEAN_FD int folder = -1;

	if (!name_is_sane(name))
		return err_set(e, ERR_NOENT, "no such time zone");
	if (strcmp(name, "UTC") == 0)
		return zone_rule("UTC0", out, e);
	folder = open(ZONE_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return err_sys(e, "time zones in %s", ZONE_FOLDER);
	return read_file(folder, name, out, e);
}

/* $TZ: [:]NAME, [:]/PATH, or a rule; empty is UTC, as libc has it. */
static int
load_from_environment(const char *tz, struct zone **out, struct err *e)
{
	if (*tz == ':')
		tz++;
	if (*tz == '\0')
		return zone_rule("UTC0", out, e);
	if (*tz == '/')
		return read_file(AT_FDCWD, tz, out, e);
	if (load_named(tz, out, e) == 0 || zone_rule(tz, out, NULL) == 0)
		return 0;
	return err_wrap(e, "$TZ");
}

int
zone_load(const char *name, struct zone **out, struct err *e)
{
	const char *tz = getenv("TZ");

	if (name != NULL)
		return load_named(name, out, e);
	if (tz != NULL)
		return load_from_environment(tz, out, e);
	if (access(ZONE_LOCAL, F_OK) < 0 && errno == ENOENT)
		return zone_rule("UTC0", out, e);
	return read_file(AT_FDCWD, ZONE_LOCAL, out, e) < 0 ?
	    err_wrap(e, "%s", ZONE_LOCAL) : 0;
}
