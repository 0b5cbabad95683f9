/*
 * shell_quote.c -- see shell_quote.h.
 *
 * What is open, innermost last:
 *	'	'...'			"	"..."
 *	(	( ): a command again	s	$( ): the same, and part of a word
 *	{	${...}			+	$((...)), one for each (
 *	`	`...`			$	$'...'
 *	#	a comment
 */
#include <string.h>

#include "rules/shell_quote.h"
#include "util/buf.h"

static char
inner(const struct shell_lexer *l)
{
	return l->depth > 0 ? l->open[l->depth - 1] : '(';
}

static int
in_a_command(const struct shell_lexer *l)
{
	return inner(l) == '(' || inner(l) == 's';
}

static void
begin(struct shell_lexer *l, char c)
{
	if (l->depth == SHELL_DEPTH)
		l->never = "the command is nested too deep";
	else
		l->open[l->depth++] = c;
	l->in_word = c != '(' && c != 's' && c != '#';
	l->last = '\0';
}

static void
end(struct shell_lexer *l)
{
	if (l->depth > 0)
		l->depth--;
	l->last = '\0';
}

/* ---- words: only those that hand code on are of interest ---- */

/* sh, bash, /bin/zsh, python3, perl: what stands behind their -c is code. */
static int
runs_code(const char *word)
{
	static const char *const others[] = { "python", "perl", "ruby", "node",
	    "php", "lua", "su" };
	const char *slash = strrchr(word, '/');
	size_t n = strlen(word);

	if (n >= 2 && strcmp(word + n - 2, "sh") == 0)
		return 1;
	word = slash != NULL ? slash + 1 : word;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(word, others[i], strlen(others[i])) == 0)
			return 1;
	return 0;
}

static void
word_ends(struct shell_lexer *l)
{
	l->word[l->len] = '\0';
	if (l->in_word) {
		memcpy(l->before, l->word, l->len + 1);
		if (strcmp(l->word, "eval") == 0 ||
		    strcmp(l->word, "ssh") == 0)
			l->runs_all = 1;
		l->runner |= runs_code(l->word);
		if (strcmp(l->word, "case") == 0 && l->depth > 0)
			l->never = "'case' inside of ( ) or $( )";
	}
	l->len = 0;
	l->in_word = 0;
}

static void
command_ends(struct shell_lexer *l)
{
	word_ends(l);
	l->before[0] = '\0';
	l->runs_all = l->runner = 0;
}

static void
word_goes_on(struct shell_lexer *l, char c)
{
	l->in_word = 1;
	if (l->len + 1 < SHELL_WORD)
		l->word[l->len++] = c;
	else
		l->len = 0;		/* too long to be one of ours */
}

/* Is the word that begins or goes on here code to somebody? */
static int
is_code(const struct shell_lexer *l)
{
	size_t n = strlen(l->before);

	if (l->runs_all)
		return 1;
	return l->runner && n >= 2 && n <= 4 && l->before[0] == '-' &&
	    strchr("cer", l->before[n - 1]) != NULL;
}

/* ---- a character ---- */

/* A '$' and what follows it open something in commands and in "...". */
static int
opens(struct shell_lexer *l, char c)
{
	if (c == '`') {
		begin(l, '`');
		return 1;
	}
	if (l->last != '$')
		return 0;
	if (c == '(') {
		begin(l, 's');
		command_ends(l);
		l->last = '(';
	} else if (c == '{') {
		begin(l, '{');
	} else if (c == '\'' && in_a_command(l)) {
		begin(l, '$');
	} else {
		return 0;
	}
	return 1;
}

/* '(': a subshell, or the second one of $((, and what was begun is arithmetic. */
static void
begin_round(struct shell_lexer *l)
{
	if (l->depth > 0 && l->last == '(' && !l->in_word) {
		l->open[l->depth - 1] = '+';
		begin(l, '+');
		return;
	}
	command_ends(l);
	begin(l, '(');
	l->last = '(';
}

static void
in_command(struct shell_lexer *l, char c)
{
	if (opens(l, c))
		return;
	switch (c) {
	case '\\':
		l->escaped = 1;
		l->in_word = 1;
		return;
	case '\'':
	case '"':
		begin(l, c);
		return;
	case '(':
		begin_round(l);
		return;
	case ')':
		command_ends(l);
		l->in_word = inner(l) == 's';
		if (l->depth > 0)
			end(l);
		return;
	case '#':
		if (!l->in_word) {
			begin(l, '#');
			return;
		}
		break;
	case '<':
		if (l->last == '<')
			l->never = "behind a here-document";
		word_ends(l);
		l->last = c;
		return;
	case ';':
	case '&':
	case '|':
	case '\n':
		command_ends(l);
		l->last = c;
		return;
	case ' ':
	case '\t':
	case '>':
		word_ends(l);
		l->last = c;
		return;
	default:
		break;
	}
	word_goes_on(l, c);
	l->last = c;
}

static void
in_double(struct shell_lexer *l, char c)
{
	if (opens(l, c))
		return;
	if (c == '\\')
		l->escaped = 1;
	else if (c == '"')
		end(l);
	l->last = c == '"' ? '\0' : c;
}

static void
in_other(struct shell_lexer *l, char c)
{
	switch (inner(l)) {
	case '\'':
		if (c == '\'')
			end(l);
		break;
	case '#':
		if (c == '\n') {
			end(l);
			command_ends(l);
		}
		break;
	case '`':
		if (c == '\\')
			l->escaped = 1;
		else if (c == '`')
			end(l);
		break;
	case '$':
		if (c == '\\')		/* shells do not agree on \' here */
			l->never = "behind $'...' with a backslash";
		else if (c == '\'')
			end(l);
		break;
	case '{':
		if (c == '\'' || c == '"' || c == '`' || c == '\\' || c == '{')
			l->never = "behind ${...} with quotes in it";
		else if (c == '}')
			end(l);
		break;
	case '+':
		if (c == '(')
			begin(l, '+');
		else if (c == ')')
			end(l);
		break;
	}
}

static void
one(struct shell_lexer *l, char c)
{
	if (l->escaped) {
		l->escaped = 0;
		l->last = '\0';
		if (in_a_command(l) && c != '\n')
			word_goes_on(l, c);
		return;
	}
	if (in_a_command(l))
		in_command(l, c);
	else if (inner(l) == '"')
		in_double(l, c);
	else
		in_other(l, c);
}

void
shell_lex(struct shell_lexer *l, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		one(l, text[i]);
}

enum shell_place
shell_value(struct shell_lexer *l, const char **why)
{
	char in = inner(l);

	*why = NULL;
	if (l->never != NULL)
		*why = l->never;
	else if (l->escaped)
		*why = "behind a backslash";
	else if (in == '#')
		*why = "in a comment";
	else if (in == '`')
		*why = "in `...`; write $( ) instead";
	else if (in == '{' || in == '+' || in == '$')
		*why = "in ${...}, $((...)) or $'...'";
	else if (in != '\'' && l->last == '$')
		*why = "behind a '$'";
	else if (is_code(l))
		*why = "in what another program runs as code; hand it over as "
		    "an argument: sh -c 'cat \"$1\"' sh {path}";
	if (*why != NULL)
		return SHELL_NOT;
	if (in_a_command(l))
		word_goes_on(l, 'x');
	l->last = '\0';
	return in == '\'' ? SHELL_SINGLE : in == '"' ? SHELL_DOUBLE :
	    SHELL_BARE;
}

const char *
shell_end(const struct shell_lexer *l)
{
	for (size_t i = l->depth; i-- > 0;)
		switch (l->open[i]) {
		case '\'':
			return "a ' is not closed";
		case '"':
			return "a \" is not closed";
		case '`':
			return "a ` is not closed";
		default:
			break;
		}
	return NULL;
}

void
shell_quote(struct buf *out, enum shell_place place, const char *s,
    size_t len)
{
	if (place == SHELL_BARE)
		buf_addc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (place == SHELL_DOUBLE) {
			if (s[i] == '$' || s[i] == '`' || s[i] == '"' ||
			    s[i] == '\\')
				buf_addc(out, '\\');
			buf_addc(out, s[i]);
		} else if (s[i] == '\'') {
			buf_adds(out, "'\\''");
		} else {
			buf_addc(out, s[i]);
		}
	}
	if (place == SHELL_BARE)
		buf_addc(out, '\'');
}
