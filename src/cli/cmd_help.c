/* cmd_help.c -- fettle help [COMMAND]: what can be said to it. */
#include <string.h>

#include "cli/manual.h"
#include "cli/words.h"
#include "util/buf.h"

static const struct opt_def opts[] = {
	{ "mdoc", 0, NULL, "as a page of the manual (mdoc)", 0 },
	{ "list", 0, NULL, "the commands' names, a line each", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static void
list(void)
{
	int i;

	for (i = 0; commands[i] != NULL; i++)
		if (commands[i]->group != COMMAND_HIDDEN)
			cli_outf("%s\n", commands[i]->name);
}

static int
run_help(struct cli *c, const struct opts *o)
{
	const struct command *cmd;
	CLEAN_BUF struct buf b = {0};

	if (o->n_args > 1)
		return cli_usage(c, "help wants one command");
	if (opt_given(o, "list")) {
		list();
		return EXIT_DONE;
	}
	if (o->n_args == 0) {
		words_help();
		return EXIT_DONE;
	}
	if ((cmd = command_find(o->args[0])) == NULL)
		return words_unknown_command(c, o->args[0], 0);
	if (!opt_given(o, "mdoc")) {
		words_help_command(cmd);
		return EXIT_DONE;
	}
	manual_page(cmd, &b);
	cli_out(b.data, b.len);
	return EXIT_DONE;
}

const struct command cmd_help = {
	"help", "[COMMAND]", "What can be said to fettle, or to a command", NULL,
	opts, run_help, COMMAND_SETTING,
};
