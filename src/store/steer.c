/* steer.c -- see steer.h. */
#include <assert.h>

#include "store/steer.h"

void
steer_init(struct steer *s, unsigned most)
{
	assert(most > 0);
	*s = (struct steer){ .most = most };
	s->now = most < STEER_FIRST ? most : STEER_FIRST;
}

unsigned
steer_now(const struct steer *s)
{
	return s->now;
}

static void
stretch_begins(struct steer *s, int64_t mono)
{
	s->began = mono;
	s->bytes = 0;
	s->begun = s->full = s->ended = 0;
}

void
steer_begin(struct steer *s, int64_t mono, unsigned busy)
{
	/* A time in which nobody wanted anything says nothing of the line. */
	if (s->began == 0 || (busy == 1 && mono - s->last > STEER_STRETCH))
		stretch_begins(s, mono);
	s->begun++;
	s->full += busy >= s->now;
}

/* A full stretch carried so many bytes a second. */
static void
judge(struct steer *s, double rate)
{
	double others = s->now - 1;

	if (s->tried && rate < s->before + s->before / others / 2) {
		s->now--;
		s->tried = 0;
		s->rest = STEER_REST;
		return;
	}
	s->tried = 0;
	if (s->rest > 0) {
		s->rest--;
	} else if (s->now < s->most) {
		s->before = rate;
		s->now++;
		s->tried = 1;
	}
}

static void
trouble(struct steer *s, int64_t mono)
{
	unsigned less = s->now / 4 > 0 ? s->now / 4 : 1;

	if (s->trouble != 0 && mono - s->trouble < STEER_STRETCH)
		return;
	s->now = s->now > less ? s->now - less : 1;
	s->tried = 0;
	s->rest = STEER_REST;
	s->trouble = mono;
	stretch_begins(s, mono);
}

void
steer_end(struct steer *s, int64_t mono, uint64_t bytes, enum steer_end how)
{
	int64_t took = mono - s->began;
	int full;

	s->last = mono;
	if (how == STEER_TROUBLE) {
		trouble(s, mono);
		return;
	}
	s->bytes += bytes + STEER_REQUEST;
	s->ended++;
	if (took < STEER_STRETCH || s->ended < 2 * s->now)
		return;
	full = s->full * 2 > s->begun;
	if (full)
		judge(s, (double)s->bytes * 1e6 / (double)took);
	stretch_begins(s, mono);
}
