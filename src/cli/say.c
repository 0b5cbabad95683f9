/* say.c -- talk: errors, questions, lines; stdout for results, stderr else. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/time.h"

static int
status_of(enum err_kind k)
{
	switch (k) {
	case ERR_USAGE:
	case ERR_CONF:
		return EXIT_USAGE;
	case ERR_ABSENT:
		return EXIT_NO_REPO;
	case ERR_LOCKED:
		return EXIT_LOCKED;
	case ERR_PASSWORD:
		return EXIT_PASSWORD;
	case ERR_HELD:
		return EXIT_HELD;
	case ERR_STOPPED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_FAILED;
	}
}

static void
fail_json(const char *text, int status)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	json_key(&j, "error");
	json_bytes(&j, text, strlen(text));
	json_key(&j, "status");
	json_i64(&j, status);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

void
cli_object(const char *key, ...)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };
	const char *value;
	va_list ap;

	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	va_start(ap, key);
	for (; key != NULL; key = va_arg(ap, const char *)) {
		value = va_arg(ap, const char *);
		json_key(&j, key);
		json_bytes(&j, value, strlen(value));
	}
	va_end(ap);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

int
cli_fail(const struct cli *c, const struct err *e)
{
	int status = status_of(e->kind);
	CLEAN_BUF struct buf b = {0};

	fflush(stdout);
	quote_text(&b, e->text, strlen(e->text));
	fprintf(stderr, "fettle: %s\n", buf_str(&b));
	if (c->json)
		fail_json(e->text, status);
	return status;
}

void
cli_say(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	fflush(stdout);		/* results first, where both go one way */
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int
cli_usage(const struct cli *c, const char *fmt, ...)
{
	struct err e = { .kind = ERR_USAGE };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	return cli_fail(c, &e);
}

int
cli_ask(const struct cli *c, const char *question, int preset)
{
	char line[64];

	(void)c;
	if (!isatty(STDIN_FILENO))
		return 0;
	fflush(stdout);
	fprintf(stderr, "%s %s ", question, preset ? "[Y/n]" : "[y/N]");
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 0;
	if (line[0] == '\n')
		return preset;
	return line[0] == 'y' || line[0] == 'Y';
}

int
cli_ask_secret(const struct cli *c, const char *question, char *out, size_t size)
{
	CLEAN_FD int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios was, hidden;
	ssize_t n;

	(void)c;
	if (tty < 0 || tcgetattr(tty, &was) < 0)
		return 0;
	hidden = was;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(tty, TCSAFLUSH, &hidden);
	dprintf(tty, "%s ", question);
	n = read(tty, out, size - 1);
	dprintf(tty, "\n");
	tcsetattr(tty, TCSAFLUSH, &was);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return n > 0;
}

int
cli_read_secret(char *out, size_t size)
{
	size_t len = 0;
	ssize_t n;

	/* A byte at a time: the line behind it may be the next password. */
	while ((n = read(STDIN_FILENO, out + len, 1)) != 0) {
		if (n < 0 && errno == EINTR && !cli_stopped(NULL))
			continue;
		if (n < 0)
			return -1;
		if (out[len] == '\n')
			break;
		if (++len == size)
			return -1;
	}
	if (n == 0 && len == 0)
		return 0;
	if (len > 0 && out[len - 1] == '\r')
		len--;
	out[len] = '\0';
	return 1;
}

void
cli_out(const void *data, size_t len)
{
	if (len > 0)
		fwrite(data, 1, len, stdout);
}

void
cli_outf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void
cli_line(struct buf *b)
{
	buf_addc(b, '\n');
	cli_out(b->data, b->len);
	buf_reset(b);
}

void
cli_path(const struct cli *c, struct buf *b, const char *path)
{
	const char *home = getenv("HOME");
	size_t n = home ? strlen(home) : 0;

	if (!c->out_tty) {
		quote_add(b, path, strlen(path));
		return;
	}
	if (n > 1 && strncmp(path, home, n) == 0 && path[n] == '/') {
		buf_adds(b, "~/");
		path += n + 1;
	}
	quote_add(b, path, strlen(path));
}

void
cli_time(struct buf *b, int64_t us)
{
	if (us == 0)
		buf_adds(b, "never");
	else
		time_local(b, us);
}
