/* manifest.c -- reading a manifest: every byte of it may be hostile. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies/impl.h"
#include "copies/manifest.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/lines.h"
#include "util/path.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define TAIL_BYTES	((size_t)512)

struct root {
	char	*at, *source;
};

struct manifest {
	int			 fd;
	char			*what;		/* for messages, quoted */
	struct lines		*lines;
	struct manifest_head	 head;
	struct root		*roots;
	size_t			 n_roots, cap_roots;
	uint64_t		 first;		/* where the entries begin */
	uint64_t		 at;		/* of the last entry */
	struct sha256		*sha;
	bool			 summing;	/* everything was read in order */
	struct buf		 source;
};

static int
damaged(const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "the manifest of copy %s is damaged",
	    what);
}

/* ---- pieces of a line; what is bad stays bad ---- */
struct cursor {
	char	*p;
	bool	 bad;
};

static uint64_t
number(struct cursor *c, unsigned base, char after)
{
	uint64_t v = 0, digit;
	char *start = c->p;

	for (; *c->p >= '0' && *c->p < (char)('0' + base); c->p++) {
		digit = (uint64_t)(*c->p - '0');
		if (v > (UINT64_MAX - digit) / base)
			c->bad = true;
		v = v * base + digit;
	}
	if (c->p == start || *c->p != after)
		c->bad = true;
	else if (after != '\0')
		c->p++;
	return c->bad ? 0 : v;
}

static int64_t
signed_number(struct cursor *c, char after)
{
	bool minus = *c->p == '-';
	uint64_t v;

	c->p += minus;
	v = number(c, 10, after);
	if (v > (uint64_t)INT64_MAX + minus)
		c->bad = true;
	return c->bad ? 0 : minus ? (int64_t)(0 - v) : (int64_t)v;
}

static uint32_t
number32(struct cursor *c, unsigned base)
{
	uint64_t v = number(c, base, ' ');

	if (v > UINT32_MAX)
		c->bad = true;
	return (uint32_t)v;
}

/* Text up to after, its escapes undone where it stands. */
static char *
name(struct cursor *c, char after)
{
	char *start = c->p, *in = c->p, *out = c->p;

	for (; *in != '\0' && *in != after; in++) {
		if (*in == '\\' && in[1] != '\0') {
			in++;
			*out++ = *in == 't' ? '\t' : *in == 'n' ? '\n' : *in;
		} else
			*out++ = *in;
	}
	if (*in != after)
		c->bad = true;
	c->p = in + (*in != '\0');
	*out = '\0';
	return start;
}

static bool
is_sum(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

/* ---- lines ---- */

/* The next line, summed up: 1, or -1; a manifest never just ends. */
static int
next_line(struct manifest *m, char **line, struct err *e)
{
	size_t len;
	int r;

	m->at = lines_at(m->lines);
	r = lines_next(m->lines, line, &len);
	if (r < 0 && errno != EFBIG)
		return err_sys(e, "read the manifest of copy %s", m->what);
	if (r <= 0 || memchr(*line, '\0', len) != NULL)
		return damaged(m->what, e);
	if (m->summing && strncmp(*line, "end ", 4) != 0) {
		sha256_add(m->sha, *line, len);
		sha256_add(m->sha, "\n", 1);
	}
	return 1;
}

static int
read_end(struct manifest_head *h, char *line, char **sum)
{
	struct cursor c = { .p = line + 4 };

	h->files = number(&c, 10, ' ');
	h->bytes = number(&c, 10, ' ');
	h->flags = number32(&c, 10);
	*sum = name(&c, '\0');
	return c.bad || !is_sum(*sum) ? -1 : 0;
}

static int
end(struct manifest *m, char *line, struct err *e)
{
	unsigned char is[SHA256_LEN];
	char hex[SHA256_HEX], *sum, *more;
	size_t len;

	if (read_end(&m->head, line, &sum) < 0)
		return damaged(m->what, e);
	if (m->summing) {
		sha256_end(m->sha, is);
		sha256_hex(is, hex);
		m->summing = false;
		if (strcmp(hex, sum) != 0)
			return damaged(m->what, e);
	}
	return lines_next(m->lines, &more, &len) == 0 && !lines_cut(m->lines) ?
	    0 : damaged(m->what, e);
}

static int
add_root(struct manifest *m, char *line, struct err *e)
{
	struct cursor c = { .p = line + 5 };
	char *at = name(&c, '\t'), *source = name(&c, '\0');

	if (c.bad || (*at != '\0' && !path_is_inside(at)) || *source != '/' ||
	    m->n_roots >= MANIFEST_ROOTS)
		return damaged(m->what, e);
	XGROW(m->roots, m->n_roots, m->cap_roots);
	m->roots[m->n_roots++] = (struct root){ xstrdup(at), xstrdup(source) };
	return 0;
}

/* ---- opening ---- */
static int
read_head(struct manifest *m, struct err *e)
{
	struct cursor c;
	char *line;

	if (next_line(m, &line, e) < 0)
		return -1;
	if (strncmp(line, MANIFEST_HEAD, strlen(line)) != 0 ||
	    strlen(line) + 1 != strlen(MANIFEST_HEAD))
		return damaged(m->what, e);
	if (next_line(m, &line, e) < 0)
		return -1;
	if (strncmp(line, "time ", 5) != 0)
		return damaged(m->what, e);
	c = (struct cursor){ .p = line + 5 };
	m->head.time = signed_number(&c, '\0');
	m->first = lines_at(m->lines);
	return c.bad ? damaged(m->what, e) : 0;
}

int
manifest_of_fd(int fd, const char *what, struct manifest **out, struct err *e)
{
	struct manifest *m = xalloc(sizeof(*m));
	char q[QUOTE_SIZE];

	m->fd = fd;
	m->what = xstrdup(quote_to(q, sizeof(q), what));
	m->lines = lines_new(fd, MANIFEST_LINE);
	m->sha = sha256_new();
	m->summing = true;
	sha256_start(m->sha);
	if (read_head(m, e) < 0) {
		manifest_close(m);
		return -1;
	}
	*out = m;
	return 0;
}

void
manifest_close(struct manifest *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n_roots; i++) {
		free(m->roots[i].at);
		free(m->roots[i].source);
	}
	free(m->roots);
	lines_free(m->lines);
	sha256_free(m->sha);
	buf_fini(&m->source);
	free(m->what);
	close(m->fd);
	free(m);
}

const struct manifest_head *
manifest_head(const struct manifest *m)
{
	return &m->head;
}

/* Open the file below the held place: a descriptor, or -1 and told. */
static int
open_file(const struct fs_dir *place, const char *copy, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *d = NULL;
	CLEAN_BUF struct buf file = {0};
	char q[QUOTE_SIZE];
	int fd;

	if (fs_dir_below(place, COPIES_OWN, &d, e) < 0)
		return -1;
	buf_addf(&file, "%s" COPIES_MANIFEST, copy);
	fd = openat(d->fd, buf_str(&file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	return fd >= 0 ? fd : err_sys(e, "the manifest of copy %s",
	    quote_to(q, sizeof(q), copy));
}

int
manifest_open(const struct fs_dir *place, const char *copy,
    struct manifest **out, struct err *e)
{
	int fd = open_file(place, copy, e);

	return fd < 0 ? -1 : manifest_of_fd(fd, copy, out, e);
}

/* ---- entries ---- */

/* The absolute source of a path, by the longest root that holds it. */
static const char *
source_of(struct manifest *m, const char *path, size_t *root_len)
{
	const struct root *r, *best = NULL;
	size_t i, n, len = 0;
	const char *rest;

	for (i = 0; i < m->n_roots; i++) {
		r = &m->roots[i];
		n = strlen(r->at);
		if (n > 0 && (strncmp(path, r->at, n) != 0 ||
		    (path[n] != '/' && path[n] != '\0')))
			continue;
		if (best == NULL || n >= len) {
			best = r;
			len = n;
		}
	}
	*root_len = 0;
	buf_reset(&m->source);
	if (best == NULL) {
		buf_addf(&m->source, "/%s", path);
		return buf_str(&m->source);
	}
	rest = path + len + (len > 0 && path[len] == '/');
	buf_adds(&m->source, strcmp(best->source, "/") == 0 ? "" : best->source);
	*root_len = m->source.len;
	if (*rest != '\0' || m->source.len == 0)
		buf_addf(&m->source, "/%s", rest);
	return buf_str(&m->source);
}

static int
read_entry(struct manifest *m, char *line, struct manifest_entry *en,
    struct err *e)
{
	struct cursor c = { .p = line + 2 };
	char *sum;

	*en = (struct manifest_entry){0};
	en->en.kind = line[0];
	if (line[0] == '\0' || strchr("fdlph", line[0]) == NULL ||
	    line[1] != '\t')
		return damaged(m->what, e);
	sum = name(&c, '\t');
	en->en.sha256 = strcmp(sum, "-") == 0 ? "" : sum;
	en->en.size = number(&c, 10, ' ');
	en->en.mtime = signed_number(&c, ' ');
	en->en.mode = number32(&c, 8);
	en->uid = number32(&c, 10);
	en->gid = number32(&c, 10);
	en->fs = number(&c, 10, ' ');
	en->ino = number(&c, 10, ' ');
	en->ctime = signed_number(&c, '\t');
	en->en.path = name(&c, '\t');
	en->en.target = name(&c, '\0');
	if (c.bad || !path_is_inside(en->en.path) ||
	    (*en->en.sha256 != '\0' && !is_sum(sum)) ||
	    (en->en.kind == 'f' && *en->en.sha256 == '\0') ||
	    (en->en.kind == 'h' && !path_is_inside(en->en.target)))
		return damaged(m->what, e);
	en->en.source = source_of(m, en->en.path, &en->en.root_len);
	return 1;
}

int
manifest_next(struct manifest *m, struct manifest_entry *en, struct err *e)
{
	char *line;

	for (;;) {
		if (next_line(m, &line, e) < 0)
			return -1;
		if (strncmp(line, "end ", 4) == 0)
			return end(m, line, e);
		if (strncmp(line, "root ", 5) != 0)
			return read_entry(m, line, en, e);
		if (add_root(m, line, e) < 0)
			return -1;
	}
}

static void
forget_roots(struct manifest *m)
{
	for (; m->n_roots > 0; m->n_roots--) {
		free(m->roots[m->n_roots - 1].at);
		free(m->roots[m->n_roots - 1].source);
	}
}

void
manifest_rewind(struct manifest *m)
{
	forget_roots(m);
	m->summing = false;
	m->at = m->first;
	lines_seek(m->lines, m->first);
}

int
manifest_verify(struct manifest *m, struct err *e)
{
	struct manifest_entry en;
	int r;

	while ((r = manifest_next(m, &en, e)) == 1)
		continue;
	manifest_rewind(m);
	return r;
}

uint64_t
manifest_at(const struct manifest *m)
{
	return m->at;
}

int
manifest_jump(struct manifest *m, uint64_t at, struct manifest_entry *en,
    struct err *e)
{
	m->summing = false;
	lines_seek(m->lines, at);
	return manifest_next(m, en, e);
}

/* Up to n bytes from an offset. */
static int
piece(int fd, uint64_t at, size_t n, struct buf *out)
{
	ssize_t r = fd_pread_full(fd, buf_room(out, n), n, at);

	if (r < 0)
		return -1;
	out->len += (size_t)r;
	return 0;
}

int
manifest_glance(const struct fs_dir *place, const char *copy,
    struct manifest_head *head, struct err *e)
{
	CLEAN_BUF struct buf tail = {0};
	struct manifest *m;
	struct stat st;
	char *last, *sum;
	uint64_t from;
	int r = -1;

	if (manifest_open(place, copy, &m, e) < 0)
		return -1;
	from = fstat(m->fd, &st) == 0 && st.st_size > (off_t)TAIL_BYTES ?
	    (uint64_t)st.st_size - TAIL_BYTES : 0;
	if (piece(m->fd, from, TAIL_BYTES, &tail) == 0 && tail.len > 0 &&
	    buf_str(&tail)[tail.len - 1] == '\n') {
		tail.data[tail.len - 1] = '\0';
		last = memrchr(tail.data, '\n', tail.len - 1);
		*head = m->head;
		if (last != NULL && strncmp(++last, "end ", 4) == 0)
			r = read_end(head, last, &sum);
	}
	if (r < 0)
		damaged(m->what, e);
	manifest_close(m);
	return r;
}
