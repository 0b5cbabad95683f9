/* cmd_catalog.c -- fettle catalog rebuild. */
#include <string.h>

#include "cli/cli.h"
#include "job/rebuild.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/time.h"

static const struct opt_def opts[] = {
	{ "anyway", 0, NULL, "also if it is whole", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static void
note(void *arg, int level, const char *text)
{
	(void)level;
	cli_say(arg, "%s", text);
}

static void
show(struct cli *c, const struct rebuilt *r)
{
	CLEAN_BUF struct buf at = {0};

	if (*r->aside != '\0')
		cli_outf("what was there is kept: %s/%s\n",
		    c->settings->state_dir, r->aside);
	if (*r->backup == '\0') {
		cli_outf("no backup holds a copy: the catalog is empty; what was "
		    "done before\nis told by the log, by manifests and by "
		    "snapshots, and cannot be undone\n");
		return;
	}
	cli_time(&at, r->time);
	cli_outf("the catalog is that of %s, from the backup '%s'; what was done "
	    "since\nis told by the log, by manifests and by snapshots, and cannot "
	    "be undone\n", buf_str(&at), r->backup);
}

static void
show_json(const struct rebuilt *r)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_BUF struct buf at = {0};
	struct json j = { .out = &b };

	json_begin(&j);
	json_key(&j, "backup");
	json_str(&j, *r->backup != '\0' ? r->backup : NULL);
	json_key(&j, "time");
	if (r->time > 0)
		time_rfc3339(&at, r->time);
	json_str(&j, r->time > 0 ? buf_str(&at) : NULL);
	json_key(&j, "next_run");
	json_i64(&j, r->next_run);
	json_key(&j, "aside");
	json_str(&j, *r->aside != '\0' ? r->aside : NULL);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

static int
run(struct cli *c, const struct opts *o)
{
	const struct sink k = { .note = note, .arg = c };
	struct rebuilt r;
	struct err e = {0};
	int status;

	if (o->n_args != 1 || strcmp(o->args[0], "rebuild") != 0)
		return cli_usage(c, "it is: fettle catalog rebuild");
	status = cli_load_places(c);
	if (status != EXIT_DONE)
		return status;
	if (job_rebuild(c->settings, opt_given(o, "anyway"), &k, &r, &e) < 0) {
		if (e.kind != ERR_EXISTS)
			return cli_fail(c, &e);
		cli_say(c, "the catalog is whole: nothing was changed (--anyway)");
		return EXIT_DONE;
	}
	if (c->json)
		show_json(&r);
	else
		show(c, &r);
	return EXIT_DONE;
}

const struct command cmd_catalog = {
	"catalog", "rebuild", "Make a damaged or lost history anew",
	"From the newest copy that a backup holds.  What was there is kept.",
	opts, run, COMMAND_SETTING,
};
