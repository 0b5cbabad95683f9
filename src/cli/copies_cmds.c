/*
 * copies_cmds.c -- snapshots, ls, restore and check of plain copies, and check
 * of an archive; JSON has restic's shapes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "archive/archive.h"
#include "catalog/catalog.h"
#include "cli/copies_cmds.h"
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
	json_begin(&j);
	json_put_text(&j, "time", buf_str(&t));
	json_put_text(&j, "id", i->name);
	json_put_text(&j, "short_id", i->name);
	json_key(&j, "files");
	json_u64(&j, i->files);
	json_key(&j, "bytes");
	json_u64(&j, i->bytes);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
	return 0;
}

int
copies_cmd_snapshots(struct about *a)
{
	struct listing l = { .c = a->c };
	struct err e = {0};

	if (copies_each(a->job->copies, each_snapshot, &l, &e) < 0)
		return cli_fail(a->c, &e);
	return l.damaged ? EXIT_SOME : EXIT_DONE;
}

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
	json_begin(&j);
	json_put_text(&j, "struct_type", "node");
	json_put_text(&j, "type", types[(unsigned char)en->kind]);
	json_name(&j, "path", en->source, strlen(en->source));
	json_key(&j, "size");
	json_u64(&j, en->size);
	json_key(&j, "mode");
	json_u64(&j, en->mode);
	json_put_text(&j, "mtime", buf_str(&t));
	json_put_text(&j, "sha256", en->sha256);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
	return 0;
}

int
copies_cmd_only(struct cli *c, const struct opts *o, const struct opt_def *own,
    const char *const *known)
{
	size_t i;

	for (; own->name != NULL; own++) {
		for (i = 0; known[i] != NULL && strcmp(known[i], own->name) != 0;)
			i++;
		if (known[i] == NULL && opt_given(o, own->name))
			return cli_usage(c, "--%s is of repositories; plain copies "
			    "do not have it", own->name);
	}
	return EXIT_DONE;
}

int
copies_cmd_ls(struct about *a, const struct opts *o)
{
	struct err e = {0};

	return copies_ls(a->job->copies, o->n_args ? o->args[0] : NULL,
	    each_entry, a->c, &e) < 0 ? cli_fail(a->c, &e) : EXIT_DONE;
}

void
damage_note(struct damage *d, const char *text)
{
	CLEAN_BUF struct buf b = {0};

	if (d->n++ > 0)
		return;
	quote_text(&b, text, strlen(text));
	snprintf(d->first, sizeof(d->first), "%s", buf_str(&b));
}

struct checked {
	struct cli	*c;
	struct damage	*damage;
};

static void
damaged(void *arg, const char *copy, const char *path, const char *what)
{
	struct checked *k = arg;
	struct cli *c = k->c;
	CLEAN_BUF struct buf b = {0}, words = {0};
	struct json j = { .out = &b };

	buf_addf(&words, "%s%s%s: %s", copy, *copy != '\0' ? ": " : "", path, what);
	damage_note(k->damage, buf_str(&words));
	if (c->json) {
		json_begin(&j);
		json_put_text(&j, "message_type", "error");
		json_put_text(&j, "snapshot", copy);
		json_name(&j, "path", path, strlen(path));
		json_put_text(&j, "error", what);
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

int
copies_cmd_check(struct about *a, const struct opts *o, struct damage *d)
{
	struct checked k = { a->c, d };
	struct err e = {0};
	int r = a->kind == ABOUT_COPIES ?
	    copies_check(a->job->copies, o->n_args ? o->args[0] : NULL, damaged,
	    &k, &e) : archive_check(a->job->archive, damaged_archive, &k, &e);

	if (r < 0)
		return cli_fail(a->c, &e);
	if (r > 0)
		return EXIT_FAILED;
	cli_say(a->c, "no errors were found");
	return EXIT_DONE;
}

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
	int r;

	while (include != NULL && include[what.n_paths] != NULL)
		what.n_paths++;
	r = job_restore(h, j, &what, &d, view_sink(v), &done, &e);
	free(abs);
	return go_tell(c, v, r, &done, &e);
}

int
copies_cmd_restore(struct about *a, const struct opts *o)
{
	const char *over = opt_value(o, "overwrite");

	if (over != NULL && strcmp(over, "never") != 0)
		return cli_usage(a->c, "--overwrite %.40s: of plain copies nothing "
		    "is overwritten", over);
	return restore(a->c, a->hall, a->job, o);
}
