/* cmd_repair.c -- mending a damaged repository. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/about.h"
#include "cli/progress.h"
#include "cli/repo_show.h"
#include "cli/rewrite_go.h"
#include "repo/node.h"
#include "repo/repair.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "read-all-packs", 0, NULL, "index: believe no index file, read all packs", 0 },
	{ "dry-run", 'n', NULL, "snapshots: only tell what would be done", 0 },
	{ "forget", 0, NULL, "snapshots: those that were mended go", 0 },
	SNAPSHOT_FILTER_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

struct mending {
	struct cli		*c;
	const struct opts	*o;
	char			**args;		/* behind the verb */
	size_t			 n;
	struct about		 a;
	struct progress		 progress;
};

/* ---- what is told ---- */
static void
on_told(void *arg, const char *text)
{
	struct mending *k = arg;
	CLEAN_BUF struct buf b = {0};

	progress_end(&k->progress);
	if (k->c->json) {
		buf_adds(&b, "{\"message_type\":\"status\",\"message\":");
		node_string(&b, text, strlen(text));
		buf_addc(&b, '}');
	} else
		quote_text(&b, text, strlen(text));
	cli_line(&b);
}

static void
on_step(void *arg, enum repair_step step, uint64_t done, uint64_t total)
{
	static const char *const words[] = {
		[REPAIR_INDEX_FILES] = "reading the index",
		[REPAIR_HEADERS] = "reading packs",
		[REPAIR_SALVAGE] = "saving what can be read",
		[REPAIR_TREES] = "reading folders",
	};
	struct mending *k = arg;

	if (progress_due(&k->progress))
		progress_step(&k->progress, words[step], done, total);
}

static struct repair_watch
watch_of(struct mending *k)
{
	return (struct repair_watch){ .lock = k->a.lock, .told = on_told,
	    .step = on_step, .arg = k };
}

/* ---- index ---- */
static int
show_index(const struct mending *k, const struct repair_index *x)
{
	if (k->c->json)
		cli_outf("{\"message_type\":\"summary\",\"damaged_index_files\":%"
		    PRIu64 ",\"packs_read\":%" PRIu64 ",\"packs_added\":%" PRIu64
		    ",\"packs_gone\":%" PRIu64 ",\"packs_unreadable\":%" PRIu64
		    ",\"changed\":%s}\n", x->bad_files, x->read, x->added,
		    x->gone, x->unread + x->junk, x->changed ? "true" : "false");
	else if (!x->changed)
		cli_say(k->c, "the index is as it should be");
	else
		cli_say(k->c, "the index is written anew: %" PRIu64 " packs "
		    "added, %" PRIu64 " gone, %" PRIu64 " read again", x->added,
		    x->gone, x->read - x->added);
	return x->unread > 0 ? EXIT_SOME : EXIT_DONE;
}

static int
mend_index(struct mending *k)
{
	const struct repair_watch w = watch_of(k);
	struct repair_index x;
	struct err e = {0};
	int r;

	if (k->n > 0)
		return cli_usage(k->c, "repair index takes no names");
	r = repair_index(k->a.repo, opt_given(k->o, "read-all-packs"), &w, &x,
	    &e);
	progress_end(&k->progress);
	return r < 0 ? cli_fail(k->c, &e) : show_index(k, &x);
}

/* ---- packs ---- */

/* As restic: pack-ID in the folder where we were started.  1 and nothing is
 * left behind if there is nothing to be kept. */
static int
keep_copy(struct mending *k, const struct id *pack, struct err *e)
{
	char hex[ID_HEX];
	CLEAN_FREE char *path = NULL;
	CLEAN_FD int fd = -1;
	int r;

	id_hex(pack, hex);
	path = xasprintf("%s/pack-%s", k->c->working_dir, hex);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return err_sys(e, "keep a copy of the pack as pack-%s", hex);
	r = repair_keep_pack(k->a.repo, pack, fd, e);
	if (r == 0 && !k->c->json)
		cli_say(k->c, "its bytes as they are: pack-%s", hex);
	return r;
}

static int
keep_copies(struct mending *k, const struct id *ids, struct err *e)
{
	char hex[ID_HEX];
	size_t i;
	int r;

	for (i = 0; i < k->n; i++) {
		if ((r = keep_copy(k, &ids[i], e)) < 0)
			return -1;
		id_hex(&ids[i], hex);
		if (r == 1)
			cli_say(k->c, "pack %s: nothing of it can be read", hex);
	}
	return 0;
}

static int
show_packs(const struct mending *k, const struct repair_packs *x)
{
	if (k->c->json)
		cli_outf("{\"message_type\":\"summary\",\"packs\":%" PRIu64
		    ",\"saved\":%" PRIu64 ",\"elsewhere\":%" PRIu64
		    ",\"lost\":%" PRIu64 "}\n", x->packs, x->saved,
		    x->elsewhere, x->lost);
	else
		cli_outf("saved %" PRIu64 " pieces, %" PRIu64 " are lost; %"
		    PRIu64 " packs are gone\n", x->saved, x->lost, x->packs);
	if (x->lost > 0 && !k->c->json)
		cli_say(k->c, "next, if they are still on the disk: a backup, "
		    "which saves them again;\nthen: fettle repair snapshots "
		    "--forget");
	return EXIT_DONE;
}

/* Each once: the copies must not be in each other's way. */
static int
find_packs(struct mending *k, struct id *ids, struct err *e)
{
	size_t i, j, n = 0;

	for (i = 0; i < k->n; i++) {
		if (repair_find_pack(k->a.repo, k->args[i], &ids[n], e) < 0)
			return -1;
		for (j = 0; j < n && !id_equal(&ids[j], &ids[n]);)
			j++;
		n += j == n;
	}
	k->n = n;
	return 0;
}

static int
mend_packs(struct mending *k)
{
	const struct repair_watch w = watch_of(k);
	CLEAN_FREE struct id *ids = xallocn(k->n + 1, sizeof(*ids));
	struct repair_packs x;
	struct err e = {0};

	if (k->n == 0)
		return cli_usage(k->c, "which packs?  'check --read-data' names "
		    "those that are damaged");
	if (repo_load_index(k->a.repo, &e) < 0 || find_packs(k, ids, &e) < 0 ||
	    keep_copies(k, ids, &e) < 0 ||
	    repair_packs(k->a.repo, ids, k->n, &w, &x, &e) < 0) {
		progress_end(&k->progress);
		return cli_fail(k->c, &e);
	}
	progress_end(&k->progress);
	return show_packs(k, &x);
}

/* ---- snapshots ---- */
static int
mend_snapshots(struct mending *k)
{
	const struct repair_watch w = watch_of(k);
	struct repair_trees t = { .r = k->a.repo, .w = &w };
	struct rewrite_watch tree;
	struct rewrite_options o = { .tree = &tree, .tag = "repaired",
	    .drop_empty = 1,
	    .forget = opt_given(k->o, "forget"),
	    .dry_run = opt_given(k->o, "dry-run"), .lock = k->a.lock };
	struct snapshot_filter filter;
	int status;

	repair_trees_watch(&t, &tree);
	show_filter(k->o, &filter);
	status = rewrite_go(&k->a, k->args, k->n, &filter, &o, 1);
	repair_trees_fini(&t);
	return status;
}

/* ---- which ---- */
static const struct verb {
	const char	*name;
	int (*run)(struct mending *k);
	const char	*only[8];	/* options that are its own */
} verbs[] = {
	{ "index", mend_index, { "read-all-packs", NULL } },
	{ "packs", mend_packs, { NULL } },
	{ "snapshots", mend_snapshots, { "dry-run", "forget", "host", "tag",
	    "path", NULL } },
	{ NULL, NULL, { NULL } },
};

static int
has(const struct verb *v, const char *name)
{
	const char *const *p;

	for (p = v->only; *p != NULL; p++)
		if (strcmp(*p, name) == 0)
			return 1;
	return 0;
}

static const struct verb *
find_verb(struct cli *c, const struct opts *o, int *status)
{
	const struct verb *v;
	const struct opt_def *d;

	for (v = verbs; o->n_args > 0 && v->name != NULL; v++)
		if (strcmp(v->name, o->args[0]) == 0)
			break;
	if (o->n_args == 0 || v->name == NULL) {
		*status = cli_usage(c, "repair what: index, packs or snapshots?");
		return NULL;
	}
	for (d = opts; d->name != NULL; d++)
		if (opt_given(o, d->name) && !has(v, d->name)) {
			*status = cli_usage(c, "repair %s has no --%s", v->name,
			    d->name);
			return NULL;
		}
	return v;
}

/* The index is not to be mended by what a cache says is in it. */
static int
run(struct cli *c, const struct opts *o)
{
	struct mending k = { .c = c, .o = o };
	const struct verb *v;
	int status = EXIT_DONE, dry = opt_given(o, "dry-run");

	if ((v = find_verb(c, o, &status)) == NULL)
		return status;
	k.args = o->args + 1;
	k.n = o->n_args - 1;
	if (v->run == mend_index)
		c->repo.no_cache = 1;
	status = about_open(c, ABOUT_EXCLUSIVE | (dry ? 0 : ABOUT_WRITES),
	    &k.a);
	if (status != EXIT_DONE)
		return status;
	progress_start(&k.progress, c);
	return about_close(&k.a, v->run(&k));
}

const struct command cmd_repair = {
	"repair", "index | packs ID... | snapshots [SNAPSHOT...]",
	"Mend a damaged repository",
	"In this order: 'index' reads from the packs what index files do not tell; 'packs'\n"
	"saves what can be read of damaged ones (check --read-data names them) and leaves\n"
	"their bytes as pack-ID in this folder; a backup, which saves again what is still\n"
	"there; 'snapshots' takes out of snapshots what is lost for ever.",
	opts, run, COMMAND_REPO,
};
