/*
 * drive.c -- backups without the program around them: for tests against restic,
 * for measuring, and to be killed.
 *
 *	backup-drive [OPTION...] REPO PATH...
 *
 * The password is $RESTIC_PASSWORD.  Options are restic's, but for --init,
 * --quick (with it: a key that is made in no time), --cache DIR (none: no cache), --checkpoint MS, --moved FROM TO, --items,
 * --die-at N (the process kills itself at the n-th call of the store) and
 * --stop-after FILES.  The result is printed as one line of JSON.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backup/backup.h"
#include "repo/key.h"
#include "repo/lock.h"
#include "repo/repo.h"
#include "store/fault.h"
#include "util/buf.h"
#include "util/time.h"
#include "util/xalloc.h"

struct drive {
	struct backup_options o;
	struct repo_options ro;
	struct backup_exclude *x;
	struct backup_paths paths;
	const char	*tags[16], *leave_out[16];
	size_t		 n_tags, n_leave_out;
	const char	*cache, *from, *to;
	int		 init, quick, items, no_lock;
	uint64_t	 die_at, stop_after, seen;
	uint64_t	 counted;
};

static _Noreturn void
die(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e->text);
	exit(e->kind == ERR_STOPPED ? 130 : 1);
}

/* ---- events ---- */

static void
on_problem(void *arg, const char *path, const struct err *why)
{
	(void)arg;
	fprintf(stderr, "problem: %s: %s\n", path, why->text);
}

static void
on_changed(void *arg, const char *path)
{
	(void)arg;
	fprintf(stderr, "changed while read: %s\n", path);
}

static void
on_note(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "note: %s\n", text);
}

static void
on_item(void *arg, const struct backup_item *i)
{
	static const char *const what[] = { "new", "changed", "unmodified" };
	struct drive *d = arg;

	__atomic_fetch_add(&d->seen, 1, __ATOMIC_RELAXED);
	if (d->items)
		printf("%s%s %s\n", what[i->what], i->moved ? " moved" : "",
		    i->path);
}

static int
on_moved(void *arg, const char *path, struct buf *earlier)
{
	const struct drive *d = arg;

	if (strcmp(path, d->to) != 0)
		return 0;
	buf_adds(earlier, d->from);
	return 1;
}

static int
on_stop(void *arg)
{
	const struct drive *d = arg;

	return __atomic_load_n(&d->seen, __ATOMIC_RELAXED) >= d->stop_after;
}

/* ---- options ---- */

enum drive_option {
	INIT = 256, QUICK, CACHE, CHECKPOINT, MOVED, ITEMS, DIE_AT, STOP_AFTER,
	EXCLUDE, IEXCLUDE, EXCLUDE_FILE, IF_PRESENT, CACHES, LARGER, STDIN_NAME,
	PARENT, FORCE, GROUP_BY, IGNORE_INODE, IGNORE_CTIME, WITH_ATIME,
	NO_MOVES, DRY_RUN, SKIP, CONCURRENCY, TAG, HOST, TIME, LEAVE_OUT, DIR,
	FILES_FROM, FILES_VERBATIM, FILES_RAW, COMPRESSION, NO_LOCK, NO_VERIFY
};

static const struct option options[] = {
	{ "init", 0, NULL, INIT }, { "quick", 0, NULL, QUICK },
	{ "cache", 1, NULL, CACHE },
	{ "checkpoint", 1, NULL, CHECKPOINT }, { "moved", 1, NULL, MOVED },
	{ "items", 0, NULL, ITEMS }, { "die-at", 1, NULL, DIE_AT },
	{ "stop-after", 1, NULL, STOP_AFTER },
	{ "exclude", 1, NULL, EXCLUDE }, { "iexclude", 1, NULL, IEXCLUDE },
	{ "exclude-file", 1, NULL, EXCLUDE_FILE },
	{ "exclude-if-present", 1, NULL, IF_PRESENT },
	{ "exclude-caches", 0, NULL, CACHES },
	{ "exclude-larger-than", 1, NULL, LARGER },
	{ "one-file-system", 0, NULL, 'x' },
	{ "stdin-filename", 1, NULL, STDIN_NAME },
	{ "parent", 1, NULL, PARENT }, { "force", 0, NULL, FORCE },
	{ "group-by", 1, NULL, GROUP_BY },
	{ "ignore-inode", 0, NULL, IGNORE_INODE },
	{ "ignore-ctime", 0, NULL, IGNORE_CTIME },
	{ "with-atime", 0, NULL, WITH_ATIME },
	{ "no-move-detection", 0, NULL, NO_MOVES },
	{ "dry-run", 0, NULL, DRY_RUN }, { "skip-if-unchanged", 0, NULL, SKIP },
	{ "read-concurrency", 1, NULL, CONCURRENCY },
	{ "tag", 1, NULL, TAG }, { "host", 1, NULL, HOST },
	{ "time", 1, NULL, TIME }, { "leave-out", 1, NULL, LEAVE_OUT },
	{ "dir", 1, NULL, DIR }, { "files-from", 1, NULL, FILES_FROM },
	{ "files-from-verbatim", 1, NULL, FILES_VERBATIM },
	{ "files-from-raw", 1, NULL, FILES_RAW },
	{ "compression", 1, NULL, COMPRESSION },
	{ "no-lock", 0, NULL, NO_LOCK },
	{ "no-extra-verify", 0, NULL, NO_VERIFY },
	{ NULL, 0, NULL, 0 }
};

static void
on_warning(void *arg, const char *text)
{
	on_note(arg, text);
}

static void
read_list(struct drive *d, enum backup_list how, const char *file)
{
	char *here = getcwd(NULL, 0);
	struct err e = {0};

	if (backup_paths_read(&d->paths, how, file, 0, here, on_warning, NULL,
	    &e) < 0)
		die("files from", &e);
	free(here);
}

/* Options that take nothing, and those that are left out: 1 if it was one. */
static int
take_flag(struct drive *d, int c)
{
	switch (c) {
	case INIT: d->init = 1; return 1;
	case QUICK: d->quick = 1; return 1;
	case ITEMS: d->items = 1; return 1;
	case CACHES: backup_exclude_caches(d->x); return 1;
	case 'x': d->o.one_file_system = 1; return 1;
	case FORCE: d->o.force = 1; return 1;
	case IGNORE_INODE: d->o.ignore_inode = 1; return 1;
	case IGNORE_CTIME: d->o.ignore_ctime = 1; return 1;
	case WITH_ATIME: d->o.with_atime = 1; return 1;
	case NO_MOVES: d->o.no_move_detection = 1; return 1;
	case DRY_RUN: d->o.dry_run = 1; return 1;
	case SKIP: d->o.skip_if_unchanged = 1; return 1;
	case NO_LOCK: d->no_lock = 1; return 1;
	case NO_VERIFY: d->ro.no_verify = 1; return 1;
	default: return 0;
	}
}

static unsigned
group_by(const char *s)
{
	return (strstr(s, "host") != NULL ? BACKUP_BY_HOST : 0u) |
	    (strstr(s, "path") != NULL ? BACKUP_BY_PATHS : 0u) |
	    (strstr(s, "tag") != NULL ? BACKUP_BY_TAGS : 0u);
}

static int
take_exclude(struct drive *d, int c, const char *arg, struct err *e)
{
	switch (c) {
	case EXCLUDE: return backup_exclude_pattern(d->x, arg, 0, e);
	case IEXCLUDE: return backup_exclude_pattern(d->x, arg, 1, e);
	case EXCLUDE_FILE: return backup_exclude_file(d->x, arg, 0, e);
	case IF_PRESENT: return backup_exclude_if_present(d->x, arg, e);
	case LARGER: return backup_exclude_larger(d->x, arg, e);
	default: return 1;
	}
}

static void
take_value(struct drive *d, int c, char *arg)
{
	struct err e = {0};

	switch (c) {
	case CACHE: d->cache = arg; break;
	case CHECKPOINT:
		d->o.checkpoint = strtoll(arg, NULL, 10) * 1000;
		break;
	case MOVED:
		d->from = strsep(&arg, "=");
		d->to = arg;
		break;
	case DIE_AT: d->die_at = strtoull(arg, NULL, 10); break;
	case STOP_AFTER: d->stop_after = strtoull(arg, NULL, 10); break;
	case STDIN_NAME: d->o.stdin_name = arg; break;
	case PARENT: d->o.parent = arg; break;
	case GROUP_BY: d->o.group_by = group_by(arg); break;
	case CONCURRENCY:
		d->o.read_concurrency = (unsigned)strtoul(arg, NULL, 10);
		break;
	case TAG: d->tags[d->n_tags++] = arg; break;
	case HOST: d->o.host = arg; break;
	case TIME:
		if (time_parse_user(arg, time_now(), &d->o.time, &e) < 0)
			die("time", &e);
		break;
	case LEAVE_OUT: d->leave_out[d->n_leave_out++] = arg; break;
	case DIR: d->o.dir = arg; break;
	case FILES_FROM: read_list(d, BACKUP_LIST_GLOB, arg); break;
	case FILES_VERBATIM: read_list(d, BACKUP_LIST_VERBATIM, arg); break;
	case FILES_RAW: read_list(d, BACKUP_LIST_RAW, arg); break;
	case COMPRESSION:
		d->ro.compression = strcmp(arg, "off") == 0 ?
		    REPO_COMPRESS_OFF : strcmp(arg, "fastest") == 0 ?
		    REPO_COMPRESS_FASTEST : strcmp(arg, "max") == 0 ?
		    REPO_COMPRESS_MAX : REPO_COMPRESS_AUTO;
		break;
	default: exit(2);
	}
}

static void
parse(struct drive *d, int argc, char **argv)
{
	struct err e = {0};
	int c, rc;

	while ((c = getopt_long(argc, argv, "+x", options, NULL)) != -1) {
		if (take_flag(d, c))
			continue;
		rc = take_exclude(d, c, optarg, &e);
		if (rc < 0)
			die("exclude", &e);
		if (rc > 0)
			take_value(d, c, optarg);
	}
}

/* ---- */

/* Scrypt at its weakest, so that hundreds of runs take no time. */
static void
take_quick_key(struct drive *d, struct repo *r)
{
	const struct key_new quick = { .password = d->ro.password,
		.len = d->ro.password_len, .hostname = "drive",
		.username = "drive", .created = time_now(),
		.strength = { 16, 8, 1 } };
	struct store_name strong = { .kind = STORE_KEY };
	struct err e = {0};
	struct id id;

	memcpy(strong.id, r->key_id.b, sizeof(strong.id));
	if (key_add(r->store, r->key, &quick, &id, &e) < 0 ||
	    store_remove(r->store, &strong, &e) < 0)
		die("key", &e);
}

static struct repo *
open_repo(struct drive *d, const char *place)
{
	struct store *s;
	struct repo *r;
	struct err e = {0};

	d->ro.password = getenv("RESTIC_PASSWORD");
	d->ro.password_len = strlen(d->ro.password);
	d->ro.cache_dir = d->cache;
	if (d->init) {
		if (store_create(place, NULL, &s, &e) < 0 ||
		    repo_init(s, &d->ro, 2, NULL, &r, &e) < 0)
			die("init", &e);
		if (d->quick)
			take_quick_key(d, r);
		return r;
	}
	if (store_open(place, NULL, &s, &e) < 0)
		die("store", &e);
	if (d->die_at > 0)
		s = store_fault(s, FAULT_KILL, d->die_at);
	if (repo_open(s, &d->ro, &r, &e) < 0)
		die("open", &e);
	return r;
}

static void
show(const struct backup_result *r, int64_t took)
{
	const struct snapshot_summary *s = &r->summary;
	char id[ID_HEX], tree[ID_HEX], parent[ID_HEX];
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	id_hex(&r->snapshot, id);
	id_hex(&r->tree, tree);
	id_hex(&r->parent, parent);
	printf("{\"snapshot\":\"%s\",\"tree\":\"%s\",\"parent\":\"%s\","
	    "\"files\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "],"
	    "\"dirs\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "],"
	    "\"data_blobs\":%" PRIu64 ",\"tree_blobs\":%" PRIu64 ","
	    "\"added\":%" PRIu64 ",\"packed\":%" PRIu64 ","
	    "\"total_files\":%" PRIu64 ",\"total_bytes\":%" PRIu64 ","
	    "\"problems\":%" PRIu64 ",\"changed\":%" PRIu64 ","
	    "\"moved\":%" PRIu64 ",\"ms\":%" PRId64 ",\"rss_kib\":%ld}\n",
	    r->saved ? id : "", tree, r->has_parent ? parent : "",
	    s->files_new, s->files_changed, s->files_unmodified,
	    s->dirs_new, s->dirs_changed, s->dirs_unmodified, s->data_blobs,
	    s->tree_blobs, s->data_added, s->data_added_packed, s->total_files,
	    s->total_bytes, r->problems, r->changed, r->moved, took / 1000,
	    use.ru_maxrss);
}

int
main(int argc, char **argv)
{
	struct drive d = { .x = backup_exclude_new(), .o = {
	    .group_by = BACKUP_BY_DEFAULT, .host = "drive",
	    .program = "fettle drive" } };
	struct backup_events ev = { .arg = &d, .problem = on_problem,
	    .changed = on_changed, .note = on_note };
	struct backup_result out;
	struct lock *lock = NULL;
	struct err e = {0};
	struct repo *r;
	int64_t began;

	xalloc_frugal();
	parse(&d, argc, argv);
	if (optind == argc || getenv("RESTIC_PASSWORD") == NULL)
		return 2;
	r = open_repo(&d, argv[optind++]);
	while (optind < argc)
		backup_paths_add(&d.paths, argv[optind++]);
	if (d.paths.n == 0 && d.o.stdin_name == NULL) {
		repo_close(r);
		backup_exclude_free(d.x);
		return 0;
	}
	d.o.paths = (const char *const *)d.paths.v;
	d.o.exclude = d.x;
	d.o.tags = d.tags;
	d.o.leave_out = d.leave_out;
	if (d.items || d.stop_after > 0)
		ev.item = on_item;
	if (d.stop_after > 0) {
		d.o.stop = on_stop;
		d.o.stop_arg = &d;
	}
	if (d.to != NULL)
		ev.moved = on_moved;
	if (!d.no_lock && lock_take(r, 0, 0, &lock, &e) < 0)
		die("lock", &e);
	d.o.lock = lock;
	began = time_mono();
	if (repo_load_index(r, &e) < 0)
		die("index", &e);
	if (backup_run(r, &d.o, &ev, &out, &e) < 0) {
		lock_release(lock);
		die("backup", &e);
	}
	show(&out, time_mono() - began);
	lock_release(lock);
	repo_close(r);
	backup_paths_fini(&d.paths);
	backup_exclude_free(d.x);
	return out.problems > 0 ? 3 : 0;
}
