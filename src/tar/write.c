/* write.c -- the writer; see tar.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "tar/tar.h"
#include "tar/tar_impl.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/unicode.h"
#include "util/xalloc.h"

#define SECOND	INT64_C(1000000000)

struct tar_writer {
	struct archive	*a;
	struct archive_entry *entry;
	int		 fd;
	int		 zip;
	int		 sys;		/* errno of a failed write */
	int		 mute;		/* write nothing any more */
	int		 dead, closed;
	uint64_t	 written;

	/* The member that is being written. */
	int		 open;
	uint64_t	 size, at;	/* at: holes included */
	struct tar_extent *data;	/* what is to come */
	size_t		 ndata, cap, next;
};

/*
 * A failure is kept here and not told to libarchive, which would then leave
 * its buffers unfreed (3.6); good() asks after every call.
 */
static la_ssize_t
out(struct archive *a, void *arg, const void *data, size_t len)
{
	struct tar_writer *w = arg;

	(void)a;
	if (w->mute)
		return (la_ssize_t)len;
	if (fd_write_all(w->fd, data, len) < 0) {
		w->sys = errno;
		w->mute = 1;
	} else {
		w->written += len;
	}
	return (la_ssize_t)len;
}

static int
good(const struct tar_writer *w, int answer)
{
	return answer == ARCHIVE_OK && w->sys == 0;
}

/* Something below said no: the archive cannot go on. */
static int
died(struct tar_writer *w, const char *what, struct err *e)
{
	const char *why = archive_error_string(w->a);

	w->dead = w->mute = 1;
	w->open = 0;
	if (w->sys != 0) {
		errno = w->sys;
		return err_sys(e, "%s", what);
	}
	return err_set(e, ERR_IO, "%s: %s", what, why != NULL ? why :
	    "no reason was given");
}

static int
still_good(const struct tar_writer *w, int open, struct err *e)
{
	if (w->dead)
		return err_set(e, ERR_IO,
		    "write archive: it failed before, and is lost");
	if (w->closed || w->open != open)
		return err_set(e, ERR_USAGE, "write archive: %s", w->closed ?
		    "it is closed" : open ? "no member is begun" :
		    "a member is not ended");
	return 0;
}

static int
set_up(struct archive *a, int level)
{
	char number[16];

	if (archive_write_set_format_pax(a) != ARCHIVE_OK ||
	    archive_write_set_format_option(a, "pax", "xattrheader",
	    "SCHILY") != ARCHIVE_OK)
		return -1;
	if (level > 0) {
		snprintf(number, sizeof(number), "%d", level);
		if (archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
		    archive_write_set_filter_option(a, "zstd",
		    "compression-level", number) != ARCHIVE_OK)
			return -1;
	}
	if (archive_write_set_bytes_per_block(a, 65536) != ARCHIVE_OK)
		return -1;
	return archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK ?
	    0 : -1;
}

static int
set_up_zip(struct archive *a)
{
	if (archive_write_set_format_zip(a) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(a, 65536) != ARCHIVE_OK)
		return -1;
	return archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK ?
	    0 : -1;
}

#define ZIP	(-1)	/* for a level */

static int
create(int fd, int level, struct tar_writer **result, struct err *e)
{
	TAR_LOCALE(tar_utf8());
	struct tar_writer *w;
	int r;

	w = xalloc(sizeof(*w));
	w->fd = fd;
	w->zip = level == ZIP;
	w->a = archive_write_new();
	w->entry = archive_entry_new();
	if (w->a == NULL || w->entry == NULL)
		abort();
	r = level == ZIP ? set_up_zip(w->a) : set_up(w->a, level);
	if (r == 0 && !good(w, archive_write_open(w->a, w, NULL, out, NULL)))
		r = -1;
	if (r < 0) {
		died(w, "begin archive", e);
		tar_writer_free(w);
		return -1;
	}
	*result = w;
	return 0;
}

int
tar_create(int fd, int level, struct tar_writer **result, struct err *e)
{
	*result = NULL;
	if (level < 0 || level > 19)
		return err_set(e, ERR_USAGE,
		    "zstd level %d: it goes from 1 to 19, 0 is none", level);
	return create(fd, level, result, e);
}

int
tar_create_zip(int fd, struct tar_writer **result, struct err *e)
{
	*result = NULL;
	return create(fd, ZIP, result, e);
}

static int
check_xattrs(const struct tar_entry *t, struct err *e)
{
	size_t total = 0, i;

	for (i = 0; i < t->nxattrs; i++) {
		total += strlen(t->xattrs[i].name) + t->xattrs[i].len;
		if (t->xattrs[i].len > TAR_XATTRS_MAX ||
		    total > TAR_XATTRS_MAX)
			return err_set(e, ERR_USAGE,
			    "more than %u bytes of extended attributes",
			    TAR_XATTRS_MAX);
	}
	return 0;
}

static int
check_extents(const struct tar_entry *t, struct err *e)
{
	const struct tar_extent *x = t->data;
	uint64_t at = 0;
	size_t i;

	if (t->ndata > TAR_EXTENTS_MAX)
		return err_set(e, ERR_USAGE, "a file in more than %d pieces",
		    TAR_EXTENTS_MAX);
	for (i = 0; i < t->ndata; i++) {
		if (x[i].len == 0 || x[i].offset < at ||
		    x[i].offset > t->size || x[i].len > t->size - x[i].offset)
			return err_set(e, ERR_USAGE, "a map of holes that is "
			    "out of order, or beyond the file");
		at = x[i].offset + x[i].len;
	}
	return 0;
}

static int
check(const struct tar_entry *t, struct err *e)
{
	int hard = t->type == TAR_HARDLINK, soft = t->type == TAR_SYMLINK;

	if (t->type >= TAR_OTHER)
		return err_set(e, ERR_USAGE, "a kind of file that is not "
		    "put into archives");
	if (!tar_path_good(t->path, strlen(t->path)))
		return err_set(e, ERR_USAGE, "a path that is empty, too long, "
		    "absolute, or has an empty, . or .. component");
	if ((hard || soft) && (t->link == NULL || t->link[0] == '\0' ||
	    strlen(t->link) > TAR_PATH_MAX ||
	    (hard && !tar_path_good(t->link, strlen(t->link)))))
		return err_set(e, ERR_USAGE, "a link to nowhere, or too far");
	if (t->type == TAR_FILE && t->size > INT64_MAX)
		return err_set(e, ERR_USAGE, "a file of more than 2^63 bytes");
	if (check_xattrs(t, e) < 0)
		return -1;
	return t->type == TAR_FILE && t->sparse ? check_extents(t, e) : 0;
}

/*
 * Seconds and nanoseconds with the sign of the seconds, as pax writes them:
 * "-1.5" is one second and a half before 1970.  "-0.5" cannot be said so.
 */
static void
split_time(int64_t ns, time_t *s, long *fraction)
{
	*s = (time_t)(ns / SECOND);
	*fraction = (long)(ns % SECOND);
	if (*fraction < 0) {
		*fraction = -*fraction;
		if (*s == 0) {
			*s = -1;
			*fraction = 0;
		}
	}
}

static void
fill_kind(struct archive_entry *a, const struct tar_entry *t)
{
	static const __LA_MODE_T kinds[] = {
		[TAR_FILE] = AE_IFREG, [TAR_FOLDER] = AE_IFDIR,
		[TAR_SYMLINK] = AE_IFLNK, [TAR_HARDLINK] = AE_IFREG,
		[TAR_FIFO] = AE_IFIFO,
	};

	archive_entry_set_filetype(a, kinds[t->type]);
	archive_entry_set_size(a, 0);
	if (t->type == TAR_FILE)
		archive_entry_set_size(a, (la_int64_t)t->size);
	else if (t->type == TAR_SYMLINK)
		archive_entry_copy_symlink(a, t->link);
	else if (t->type == TAR_HARDLINK)
		archive_entry_copy_hardlink(a, t->link);
}

static void
fill_sparse(struct archive_entry *a, const struct tar_entry *t)
{
	size_t i;

	if (t->type != TAR_FILE || !t->sparse)
		return;
	for (i = 0; i < t->ndata; i++)
		archive_entry_sparse_add_entry(a,
		    (la_int64_t)t->data[i].offset, (la_int64_t)t->data[i].len);
	/* Without any entry it would count as data from end to end. */
	if (t->ndata == 0)
		archive_entry_sparse_add_entry(a, (la_int64_t)t->size, 0);
}

static void
fill_in(struct archive_entry *a, const struct tar_entry *t)
{
	time_t s;
	long ns;
	size_t i;

	archive_entry_clear(a);
	archive_entry_copy_pathname(a, t->path);
	archive_entry_set_perm(a, t->mode & 07777);
	fill_kind(a, t);
	archive_entry_set_uid(a, t->uid);
	archive_entry_set_gid(a, t->gid);
	if (t->user != NULL)
		archive_entry_copy_uname(a, t->user);
	if (t->group != NULL)
		archive_entry_copy_gname(a, t->group);
	split_time(t->mtime, &s, &ns);
	archive_entry_set_mtime(a, s, ns);
	if (t->has_atime) {
		split_time(t->atime, &s, &ns);
		archive_entry_set_atime(a, s, ns);
	}
	for (i = 0; i < t->nxattrs; i++)
		if (!tar_acl_put(a, &t->xattrs[i]))
			archive_entry_xattr_add_entry(a, t->xattrs[i].name,
			    t->xattrs[i].value, t->xattrs[i].len);
	fill_sparse(a, t);
}

/* Remember where the data of the new member lies. */
static void
plan_data(struct tar_writer *w, const struct tar_entry *t)
{
	size_t n = t->type == TAR_FILE && t->sparse ? t->ndata : 1, i;

	if (n > w->cap) {
		w->data = xrealloc(w->data, n, sizeof(*w->data));
		w->cap = n;
	}
	w->size = t->type == TAR_FILE ? t->size : 0;
	w->at = 0;
	w->next = 0;
	w->ndata = n;
	if (t->type == TAR_FILE && t->sparse)
		for (i = 0; i < n; i++)
			w->data[i] = t->data[i];
	else
		w->data[0] = (struct tar_extent){ 0, w->size };
}

/*
 * In a zip libarchive marks each name beyond ASCII as UTF-8 (bit 11) if the
 * locale is.  One that is no UTF-8 must not say that it is: those who believe it
 * refuse the whole archive.  Its bytes are the same without the mark.
 */
static locale_t
locale_for(const struct tar_writer *w, const struct tar_entry *t)
{
	return w->zip && t->path != NULL && !utf8_valid(t->path,
	    strlen(t->path)) ? tar_plain() : tar_utf8();
}

int
tar_add(struct tar_writer *w, const struct tar_entry *t, struct err *e)
{
	TAR_LOCALE(locale_for(w, t));
	int r;

	if (still_good(w, 0, e) < 0)
		return -1;
	if (check(t, e) < 0)
		return err_wrap(e, "put into archive");
	fill_in(w->entry, t);
	r = archive_write_header(w->a, w->entry);
	/* A warning is about a name that is not UTF-8, kept in bytes. */
	if (!good(w, r == ARCHIVE_WARN ? ARCHIVE_OK : r))
		return died(w, "write archive", e);
	plan_data(w, t);
	w->open = 1;
	return 0;
}

/* Hand n bytes on, of data or of a hole (which libarchive leaves out). */
static int
feed(struct tar_writer *w, const unsigned char *p, size_t n)
{
	la_ssize_t done;

	while (n > 0) {
		done = archive_write_data(w->a, p, n);
		if (done <= 0 || w->sys != 0)
			return -1;
		p += done;
		n -= (size_t)done;
		w->at += (uint64_t)done;
	}
	return 0;
}

static int
feed_zeros(struct tar_writer *w, uint64_t upto)
{
	uint64_t n;

	while (w->at < upto) {
		n = upto - w->at;
		if (feed(w, tar_zeros, n < TAR_ZEROS ? (size_t)n :
		    TAR_ZEROS) < 0)
			return -1;
	}
	return 0;
}

/*
 * Go over holes to where data is due, and say how much is; 0 if no more.  -1
 * if the archive died.
 */
static int
due(struct tar_writer *w, uint64_t *n)
{
	const struct tar_extent *x;

	*n = 0;
	for (; w->next < w->ndata; w->next++) {
		x = &w->data[w->next];
		if (feed_zeros(w, x->offset) < 0)
			return -1;
		*n = x->offset + x->len - w->at;
		if (*n > 0)
			return 0;
	}
	return 0;
}

int
tar_write(struct tar_writer *w, const void *data, size_t len, struct err *e)
{
	TAR_LOCALE(tar_utf8());
	const unsigned char *p = data;
	uint64_t n;
	size_t part;

	if (still_good(w, 1, e) < 0)
		return -1;
	while (len > 0) {
		if (due(w, &n) < 0)
			return died(w, "write archive", e);
		if (n == 0)
			return err_set(e, ERR_USAGE, "write archive: more "
			    "data than the member was announced with");
		part = n < len ? (size_t)n : len;
		if (feed(w, p, part) < 0)
			return died(w, "write archive", e);
		p += part;
		len -= part;
	}
	return 0;
}

int
tar_end(struct tar_writer *w, struct err *e)
{
	TAR_LOCALE(tar_utf8());
	uint64_t n, missing = 0;

	if (still_good(w, 1, e) < 0)
		return -1;
	for (;;) {
		if (due(w, &n) < 0)
			return died(w, "write archive", e);
		if (n == 0)
			break;
		missing += n;
		if (feed_zeros(w, w->at + n) < 0)
			return died(w, "write archive", e);
	}
	if (feed_zeros(w, w->size) < 0 ||
	    !good(w, archive_write_finish_entry(w->a)))
		return died(w, "write archive", e);
	w->open = 0;
	if (missing > 0)
		return err_set(e, ERR_CHANGED, "the file is %llu bytes shorter "
		    "than it was", (unsigned long long)missing);
	return 0;
}

int
tar_close(struct tar_writer *w, struct err *e)
{
	TAR_LOCALE(tar_utf8());

	if (still_good(w, 0, e) < 0)
		return -1;
	if (!good(w, archive_write_close(w->a)))
		return died(w, "end archive", e);
	w->closed = 1;
	return 0;
}

uint64_t
tar_written(const struct tar_writer *w)
{
	return w->written;
}

void
tar_writer_free(struct tar_writer *w)
{
	if (w == NULL)
		return;
	/* What was given up must not be ended as if it were whole. */
	w->mute = 1;
	archive_write_free(w->a);
	archive_entry_free(w->entry);
	free(w->data);
	free(w);
}
