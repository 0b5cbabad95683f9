/* read.c -- the reader; see tar.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "tar/tar.h"
#include "tar/tar_impl.h"
#include "util/arena.h"
#include "util/err.h"
#include "util/xalloc.h"

#define SECOND	INT64_C(1000000000)
#define CHUNK	((size_t)128 << 10)

struct tar_reader {
	struct archive	*a;
	int		 fd;
	int		 sys;		/* errno of a failed read */
	int		 over, dead;
	unsigned char	*chunk;
	size_t		 first;		/* bytes read to see what it is */
	struct tar_limits limits;
	uint64_t	 seen;

	/* The member at hand. */
	struct arena	 arena;
	struct tar_entry entry;
	uint64_t	 at;		/* given out so far */
	uint64_t	 above;		/* data may not come before this */
	const void	*data;		/* a stretch that waits behind a hole */
	size_t		 len;
	uint64_t	 offset;
};

static la_ssize_t
in(struct archive *a, void *arg, const void **data)
{
	struct tar_reader *r = arg;
	ssize_t n = (ssize_t)r->first;

	*data = r->chunk;
	if (n > 0) {
		r->first = 0;
		return n;
	}
	do
		n = read(r->fd, r->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		r->sys = errno;
		archive_set_error(a, errno, "read");
	}
	return n;
}

static int
died(struct tar_reader *r, struct err *e)
{
	const char *why = archive_error_string(r->a);

	r->dead = 1;
	if (r->sys != 0) {
		errno = r->sys;
		return err_sys(e, "read archive");
	}
	return err_set(e, ERR_CORRUPT, "read archive: %s", why != NULL ? why :
	    "it makes no sense");
}

static int
senseless(struct tar_reader *r, const char *what, struct err *e)
{
	r->dead = 1;
	return err_set(e, ERR_CORRUPT, "read archive: %s", what);
}

/* The first bytes: enough to tell a zstd frame (RFC 8878) from the rest. */
static int
is_zstd(struct tar_reader *r, int *answer, struct err *e)
{
	static const unsigned char magic[4] = { 0x28, 0xB5, 0x2F, 0xFD };
	ssize_t n;

	while (r->first < sizeof(magic)) {
		n = read(r->fd, r->chunk + r->first, CHUNK - r->first);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read archive");
		if (n == 0)
			break;
		r->first += (size_t)n;
	}
	*answer = r->first >= sizeof(magic) &&
	    memcmp(r->chunk, magic, sizeof(magic)) == 0;
	return 0;
}

/*
 * Exactly one filter and one format, by our own choice: libarchive's guessing
 * would unwrap layer after layer of whatever a hostile file consists of.
 */
static int
begin(struct tar_reader *r, struct err *e)
{
	int zstd, ok;

	if (is_zstd(r, &zstd, e) < 0)
		return -1;
	ok = archive_read_append_filter(r->a, zstd ? ARCHIVE_FILTER_ZSTD :
	    ARCHIVE_FILTER_NONE) == ARCHIVE_OK &&
	    archive_read_support_format_tar(r->a) == ARCHIVE_OK &&
	    archive_read_open(r->a, r, NULL, in, NULL) == ARCHIVE_OK;
	return ok ? 0 : died(r, e);
}

int
tar_open(int fd, const struct tar_limits *limits, struct tar_reader **out,
    struct err *e)
{
	TAR_LOCALE(tar_plain());
	struct tar_reader *r = xalloc(sizeof(*r));

	*out = NULL;
	r->fd = fd;
	r->chunk = xalloc(CHUNK);
	if (limits != NULL)
		r->limits = *limits;
	if (r->limits.entries == 0)
		r->limits.entries = TAR_ENTRIES_MAX;
	if (r->limits.size == 0)
		r->limits.size = TAR_SIZE_MAX;
	if ((r->a = archive_read_new()) == NULL)
		abort();
	if (begin(r, e) < 0) {
		tar_reader_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

/* The other way round as the writer's split_time; beyond range, the end. */
static int64_t
join_time(int64_t s, long ns)
{
	int64_t t;

	if (__builtin_mul_overflow(s, SECOND, &t) ||
	    __builtin_add_overflow(t, s < 0 ? -ns : ns, &t))
		return s < 0 ? INT64_MIN : INT64_MAX;
	return t;
}

/* A path in the reader's own memory, or NULL if it is not a good one. */
static const char *
take_path(struct tar_reader *r, const char *path, int is_folder)
{
	size_t len = path != NULL ? strlen(path) : 0;

	if (is_folder && len > 1 && path[len - 1] == '/')
		len--;
	if (len == 0 || len > TAR_PATH_MAX)
		return NULL;
	path = arena_dup(&r->arena, path, len);
	return tar_path_good(path, len) ? path : NULL;
}

static enum tar_type
kind_of(struct archive_entry *a)
{
	if (archive_entry_hardlink(a) != NULL)
		return TAR_HARDLINK;
	switch (archive_entry_filetype(a)) {
	case AE_IFREG:
		return TAR_FILE;
	case AE_IFDIR:
		return TAR_FOLDER;
	case AE_IFLNK:
		return TAR_SYMLINK;
	case AE_IFIFO:
		return TAR_FIFO;
	default:
		return TAR_OTHER;
	}
}

static int
take_names(struct tar_reader *r, struct archive_entry *a, struct err *e)
{
	struct tar_entry *t = &r->entry;
	const char *target = archive_entry_symlink(a);

	t->path = take_path(r, archive_entry_pathname(a),
	    t->type == TAR_FOLDER);
	if (t->path == NULL)
		return senseless(r, "a member's path is empty, too long, "
		    "absolute, or has an empty, . or .. component", e);
	if (t->type == TAR_HARDLINK) {
		t->link = take_path(r, archive_entry_hardlink(a), 0);
		if (t->link == NULL)
			return senseless(r, "a hard link out of the archive",
			    e);
	} else if (t->type == TAR_SYMLINK) {
		if (target == NULL || target[0] == '\0' ||
		    strlen(target) > TAR_PATH_MAX)
			return senseless(r, "a symlink to nowhere", e);
		t->link = arena_str(&r->arena, target);
	}
	if (archive_entry_uname(a) != NULL)
		t->user = arena_str(&r->arena, archive_entry_uname(a));
	if (archive_entry_gname(a) != NULL)
		t->group = arena_str(&r->arena, archive_entry_gname(a));
	return 0;
}

static int
take_numbers(struct tar_reader *r, struct archive_entry *a, struct err *e)
{
	struct tar_entry *t = &r->entry;
	la_int64_t size = archive_entry_size(a), uid = archive_entry_uid(a),
	    gid = archive_entry_gid(a);

	if (uid < 0 || uid > UINT32_MAX || gid < 0 || gid > UINT32_MAX)
		return senseless(r, "an owner's number is out of range", e);
	t->uid = (uint32_t)uid;
	t->gid = (uint32_t)gid;
	t->mode = (uint32_t)archive_entry_perm(a) & 07777;
	t->mtime = join_time(archive_entry_mtime(a),
	    archive_entry_mtime_nsec(a));
	t->has_atime = archive_entry_atime_is_set(a) != 0;
	if (t->has_atime)
		t->atime = join_time(archive_entry_atime(a),
		    archive_entry_atime_nsec(a));
	if (t->type != TAR_FILE)
		return 0;
	if (size < 0 || (uint64_t)size > r->limits.size)
		return senseless(r, "a member is larger than allowed", e);
	t->size = (uint64_t)size;
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Names are written with %3D for what pax cannot hold; libarchive leaves
 * them so. */
static const char *
take_xattr_name(struct arena *a, const char *name)
{
	char *copy = arena_str(a, name), *to = copy;
	const char *p;

	for (p = name; *p != '\0'; p++) {
		if (p[0] == '%' && hex_digit(p[1]) >= 0 &&
		    hex_digit(p[2]) >= 0) {
			*to++ = (char)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return copy;
}

static void
take_xattrs(struct tar_reader *r, struct archive_entry *a)
{
	struct tar_entry *t = &r->entry;
	size_t n = (size_t)archive_entry_xattr_reset(a), len;
	struct tar_xattr *x;
	const char *name;
	const void *value;
	int mask, unused;

	x = arena_alloc(&r->arena, (n + 2) * sizeof(*x));
	t->xattrs = x;
	while (n-- > 0 && archive_entry_xattr_next(a, &name, &value, &len) ==
	    ARCHIVE_OK)
		x[t->nxattrs++] = (struct tar_xattr){
		    take_xattr_name(&r->arena, name),
		    arena_dup(&r->arena, value != NULL ? value : "", len),
		    len };
	t->nxattrs += (size_t)tar_acl_get(a, 0, &r->arena, &x[t->nxattrs],
	    &mask);
	t->nxattrs += (size_t)tar_acl_get(a, 1, &r->arena, &x[t->nxattrs],
	    &unused);
	if (mask >= 0)		/* acl.c says why */
		t->mode = (t->mode & ~(uint32_t)070) | (uint32_t)mask << 3;
}

static void
take_extents(struct tar_reader *r, struct archive_entry *a)
{
	struct tar_entry *t = &r->entry;
	int n = archive_entry_sparse_reset(a);
	la_int64_t offset, len;
	struct tar_extent *x;

	if (t->type != TAR_FILE || n <= 0)
		return;
	x = arena_alloc(&r->arena, (size_t)n * sizeof(*x));
	while (n-- > 0 && archive_entry_sparse_next(a, &offset, &len) ==
	    ARCHIVE_OK)
		if (len > 0)
			x[t->ndata++] = (struct tar_extent){
			    (uint64_t)offset, (uint64_t)len };
	t->data = x;
	t->sparse = 1;
}

int
tar_next(struct tar_reader *r, const struct tar_entry **out, struct err *e)
{
	TAR_LOCALE(tar_plain());
	struct archive_entry *a;
	int n;

	*out = NULL;
	if (r->dead)
		return err_set(e, ERR_CORRUPT, "read archive: given up");
	if (r->over)
		return 0;
	arena_fini(&r->arena);
	r->arena = (struct arena){0};
	r->entry = (struct tar_entry){0};
	r->at = r->above = r->len = 0;
	n = archive_read_next_header(r->a, &a);
	if (n == ARCHIVE_EOF) {
		r->over = 1;
		return 0;
	}
	/* The one warning to be passed over: a name that is not ASCII. */
	if (n != ARCHIVE_OK &&
	    !(n == ARCHIVE_WARN && archive_errno(r->a) == EILSEQ))
		return died(r, e);
	if (++r->seen > r->limits.entries)
		return senseless(r, "it has more members than allowed", e);
	r->entry.type = kind_of(a);
	if (take_names(r, a, e) < 0 || take_numbers(r, a, e) < 0)
		return -1;
	take_xattrs(r, a);
	take_extents(r, a);
	*out = &r->entry;
	return 1;
}

/* The next stretch of data as it comes, checked against the entry. */
static int
stretch(struct tar_reader *r, const void **data, size_t *len,
    uint64_t *offset, struct err *e)
{
	la_int64_t where = 0;
	int n;

	if (r->dead)
		return err_set(e, ERR_CORRUPT, "read archive: given up");
	if (r->over || r->entry.type != TAR_FILE)
		return 0;
	do {
		*len = 0;
		n = archive_read_data_block(r->a, data, len, &where);
		if (n == ARCHIVE_EOF)
			return 0;
		if (n != ARCHIVE_OK)
			return died(r, e);
	} while (*len == 0);
	if (where < 0 || (uint64_t)where < r->above ||
	    (uint64_t)where > r->entry.size ||
	    *len > r->entry.size - (uint64_t)where)
		return senseless(r, "data lies where none should be", e);
	*offset = (uint64_t)where;
	r->above = *offset + *len;
	return 1;
}

int
tar_read_data(struct tar_reader *r, const void **data, size_t *len,
    uint64_t *offset, struct err *e)
{
	TAR_LOCALE(tar_plain());

	return stretch(r, data, len, offset, e);
}

int
tar_read(struct tar_reader *r, const void **data, size_t *len, struct err *e)
{
	TAR_LOCALE(tar_plain());
	uint64_t hole;
	int n;

	if (r->len == 0 && r->at < r->entry.size) {
		n = stretch(r, &r->data, &r->len, &r->offset, e);
		if (n < 0)
			return -1;
		if (n == 0) {
			r->len = 0;
			r->offset = r->entry.size;
		}
	}
	if (r->at >= r->entry.size)
		return 0;
	if (r->at < r->offset) {
		hole = r->offset - r->at;
		*data = tar_zeros;
		*len = hole < TAR_ZEROS ? (size_t)hole : TAR_ZEROS;
	} else {
		*data = r->data;
		*len = r->len;
		r->len = 0;
	}
	r->at += *len;
	return 1;
}

void
tar_reader_free(struct tar_reader *r)
{
	if (r == NULL)
		return;
	archive_read_free(r->a);
	arena_fini(&r->arena);
	free(r->chunk);
	free(r);
}
