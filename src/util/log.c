/*
 * log.c -- records gather in l->waiting and leave it in whole lines.
 *
 * When a write fails or falls short, what is left stays in front of waiting.
 * If it was cut inside a line, the rest of that line may only follow where its
 * start ends the file; anywhere else (the file was rotated, another process
 * wrote behind it) the rest is dropped, and the line counts as lost.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/log_impl.h"
#include "util/quote.h"
#include "util/xalloc.h"

void
log_trouble(struct log *l, const char *what, int tell)
{
	char q[QUOTE_SIZE];

	err_sys(&l->why, "%s %s", what,
	    l->name ? quote_to(q, sizeof(q), l->name) : "(to a descriptor)");
	l->tell |= tell;
}

static int
out_fd(const struct log *l)
{
	return l->name != NULL ? l->fd : l->o.fd;
}

/* Drop n bytes from the front of waiting, which may be all of it. */
static void
drop_front(struct log *l, size_t n)
{
	if (n == 0)
		return;
	l->waiting.len -= n;
	memmove(l->waiting.data, l->waiting.data + n, l->waiting.len);
}

void
log_drop_torn(struct log *l)
{
	const unsigned char *end;

	if (!l->torn)
		return;
	end = memchr(l->waiting.data, '\n', l->waiting.len);
	drop_front(l, end ? (size_t)(end + 1 - l->waiting.data) :
	    l->waiting.len);
	l->torn = 0;
	l->lost++;
	l->lost_untold++;
}

/* May the rest of a torn line follow where the file ends now? */
static void
mend_torn(struct log *l)
{
	struct stat st;

	if (l->name != NULL && (fstat(l->fd, &st) < 0 ||
	    (uint64_t)st.st_size != l->torn_at))
		log_drop_torn(l);
}

/* Behind what waits, a word on what was lost before there was room again. */
static void
add_loss(struct log *l, int64_t now)
{
	char text[128];
	struct log_fields f = { .text = text };

	if (l->lost_untold == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " records of this log were lost,"
	    " since they could not be written", l->lost_untold);
	l->lost_untold = 0;
	if (l->o.format == LOG_AS_JSON)
		log_format_json(&l->waiting, now, LOG_WARNING, &f);
	else
		log_format_text(&l->waiting, &l->stamp, now, LOG_WARNING, &f);
}

/* Write all that waits: 0, or -1 with errno, and waiting is what is left. */
static int
write_waiting(struct log *l)
{
	size_t done = 0;
	int fd = out_fd(l), saved = 0;
	ssize_t n;

	while (done < l->waiting.len) {
		n = write(fd, l->waiting.data + done, l->waiting.len - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			saved = n == 0 ? EIO : errno;
			break;
		}
	}
	if (done > 0)
		l->torn = l->waiting.data[done - 1] != '\n';
	drop_front(l, done);
	errno = saved;
	return saved ? -1 : 0;
}

static int64_t
now_of(const struct log *l)
{
	return l->o.now != NULL ? l->o.now() : time_now();
}

/* Write what waits: 0, or -1 and l->why. */
static int
drain(struct log *l)
{
	struct stat st;

	l->untried = 0;
	if (l->waiting.len == 0 && l->lost_untold == 0)
		return 0;
	if (l->name != NULL)
		log_file_ready(l, l->waiting.len);
	mend_torn(l);
	if (write_waiting(l) == 0) {
		l->failing = 0;
		add_loss(l, now_of(l));
		if (l->waiting.len == 0 || write_waiting(l) == 0)
			return 0;
	}
	log_trouble(l, "write the log", !l->failing);
	l->failing = 1;
	if (l->torn && l->name != NULL && fstat(l->fd, &st) == 0)
		l->torn_at = (uint64_t)st.st_size;
	return -1;
}

static void
lock(struct log *l)
{
	pthread_mutex_lock(&l->lock);
}

/* Unlock, and then tell what went wrong: trouble may log itself. */
static void
unlock(struct log *l)
{
	struct err why = l->why;
	int tell = l->tell;

	l->tell = 0;
	pthread_mutex_unlock(&l->lock);
	if (tell && l->o.trouble != NULL)
		l->o.trouble(l->o.arg, &why);
}

int
log_wants(const struct log *l, enum log_level level)
{
	return l != NULL && level >= l->o.level;
}

static void
add_record(struct log *l, enum log_level level, const struct log_fields *f)
{
	size_t before = l->waiting.len;
	int64_t now = now_of(l);

	if (l->o.format == LOG_AS_JSON)
		log_format_json(&l->waiting, now, level, f);
	else
		log_format_text(&l->waiting, &l->stamp, now, level, f);
	l->untried += l->waiting.len - before;
	if (l->failing && l->waiting.len > LOG_WAITING_MAX) {
		l->waiting.len = before;
		l->lost++;
		l->lost_untold++;
	}
	if (level >= LOG_ERROR || l->untried >= LOG_PIECE ||
	    l->o.format == LOG_AS_JOURNAL)
		drain(l);
}

void
log_write(struct log *l, enum log_level level, const struct log_fields *f)
{
	if (!log_wants(l, level))
		return;
	lock(l);
	if (l->o.format != LOG_AS_JOURNAL || log_journal_send(l, level, f) < 0)
		add_record(l, level, f);
	unlock(l);
}

void
log_line(struct log *l, enum log_level level, const char *text)
{
	log_write(l, level, &(struct log_fields){ .text = text });
}

int
log_flush(struct log *l, struct err *e)
{
	int r;

	if (l == NULL)
		return 0;
	lock(l);
	r = drain(l);
	if (r < 0 && e != NULL)
		*e = l->why;
	unlock(l);
	return r;
}

int
log_reopen(struct log *l, struct err *e)
{
	int r;

	if (l == NULL || l->name == NULL)
		return 0;
	lock(l);
	drain(l);
	r = log_file_open(l, e);
	unlock(l);
	return r;
}

uint64_t
log_lost(struct log *l)
{
	uint64_t n;

	if (l == NULL)
		return 0;
	lock(l);
	n = l->lost;
	unlock(l);
	return n;
}

static void
log_free(struct log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->socket >= 0)
		close(l->socket);
	pthread_mutex_destroy(&l->lock);
	buf_fini(&l->waiting);
	buf_fini(&l->scratch);
	free(l->name);
	free(l->journal);
	free(l);
}

int
log_open(const struct log_options *o, struct log **out, struct err *e)
{
	struct log *l = xalloc(sizeof(*l));

	l->o = *o;
	l->o.max_size = o->max_size ? o->max_size : LOG_MAX_SIZE;
	l->o.keep = o->keep ? o->keep : LOG_KEEP;
	if (l->o.keep > LOG_KEEP_MAX)
		l->o.keep = LOG_KEEP_MAX;
	l->name = o->format == LOG_AS_JOURNAL ? NULL : xstrdup(o->name);
	l->journal = xstrdup(o->journal);
	l->fd = l->socket = -1;
	l->stamp.second = -1;
	pthread_mutex_init(&l->lock, NULL);
	if (l->name != NULL && log_file_open(l, e) < 0) {
		log_free(l);
		return -1;
	}
	*out = l;
	return 0;
}

int
log_close(struct log *l, struct err *e)
{
	int r;

	if (l == NULL)
		return 0;
	r = log_flush(l, e);
	log_free(l);
	return r;
}
