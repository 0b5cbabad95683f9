/* sftp_place.c -- see sftp_place.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "store/sftp_cipher.h"
#include "store/sftp_place.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define WORDS_MAX	64
#define CONNECTIONS_MAX	64

/* What a place is made of, before ssh's words are. */
struct parts {
	char	*user, *host, *port, *path;	/* user and port may be NULL */
};

struct words {
	char	*v[WORDS_MAX + 1];
	size_t	 n;
};

static int
add_word(struct words *w, char *word, struct err *e)
{
	if (w->n == WORDS_MAX) {
		free(word);
		return err_set(e, ERR_USAGE, "a command for sftp has at most %d "
		    "words", WORDS_MAX);
	}
	w->v[w->n++] = word;
	return 0;
}

/* One word of a command, and behind it: NULL if a quote has no end. */
static char *
next_word(const char **at)
{
	struct buf b = {0};
	const char *s = *at;
	char quote = 0;

	for (; *s != '\0' && (quote || !isspace((unsigned char)*s)); s++)
		if (quote && *s == quote)
			quote = 0;
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else if (*s == '\\' && quote != '\'' && s[1] != '\0')
			buf_addc(&b, *++s);
		else
			buf_addc(&b, *s);
	*at = s;
	if (quote) {
		buf_fini(&b);
		return NULL;
	}
	return buf_steal(&b);
}

static int
split(const char *s, struct words *w, struct err *e)
{
	char q[QUOTE_SIZE], *word;
	const char *at = s;

	for (;;) {
		while (isspace((unsigned char)*at))
			at++;
		if (*at == '\0')
			return 0;
		if ((word = next_word(&at)) == NULL)
			return err_set(e, ERR_USAGE, "a quote in %s has no end",
			    quote_to(q, sizeof(q), s));
		if (add_word(w, word, e) < 0)
			return -1;
	}
}

/* %40 and the like, in place. */
static int
unescape(char *s)
{
	static const char digits[] = "0123456789abcdef";
	const char *a, *b;
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if (s[1] == '\0' || s[2] == '\0' ||
		    (a = strchr(digits, tolower((unsigned char)s[1]))) == NULL ||
		    (b = strchr(digits, tolower((unsigned char)s[2]))) == NULL)
			return -1;
		*to = (char)((a - digits) << 4 | (b - digits));
		if (*to++ == '\0')
			return -1;
		s += 2;
	}
	*to = '\0';
	return 0;
}

/* "user@host:port/path", what is behind "//". */
static int
read_address(const char *s, struct parts *p)
{
	const char *slash = strchr(s, '/'), *at, *colon, *host;
	const char *end = slash == NULL ? s + strlen(s) : slash;

	at = memrchr(s, '@', (size_t)(end - s));
	host = at == NULL ? s : at + 1;
	if (at != NULL)
		p->user = xstrndup(s, (size_t)(at - s));
	colon = memrchr(host, ':', (size_t)(end - host));
	if (*host == '[') {
		const char *close = memchr(host, ']', (size_t)(end - host));

		if (close == NULL || (close + 1 != end && close[1] != ':'))
			return -1;
		p->host = xstrndup(host + 1, (size_t)(close - host - 1));
		colon = close + 1 != end ? close + 1 : NULL;
	} else
		p->host = xstrndup(host, (size_t)((colon == NULL ? end : colon) -
		    host));
	if (colon != NULL && colon + 1 != end)
		p->port = xstrndup(colon + 1, (size_t)(end - colon - 1));
	if (slash == NULL)
		return -1;		/* restic wants a path, too */
	p->path = xstrdup(slash + 1);
	if (p->port != NULL && (strspn(p->port, "0123456789") !=
	    strlen(p->port) || strlen(p->port) > 5))
		return -1;
	return unescape(p->path) < 0 || unescape(p->host) < 0 ||
	    (p->user != NULL && unescape(p->user) < 0) ? -1 : 0;
}

/* "user@host:path". */
static int
read_short(const char *s, struct parts *p)
{
	const char *colon, *at, *host = s, *close;

	/* An address of IPv6 is written [::1]. */
	at = strchr(s, '[');
	if (at != NULL && (at == s || at[-1] == '@') &&
	    (close = strchr(at, ']')) != NULL && close[1] == ':') {
		p->host = xstrndup(at + 1, (size_t)(close - at - 1));
		if (at > s)
			p->user = xstrndup(s, (size_t)(at - s - 1));
		p->path = xstrdup(close + 2);
		return 0;
	}
	if ((colon = strchr(s, ':')) == NULL)
		return -1;
	if ((at = memrchr(s, '@', (size_t)(colon - s))) != NULL) {
		p->user = xstrndup(s, (size_t)(at - s));
		host = at + 1;
	}
	p->host = xstrndup(host, (size_t)(colon - host));
	p->path = xstrdup(colon + 1);
	return 0;
}

static void
parts_fini(struct parts *p)
{
	free(p->user);
	free(p->host);
	free(p->port);
	free(p->path);
}

/* What ssh would take for an option of its own is no host. */
static int
check(const struct parts *p, const char *place, struct err *e)
{
	char q[QUOTE_SIZE];

	quote_to(q, sizeof(q), place);
	if (p->host == NULL || *p->host == '\0' || *p->host == '-' ||
	    (p->user != NULL && (*p->user == '\0' || *p->user == '-')))
		return err_set(e, ERR_USAGE, "sftp:%s: there is no host in it; "
		    "it is written sftp:user@host:/path", q);
	if (p->path == NULL || *p->path == '\0')
		return err_set(e, ERR_USAGE, "sftp:%s: there is no path in it; "
		    "it is written sftp:user@host:/path", q);
	if (*p->path == '~')
		return err_set(e, ERR_USAGE, "sftp:%s: a path below the home is "
		    "written without '~/'", q);
	return 0;
}

/* ---- options ---- */
struct wishes {
	const char	*command, *args;
	unsigned	 connections;
};

static int
read_wishes(const char *const *v, struct wishes *w, struct err *e)
{
	char q[QUOTE_SIZE], *end;
	unsigned long n;

	for (; v != NULL && *v != NULL; v++) {
		if (strncmp(*v, "sftp.", 5) != 0 ||
		    strcmp(*v, "sftp.layout=default") == 0)
			continue;
		if (strncmp(*v, "sftp.command=", 13) == 0)
			w->command = *v + 13;
		else if (strncmp(*v, "sftp.args=", 10) == 0)
			w->args = *v + 10;
		else if (strncmp(*v, "sftp.connections=", 17) == 0) {
			n = strtoul(*v + 17, &end, 10);
			if (!isdigit((unsigned char)(*v)[17]) || *end != '\0' ||
			    n == 0 || n > CONNECTIONS_MAX)
				return err_set(e, ERR_USAGE, "option -o %s: from "
				    "1 to %d", quote_to(q, sizeof(q), *v),
				    CONNECTIONS_MAX);
			w->connections = (unsigned)n;
		} else
			return err_set(e, ERR_USAGE, "option -o %s: not known, "
			    "or not possible", quote_to(q, sizeof(q), *v));
	}
	if (w->command != NULL && w->args != NULL)
		return err_set(e, ERR_USAGE, "options sftp.command and "
		    "sftp.args: one or the other");
	return 0;
}

/*
 * ssh's words: its options first, then "--", so that no host is one.  What the
 * user's configuration forwards for a shell is not for us, as with sftp(1).
 */
static int
ssh_words(const struct parts *p, const struct wishes *w, struct words *out,
    struct err *e)
{
	if (w->command != NULL) {
		if (split(w->command, out, e) < 0)
			return -1;
		return out->n > 0 ? 0 : err_set(e, ERR_USAGE, "option "
		    "sftp.command is empty");
	}
	if (add_word(out, xstrdup("ssh"), e) < 0)
		return -1;
	if (p->port != NULL && (add_word(out, xstrdup("-p"), e) < 0 ||
	    add_word(out, xstrdup(p->port), e) < 0))
		return -1;
	if (p->user != NULL && (add_word(out, xstrdup("-l"), e) < 0 ||
	    add_word(out, xstrdup(p->user), e) < 0))
		return -1;
	if (w->args != NULL && split(w->args, out, e) < 0)
		return -1;
	return add_word(out, xstrdup("-oForwardX11=no"), e) < 0 ||
	    add_word(out, xstrdup("-oForwardAgent=no"), e) < 0 ||
	    add_word(out, xstrdup("-oPermitLocalCommand=no"), e) < 0 ||
	    add_word(out, xstrdup("-oClearAllForwardings=yes"), e) < 0 ||
	    add_word(out, xstrdup("-s"), e) < 0 ||
	    add_word(out, xstrdup("--"), e) < 0 ||
	    add_word(out, xstrdup(p->host), e) < 0 ||
	    add_word(out, xstrdup("sftp"), e) < 0 ? -1 : 0;
}

int
sftp_place_new(const char *place, const char *const *extended,
    struct sftp_place **out, struct err *e)
{
	struct sftp_place *p = xalloc(sizeof(*p));
	struct wishes w = {0};
	struct parts parts = {0};
	struct words words = {0};
	size_t len;
	int r;

	if (strncmp(place, "//", 2) == 0)
		r = read_address(place + 2, &parts);
	else
		r = read_short(place, &parts);
	if (r < 0) {
		free(parts.path);
		parts.path = NULL;
	}
	r = check(&parts, place, e);
	if (r == 0)
		r = read_wishes(extended, &w, e);
	if (r == 0)
		r = ssh_words(&parts, &w, &words, e);
	p->label = xasprintf("sftp:%s", place);
	p->argv = xallocn(words.n + 1, sizeof(*p->argv));
	memcpy(p->argv, words.v, words.n * sizeof(*p->argv));
	p->connections = w.connections;
	p->is_ssh = w.command == NULL;
	if (r == 0) {
		p->path = xstrdup(parts.path);
		len = strlen(p->path);
		while (len > 1 && p->path[len - 1] == '/')
			p->path[--len] = '\0';
	}
	parts_fini(&parts);
	if (r < 0)
		sftp_place_free(p);
	else
		*out = p;
	return r;
}

void
sftp_place_free(struct sftp_place *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; p->argv != NULL && p->argv[i] != NULL; i++)
		free(p->argv[i]);
	free(p->argv);
	free(p->path);
	free(p->label);
	free(p);
}

void
sftp_place_hasten(struct sftp_place *p)
{
	CLEAN_FREE char *ciphers = p->is_ssh ? sftp_ciphers(p->argv) : NULL;
	char **v;
	size_t n = 0;

	if (ciphers == NULL)
		return;
	while (p->argv[n] != NULL)
		n++;
	v = xallocn(n + 2, sizeof(*v));
	v[0] = p->argv[0];
	v[1] = xasprintf("-o%s", ciphers);
	memcpy(v + 2, p->argv + 1, n * sizeof(*v));
	free(p->argv);
	p->argv = v;
}
