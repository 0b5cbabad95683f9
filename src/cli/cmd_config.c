/* cmd_config.c -- fettle config check|show|schema. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "conf/conf.h"
#include "conf/show.h"
#include "job/schema.h"
#include "notify/notify.h"
#include "util/buf.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static int
run(struct cli *c, const struct opts *o)
{
	CLEAN_BUF struct buf b = {0};
	const char *what = o->n_args > 0 ? o->args[0] : "check";
	int status;

	if (o->n_args > 1)
		return cli_usage(c, "it is: fettle config check, show or schema");
	if (strcmp(what, "schema") == 0) {
		schema_write(&b);
		cli_out(b.data, b.len);
		return EXIT_DONE;
	}
	if (strcmp(what, "check") != 0 && strcmp(what, "show") != 0)
		return cli_usage(c, "there is no config %.40s; it is check, show "
		    "or schema", what);
	status = cli_load(c);
	if (status != EXIT_DONE)
		return status;
	if (strcmp(what, "show") == 0) {
		conf_show(conf_root(c->settings->conf), true, &b);
		if (c->json)
			cli_object("file", c->settings->file, "config",
			    buf_str(&b), NULL);
		else
			cli_out(b.data, b.len);
	} else {
		if (c->settings->notify->usual && c->settings->n_jobs > 0)
			cli_say(c, "warning: there is no 'notify': what fails "
			    "unattended shows only as %s", geteuid() == 0 ?
			    "an error in the journal" : "a notice on the desktop");
		cli_say(c, "%s: no faults; %zu job%s", c->settings->file,
		    c->settings->n_jobs, c->settings->n_jobs == 1 ? "" : "s");
		if (c->json)
			cli_object("file", c->settings->file, NULL);
	}
	return EXIT_DONE;
}

const struct command cmd_config = {
	"config", "check|show|schema", "Check the configuration, or show it",
	"check tells every fault with its line; show prints what is in force, with\n"
	"secrets masked; schema prints the JSON Schema for editors.",
	opts, run, COMMAND_SETTING,
};
