/*
 * sftp_talk.c -- requests out, answers in.
 *
 * Both ends are non-blocking and looked at together, since a server that cannot
 * get rid of its answers stops reading requests.  Every wait ends: by a byte, by
 * the stall timer, or by being asked to stop.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/limit.h"
#include "store/sftp_talk.h"
#include "store/store_impl.h"
#include "util/quote.h"
#include "util/time.h"

#define SLICE		200		/* ms: how soon a stop is seen */
#define OUT_AHEAD	((size_t)192 << 10)	/* made before they are sent */
#define PIECE_LIMITED	((size_t)16 << 10)	/* sent at once under a limit */
#define LAST_WORDS	((int64_t)1000000)	/* µs: for what ssh says at its end */

/* ---- requests ---- */
int
line_has_room(const struct line *l)
{
	return !l->slots[l->next_id % LINE_SLOTS].busy &&
	    l->weight < LINE_WINDOW && l->out.len - l->sent < OUT_AHEAD;
}

void
line_begin(struct line *l, enum wire_type t)
{
	if (l->sent >= OUT_AHEAD) {
		memmove(l->out.data, l->out.data + l->sent, l->out.len - l->sent);
		l->out.len -= l->sent;
		l->sent = 0;
	}
	l->begun = wire_begin(&l->out, t, l->next_id);
}

void
line_end(struct line *l, uint32_t tag, size_t weight)
{
	struct line_slot *s = &l->slots[l->next_id % LINE_SLOTS];

	assert(!s->busy);
	wire_end(&l->out, l->begun);
	*s = (struct line_slot){ 1, l->next_id++, tag, weight };
	l->weight += weight;
	l->waiting += tag != LINE_IGNORED;
}

void
line_forget(struct line *l, const void *handle, size_t len)
{
	if (l->dead || l->slots[l->next_id % LINE_SLOTS].busy)
		return;			/* it is closed when the line is */
	line_begin(l, WIRE_CLOSE);
	wire_bytes(&l->out, handle, len);
	line_end(l, LINE_IGNORED, 0);
}

/* ---- what ssh says beside it ---- */
void
line_listen(struct line *l)
{
	char more[256];
	size_t len = strlen(l->words), keep;
	ssize_t n;

	while ((n = read(l->told, more, sizeof(more))) > 0) {
		keep = sizeof(l->words) - 1 - (size_t)n;
		if (len > keep) {
			memmove(l->words, l->words + (len - keep), keep);
			len = keep;
		}
		memcpy(l->words + len, more, (size_t)n);
		len += (size_t)n;
		l->words[len] = '\0';
		/* A NUL would hide what follows. */
		for (char *z; (z = memchr(l->words, '\0', len)) != NULL;)
			*z = ' ';
	}
	if (n == 0) {
		close(l->told);
		l->told = -1;		/* poll would tell of it for ever */
	}
}

/* Its last line that says something, for a message. */
static void
last_words(struct line *l, struct buf *out)
{
	char *end = l->words + strlen(l->words), *from;

	for (;;) {
		while (end > l->words && (end[-1] == '\n' || end[-1] == '\r'))
			end--;
		*end = '\0';
		from = memrchr(l->words, '\n', (size_t)(end - l->words));
		from = from == NULL ? l->words : from + 1;
		/* "Connection closed" says less than what stands before it. */
		if (from == l->words || (strncmp(from, "Connection closed", 17)
		    != 0 && strncmp(from, "Connection to ", 14) != 0))
			break;
		end = from;
	}
	quote_text(out, from, strlen(from));
}

/*
 * ssh has ended: why?  Being let in or not is final, as is a host that is not
 * the one it was; all else may pass.
 */
static int
has_ended(struct line *l, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	int status = 0, final, r;

	l->dead = 1;
	r = proc_wait(&l->ssh, LAST_WORDS, &status, NULL);
	line_listen(l);
	final = strstr(l->words, "Permission denied") != NULL ||
	    strstr(l->words, "Host key verification failed") != NULL ||
	    strstr(l->words, "IDENTIFICATION HAS CHANGED") != NULL ||
	    strstr(l->words, "Too many authentication failures") != NULL ||
	    strstr(l->words, "subsystem request failed") != NULL;
	last_words(l, &b);
	if (b.len == 0 && r == 1)
		buf_addf(&b, "the connection ended (%d)", status);
	else if (b.len == 0)
		buf_adds(&b, "the connection ended");
	return err_set(e, final ? ERR_DENIED : ERR_NET, "%.300s", buf_str(&b));
}

/* ---- moving bytes ---- */
static int
failed(struct line *l, struct err *e)
{
	if (errno == EPIPE || errno == ECONNRESET)
		return has_ended(l, e);
	l->dead = 1;
	(void)err_sys(e, "talk to ssh");
	if (e != NULL)
		e->kind = ERR_NET;
	return -1;
}

static int
send_some(struct line *l, int64_t now, struct err *e)
{
	size_t len = l->out.len - l->sent;
	ssize_t n;

	if (len == 0 || now < l->out_after)
		return 0;
	if (l->store->up != NULL && len > PIECE_LIMITED)
		len = PIECE_LIMITED;
	n = send(l->to, l->out.data + l->sent, len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : failed(l, e);
	l->sent += (size_t)n;
	l->moved = now;
	l->out_after = now + limit_take(l->store->up, (size_t)n);
	if (l->sent == l->out.len)
		l->sent = l->out.len = 0;
	return 0;
}

static int
receive_some(struct line *l, int64_t now, struct err *e)
{
	size_t room = LINE_IN_MAX - l->in_len;
	ssize_t n;

	if (now < l->in_after)
		return 0;
	if (l->store->down != NULL && room > PIECE_LIMITED)
		room = PIECE_LIMITED;
	n = read(l->from, l->in + l->in_len, room);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : failed(l, e);
	if (n == 0)
		return has_ended(l, e);
	l->in_len += (size_t)n;
	l->moved = now;
	l->in_after = now + limit_take(l->store->down, (size_t)n);
	return 0;
}

/* ms until something may be done that a limit holds back; else a slice. */
static int
until_allowed(const struct line *l, int64_t now)
{
	int64_t first = now + (int64_t)SLICE * 1000;

	if (l->out.len > l->sent && l->out_after > now && l->out_after < first)
		first = l->out_after;
	if (l->in_after > now && l->in_after < first)
		first = l->in_after;
	return (int)((first - now + 999) / 1000);
}

/* Wait for a byte to move either way, and move what can be. */
static int
move(struct line *l, struct err *e)
{
	int64_t now = time_mono();
	struct pollfd p[3] = {
		{ .fd = now < l->in_after ? -1 : l->from, .events = POLLIN },
		{ .fd = l->told, .events = POLLIN },
		{ .fd = l->sent < l->out.len && now >= l->out_after ? l->to : -1,
		    .events = POLLOUT },
	};
	int n;

	if (!l->holds_on && store_stopped(l->store)) {
		l->dead = 1;
		return err_set(e, ERR_STOPPED, "asked to stop");
	}
	n = poll(p, 3, until_allowed(l, now));
	if (n < 0 && errno != EINTR)
		return failed(l, e);
	now = time_mono();
	if (n <= 0) {
		/* What a limit holds back is no stall. */
		if (now < l->out_after || now < l->in_after)
			l->moved = now;
		if (now - l->moved < l->store->stall)
			return 0;
		l->dead = 1;
		return err_set(e, ERR_NET, "no answer for %lld s",
		    (long long)(l->store->stall / 1000000));
	}
	if (p[1].revents != 0)
		line_listen(l);
	if (p[0].revents != 0 && receive_some(l, now, e) < 0)
		return -1;
	return p[2].revents != 0 ? send_some(l, now, e) : 0;
}

/* ---- answers ---- */
static int
one_answer(struct line *l, const struct line_talk *t, struct wire_answer *a,
    int *gone_wrong, struct err *e)
{
	/* The VERSION has no id: it answers the first. */
	uint32_t id = a->type == WIRE_VERSION ? 3 : a->id;
	struct line_slot *s = &l->slots[id % LINE_SLOTS];
	uint32_t tag;

	if (!s->busy || s->id != id)
		return err_set(e, ERR_CORRUPT, "an answer that nobody asked for");
	tag = s->tag;
	s->busy = 0;
	l->weight -= s->weight;
	if (tag == LINE_IGNORED)
		return 0;
	l->waiting--;
	if (!*gone_wrong && t->heard(t->arg, l, tag, a, e) < 0)
		*gone_wrong = 1;
	return 0;
}

/* Of the failure that is told the first counts. */
static int
take_answers(struct line *l, const struct line_talk *t, int *gone_wrong,
    struct err *e)
{
	struct wire_answer a;
	size_t used, at = 0;
	int r;

	while ((r = wire_next(l->in + at, l->in_len - at, &a, &used, e)) == 1) {
		if ((r = one_answer(l, t, &a, gone_wrong, e)) < 0)
			break;
		at += used;
	}
	if (r < 0) {
		l->dead = 1;
		return -1;
	}
	if (at > 0)
		memmove(l->in, l->in + at, l->in_len - at);
	l->in_len -= at;
	return 0;
}

/* As many requests as there is room for: 1 if there may be more of them. */
static int
make_some(struct line *l, const struct line_talk *t)
{
	while (line_has_room(l))
		if (t->more(t->arg, l) != 1)
			return 0;
	return 1;
}

/*
 * Whoever asks next may ask LINE_SLACK things without looking for room: so of the
 * requests whose answers nobody waits for (a folder's CLOSE) not too many may be
 * left.
 */
static int
has_slack(const struct line *l)
{
	uint32_t i;

	for (i = 0; i < LINE_SLACK; i++)
		if (l->slots[(l->next_id + i) % LINE_SLOTS].busy)
			return 0;
	return 1;
}

int
line_talk(struct line *l, const struct line_talk *t, struct err *e)
{
	int gone_wrong = 0, more;
	struct err why = {0};

	l->moved = time_mono();
	for (;;) {
		more = !gone_wrong && t->more != NULL && make_some(l, t);
		if (send_some(l, time_mono(), gone_wrong ? NULL : &why) < 0)
			break;
		/* Nobody answers what was not asked: not before all is. */
		if (more && line_has_room(l))
			continue;
		if (l->waiting == 0 && l->sent == l->out.len && has_slack(l))
			break;
		if (move(l, gone_wrong ? NULL : &why) < 0 ||
		    take_answers(l, t, &gone_wrong, gone_wrong ? NULL : &why) < 0)
			break;
	}
	if (e != NULL && (l->dead || gone_wrong))
		*e = why;
	return l->dead || gone_wrong ? -1 : 0;
}

/* ---- answers in few bytes ---- */
struct hearing {
	struct line_reply *v;
	size_t		 n;
};

static void
keep_words(struct line_reply *r, const struct wire_bytes *b)
{
	CLEAN_BUF struct buf text = {0};
	size_t len;

	quote_text(&text, (const char *)b->data,
	    b->len < sizeof(r->words) ? b->len : sizeof(r->words) - 1);
	len = text.len < sizeof(r->words) ? text.len : sizeof(r->words) - 1;
	memcpy(r->words, buf_str(&text), len);
	r->words[len] = '\0';
}

static int
hear_reply(void *arg, struct line *l, uint32_t tag, struct wire_answer *a,
    struct err *e)
{
	struct hearing *h = arg;
	struct line_reply *r = &h->v[tag];

	(void)l;
	(void)e;
	assert(tag < h->n);
	*r = (struct line_reply){ .type = a->type, .attrs = a->attrs,
	    .status = a->status };
	if (a->type == WIRE_HANDLE) {
		memcpy(r->handle, a->bytes.data, a->bytes.len);
		r->handle_len = a->bytes.len;
	} else if (a->type == WIRE_STATUS)
		keep_words(r, &a->bytes);
	else if (a->type == WIRE_EXTENDED_REPLY)
		while (r->n_numbers < 11 &&
		    wire_number(a, &r->numbers[r->n_numbers]) == 0)
			r->n_numbers++;
	return 0;
}

int
line_replies(struct line *l, struct line_reply *v, size_t n, struct err *e)
{
	struct hearing h = { v, n };
	const struct line_talk t = { .heard = hear_reply, .arg = &h };

	return line_talk(l, &t, e);
}
