#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/impl.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "tar/tar.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/lines.h"
#include "util/path.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define FIELDS		7
#define READ_SIZE	((size_t)256 << 10)

static void
add_name(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\' || *s == '\t' || *s == '\n') {
			buf_addc(b, '\\');
			buf_addc(b, *s == '\t' ? 't' : *s == '\n' ? 'n' : '\\');
		} else
			buf_addc(b, *s);
	}
}

void
record_line(struct buf *out, const struct archive_entry *en)
{
	buf_addf(out, "f\t%s\t%" PRIu64 " %" PRId64 " %" PRId64 "\t",
	    en->sha256, en->size, en->mtime, en->time);
	add_name(out, en->path);
	buf_addc(out, '\t');
	add_name(out, en->source);
	buf_addc(out, '\t');
	add_name(out, en->bundle);
	buf_addc(out, '\t');
	add_name(out, en->member);
	buf_addc(out, '\n');
}

/* Undo the escapes in place. */
static char *
plain(char *s)
{
	char *p = s, *q = s;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
			*q++ = *p == 't' ? '\t' : *p == 'n' ? '\n' : *p;
		} else
			*q++ = *p;
	}
	*q = '\0';
	return s;
}

void
record_key(struct buf *key, const char *bundle, const char *member)
{
	buf_reset(key);
	buf_adds(key, bundle);
	buf_addc(key, '\0');
	buf_adds(key, member);
}

static int
parse_line(char *line, struct archive_entry *en)
{
	char *f[FIELDS], *p = line, *end;
	int i;

	for (i = 0; i < FIELDS; i++)
		if ((f[i] = strsep(&p, "\t")) == NULL)
			return -1;
	if (p != NULL || strcmp(f[0], "f") != 0 || strlen(f[1]) != 64)
		return -1;
	errno = 0;
	en->size = strtoull(f[2], &end, 10);
	en->mtime = strtoll(end, &end, 10);
	en->time = strtoll(end, &end, 10);
	if (errno != 0 || *end != '\0')
		return -1;
	en->sha256 = f[1];
	en->path = plain(f[3]);
	en->source = plain(f[4]);
	en->bundle = plain(f[5]);
	en->member = plain(f[6]);
	/* What it names must lie in the archive. */
	return path_is_inside(en->path) && (*en->bundle == '\0' ||
	    path_is_inside(en->bundle)) && en->source[0] == '/' ? 0 : -1;
}

int
record_each(int fd, int (*each)(void *arg, const struct archive_entry *en),
    void *arg, struct err *e)
{
	struct lines *l = lines_new(fd, ARCHIVE_LINE);
	struct archive_entry en;
	uint64_t number = 0, first = 0, bad = 0;
	char *line;
	size_t len;
	int r;

	while ((r = lines_next(l, &line, &len)) == 1) {
		number++;
		if (strlen(line) != len || parse_line(line, &en) < 0) {
			first = bad++ == 0 ? number : first;
			continue;
		}
		if (each(arg, &en)) {
			r = 0;
			break;
		}
	}
	if (r < 0)
		err_sys(e, "read the manifest");
	else if (bad > 0)
		r = err_set(e, ERR_CORRUPT, "the manifest is damaged: line %"
		    PRIu64 "%s make%s no sense", first, bad > 1 ?
		    " and others" : "", bad > 1 ? "" : "s");
	lines_free(l);
	return r;
}

/* Hold the folder of path below to. */
static int
folder_of(const struct fs_dir *to, const char *path, struct fs_dir **out,
    const char **name, struct err *e)
{
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *dir = xstrndup(path, slash ? (size_t)(slash - path) : 0);

	*name = slash ? slash + 1 : path;
	return fs_dir_below(to, slash ? dir : ".", out, e);
}

int
record_open(const struct fs_dir *to, const char *path, struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *d = NULL;
	char q[QUOTE_SIZE];
	const char *name;
	int fd;

	if (folder_of(to, path, &d, &name, e) < 0)
		return -1;
	fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open %s", quote_to(q, sizeof(q), path)) :
	    fd;
}

int
record_sum(const struct fs_dir *to, const char *path, char hex[65],
    struct err *e)
{
	CLEAN_FD int fd = record_open(to, path, e);
	CLEAN_FREE unsigned char *piece = xalloc(READ_SIZE);
	unsigned char sum[SHA256_LEN];
	char q[QUOTE_SIZE];
	struct sha256 *s;
	ssize_t n;

	if (fd < 0)
		return -1;
	s = sha256_new();
	sha256_start(s);
	while ((n = read(fd, piece, READ_SIZE)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			sha256_add(s, piece, (size_t)n);
	sha256_end(s, sum);
	sha256_free(s);
	if (n < 0)
		return err_sys(e, "read %s", quote_to(q, sizeof(q), path));
	sha256_hex(sum, hex);
	return 0;
}

int
record_member_sum(struct tar_reader *tr, struct sha256 *s,
    char hex[SHA256_HEX], struct err *e)
{
	unsigned char sum[SHA256_LEN];
	const void *data;
	size_t len;
	int n;

	sha256_start(s);
	while ((n = tar_read(tr, &data, &len, e)) == 1)
		sha256_add(s, data, len);
	sha256_end(s, sum);
	sha256_hex(sum, hex);
	return n;
}
