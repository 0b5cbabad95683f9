/* manifest_write.c -- writing a manifest, a line at a time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/place.h"
#include "copies/impl.h"
#include "copies/manifest.h"
#include "crypto/sha256.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define FLUSH		((size_t)64 << 10)

struct manifest_writer {
	struct place_file	*f;
	struct sha256		*sha;
	struct buf		 text;		/* not yet written */
};

int
manifest_create(const struct fs_dir *own, const char *name, int64_t time,
    struct manifest_writer **out, struct err *e)
{
	struct manifest_writer *w = xalloc(sizeof(*w));
	CLEAN_BUF struct buf file = {0};

	buf_addf(&file, "%s" COPIES_MANIFEST, name);
	if (place_start(own, buf_str(&file), &w->f, e) < 0) {
		free(w);
		return -1;
	}
	w->sha = sha256_new();
	sha256_start(w->sha);
	buf_addf(&w->text, MANIFEST_HEAD "time %" PRId64 "\n", time);
	*out = w;
	return 0;
}

static void
add_name(struct buf *b, const char *s)
{
	size_t n;

	for (; *s != '\0'; s++) {
		n = strcspn(s, "\\\t\n");
		buf_add(b, s, n);
		s += n;
		if (*s == '\0')
			break;
		buf_adds(b, *s == '\\' ? "\\\\" : *s == '\t' ? "\\t" : "\\n");
	}
}

static int
flush(struct manifest_writer *w, size_t from, struct err *e)
{
	if (w->text.len < from)
		return 0;
	sha256_add(w->sha, w->text.data, w->text.len);
	if (place_add(w->f, w->text.data, w->text.len, e) < 0)
		return -1;
	buf_reset(&w->text);
	return 0;
}

int
manifest_root(struct manifest_writer *w, const char *at, const char *source,
    struct err *e)
{
	buf_adds(&w->text, "root ");
	add_name(&w->text, at);
	buf_addc(&w->text, '\t');
	add_name(&w->text, source);
	buf_addc(&w->text, '\n');
	return flush(w, FLUSH, e);
}

/* A number and what stands behind it: printf is too slow for a million. */
static void
add_number(struct buf *b, uint64_t v, unsigned base, char after)
{
	char digits[32], *p = digits + sizeof(digits);

	*--p = after;
	do {
		*--p = (char)('0' + v % base);
		v /= base;
	} while (v != 0);
	buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

static void
add_signed(struct buf *b, int64_t v, char after)
{
	if (v < 0)
		buf_addc(b, '-');
	add_number(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, after);
}

int
manifest_add(struct manifest_writer *w, const struct manifest_entry *en,
    struct err *e)
{
	struct buf *b = &w->text;

	buf_addc(b, en->en.kind);
	buf_addc(b, '\t');
	buf_adds(b, *en->en.sha256 != '\0' ? en->en.sha256 : "-");
	buf_addc(b, '\t');
	add_number(b, en->en.size, 10, ' ');
	add_signed(b, en->en.mtime, ' ');
	add_number(b, en->en.mode, 8, ' ');
	add_number(b, en->uid, 10, ' ');
	add_number(b, en->gid, 10, ' ');
	add_number(b, en->fs, 10, ' ');
	add_number(b, en->ino, 10, ' ');
	add_signed(b, en->ctime, '\t');
	add_name(b, en->en.path);
	buf_addc(b, '\t');
	add_name(b, en->en.target);
	buf_addc(b, '\n');
	return flush(w, FLUSH, e);
}

int
manifest_end(struct manifest_writer *w, uint64_t files, uint64_t bytes,
    unsigned flags, struct err *e)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct place_file *f = w->f;
	int r = flush(w, 0, e);

	if (r == 0) {
		sha256_end(w->sha, sum);
		sha256_hex(sum, hex);
		buf_addf(&w->text, "end %" PRIu64 " %" PRIu64 " %u %s\n", files,
		    bytes, flags, hex);
		r = place_add(f, w->text.data, w->text.len, e);
	}
	if (r == 0) {
		w->f = NULL;
		r = place_finish(f, 1, e);
	}
	manifest_discard(w);
	return r;
}

void
manifest_discard(struct manifest_writer *w)
{
	if (w == NULL)
		return;
	place_drop(w->f);
	sha256_free(w->sha);
	buf_fini(&w->text);
	free(w);
}
