#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/progress.h"
#include "util/buf.h"
#include "util/size.h"
#include "util/span.h"
#include "util/time.h"

#define EVERY	((int64_t)100000)	/* µs between two lines */
#define FIRST	((int64_t)500000)	/* what is shorter needs none */

void
progress_start(struct progress *p, const struct cli *c)
{
	*p = (struct progress){ .c = c, .began = time_mono() };
	p->shown = p->began + FIRST - EVERY;
}

double
progress_seconds(const struct progress *p)
{
	return (double)(time_mono() - p->began) / 1e6;
}

int
progress_due(struct progress *p)
{
	int64_t now = time_mono();

	if (p->c->quiet || p->c->json || !p->c->err_tty || now - p->shown < EVERY)
		return 0;
	p->shown = now;
	return 1;
}

static size_t
columns(void)
{
	struct winsize w = {0};

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ?
	    w.ws_col : 80;
}

static void
of_total(struct buf *b, uint64_t n, uint64_t total, const char *what)
{
	buf_addf(b, "%" PRIu64, n);
	if (total > 0)
		buf_addf(b, "/%" PRIu64, total > n ? total : n);
	buf_addf(b, " %s  ", what);
}

void
progress_show(struct progress *p, const struct progress_state *s)
{
	CLEAN_BUF struct buf b = {0};
	double took = progress_seconds(p);
	uint64_t left;

	of_total(&b, s->files, s->total_files, "files");
	size_print(&b, s->bytes);
	if (took > 1) {
		buf_adds(&b, "  ");
		size_print(&b, (uint64_t)((double)s->bytes / took));
		buf_adds(&b, "/s");
	}
	if (s->total_bytes > s->bytes && s->bytes > 0 && took > 2) {
		left = (uint64_t)(took * (double)(s->total_bytes - s->bytes) /
		    (double)s->bytes);
		buf_adds(&b, "  ");
		span_print(&b, (int64_t)left * 1000000, 2);
		buf_adds(&b, " left");
	}
	if (s->problems > 0)
		buf_addf(&b, "  %" PRIu64 " problems", s->problems);
	if (s->current != NULL) {
		buf_adds(&b, "  ");
		cli_path(p->c, &b, s->current);
	}
	fprintf(stderr, "\r\033[K%.*s", (int)(columns() - 1), buf_str(&b));
	p->line = 1;
}

void
progress_step(struct progress *p, const char *what, uint64_t done,
    uint64_t total)
{
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "%s  %" PRIu64, what, done);
	if (total > 0)
		buf_addf(&b, "/%" PRIu64, total);
	fprintf(stderr, "\r\033[K%.*s", (int)(columns() - 1), buf_str(&b));
	p->line = 1;
}

void
progress_end(struct progress *p)
{
	if (p->line)
		fputs("\r\033[K", stderr);
	p->line = 0;
}

void
progress_took(const struct progress *p, struct buf *out)
{
	int64_t us = (int64_t)(progress_seconds(p) * 1e6);

	span_print(out, us - us % SPAN_MS, 2);
}
