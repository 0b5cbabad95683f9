#include <stdio.h>
#include <string.h>

#include "cli/words.h"
#include "conf/nearest.h"
#include "util/buf.h"

static const char *const groups[] = {
	"Every day", "What happened", "Configuration", "Backups (with -b NAME)",
};

void
words_help(const struct opt_def *globals)
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
			buf_addf(&b, "  %-28s %s\n", left, commands[i]->summary);
		}
	}
	buf_adds(&b, "\nOptions\n");
	opts_help(globals, &b);
	buf_adds(&b, "\nfettle COMMAND --help tells more.\n");
	cli_out(b.data, b.len);
}

void
words_help_command(const struct command *cmd, const struct opt_def *defs)
{
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "usage: fettle %s %s\n\n%s.\n", cmd->name, cmd->args,
	    cmd->summary);
	if (cmd->help != NULL)
		buf_addf(&b, "\n%s\n", cmd->help);
	buf_adds(&b, "\nOptions\n");
	opts_help(defs, &b);
	cli_out(b.data, b.len);
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
