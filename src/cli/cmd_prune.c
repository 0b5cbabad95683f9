/* cmd_prune.c -- what no snapshot needs goes. */
#include "cli/prune_go.h"

static const struct opt_def opts[] = {
	{ "dry-run", 'n', NULL, "only tell what would go", 0 },
	PRUNE_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

static int
run(struct cli *c, const struct opts *o)
{
	int dry = opt_given(o, "dry-run"), status;
	struct about a;

	status = about_open(c, ABOUT_EXCLUSIVE | (dry ? 0 : ABOUT_WRITES), &a);
	return status != EXIT_DONE ? status :
	    about_close(&a, prune_go(&a, o, dry, NULL, 0));
}

const struct command cmd_prune = {
	"prune", "", "Remove what no snapshot needs",
	"Nothing of any snapshot is touched.  Packs that are mostly needed stay as they\n"
	"are, so some room is not won back until it pays (--max-unused).",
	opts, run, COMMAND_REPO,
};
