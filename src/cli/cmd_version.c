/* cmd_version.c -- which fettle this is. */
#include "cli/cli.h"

static const struct opt_def none[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static int
run_version(struct cli *c, const struct opts *o)
{
	(void)o;
	if (c->json)
		cli_object("version", FETTLE_VERSION, NULL);
	else
		cli_outf("fettle %s\n", FETTLE_VERSION);
	return EXIT_DONE;
}

const struct command cmd_version = {
	"version", "", "The version", NULL, none, run_version, COMMAND_SETTING,
};
