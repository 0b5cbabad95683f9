/*
 * limit.c -- see limit.h: an account that fills with time.  Who takes more than
 * there is owes it, and waits until it is paid back; so bytes may be counted
 * after they went, in pieces as large as they come.
 */
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/limit.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/time.h"
#include "util/xalloc.h"

#define RULES_MAX	24
#define SAVED_MAX	((int64_t)250000)	/* µs of quiet that may be made up for */
#define DAY		(24 * 60)

struct rule {
	uint64_t	 rate;
	int		 from, to;	/* minutes of the day; equal: always */
};

struct limit {
	struct rule	 v[RULES_MAX];
	size_t		 n;
	pthread_mutex_t	 mutex;
	int64_t		 free_at;	/* mono: when all is paid back */
};

/* "08:00", moving on: minutes, or -1. */
static int
read_clock(const char **s)
{
	const char *p = *s;
	int h = 0, m = 0, n = 0;

	while (isdigit((unsigned char)*p) && n++ < 2)
		h = h * 10 + (*p++ - '0');
	if (n == 0 || *p++ != ':' || !isdigit((unsigned char)p[0]) ||
	    !isdigit((unsigned char)p[1]))
		return -1;
	m = (p[0] - '0') * 10 + (p[1] - '0');
	*s = p + 2;
	return h * 60 + m > DAY || m > 59 ? -1 : h * 60 + m;
}

static const char *
skip(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* "08:00-18:00" and no more. */
static int
read_hours(const char *s, struct rule *r)
{
	if ((r->from = read_clock(&s)) < 0)
		return -1;
	s = skip(s);
	if (*s++ != '-')
		return -1;
	s = skip(s);
	if ((r->to = read_clock(&s)) < 0 || r->from == r->to)
		return -1;
	return *skip(s) == '\0' ? 0 : -1;
}

static int
bad_limit(const char *quoted, struct err *e)
{
	return err_set(e, ERR_USAGE, "a limit is written \"5MiB\" or \"5MiB "
	    "08:00-18:00\", not %s", quoted);
}

/* One rule, in place. */
static int
read_rule(char *s, struct rule *r, struct err *e)
{
	char *colon = strchr(s, ':'), *hours = NULL, q[QUOTE_SIZE];

	quote_to(q, sizeof(q), skip(s));
	/* The hours are the last word that a ':' stands in, with what follows. */
	if (colon != NULL) {
		for (hours = colon; hours > s &&
		    !isspace((unsigned char)hours[-1]); hours--)
			;
		if (hours == s)
			return bad_limit(q, e);
		hours[-1] = '\0';
	}
	if (size_parse(skip(s), &r->rate, NULL) < 0 ||
	    (hours != NULL && read_hours(hours, r) < 0))
		return bad_limit(q, e);
	return 0;
}

static int
read_rules(struct limit *l, const char *text, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(text);
	char *s = copy, *comma, *end;

	for (; s != NULL; s = comma) {
		if ((comma = strchr(s, ',')) != NULL)
			*comma++ = '\0';
		for (end = s + strlen(s);
		    end > s && isspace((unsigned char)end[-1]);)
			*--end = '\0';
		if (l->n == RULES_MAX)
			return err_set(e, ERR_USAGE, "a limit has at most %d "
			    "rates", RULES_MAX);
		if (read_rule(s, &l->v[l->n], e) < 0)
			return -1;
		l->n++;
	}
	return 0;
}

int
limit_new(const char *text, struct limit **out, struct err *e)
{
	struct limit *l = xalloc(sizeof(*l));

	if (read_rules(l, text, e) < 0) {
		free(l);
		return -1;
	}
	pthread_mutex_init(&l->mutex, NULL);
	*out = l;
	return 0;
}

void
limit_free(struct limit *l)
{
	if (l == NULL)
		return;
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

int
limit_check(const char *text, struct err *e)
{
	struct limit *l;

	if (limit_new(text, &l, e) < 0)
		return -1;
	limit_free(l);
	return 0;
}

static int
holds(const struct rule *r, int minute)
{
	if (r->from == r->to)
		return 1;
	if (r->from < r->to)
		return minute >= r->from && minute < r->to;
	return minute >= r->from || minute < r->to;
}

uint64_t
limit_rate(const struct limit *l, int64_t now)
{
	struct tm tm;
	size_t i;

	time_to_tm(now, &tm);
	for (i = 0; i < l->n; i++)
		if (holds(&l->v[i], tm.tm_hour * 60 + tm.tm_min))
			return l->v[i].rate;
	return 0;
}

int64_t
limit_take_at(struct limit *l, size_t n, int64_t now, int64_t mono)
{
	uint64_t rate = limit_rate(l, now);
	int64_t wait = 0;

	pthread_mutex_lock(&l->mutex);
	if (rate == 0)
		l->free_at = 0;
	else {
		if (l->free_at < mono - SAVED_MAX)
			l->free_at = mono - SAVED_MAX;
		l->free_at += (int64_t)((double)n * 1e6 / (double)rate);
		wait = l->free_at > mono ? l->free_at - mono : 0;
	}
	pthread_mutex_unlock(&l->mutex);
	return wait;
}

int64_t
limit_take(struct limit *l, size_t n)
{
	return l == NULL ? 0 : limit_take_at(l, n, time_now(), time_mono());
}
