/* manual.c -- a command's help as a page of the manual. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/globals.h"
#include "cli/manual.h"
#include "util/buf.h"

/* One line of text: nothing in it is a request, and quotes stay what they are. */
static void
add_line(struct buf *b, const char *s, size_t len)
{
	size_t i;

	if (len > 0 && (*s == '.' || *s == '\''))
		buf_adds(b, "\\&");
	for (i = 0; i < len; i++) {
		if (s[i] == '\\')
			buf_adds(b, "\\e");
		else if (s[i] == '-')
			buf_adds(b, "\\-");
		else if (s[i] == '\'')
			buf_adds(b, "\\(aq");
		else if (s[i] == '"')
			buf_adds(b, "\\(dq");
		else
			buf_add(b, s + i, 1);
	}
}

/* As add_line, but a new sentence is on a new line, for wider gaps. */
static void
add_sentences(struct buf *b, const char *s, size_t len)
{
	size_t i, from = 0;

	for (i = 1; i < len; i++) {
		if (s[i] != ' ' || strchr(".?!", s[i - 1]) == NULL)
			continue;
		add_line(b, s + from, i - from);
		buf_adds(b, "\n");
		while (i < len && s[i] == ' ')
			i++;
		from = i;
	}
	add_line(b, s + from, len - from);
}

/* An argument of a macro: as a line, in quotes, since words there have a sense. */
static void
add_argument(struct buf *b, const char *s)
{
	buf_adds(b, " \"");
	if (strlen(s) <= 2)
		buf_adds(b, "\\&");
	add_line(b, s, strlen(s));
	buf_adds(b, "\"");
}

/* Help text: an empty line parts paragraphs, what is indented stays as it is. */
static void
add_text(struct buf *b, const char *s)
{
	int display = 0, gap = 0;
	size_t len;

	for (; *s != '\0'; s += len + (s[len] == '\n')) {
		len = strcspn(s, "\n");
		if (len == 0) {
			gap = 1;
			continue;
		}
		if (isblank((unsigned char)*s) != display) {
			display = !display;
			buf_adds(b, display ? ".Bd -literal -offset indent\n" :
			    ".Ed\n");
			if (!display)
				buf_adds(b, ".Pp\n");
		} else if (gap)
			buf_adds(b, display ? "\n" : ".Pp\n");
		gap = 0;
		(display ? add_line : add_sentences)(b, s, len);
		buf_adds(b, "\n");
	}
	if (display)
		buf_adds(b, ".Ed\n");
}

static void
add_options(struct buf *b, const struct opt_def *defs, size_t n)
{
	char name[64];

	buf_adds(b, ".Bl -tag -width Ds\n");
	for (; n > 0; defs++, n--) {
		if (defs->help == NULL)
			continue;
		buf_adds(b, ".It");
		if (defs->letter)
			buf_addf(b, " Fl %c ,", defs->letter);
		snprintf(name, sizeof(name), "-%s", defs->name);
		buf_adds(b, " Fl");
		add_argument(b, name);
		if (defs->value != NULL) {
			buf_adds(b, " Ar");
			add_argument(b, defs->value);
		}
		buf_adds(b, "\n");
		add_line(b, defs->help, strlen(defs->help));
		buf_adds(b, "\n");
	}
	buf_adds(b, ".El\n");
}

static void
add_statuses(struct buf *b)
{
	static const struct {
		int		 status;
		const char	*sense;
	} all[] = {
		{ EXIT_DONE, "All done." },
		{ EXIT_FAILED, "It failed; for status: something is not well." },
		{ EXIT_USAGE, "Wrong usage or configuration; nothing was touched." },
		{ EXIT_SOME, "Done, but some files could not be handled; each was "
		    "named." },
		{ EXIT_HELD, "Something was held and waits to be approved; the rest "
		    "was done." },
		{ EXIT_NO_REPO, "There is no repository." },
		{ EXIT_LOCKED, "The repository is locked." },
		{ EXIT_PASSWORD, "The password is wrong." },
		{ EXIT_INTERRUPTED, "Interrupted." },
	};
	size_t i;

	buf_adds(b, ".Sh EXIT STATUS\n.Bl -tag -width 130 -compact\n");
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_addf(b, ".It %d\n%s\n", all[i].status, all[i].sense);
	buf_adds(b, ".El\n");
}

void
manual_page(const struct command *cmd, struct buf *b)
{
	struct all_opts all = globals_and(cmd);
	const struct opt_def *every = all.defs + all.n_own;
	size_t i;

	buf_addf(b, ".\\\" Made from the words of 'fettle help %s'.\n"
	    ".Dd $Mdocdate$\n.Dt FETTLE-", cmd->name);
	for (i = 0; cmd->name[i] != '\0'; i++)
		buf_addf(b, "%c", toupper((unsigned char)cmd->name[i]));
	buf_addf(b, " 1\n.Os\n.Sh NAME\n.Nm fettle-%s\n.Nd", cmd->name);
	add_argument(b, cmd->summary);
	buf_addf(b, "\n.Sh SYNOPSIS\n.Nm \"fettle %s\"\n", cmd->name);
	if (all.n_own > 0)
		buf_adds(b, ".Op Ar option ...\n");
	if (*cmd->args != '\0') {
		buf_adds(b, ".Ar");
		add_argument(b, cmd->args);
		buf_adds(b, "\n");
	}
	buf_adds(b, ".Sh DESCRIPTION\n");
	add_line(b, cmd->summary, strlen(cmd->summary));
	buf_addf(b, "%s\n", command_full_stop(cmd));
	if (cmd->help != NULL) {
		buf_adds(b, ".Pp\n");
		add_text(b, cmd->help);
	}
	if (all.n_own > 0) {
		buf_adds(b, ".Sh OPTIONS\n");
		add_options(b, all.defs, all.n_own);
	}
	buf_adds(b, ".Ss Options of every command\n");
	add_options(b, every, all.n_every);
	if (all.n_repo > 0) {
		buf_adds(b, ".Ss Options of every repository command\n");
		add_options(b, every + all.n_every, all.n_repo);
	}
	add_statuses(b);
	buf_adds(b, ".Sh SEE ALSO\n.Xr fettle 1 ,\n.Xr fettle.yaml 5\n");
	free(all.defs);
}
