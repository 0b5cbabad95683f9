/*
 * run.c -- an evaluation's room, and its failures.
 *
 * Room is given out from blocks of 32 KiB and is all taken back at once; the
 * first block stays, so a usual file costs no allocation.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/expr/expr_impl.h"
#include "rules/letters.h"
#include "util/xalloc.h"

#define BLOCK	((size_t)32 << 10)

struct block {
	struct block	*older;
	size_t		 size;
	max_align_t	 data[];
};

struct expr_room {
	struct block	*newest;
	size_t		 used;		/* of the newest */
	size_t		 total;		/* of all */
};

static void
empty(struct expr_room *room, struct block *last)
{
	while (room->newest != last) {
		struct block *b = room->newest;

		room->newest = b->older;
		free(b);
	}
	room->used = room->total = 0;
}

struct expr_run *
expr_run_new(void)
{
	struct expr_run *run = xalloc(sizeof(*run));

	run->room = xalloc(sizeof(*run->room));
	run->utf8 = letters_open();
	run->posix = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	return run;
}

void
expr_run_free(struct expr_run *run)
{
	if (run == NULL)
		return;
	empty(run->room, NULL);
	free(run->room);
	buf_fini(&run->scratch);
	if (run->utf8 != 0)
		freelocale(run->utf8);
	if (run->posix != 0)
		freelocale(run->posix);
	free(run);
}

void
expr_run_begin(struct expr_run *run)
{
	struct block *first = run->room->newest;

	while (first != NULL && first->older != NULL)
		first = first->older;
	empty(run->room, first);
	buf_reset(&run->scratch);
}

void *
expr_alloc(struct expr_run *run, size_t n)
{
	struct expr_room *room = run->room;
	struct block *b = room->newest;
	void *p;

	n = (n + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (n > EXPR_ROOM_MAX || room->total + n > EXPR_ROOM_MAX) {
		expr_fail(run, "the expression takes too much room");
		return NULL;
	}
	if (b == NULL || b->size - room->used < n) {
		size_t size = n > BLOCK ? n : BLOCK;

		b = xalloc(sizeof(*b) + size);
		b->size = size;
		b->older = room->newest;
		room->newest = b;
		room->used = 0;
	}
	p = (char *)b->data + room->used;
	room->used += n;
	room->total += n;
	return p;
}

int
expr_keep(struct expr_run *run, const void *s, size_t len,
    struct expr_value *out)
{
	char *p;

	if (len > EXPR_TEXT_MAX)
		return expr_fail(run, "a text of more than %zu bytes comes out",
		    EXPR_TEXT_MAX);
	if ((p = expr_alloc(run, len + 1)) == NULL)
		return -1;
	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	*out = expr_text(p, len);
	return 0;
}

int
run_scratch(struct expr_run *run, size_t start, struct expr_value *out)
{
	int r = expr_keep(run, buf_str(&run->scratch) + start,
	    run->scratch.len - start, out);

	run->scratch.len = start;
	return r;
}

unsigned char
run_mixed(unsigned char a, unsigned char b)
{
	return a == b && a != EXPR_TAMED ? a : EXPR_TAMED;
}

void
run_add(struct expr_run *run, const struct expr_value *v, unsigned char mixed)
{
	size_t from = run->scratch.len;

	expr_print(v, &run->scratch);
	if (mixed != EXPR_TAMED || v->from != 0 || v->type == EXPR_PATH)
		return;
	for (; from < run->scratch.len; from++)
		if (run->scratch.data[from] == '/')
			run->scratch.data[from] = '_';
}

void
expr_fail_text(struct expr_run *run, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set_text(run->e, ERR_USAGE, "%s", text);
}

int
run_missing(struct expr_run *run)
{
	return expr_fail(run, "missing value");
}
