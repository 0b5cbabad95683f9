/* cmd_check.c -- is a repository, a plain copy or an archive whole? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/about.h"
#include "cli/copies_cmds.h"
#include "cli/progress.h"
#include "cli/repo_show.h"
#include "job/job.h"
#include "job/post.h"
#include "repo/check.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "read-data", 0, NULL, "read everything, and hold it against its names", 0 },
	{ "read-data-subset", 0, "PART", "read a part: 2/5, 10% or 2G", 0 },
	{ "check-unused", 0, NULL, "what no snapshot needs is a fault", 0 },
	{ "with-cache", 0, NULL, "believe what is in the cache", 0 },
	SNAPSHOT_FILTER_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

struct checking {
	struct cli	*c;
	struct damage	*damage;
	struct progress	 progress;
	struct id	*broken;	/* packs */
	size_t		 n, cap;
};

static void
remember(struct checking *k, const struct id *pack)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (id_equal(&k->broken[i], pack))
			return;
	XGROW(k->broken, k->n, k->cap);
	k->broken[k->n++] = *pack;
}

static void
on_fault(void *arg, const struct check_fault *f)
{
	struct checking *k = arg;
	CLEAN_BUF struct buf b = {0};

	progress_end(&k->progress);
	if (f->grade == CHECK_ERROR)
		damage_note(k->damage, f->text);
	if (f->pack != NULL && f->grade == CHECK_ERROR)
		remember(k, f->pack);
	if (f->grade == CHECK_HINT && k->c->quiet)
		return;
	if (!k->c->json) {
		quote_text(&b, f->text, strlen(f->text));
		cli_line(&b);
		return;
	}
	if (f->grade == CHECK_HINT)
		return;
	buf_adds(&b, "{\"message_type\":\"error\",\"message\":");
	node_string(&b, f->text, strlen(f->text));
	buf_adds(&b, "}\n");
	if (write(STDERR_FILENO, b.data, b.len) < 0)
		return;
}

static void
on_step(void *arg, enum check_step step, uint64_t done, uint64_t total)
{
	static const char *const words[] = {
		[CHECK_INDEX] = "reading the index",
		[CHECK_PACKS] = "looking at packs",
		[CHECK_SNAPSHOTS] = "reading snapshots",
		[CHECK_TREES] = "reading folders", [CHECK_DATA] = "reading data",
	};
	struct checking *k = arg;

	if (progress_due(&k->progress))
		progress_step(&k->progress, words[step], done, total);
}

static void
summary_json(const struct checking *k, const struct check_result *r)
{
	CLEAN_BUF struct buf b = {0};
	char hex[ID_HEX];
	size_t i;

	buf_addf(&b, "{\"message_type\":\"summary\",\"num_errors\":%" PRIu64
	    ",\"broken_packs\":", r->errors);
	for (i = 0; i < k->n; i++) {
		id_hex(&k->broken[i], hex);
		buf_addf(&b, "%s\"%s\"", i == 0 ? "[" : ",", hex);
	}
	buf_adds(&b, k->n > 0 ? "]" : "null");
	buf_addf(&b, ",\"suggest_repair_index\":%s,\"suggest_prune\":%s}",
	    r->split > 0 || r->no_index ? "true" : "false",
	    r->strays > 0 ? "true" : "false");
	cli_line(&b);
}

static void
summary_text(const struct checking *k, const struct check_result *r)
{
	CLEAN_BUF struct buf b = {0};
	char hex[ID_HEX];
	size_t i;

	if (r->packs_read > 0) {
		buf_addf(&b, "read %" PRIu64 " of %" PRIu64 " packs, ",
		    r->packs_read, r->packs);
		size_print(&b, r->bytes_read);
		cli_line(&b);
	}
	if (k->n > 0) {
		buf_adds(&b, "these packs are damaged; save what can be saved:\n"
		    "  fettle repair packs");
		for (i = 0; i < k->n; i++) {
			id_hex(&k->broken[i], hex);
			buf_addf(&b, " %.16s", hex);
		}
		buf_adds(&b, "\n  fettle repair snapshots --forget");
		cli_line(&b);
	}
	if (r->split > 0 || r->no_index)
		cli_outf("the index wants: fettle repair index\n");
	if (r->strays > 0)
		cli_outf("%" PRIu64 " packs are not needed; they take room until: "
		    "fettle prune\n", r->strays);
	if (r->errors > 0)
		cli_outf("%" PRIu64 " errors were found\n", r->errors);
	else
		cli_say(k->c, "no errors were found");
}

static int
check(struct about *a, const struct opts *o, struct damage *d)
{
	const char *subset = opt_value(o, "read-data-subset");
	struct checking k = { .c = a->c, .damage = d };
	struct check_options co = { .unused = opt_given(o, "check-unused"),
	    .fault = on_fault, .step = on_step, .arg = &k };
	struct snapshot_filter filter;
	struct check_result r = {0};
	struct err e = {0};
	int status;

	show_filter(o, &filter);
	co.filter = &filter;
	if (o->n_args > 0)
		co.names = (const char *const *)o->args;
	if (co.unused && (co.names != NULL || filter.hosts != NULL ||
	    filter.tags != NULL || filter.paths != NULL))
		return cli_usage(a->c, "--check-unused asks about all snapshots, "
		    "not about some");
	if (opt_given(o, "read-data"))
		co.data.part = CHECK_ALL_DATA;
	if (subset != NULL && opt_given(o, "read-data"))
		return cli_usage(a->c, "--read-data or --read-data-subset");
	if (subset != NULL && check_parse_subset(subset, &co.data, &e) < 0)
		return cli_usage(a->c, "--read-data-subset is 2/5, 10%% or 2G, not "
		    "'%.40s'", subset);
	progress_start(&k.progress, a->c);
	if (check_run(a->repo, &co, &r, &e) < 0) {
		if (e.kind == ERR_CORRUPT)
			damage_note(d, e.text);
		status = cli_fail(a->c, &e);
	} else {
		progress_end(&k.progress);
		if (a->c->json)
			summary_json(&k, &r);
		else
			summary_text(&k, &r);
		status = r.errors > 0 ? EXIT_FAILED : EXIT_DONE;
	}
	free(k.broken);
	return status;
}

/* Whoever wants to know of damage is told, also of what a person found: he may
 * not be the one who mends it.  That nobody could be told is no fault of it. */
static void
tell_damage(struct cli *c, const struct job *j, const struct damage *d)
{
	CLEAN_BUF struct buf text = {0};
	struct hall *h;
	struct err e = {0};

	if (d->n == 0 || j == NULL)
		return;
	buf_addf(&text, "fettle check found damage: %s", d->first);
	if (d->n > 1)
		buf_addf(&text, ", and %" PRIu64 " more", d->n - 1);
	if (hall_open(c->settings, HALL_RUN, "check", 0, NULL, &h, &e) < 0) {
		cli_say(c, "nobody is told: %s", e.text);
		return;
	}
	post_integrity(h, j, c->now, buf_str(&text));
	hall_close(h);
}

/* What lies in the cache proves nothing about the repository. */
static int
run(struct cli *c, const struct opts *o)
{
	/* Of copies all is read in any case. */
	static const char *const known[] = { "read-data", "with-cache", NULL };
	struct damage d = {0};
	const struct job *j;
	struct about a;
	int status;

	if (!about_is_named(c))
		return cli_usage(c, "which backup?  -b NAME or -r REPO; the "
		    "configuration is checked by: fettle config check");
	if (!opt_given(o, "with-cache"))
		c->repo.no_cache = 1;
	status = about_open(c, ABOUT_PLAIN_TOO | ABOUT_ARCHIVE_TOO |
	    ABOUT_EXCLUSIVE, &a);
	if (status != EXIT_DONE)
		return status;
	j = a.job;
	if (a.kind == ABOUT_REPO)
		status = check(&a, o, &d);
	else if ((status = copies_cmd_only(c, o, opts, known)) == EXIT_DONE)
		status = copies_cmd_check(&a, o, &d);
	status = about_close(&a, status);
	tell_damage(c, j, &d);
	return status;
}

const struct command cmd_check = {
	"check", "[COPY | SNAPSHOT...]", "Is everything there and whole?",
	"Of a repository: index, packs and folders; with --read-data every byte.  Where\n"
	"snapshots are chosen, of folders and bytes only those that they need.  Of plain\n"
	"copies and archives: all is read and compared with the manifests; a damaged file\n"
	"is told with every copy that shares it.", opts, run, COMMAND_REPO,
};
