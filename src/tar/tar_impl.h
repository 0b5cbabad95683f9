#ifndef TAR_TAR_IMPL_H
#define TAR_TAR_IMPL_H

#include <locale.h>
#include <stddef.h>

/* What writer and reader share.  For the tar room only. */
struct archive_entry;
struct arena;
struct tar_xattr;

/*
 * libarchive reads the locale of the calling thread.  A writer needs UTF-8 in
 * LC_CTYPE, or every name beyond ASCII gets a record that GNU tar complains
 * of.  A reader needs plain C, where it hands over what is no ASCII as bytes,
 * untouched; under UTF-8 it would compose what was decomposed, and a name
 * would not be the one that was put away.
 *
 *	TAR_LOCALE(tar_utf8());		until the end of the block
 */
locale_t tar_utf8(void);
locale_t tar_plain(void);
void tar_locale_back(locale_t *old);

#define TAR_LOCALE(l) __attribute__((cleanup(tar_locale_back), unused)) \
	locale_t tar_old_locale = uselocale(l)

/* Relative and clean, at most TAR_PATH_MAX bytes: see tar.h. */
int tar_path_good(const char *path, size_t len);

/* Zeros for holes and padding. */
#define TAR_ZEROS	((size_t)1 << 20)
extern const unsigned char *const tar_zeros;

/*
 * Between the kernel's form of an ACL and libarchive's.  tar_acl_put: 1 if x
 * was an ACL and is in the entry now, 0 if it is to be kept as it stands.
 * tar_acl_get: 1 and the attribute (in a), 0 if the entry has none; *mask is
 * its mask's permissions, or -1.
 */
int tar_acl_put(struct archive_entry *entry, const struct tar_xattr *x);
int tar_acl_get(struct archive_entry *entry, int is_default, struct arena *a,
    struct tar_xattr *x, int *mask);

#endif
