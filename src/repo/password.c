/* password.c -- a repository's password, from wherever it was said to be. */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "repo/password.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/proc.h"
#include "util/quote.h"

#define COMMAND_WORDS	64
#define COMMAND_TIME	((int64_t)60 * 1000000)

/* A secret buf leaves nothing behind. */
static void
wipe(struct buf *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->cap);
	buf_fini(b);
}

#define WIPE_BUF	__attribute__((cleanup(wipe)))

static void
add_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80)
		buf_addc(out, (char)c);
	else if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xe0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* UTF-16 behind its byte order mark; little: which one it was. */
static void
from_utf16(struct buf *out, const unsigned char *d, size_t len, int little)
{
	uint32_t c, low;
	size_t i;

	buf_room(out, len * 2);		/* so that nothing is left by growing */
	for (i = 0; i + 1 < len; i += 2) {
		c = little ? (uint32_t)(d[i] | d[i + 1] << 8) :
		    (uint32_t)(d[i] << 8 | d[i + 1]);
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
			low = little ? (uint32_t)(d[i + 2] | d[i + 3] << 8) :
			    (uint32_t)(d[i + 2] << 8 | d[i + 3]);
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		add_utf8(out, c);
	}
}

/* Hand over what is between the white space. */
static int
give(const void *data, size_t len, void **out, size_t *out_len, struct err *e)
{
	const unsigned char *d = data;

	while (len > 0 && isspace(d[len - 1]))
		len--;
	for (; len > 0 && isspace(*d); d++)
		len--;
	if (len == 0)
		return err_set(e, ERR_USAGE, "an empty password is not allowed "
		    "(--insecure-no-password says that it is meant)");
	if (len > PASSWORD_MAX)
		return err_set(e, ERR_USAGE, "a password has at most %zu bytes",
		    PASSWORD_MAX);
	*out = secret_alloc(PASSWORD_MAX);
	memcpy(*out, d, len);
	*out_len = len;
	return 1;
}

static int
give_text(const struct buf *b, void **out, size_t *len, struct err *e)
{
	WIPE_BUF struct buf wide = {0};
	const unsigned char *d = b->data;
	size_t n = b->len;

	if (n >= 2 && ((d[0] == 0xff && d[1] == 0xfe) ||
	    (d[0] == 0xfe && d[1] == 0xff))) {
		from_utf16(&wide, d + 2, n - 2, d[0] == 0xff);
		return give(wide.data, wide.len, out, len, e);
	}
	if (n >= 3 && memcmp(d, "\xef\xbb\xbf", 3) == 0)
		return give(d + 3, n - 3, out, len, e);
	return give(d, n, out, len, e);
}

static int
from_file(const char *path, void **out, size_t *len, struct err *e)
{
	WIPE_BUF struct buf b = {0};
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char q[QUOTE_SIZE];

	buf_room(&b, PASSWORD_MAX * 2 + 1);	/* so that it does not move */
	if (fd < 0 || fd_read_all(fd, PASSWORD_MAX * 2, &b) < 0)
		return err_sys(e, "read the password in %s",
		    quote_to(q, sizeof(q), path));
	if (give_text(&b, out, len, e) == 1)
		return 1;
	return err_wrap(e, "the password in %s", quote_to(q, sizeof(q), path));
}

/* Take a command apart in place: its words, NULL-ended. */
static int
words(char *s, const char *argv[COMMAND_WORDS + 1], struct err *e)
{
	size_t n = 0;
	char quote = 0, *to;

	for (;;) {
		while (isspace((unsigned char)*s))
			s++;
		if (*s == '\0')
			break;
		if (n == COMMAND_WORDS)
			return err_set(e, ERR_USAGE, "a password command has at "
			    "most %d words", COMMAND_WORDS);
		argv[n++] = to = s;
		for (; *s != '\0' && (quote || !isspace((unsigned char)*s)); s++)
			if (*s == quote)
				quote = 0;
			else if (!quote && (*s == '"' || *s == '\''))
				quote = *s;
			else
				*to++ = *s;
		if (quote)
			return err_set(e, ERR_USAGE, "a quote in the password "
			    "command has no end");
		if (*s != '\0')
			s++;
		*to = '\0';
	}
	argv[n] = NULL;
	return n > 0 ? 0 : err_set(e, ERR_USAGE, "the password command is empty");
}

static int
from_command(const char *command, void **out, size_t *len, struct err *e)
{
	WIPE_BUF struct buf line = {0}, b = {0};
	const char *argv[COMMAND_WORDS + 1];
	struct proc_spec spec = { PROC_NULL, .argv = argv };
	int status;

	buf_adds(&line, command);
	buf_addc(&line, '\0');
	if (words((char *)line.data, argv, e) < 0)
		return -1;
	spec.err = STDERR_FILENO;
	buf_room(&b, PASSWORD_MAX * 2);
	if (proc_run(&spec, PASSWORD_MAX, COMMAND_TIME, &b, &status, e) < 0)
		return err_wrap(e, "the password command");
	if (status != 0)
		return err_set(e, ERR_DENIED, "the password command '%.60s' ended "
		    "with %d", argv[0], status);
	return give_text(&b, out, len, e);
}

static int
from_credential(const struct password_source *s, void **out, size_t *len,
    struct err *e)
{
	CLEAN_BUF struct buf path = {0};

	if (strchr(s->credential, '/') != NULL || s->credentials_dir == NULL)
		return err_set(e, ERR_USAGE, "there is no credential '%.60s': "
		    "$CREDENTIALS_DIRECTORY is not set", s->credential);
	buf_addf(&path, "%s/%s", s->credentials_dir, s->credential);
	return from_file(buf_str(&path), out, len, e);
}

int
password_get(const struct password_source *s, void **out, size_t *len,
    struct err *e)
{
	size_t n;

	if (s->none) {
		*out = secret_alloc(PASSWORD_MAX);
		*len = 0;
		return 1;
	}
	if (s->command != NULL)
		return from_command(s->command, out, len, e);
	if (s->file != NULL)
		return from_file(s->file, out, len, e);
	if (s->credential != NULL)
		return from_credential(s, out, len, e);
	if (s->value == NULL || (n = strlen(s->value)) == 0)
		return 0;
	if (n > PASSWORD_MAX)
		return err_set(e, ERR_USAGE, "a password has at most %zu bytes",
		    PASSWORD_MAX);
	*out = secret_alloc(PASSWORD_MAX);
	memcpy(*out, s->value, n);
	*len = n;
	return 1;
}
