/*
 * cmd_repo.c -- snapshots, ls, restore and check of a backup named with -b.
 * In this version backups are plain copies; JSON has restic's shapes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "archive/archive.h"
#include "catalog/catalog.h"
#include "cli/go.h"
#include "cli/runs.h"
#include "copies/copies.h"
#include "job/restore.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/time.h"
#include "util/xalloc.h"

static const struct opt_def none[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

/* The hall, open, and the job that -b names; NULL and the exit status if not. */
static struct hall *
open_job(struct cli *c, enum hall_role role, int archives, const struct job **j,
    int *status)
{
	struct hall *h = NULL;
	struct err e = {0};

	*status = c->backup != NULL ? cli_load(c) :
	    cli_usage(c, "it wants -b NAME, the backup it is about; "
	    "the configuration is checked by: fettle config check");
	if (*status != EXIT_DONE)
		return NULL;
	*j = settings_job(c->settings, c->backup);
	if (*j == NULL || ((*j)->kind != JOB_BACKUP &&
	    !(archives && (*j)->kind == JOB_ARCHIVE))) {
		*status = cli_usage(c, "there is no backup '%.100s'",
		    c->backup);
		return NULL;
	}
	*status = go_open(c, role, 0, &h);
	if (*status != EXIT_DONE)
		return NULL;
	if ((*j)->kind == JOB_BACKUP && copies_place((*j)->copies) == NULL) {
		hall_close(h);
		err_set(&e, ERR_ABSENT, "%s: its disk is not there", c->backup);
		*status = cli_fail(c, &e);
		return NULL;
	}
	return h;
}

static void
text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_bytes(j, value, strlen(value));
}

struct listing {
	struct cli	*c;
	int		 damaged;
};

static int
each_snapshot(void *arg, const struct copy_info *i)
{
	struct listing *l = arg;
	struct cli *c = l->c;
	CLEAN_BUF struct buf b = {0}, t = {0};
	struct json j = { .out = &b };

	if (i->damaged != NULL) {
		l->damaged = 1;
		cli_say(c, "%s", i->damaged);
		return 0;
	}
	if (!c->json) {
		buf_addf(&b, "%-24s  ", i->name);
		cli_time(&b, i->time);
		buf_addf(&b, "  %8" PRIu64 " files  ", i->files);
		size_print(&b, i->bytes);
		if (i->partial)
			buf_adds(&b, "  (partial)");
		cli_line(&b);
		return 0;
	}
	time_rfc3339(&t, i->time);
	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	text(&j, "time", buf_str(&t));
	text(&j, "id", i->name);
	text(&j, "short_id", i->name);
	json_key(&j, "files");
	json_u64(&j, i->files);
	json_key(&j, "bytes");
	json_u64(&j, i->bytes);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
	return 0;
}

static int
run_snapshots(struct cli *c, const struct opts *o)
{
	struct listing l = { .c = c };
	const struct job *j;
	struct err e = {0};
	int status;
	struct hall *h = open_job(c, HALL_ASK, 0, &j, &status);

	(void)o;
	if (h == NULL)
		return status;
	if (copies_each(j->copies, each_snapshot, &l, &e) < 0)
		status = cli_fail(c, &e);
	else if (l.damaged)
		status = EXIT_SOME;
	hall_close(h);
	return status;
}

const struct command cmd_snapshots = {
	"snapshots", "", "The copies there are, oldest first", NULL, none,
	run_snapshots, 3,
};

static int
each_entry(void *arg, const struct copy_entry *en)
{
	static const char *const types[] = { ['f'] = "file", ['d'] = "dir",
	    ['l'] = "symlink", ['p'] = "fifo", ['h'] = "file" };
	struct cli *c = arg;
	CLEAN_BUF struct buf b = {0}, t = {0};
	struct json j = { .out = &b };

	if (!c->json) {
		quote_str(&b, en->source);
		cli_line(&b);
		return 0;
	}
	time_rfc3339_ns(&t, en->mtime);
	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	text(&j, "struct_type", "node");
	text(&j, "type", types[(unsigned char)en->kind]);
	json_name(&j, "path", en->source, strlen(en->source));
	json_key(&j, "size");
	json_u64(&j, en->size);
	json_key(&j, "mode");
	json_u64(&j, en->mode);
	text(&j, "mtime", buf_str(&t));
	text(&j, "sha256", en->sha256);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
	return 0;
}

static int
run_ls(struct cli *c, const struct opts *o)
{
	const struct job *j;
	struct err e = {0};
	int status;
	struct hall *h = open_job(c, HALL_ASK, 0, &j, &status);

	if (h == NULL)
		return status;
	if (copies_ls(j->copies, o->n_args ? o->args[0] : NULL, each_entry, c,
	    &e) < 0)
		status = cli_fail(c, &e);
	hall_close(h);
	return status;
}

const struct command cmd_ls = {
	"ls", "[SNAPSHOT]", "What a copy holds (default: the latest)", NULL, none,
	run_ls, 3,
};

static void
damaged(void *arg, const char *copy, const char *path, const char *what)
{
	struct cli *c = arg;
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	if (c->json) {
		json_object_start(&j);
		json_key(&j, "v");
		json_u64(&j, 1);
		text(&j, "message_type", "error");
		text(&j, "snapshot", copy);
		json_name(&j, "path", path, strlen(path));
		text(&j, "error", what);
		json_object_end(&j);
		json_line(&j);
		cli_out(b.data, b.len);
		return;
	}
	if (*copy != '\0')
		buf_addf(&b, "%s: ", copy);
	quote_str(&b, path);
	buf_addf(&b, ": %s", what);
	cli_line(&b);
}

static void
damaged_archive(void *arg, const char *path, const char *what)
{
	damaged(arg, "", path, what);
}

static int
run_check(struct cli *c, const struct opts *o)
{
	const struct job *j;
	struct err e = {0};
	int status, r;
	struct hall *h = open_job(c, HALL_ASK, 1, &j, &status);

	if (h == NULL)
		return status;
	r = j->kind == JOB_BACKUP ?
	    copies_check(j->copies, o->n_args ? o->args[0] : NULL, damaged, c,
	    &e) : archive_check(j->archive, damaged_archive, c, &e);
	if (r < 0)
		status = cli_fail(c, &e);
	else if (r > 0)
		status = EXIT_FAILED;
	else
		cli_say(c, "no errors were found");
	hall_close(h);
	return status;
}

const struct command cmd_check = {
	"check", "[SNAPSHOT]", "Re-read everything and compare with the manifests",
	"Works for backups and archives. A damaged file is told with every copy that\n"
	"shares it.", none, run_check, 3,
};

static const struct opt_def restore_opts[] = {
	{ "target", 't', "DIR", "put it there; without it, where it came from", 0 },
	{ "include", 'i', "PATH", "only this path (and what is below it)", 1 },
	{ "overwrite", 0, "WORD", "never (default): beside, if the name is taken", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static int
restore(struct cli *c, struct hall *h, const struct job *j,
    const struct opts *o)
{
	struct job_doing d = { .trigger = "hand", .command = c->command_line,
	    .now = c->now };
	const char *target = opt_value(o, "target");
	const char *const *include = opt_values(o, "include");
	char *abs = target ? runs_absolute(c, target) : xstrdup("");
	struct copies_restore what = { .name = o->n_args ? o->args[0] : NULL,
	    .target = abs, .paths = include };
	struct view *v = view_new(c, VIEW_RUN, 0);
	struct job_done done;
	struct err e = {0};
	int status;

	while (include != NULL && include[what.n_paths] != NULL)
		what.n_paths++;
	if (job_restore(h, j, &what, &d, view_sink(v), &done, &e) < 0) {
		view_quiet(v);
		status = cli_fail(c, &e);
	} else {
		view_run_end(v, &done);
		status = job_exit(&done);
	}
	view_free(v);
	free(abs);
	return status;
}

static int
run_restore(struct cli *c, const struct opts *o)
{
	const char *over = opt_value(o, "overwrite");
	const struct job *j;
	struct hall *h;
	int status;

	if (over != NULL && strcmp(over, "never") != 0)
		return cli_usage(c, "--overwrite %.40s is not yet in this version; "
		    "with -b it is never", over);
	h = open_job(c, HALL_RUN, 0, &j, &status);
	if (h == NULL)
		return status;
	status = restore(c, h, j, o);
	hall_close(h);
	return status;
}

const struct command cmd_restore = {
	"restore", "[SNAPSHOT]", "Bring back a copy, or paths of it",
	"Nothing is overwritten: beside, if the name is taken.",
	restore_opts, run_restore, 3,
};

static int
run_version(struct cli *c, const struct opts *o)
{
	(void)c;
	(void)o;
	cli_outf("fettle %s\n", FETTLE_VERSION);
	return EXIT_DONE;
}

const struct command cmd_version = {
	"version", "", "The version", NULL, none, run_version, 2,
};
