#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/globals.h"
#include "cli/words.h"
#include "conf/nearest.h"
#include "util/buf.h"

static const char *const groups[] = {
	"Every day", "What happened", "Configuration", "Backups (with -b NAME)",
};

void
words_help(void)
{
	CLEAN_BUF struct buf b = {0};
	char left[64];
	int g, i;

	buf_adds(&b, "fettle keeps files in order: it sorts them by rules, backs "
	    "them up, puts old\nones away, and can always say what happened to a "
	    "file and take it back.\n\n"
	    "usage: fettle [options] [command]\n");
	for (g = 0; g < 4; g++) {
		buf_addf(&b, "\n%s\n", groups[g]);
		for (i = 0; commands[i] != NULL; i++) {
			if (commands[i]->group != g)
				continue;
			snprintf(left, sizeof(left), "%s %s", commands[i]->name,
			    commands[i]->args);
			buf_addf(&b, "  %-28s", left);
			if (strlen(left) > 28)
				buf_addf(&b, "\n  %28s", "");
			buf_addf(&b, " %s\n", commands[i]->summary);
		}
	}
	buf_adds(&b, "\nOptions\n");
	opts_help(globals, SIZE_MAX, &b);
	buf_adds(&b, "\nfettle help COMMAND tells more, and so do man fettle and man fettle.yaml.\n");
	cli_out(b.data, b.len);
}

static void
help_options(struct buf *b, const char *title, const struct opt_def *defs,
    size_t n)
{
	if (n == 0)
		return;
	buf_addf(b, "\n%s\n", title);
	opts_help(defs, n, b);
}

void
words_help_command(const struct command *cmd)
{
	struct all_opts all = globals_and(cmd);
	const struct opt_def *every = all.defs + all.n_own;
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "usage: fettle %s%s%s\n\n%s%s\n", cmd->name,
	    *cmd->args ? " " : "", cmd->args, cmd->summary,
	    command_full_stop(cmd));
	if (cmd->help != NULL)
		buf_addf(&b, "\n%s\n", cmd->help);
	help_options(&b, "Options", all.defs, all.n_own);
	help_options(&b, "Options of every command", every, all.n_every);
	help_options(&b, "Options of every repository command",
	    every + all.n_every, all.n_repo);
	cli_out(b.data, b.len);
	free(all.defs);
}

/* Words of other programs, and ours for the same thing. */
static const struct other {
	const char	*word, *ours;
} others[] = {
	{ "sim", "organize's sim is: fettle plan" },
	{ "simulate", "organize's sim is: fettle plan" },
	{ "new", "organize's new is: fettle setup" },
	{ "edit", "open the file that 'fettle config show' names in your editor" },
	{ "organize", "the seed's organize is: fettle sort FOLDER" },
	{ "archive", "archives are run by: fettle run NAME" },
	{ "migrate", "what is of version 1 stays so; 'fettle copy' brings it into "
	    "a new repository, which is of version 2" },
	{ "rebuild-index", "restic's rebuild-index is: fettle repair index" },
	{ "self-update", "fettle comes from your distribution, and its updates, "
	    "too" },
	{ "features", "there are no features to switch; see fettle --help" },
	{ "options", "man fettle has the stores' options (-o)" },
	{ "generate", "man pages and completions are installed with fettle" },
	{ "docs", "the manual is: man fettle" },
	{ NULL, NULL },
};

int
words_unknown_command(const struct cli *c, const char *word, int n_args)
{
	const char *names[128];
	const char *near;
	int i, n;

	(void)n_args;
	for (i = 0; others[i].word != NULL; i++)
		if (strcmp(word, others[i].word) == 0)
			return cli_usage(c, "%s", others[i].ours);
	for (i = n = 0; n < 127 && commands[i] != NULL; i++)
		if (commands[i]->group != COMMAND_HIDDEN)
			names[n++] = commands[i]->name;
	names[n] = NULL;
	near = conf_nearest(word, names);
	if (near != NULL)
		return cli_usage(c, "there is no command '%.60s'; did you mean "
		    "'%s'?", word, near);
	return cli_usage(c, "there is no command '%.60s'; see fettle --help",
	    word);
}
