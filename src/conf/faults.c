#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/faults_impl.h"
#include "conf/secret.h"
#include "conf/source.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define SHOWN_CHARS	96	/* of a line, around the caret */
#define BEFORE_CHARS	60	/* of them before it at most */

struct conf_faults *
conf_faults_new(void)
{
	struct conf_faults *f = xalloc(sizeof(*f));

	f->spare.owner = f;
	return f;
}

void
conf_faults_free(struct conf_faults *f)
{
	if (f == NULL)
		return;
	arena_fini(&f->arena);
	free(f);
}

size_t
conf_faults_count(const struct conf_faults *f, enum conf_severity s)
{
	return f->told[s];
}

bool
conf_faults_full(const struct conf_faults *f)
{
	return f->kept[CONF_FAULT] == CONF_FAULTS_MAX;
}

/* The offset so many characters before another. */
static size_t
back(struct conf_slice s, size_t from, unsigned chars)
{
	for (; chars > 0 && from > 0; chars--)
		while (--from > 0 && ((unsigned char)s.p[from] & 0xc0) == 0x80)
			continue;
	return from;
}

static unsigned
cells(const char *p, size_t len)
{
	unsigned n = 0;
	size_t i, step;
	uint32_t cp;

	for (i = 0; i < len; i += step) {
		if ((step = conf_utf8(p + i, len - i, &cp)) == 0)
			return n;
		n += conf_cells(cp);
	}
	return n;
}

/*
 * Add the part of a line that is shown: without its indentation, masked, and
 * of a long one only the neighbourhood of a character (from 0).  Where that
 * stands in the end, and how many cells the width is, in *caret and *width.
 */
static void
add_shown(struct buf *out, struct conf_slice line, unsigned column,
    unsigned *caret, unsigned *width)
{
	CLEAN_BUF struct buf clean = {0};
	size_t at, start, blank = 0, end;
	struct conf_slice s;

	conf_add_clean(&clean, line.p, line.len);
	buf_str(&clean);
	conf_mask_line((char *)clean.data, clean.len);
	s.p = (const char *)clean.data;
	s.len = strlen(s.p);
	at = conf_offset(s, column);
	while (blank < at && s.p[blank] == ' ')
		blank++;
	start = back(s, at, BEFORE_CHARS);
	if (start <= blank)
		start = blank;
	else
		buf_adds(out, "...");
	*caret = (unsigned)out->len + cells(s.p + start, at - start);
	end = start + conf_offset((struct conf_slice){ s.p + start,
	    s.len - start }, SHOWN_CHARS);
	buf_add(out, s.p + start, end - start);
	if (end < s.len)
		buf_adds(out, "...");
	s = (struct conf_slice){ s.p + at, end - at };
	*width = cells(s.p, conf_offset(s, *width ? *width : 1));
}

static void
keep_line(struct conf_fault *x, struct conf_slice line, unsigned width)
{
	CLEAN_BUF struct buf out = {0};

	x->width = width;
	add_shown(&out, line, x->column - 1, &x->caret, &x->width);
	if (out.len > 0)
		x->shown = arena_dup(&x->owner->arena, buf_str(&out), out.len);
}

static bool
is_told(const struct conf_fault *a, const struct conf_fault *b)
{
	if (a->severity != b->severity || a->line != b->line ||
	    a->column != b->column || a->order != b->order)
		return false;
	if (a->line > 0 && a->corrected != NULL)
		return true;	/* that line was told how it should be */
	return strcmp(a->message, b->message) == 0 &&
	    strcmp(a->path ? a->path : "", b->path ? b->path : "") == 0;
}

/* Keep x (on the caller's stack) unless it is known or one too many. */
static struct conf_fault *
keep(struct conf_faults *f, struct conf_fault *x,
    const struct conf_mark *at)
{
	CLEAN_BUF struct buf message = {0};
	struct conf_fault *kept;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (is_told(f->all[i], x))
			return &f->spare;
	x->seq = f->told[x->severity]++;
	if (f->kept[x->severity] == CONF_FAULTS_MAX)
		return &f->spare;
	f->kept[x->severity]++;
	kept = arena_alloc(&f->arena, sizeof(*kept));
	*kept = *x;
	conf_add_clean(&message, x->message, strlen(x->message));
	kept->message = arena_str(&f->arena, buf_str(&message));
	if (x->path != NULL)
		kept->path = arena_str(&f->arena, x->path);
	if (at != NULL && at->source != NULL && at->line > 0)
		keep_line(kept, conf_source_written(at->source, at->line),
		    at->width);
	f->all[f->n++] = kept;
	return kept;
}

static struct conf_fault *
tell(struct conf_faults *f, enum conf_severity severity, const char *path,
    const struct conf_mark *at, const char *fmt, va_list ap)
{
	struct conf_fault x = { .owner = f, .severity = severity, .path = path };
	char *message;
	struct conf_fault *kept;

	if (vasprintf(&message, fmt, ap) < 0)
		abort();
	x.message = message;
	if (at != NULL && at->source != NULL) {
		x.path = at->source->path;
		x.order = at->source->order;
		x.line = at->line;
		x.column = at->line == 0 ? 0 : conf_source_column(at->source,
		    at->line, at->column ? at->column : 1);
	}
	kept = keep(f, &x, at);
	free(message);
	return kept;
}

struct conf_fault *
conf_fault(struct conf_faults *f, const struct conf_mark *at,
    const char *fmt, ...)
{
	struct conf_fault *x;
	va_list ap;

	va_start(ap, fmt);
	x = tell(f, CONF_FAULT, NULL, at, fmt, ap);
	va_end(ap);
	return x;
}

struct conf_fault *
conf_warning(struct conf_faults *f, const struct conf_mark *at,
    const char *fmt, ...)
{
	struct conf_fault *x;
	va_list ap;

	va_start(ap, fmt);
	x = tell(f, CONF_WARNING, NULL, at, fmt, ap);
	va_end(ap);
	return x;
}

struct conf_fault *
conf_fault_file(struct conf_faults *f, const char *path, const char *fmt, ...)
{
	struct conf_fault *x;
	va_list ap;

	va_start(ap, fmt);
	x = tell(f, CONF_FAULT, path, NULL, fmt, ap);
	va_end(ap);
	return x;
}

struct conf_fault *
conf_warning_file(struct conf_faults *f, const char *path, const char *fmt, ...)
{
	struct conf_fault *x;
	va_list ap;

	va_start(ap, fmt);
	x = tell(f, CONF_WARNING, path, NULL, fmt, ap);
	va_end(ap);
	return x;
}

void
conf_expected(struct conf_fault *x, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	if (x != &x->owner->spare)
		x->expected = arena_str(&x->owner->arena, text);
	free(text);
}

void
conf_suggest(struct conf_fault *x, const char *word)
{
	if (word != NULL && x != &x->owner->spare)
		x->word = arena_str(&x->owner->arena, word);
}

void
conf_remedy(struct conf_fault *x, const char *what, const char *line)
{
	unsigned caret, width = 1, column = x->column ? x->column - 1 : 0;
	CLEAN_BUF struct buf b = {0};

	if (x == &x->owner->spare)
		return;
	x->remedy = arena_str(&x->owner->arena, what);
	if (line == NULL)
		return;
	add_shown(&b, (struct conf_slice){ line, strlen(line) }, column,
	    &caret, &width);
	x->corrected = arena_str(&x->owner->arena, buf_str(&b));
}
