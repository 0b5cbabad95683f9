/*
 * log_journal.c -- journald's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL):
 * a datagram of fields, "NAME=value\n", or, where the value holds a newline,
 * "NAME\n", its length as 64 bits little endian, the value and "\n".
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/log_impl.h"
#include "util/quote.h"

#define JOURNAL		"/run/systemd/journal/socket"
#define PATIENCE_MS	200

static void
add_bytes(struct buf *out, const char *field, const void *value, size_t len)
{
	uint64_t size = htole64(len);

	buf_adds(out, field);
	if (memchr(value, '\n', len) == NULL) {
		buf_addc(out, '=');
	} else {
		buf_addc(out, '\n');
		buf_add(out, &size, sizeof(size));
	}
	buf_add(out, value, len);
	buf_addc(out, '\n');
}

static void
add_field(struct buf *out, const char *field, const char *value)
{
	if (value != NULL && *value != '\0')
		add_bytes(out, field, value, strlen(value));
}

static void
add_message(struct buf *out, const struct log_fields *f)
{
	CLEAN_BUF struct buf body = {0};

	log_format_body(&body, f);
	add_field(out, "MESSAGE", buf_str(&body));
}

static void
format(struct log *l, enum log_level level, const struct log_fields *f)
{
	static const char *const priority[] = { "7", "6", "4", "3" };
	struct buf *out = &l->scratch;

	buf_reset(out);
	add_message(out, f);
	add_field(out, "PRIORITY", priority[level]);
	add_field(out, "SYSLOG_IDENTIFIER", "fettle");
	add_field(out, "FETTLE_FROM", f->from);
	add_field(out, "FETTLE_TO", f->to);
	add_field(out, "FETTLE_ERROR", f->error);
	add_field(out, "FETTLE_JOB", f->job);
	add_field(out, "FETTLE_WHY", f->why);
	if (f->run != 0)
		buf_addf(out, "FETTLE_RUN=%" PRId64 "\n", f->run);
}

/* Connect anew, which is what a restarted journald asks for: 0 or -1. */
static int
connect_anew(struct log *l)
{
	const char *path = l->journal ? l->journal : JOURNAL;
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (l->socket >= 0)
		close(l->socket);
	l->socket = -1;
	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path));
	l->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	return l->socket < 0 ? -1 :
	    connect(l->socket, (struct sockaddr *)&to, sizeof(to));
}

static int
send_once(struct log *l)
{
	return send(l->socket, l->scratch.data, l->scratch.len,
	    MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* journald does not keep up: give it some time, once. */
static int
wait_and_send(struct log *l)
{
	struct pollfd p = { .fd = l->socket, .events = POLLOUT };

	if (!l->slow)
		poll(&p, 1, PATIENCE_MS);
	l->slow = send_once(l) < 0;
	return l->slow ? -1 : 0;
}

int
log_journal_send(struct log *l, enum log_level level,
    const struct log_fields *f)
{
	format(l, level, f);
	if (l->socket >= 0 && send_once(l) == 0) {
		l->slow = 0;
		return 0;
	}
	if (l->socket >= 0 && errno == EAGAIN)
		return wait_and_send(l);
	if (connect_anew(l) < 0)
		return -1;
	if (send_once(l) == 0)
		return 0;
	return errno == EAGAIN ? wait_and_send(l) : -1;
}
