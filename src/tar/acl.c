/*
 * acl.c -- POSIX ACLs between the kernel and libarchive.
 *
 * The kernel's form (linux/posix_acl_xattr.h), all little-endian: a version
 * (2) in four bytes, then for each entry a tag and permissions in two bytes
 * each and an id in four, ordered by tag and id.
 *
 * libarchive keeps owner, group and others of an access ACL in the mode, where
 * the kernel has the mask in place of the group; the reader puts that right.
 */
#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "tar/tar.h"
#include "tar/tar_impl.h"
#include "util/arena.h"

#define VERSION		2
#define NO_ID		0xFFFFFFFFu
#define ENTRIES_MAX	8191		/* what fits into 64 KiB */

struct acl_entry {
	uint16_t	 tag, perm;
	uint32_t	 id;
};

static const char access_name[] = "system.posix_acl_access";
static const char default_name[] = "system.posix_acl_default";

static const struct {
	uint16_t	 kernel;
	int		 archive;
	int		 has_id;
} tags[] = {
	{ 0x01, ARCHIVE_ENTRY_ACL_USER_OBJ, 0 },
	{ 0x02, ARCHIVE_ENTRY_ACL_USER, 1 },
	{ 0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ, 0 },
	{ 0x08, ARCHIVE_ENTRY_ACL_GROUP, 1 },
	{ 0x10, ARCHIVE_ENTRY_ACL_MASK, 0 },
	{ 0x20, ARCHIVE_ENTRY_ACL_OTHER, 0 },
};
#define TAGS	(sizeof(tags) / sizeof(tags[0]))

static struct acl_entry
read_entry(const unsigned char *p)
{
	struct acl_entry a;

	memcpy(&a.tag, p, 2);
	memcpy(&a.perm, p + 2, 2);
	memcpy(&a.id, p + 4, 4);
	a.tag = le16toh(a.tag);
	a.perm = le16toh(a.perm);
	a.id = le32toh(a.id);
	return a;
}

static void
write_entry(unsigned char *p, struct acl_entry a)
{
	a.tag = htole16(a.tag);
	a.perm = htole16(a.perm);
	a.id = htole32(a.id);
	memcpy(p, &a.tag, 2);
	memcpy(p + 2, &a.perm, 2);
	memcpy(p + 4, &a.id, 4);
}

static size_t
find_tag(uint16_t kernel)
{
	size_t i;

	for (i = 0; i < TAGS && tags[i].kernel != kernel; i++)
		;
	return i;
}

/* Is every entry of it one that libarchive can hold? */
static int
well_formed(const unsigned char *p, size_t len)
{
	struct acl_entry a;
	uint32_t version;
	size_t i;

	if (len < 4 || len % 8 != 4)
		return 0;
	memcpy(&version, p, 4);
	if (le32toh(version) != VERSION)
		return 0;
	for (i = 4; i < len; i += 8) {
		a = read_entry(p + i);
		if (find_tag(a.tag) == TAGS || a.perm > 7)
			return 0;
	}
	return 1;
}

int
tar_acl_put(struct archive_entry *entry, const struct tar_xattr *x)
{
	const unsigned char *p = x->value;
	struct acl_entry a;
	size_t i, t;
	int type;

	if (strcmp(x->name, access_name) == 0)
		type = ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	else if (strcmp(x->name, default_name) == 0)
		type = ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;
	else
		return 0;
	if (!well_formed(p, x->len))
		return 0;
	for (i = 4; i < x->len; i += 8) {
		a = read_entry(p + i);
		t = find_tag(a.tag);
		archive_entry_acl_add_entry(entry, type, a.perm,
		    tags[t].archive, tags[t].has_id ? (int)a.id : -1, NULL);
	}
	return 1;
}

static int
by_tag_and_id(const void *pa, const void *pb)
{
	const struct acl_entry *a = pa, *b = pb;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* The next entry of the ACL that was reset: 1, or 0 at its end. */
static int
next_entry(struct archive_entry *entry, int want, struct acl_entry *out)
{
	int type, perm, tag, id;
	const char *name;
	size_t t;

	while (archive_entry_acl_next(entry, want, &type, &perm, &tag, &id,
	    &name) == ARCHIVE_OK) {
		for (t = 0; t < TAGS && tags[t].archive != tag; t++)
			;
		if (t == TAGS)
			continue;
		*out = (struct acl_entry){ tags[t].kernel,
		    (uint16_t)(perm & 7), tags[t].has_id ? (uint32_t)id :
		    NO_ID };
		return 1;
	}
	return 0;
}

int
tar_acl_get(struct archive_entry *entry, int is_default, struct arena *a,
    struct tar_xattr *x, int *mask)
{
	int type = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT :
	    ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	int count = archive_entry_acl_reset(entry, type);
	uint32_t version = htole32(VERSION);
	struct acl_entry *all;
	unsigned char *value;
	size_t n = 0, i;

	*mask = -1;
	if (count <= 0 || count > ENTRIES_MAX)
		return 0;
	all = arena_alloc(a, (size_t)count * sizeof(*all));
	while (n < (size_t)count && next_entry(entry, type, &all[n])) {
		if (all[n].tag == 0x10)
			*mask = all[n].perm;
		n++;
	}
	if (n == 0)
		return 0;
	qsort(all, n, sizeof(*all), by_tag_and_id);
	value = arena_alloc(a, 4 + 8 * n);
	memcpy(value, &version, 4);
	for (i = 0; i < n; i++)
		write_entry(value + 4 + 8 * i, all[i]);
	*x = (struct tar_xattr){ is_default ? default_name : access_name,
	    value, 4 + 8 * n };
	return 1;
}
