#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "copies/impl.h"
#include "crypto/sha256.h"
#include "util/err.h"
#include "util/xalloc.h"

#define HEAD	"fettle copy 1\n"

/* ---- writing ---- */
static void
add_name(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			buf_adds(b, "\\\\");
		else if (*s == '\t')
			buf_adds(b, "\\t");
		else if (*s == '\n')
			buf_adds(b, "\\n");
		else
			buf_addc(b, *s);
	}
}

void
manifest_start(struct buf *text, int64_t time)
{
	buf_addf(text, HEAD "time %" PRId64 "\n", time);
}

void
manifest_root(struct buf *text, const char *at, const char *source)
{
	buf_adds(text, "root ");
	add_name(text, at);
	buf_addc(text, '\t');
	add_name(text, source);
	buf_addc(text, '\n');
}

void
manifest_add(struct buf *text, const struct manifest_entry *en)
{
	buf_addf(text, "%c\t%s\t%" PRIu64 " %" PRId64 " %o %" PRIu32 " %" PRIu32
	    " %" PRIu64 " %" PRIu64 " %" PRId64 "\t", en->en.kind,
	    *en->en.sha256 ? en->en.sha256 : "-", en->en.size, en->en.mtime,
	    en->en.mode, en->uid, en->gid, en->fs, en->ino, en->ctime);
	add_name(text, en->en.path);
	buf_addc(text, '\t');
	add_name(text, en->en.target);
	buf_addc(text, '\n');
}

void
manifest_end(struct buf *text, uint64_t files, uint64_t bytes, int partial)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];

	sha256_of(text->data, text->len, sum);
	sha256_hex(sum, hex);
	buf_addf(text, "end %" PRIu64 " %" PRIu64 " %d %s\n", files, bytes,
	    partial, hex);
}

/* ---- reading: a cursor over the text; bad stays bad ---- */
struct cursor {
	const char	*p, *end;
	struct arena	*mem;
	int		 bad;
};

static int64_t
number(struct cursor *c, int base, char after)
{
	char *stop;
	int64_t v;

	if (c->bad || c->p >= c->end)
		return 0;
	errno = 0;
	v = (int64_t)strtoull(c->p, &stop, base);
	if (*c->p == '-') {
		errno = 0;
		v = strtoll(c->p, &stop, base);
	}
	if (errno != 0 || stop == c->p || *stop != after) {
		c->bad = 1;
		return 0;
	}
	c->p = stop + 1;
	return v;
}

/* Text up to after, with its escapes undone, in the arena. */
static const char *
name(struct cursor *c, char after)
{
	const char *stop = c->bad ? NULL :
	    memchr(c->p, after, (size_t)(c->end - c->p));
	char *out, *q;

	if (stop == NULL || memchr(c->p, '\0', (size_t)(stop - c->p)) != NULL) {
		c->bad = 1;
		return "";
	}
	out = q = arena_dup(c->mem, c->p, (size_t)(stop - c->p));
	for (; c->p < stop; c->p++) {
		if (*c->p == '\\' && c->p + 1 < stop) {
			c->p++;
			*q++ = *c->p == 't' ? '\t' : *c->p == 'n' ? '\n' : *c->p;
		} else
			*q++ = *c->p;
	}
	*q = '\0';
	c->p = stop + 1;
	return out;
}

static int
skip(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if (c->bad || (size_t)(c->end - c->p) < n ||
	    memcmp(c->p, word, n) != 0)
		return 0;
	c->p += n;
	return 1;
}

static void
read_entry(struct cursor *c, struct manifest *m)
{
	struct manifest_entry *en;
	const char *sum;

	XGROW(m->v, m->n, m->cap);
	en = &m->v[m->n];
	*en = (struct manifest_entry){0};
	en->en.kind = *c->p++;
	if (strchr("fdlph", en->en.kind) == NULL || !skip(c, "\t")) {
		c->bad = 1;
		return;
	}
	sum = name(c, '\t');
	en->en.sha256 = strcmp(sum, "-") == 0 ? "" : sum;
	en->en.size = (uint64_t)number(c, 10, ' ');
	en->en.mtime = number(c, 10, ' ');
	en->en.mode = (uint32_t)number(c, 8, ' ');
	en->uid = (uint32_t)number(c, 10, ' ');
	en->gid = (uint32_t)number(c, 10, ' ');
	en->fs = (uint64_t)number(c, 10, ' ');
	en->ino = (uint64_t)number(c, 10, ' ');
	en->ctime = number(c, 10, '\t');
	en->en.path = name(c, '\t');
	en->en.target = name(c, '\n');
	if (*en->en.path == '/' || strstr(en->en.path, "/../") != NULL ||
	    strncmp(en->en.path, "../", 3) == 0)
		c->bad = 1;
	if (!c->bad)
		m->n++;
}

/* The absolute source of a path, by the longest root that holds it. */
static const char *
source_of(struct manifest *m, const char *path)
{
	const struct manifest_root *r, *best = NULL;
	size_t i, n, len = 0, src;
	const char *rest;
	char *out;

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
	if (best == NULL)
		return path;
	rest = path + len + (len > 0 && path[len] == '/');
	src = strlen(best->source);
	out = arena_alloc(&m->mem, src + strlen(rest) + 2);
	memcpy(out, best->source, src);
	if (*rest != '\0') {
		out[src] = '/';
		memcpy(out + src + 1, rest, strlen(rest) + 1);
	}
	return out;
}

static int
damaged(const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "the manifest of copy %.200s is damaged",
	    what);
}

/* The last line: its sum is of all that stands before it. */
static int
check_end(const struct buf *text, const char *last, struct manifest *m,
    int whole)
{
	struct cursor c = { .p = last, .end = (const char *)text->data +
	    text->len, .mem = &m->mem };
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	const char *told;

	if (!skip(&c, "end "))
		return -1;
	m->files = (uint64_t)number(&c, 10, ' ');
	m->bytes = (uint64_t)number(&c, 10, ' ');
	m->partial = (int)number(&c, 10, ' ');
	told = name(&c, '\n');
	if (c.bad || c.p != c.end)
		return -1;
	if (!whole)
		return 0;
	sha256_of(text->data, (size_t)(last - (const char *)text->data), sum);
	sha256_hex(sum, hex);
	return strcmp(hex, told) == 0 ? 0 : -1;
}

static int
read_head(struct cursor *c, struct manifest *m)
{
	if (!skip(c, HEAD "time "))
		return -1;
	m->time = number(c, 10, '\n');
	while (skip(c, "root ")) {
		XGROW(m->roots, m->n_roots, m->cap_roots);
		m->roots[m->n_roots].at = name(c, '\t');
		m->roots[m->n_roots++].source = name(c, '\n');
	}
	return c->bad ? -1 : 0;
}

int
manifest_parse(struct buf *text, const char *what, struct manifest *m,
    struct err *e)
{
	struct cursor c = { .mem = &m->mem };
	const char *start = buf_str(text), *last;
	size_t i;

	if (text->len == 0 || start[text->len - 1] != '\n')
		return damaged(what, e);
	last = memrchr(start, '\n', text->len - 1);
	if (last == NULL || check_end(text, ++last, m, 1) < 0)
		return damaged(what, e);
	c.p = start;
	c.end = last;
	if (read_head(&c, m) < 0)
		return damaged(what, e);
	while (c.p < c.end && !c.bad)
		read_entry(&c, m);
	if (c.bad)
		return damaged(what, e);
	for (i = 0; i < m->n; i++)
		m->v[i].en.source = source_of(m, m->v[i].en.path);
	return 0;
}

int
manifest_parse_ends(struct buf *head, struct buf *tail, const char *what,
    struct manifest *m, struct err *e)
{
	struct cursor c = { .mem = &m->mem };
	const char *last;

	c.p = buf_str(head);
	c.end = c.p + head->len;
	if (read_head(&c, m) < 0 || tail->len == 0 ||
	    buf_str(tail)[tail->len - 1] != '\n')
		return damaged(what, e);
	last = memrchr(tail->data, '\n', tail->len - 1);
	last = last ? last + 1 : (const char *)tail->data;
	return check_end(tail, last, m, 0) < 0 ? damaged(what, e) : 0;
}

void
manifest_fini(struct manifest *m)
{
	free(m->roots);
	free(m->v);
	arena_fini(&m->mem);
	*m = (struct manifest){0};
}
