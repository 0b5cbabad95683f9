#ifndef RULES_SHELL_QUOTE_H
#define RULES_SHELL_QUOTE_H

#include <stddef.h>

/*
 * Values in a shell command, quoted for where they stand, so that a file's name
 * is never code.
 *
 * The command is read as sh(1) reads it, only as far as it takes to know which
 * quotes are open: bare, in '...', in "...", in $( ).  Where that cannot be
 * known, or where no quoting would help (`...`, ${...}, $((...)), $'...', here-
 * documents, comments, what `eval` or `sh -c` run), a value is refused; there
 * it may be handed over as an argument: sh -c 'cat "$1"' sh {path}.
 */
struct buf;

enum shell_place { SHELL_BARE, SHELL_SINGLE, SHELL_DOUBLE, SHELL_NOT };

#define SHELL_DEPTH	32
#define SHELL_WORD	32

struct shell_lexer {
	char		 open[SHELL_DEPTH];	/* shell_quote.c tells */
	size_t		 depth;
	const char	*never;		/* nothing is sure from here on: why */
	char		 last;		/* the character before, unless escaped */
	int		 escaped;	/* a backslash stands before */
	int		 in_word;
	char		 word[SHELL_WORD], before[SHELL_WORD];
	size_t		 len;		/* of word */
	int		 runner;	/* a shell or the like was called */
	int		 runs_all;	/* eval, ssh: till the command's end */
};

/* Go on with text of the command; {0} is its beginning. */
void shell_lex(struct shell_lexer *l, const char *text, size_t len);

/* Where a value would stand now, and then one does.  SHELL_NOT: *why. */
enum shell_place shell_value(struct shell_lexer *l, const char **why);

/* The command ends: NULL, or what is still open. */
const char *shell_end(const struct shell_lexer *l);

void shell_quote(struct buf *out, enum shell_place place, const char *s,
    size_t len);

#endif
