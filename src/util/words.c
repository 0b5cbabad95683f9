#include <string.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/words.h"

/* One word from *s on, unquoted into b: 0, or -1. */
static int
take(const char **s, struct buf *b, struct err *e)
{
	const char *p;
	char quote = 0;

	for (p = *s; *p != '\0'; p++) {
		if (quote != 0 && *p == quote)
			quote = 0;
		else if (quote == 0 && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			buf_addc(b, *++p);
		else if (quote != '\'' && (*p == '$' || *p == '`'))
			return err_set(e, ERR_USAGE, "'%c' needs a shell", *p);
		else if (quote != 0)
			buf_addc(b, *p);
		else if (strchr(" \t\n\r", *p) != NULL)
			break;
		else if (strchr("|&;<>()*?[#", *p) != NULL)
			return err_set(e, ERR_USAGE, "'%c' needs a shell", *p);
		else
			buf_addc(b, *p);
	}
	*s = p;
	return quote == 0 ? 0 :
	    err_set(e, ERR_USAGE, "a quote has no end");
}

int
words_split(const char *text, struct arena *a, const char ***argv,
    struct err *e)
{
	const char **v = arena_alloc(a, (WORDS_MAX + 1) * sizeof(*v));
	const char *s = text, *lines;
	size_t n = 0;

	for (;;) {
		CLEAN_BUF struct buf b = {0};

		lines = s;
		s += strspn(s, " \t\n\r");
		if (*s == '\0')
			break;
		if (n > 0 && memchr(lines, '\n', (size_t)(s - lines)) != NULL)
			return err_set(e, ERR_USAGE, "several lines need a "
			    "shell");
		if (n == WORDS_MAX)
			return err_set(e, ERR_USAGE, "a command has at most %d "
			    "words", WORDS_MAX);
		if (take(&s, &b, e) < 0)
			return -1;
		v[n++] = arena_dup(a, buf_str(&b), b.len);
	}
	*argv = v;
	return n > 0 ? 0 : err_set(e, ERR_USAGE, "there is no command");
}
