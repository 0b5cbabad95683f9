/* cmd_find.c -- in which snapshots does something lie? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/about.h"
#include "cli/repo_show.h"
#include "glob/glob.h"
#include "repo/find.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/unicode.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "oldest", 'O', "TIME", "only what was changed then or later", 0 },
	{ "newest", 'N', "TIME", "only what was changed then or before", 0 },
	{ "snapshot", 's', "ID", "look in this one only", 1 },
	{ "blob", 0, NULL, "the arguments are ids of pieces", 0 },
	{ "tree", 0, NULL, "they are ids of folders", 0 },
	{ "pack", 0, NULL, "they are ids of packs", 0 },
	{ "show-pack-id", 0, NULL, "tell which packs hold them, too", 0 },
	{ "ignore-case", 'i', NULL, "a and A are the same", 0 },
	{ "reverse", 'R', NULL, "the oldest snapshot first", 0 },
	{ "long", 'l', NULL, "with mode, owner, size and time", 0 },
	{ "human-readable", 0, NULL, "sizes in KiB, MiB ...", 0 },
	SNAPSHOT_FILTER_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

struct finding {
	struct cli		*c;
	const struct opts	*o;
	struct find_names	 names;
	struct find_ids		*ids;		/* or NULL: by name */
	const struct snapshot	*now;		/* the one looked at */
	const struct snapshot	*told;		/* the last with a match */
	uint64_t		 hits;
	struct buf		 line;
	int			 bad;
};

/* ---- by name ---- */
static void
number(struct buf *b, const char *key, uint64_t v)
{
	if (v != 0)
		buf_addf(b, ",\"%s\":%" PRIu64, key, v);
}

static void
text(struct buf *b, const char *key, const char *s)
{
	if (s == NULL || *s == '\0')
		return;
	buf_addf(b, ",\"%s\":", key);
	node_string(b, s, strlen(s));
}

static void
instant(struct buf *b, const char *key, const struct node_time *t)
{
	buf_addf(b, ",\"%s\":\"", key);
	node_time_text(b, t);
	buf_addc(b, '"');
}

/* All of a node but its name and contents. */
static void
match_json(struct buf *b, const char *path, const struct node *n)
{
	char mode[SHOW_MODE];

	show_mode(n, mode);
	buf_adds(b, "{\"path\":");
	node_string(b, path, strlen(path));
	text(b, "permissions", mode);
	text(b, "type", n->other != NULL ? n->other : show_type(n));
	number(b, "mode", n->mode);
	instant(b, "mtime", &n->mtime);
	instant(b, "atime", &n->atime);
	instant(b, "ctime", &n->ctime);
	buf_addf(b, ",\"uid\":%" PRIu32 ",\"gid\":%" PRIu32, n->uid, n->gid);
	text(b, "user", n->user);
	text(b, "group", n->group);
	number(b, "inode", n->inode);
	number(b, "device_id", n->device_id);
	number(b, "size", n->size);
	number(b, "links", n->links);
	text(b, "linktarget", n->target);
	if (n->target != NULL && !utf8_valid(n->target, strlen(n->target))) {
		buf_adds(b, ",\"linktarget_raw\":\"");
		base64_add(b, n->target, strlen(n->target));
		buf_addc(b, '"');
	}
	buf_addc(b, '}');
}

static int
each_name(void *arg, struct finder *f, const struct id *tree, const char *path,
    const struct node *n)
{
	struct finding *k = arg;

	(void)tree;
	if (find_matches(&k->names, path, n)) {
		buf_reset(&k->line);
		if (k->c->json)
			match_json(&k->line, path, n);
		else if (opt_given(k->o, "long"))
			show_node_line(k->c, &k->line, path, n, opt_given(k->o,
			    "human-readable"));
		else
			show_path(k->c, &k->line, path);
		finder_note(f, k->line.data, k->line.len);
	}
	return n->type == NODE_DIR && find_enters(&k->names, path) ?
	    TREE_ENTER : TREE_PASS;
}

static void
end_matches(const struct finding *k)
{
	char hex[ID_HEX];

	id_hex(&k->told->id, hex);
	cli_outf("],\"hits\":%" PRIu64 ",\"snapshot\":\"%s\"}", k->hits, hex);
}

static void
begin_matches(struct finding *k)
{
	CLEAN_BUF struct buf b = {0};
	char brief[ID_SHORT];

	if (k->c->json) {
		if (k->told != NULL)
			end_matches(k);
		cli_outf(k->told == NULL ? "[{\"matches\":[" :
		    ",{\"matches\":[");
	} else if (!k->c->quiet) {
		id_short(&k->now->id, brief);
		show_time(&b, &k->now->time);
		cli_outf("%sin snapshot %s of %s:\n", k->told ? "\n" : "", brief,
		    buf_str(&b));
	}
	k->told = k->now;
	k->hits = 0;
}

static int
found_name(void *arg, const void *s, size_t len)
{
	struct finding *k = arg;

	if (k->told != k->now)
		begin_matches(k);
	if (k->c->json && k->hits > 0)
		cli_out(",", 1);
	cli_out(s, len);
	if (!k->c->json)
		cli_out("\n", 1);
	k->hits++;
	return cli_stopped(NULL);
}

/* ---- by id ---- */
static void
note_object(struct finding *k, struct finder *f, const char *kind,
    const struct id *id, const char *path, const struct id *tree)
{
	char hex[ID_HEX], in[ID_HEX];
	struct buf *b = &k->line;

	id_hex(id, hex);
	id_hex(tree, in);
	buf_reset(b);
	if (k->c->json) {
		buf_addf(b, "{\"object_type\":\"%s\",\"id\":\"%s\",\"path\":",
		    kind, hex);
		node_string(b, path, strlen(path));
		if (*kind == 'b')
			buf_addf(b, ",\"parent_tree\":\"%s\"", in);
	} else {
		buf_addf(b, "%s %s\n  %s ", kind, hex,
		    *kind == 'b' ? "in file" : "at");
		cli_path(k->c, b, path);
		if (*kind == 'b')
			buf_addf(b, "\n  of tree %s", in);
	}
	finder_note(f, b->data, b->len);
}

static int
each_object(void *arg, struct finder *f, const struct id *tree,
    const char *path, const struct node *n)
{
	struct finding *k = arg;
	size_t i;

	if (n->type == NODE_FILE)
		for (i = 0; i < n->n_content; i++)
			if (find_ids_has(k->ids, BLOB_DATA, &n->content[i]))
				note_object(k, f, "blob", &n->content[i], path,
				    tree);
	if (n->type != NODE_DIR)
		return TREE_PASS;
	if (n->has_subtree && find_ids_has(k->ids, BLOB_TREE, &n->subtree))
		note_object(k, f, "tree", &n->subtree, path, tree);
	return TREE_ENTER;
}

static int
found_object(void *arg, const void *s, size_t len)
{
	CLEAN_BUF struct buf b = {0};
	struct finding *k = arg;
	char hex[ID_HEX], brief[ID_SHORT];

	id_hex(&k->now->id, hex);
	id_short(&k->now->id, brief);
	if (k->c->json) {
		buf_addc(&b, k->hits == 0 ? '[' : ',');
		buf_add(&b, s, len);
		buf_addf(&b, ",\"snapshot\":\"%s\",\"time\":\"", hex);
		node_time_text(&b, &k->now->time);
		buf_adds(&b, "\"}");
	} else {
		buf_add(&b, s, len);
		buf_addf(&b, "\n  in snapshot %s of ", brief);
		show_time(&b, &k->now->time);
		buf_addc(&b, '\n');
	}
	cli_out(b.data, b.len);
	k->hits++;
	return cli_stopped(NULL);
}

static int
place(void *arg, enum blob_type t, const struct id *id,
    const struct blob_at *at)
{
	char hex[ID_HEX], pack[ID_HEX];

	(void)arg;
	id_hex(id, hex);
	id_hex(&at->pack, pack);
	cli_outf("%s %s\n  in pack %s\n", t == BLOB_TREE ? "tree" : "blob", hex,
	    pack);
	return 0;
}

/* ---- what is asked for ---- */
static int
take_time(const struct finding *k, const char *name, struct node_time *out,
    int *has, struct err *e)
{
	const char *s = opt_value(k->o, name);
	CLEAN_FREE char *other = NULL;
	int64_t us;

	if (s == NULL)
		return 0;
	/* 22.11.2026, as restic takes it, too. */
	if (strlen(s) >= 10 && s[2] == '.' && s[5] == '.')
		other = xasprintf("%.4s-%.2s-%.2s%s", s + 6, s + 3, s, s + 10);
	if (time_parse_user(other != NULL ? other : s, k->c->now, &us, e) < 0)
		return err_wrap(e, "--%s", name);
	out->sec = us / 1000000 - (us % 1000000 < 0);
	out->nsec = (int32_t)(us - out->sec * 1000000) * 1000;
	*has = 1;
	return 0;
}

/* A pattern is one as it stands: nothing takes back what another found, and an
 * empty one matches everything. */
static int
add_pattern(struct glob_list *l, const char *s, struct err *e)
{
	CLEAN_FREE char *p = xasprintf("%s%s", *s == '!' ? "\\" : "",
	    *s == '\0' ? "*" : s);

	return glob_list_add(l, p, e);
}

static int
take_names(struct finding *k, struct glob_list *l, struct err *e)
{
	struct find_names *n = &k->names;
	size_t i;

	n->patterns = l;
	for (i = 0; i < k->o->n_args; i++)
		if (add_pattern(l, k->o->args[i], e) < 0)
			return -1;
	if (take_time(k, "oldest", &n->oldest, &n->has_oldest, e) < 0 ||
	    take_time(k, "newest", &n->newest, &n->has_newest, e) < 0)
		return -1;
	if (n->has_oldest && n->has_newest && n->oldest.sec > n->newest.sec)
		return err_set(e, ERR_USAGE, "--oldest is later than --newest");
	return 0;
}

static int
take_ids(struct finding *k, struct repo *r, struct err *e)
{
	int packs = opt_given(k->o, "pack");
	enum blob_type t = opt_given(k->o, "tree") ? BLOB_TREE : BLOB_DATA;
	size_t i;

	k->ids = find_ids_new();
	for (i = 0; i < k->o->n_args; i++)
		if ((packs ? find_ids_pack(k->ids, r, k->o->args[i], e) :
		    find_ids_add(k->ids, t, k->o->args[i], e)) < 0)
			return -1;
	find_ids_ready(k->ids);
	return 0;
}

/* ---- finding ---- */
static void
bad(void *arg, const char *path, const struct id *tree, const struct err *why)
{
	struct finding *k = arg;
	char q[QUOTE_SIZE], brief[ID_SHORT];

	(void)tree;
	k->bad = 1;
	id_short(&k->now->id, brief);
	cli_say(k->c, "fettle: snapshot %s: folder %s: %s", brief,
	    quote_to(q, sizeof(q), path), why->text);
}

static void
finish(const struct finding *k)
{
	if (!k->c->json)
		return;
	if (k->told != NULL)
		end_matches(k);
	cli_outf(k->hits > 0 ? "]\n" : "[]\n");
}

static int
look(struct finding *k, struct repo *r, const struct snapshots *l,
    struct err *e)
{
	const struct find_watch w = {
		.each = k->ids ? each_object : each_name,
		.found = k->ids ? found_object : found_name,
		.bad = bad, .arg = k,
	};
	struct finder *f = finder_new(r, &w, l->n > 1);
	int ret = 0;
	size_t i;

	for (i = 0; i < l->n && ret == 0; i++) {
		k->now = &l->v[i];
		if (k->ids && find_ids_has(k->ids, BLOB_TREE, &k->now->tree))
			note_object(k, f, "tree", &k->now->tree, "/",
			    &k->now->tree);
		ret = finder_walk(f, &k->now->tree, e);
	}
	if (ret >= 0)
		finish(k);
	finder_free(f);
	return ret < 0 ? -1 : 0;
}

static int
find(struct finding *k, struct repo *r)
{
	const char *const *names = opt_values(k->o, "snapshot");
	struct snapshot_filter filter;
	struct snapshots l = {0};
	struct err e = {0};
	size_t n = 0;
	int status, by_id;

	by_id = opt_given(k->o, "blob") || opt_given(k->o, "tree") ||
	    opt_given(k->o, "pack");
	if (by_id && take_ids(k, r, &e) < 0)
		return cli_fail(k->c, &e);
	while (names != NULL && names[n] != NULL)
		n++;
	show_filter(k->o, &filter);
	status = show_find_named(k->c, r, names, n, &filter,
	    !opt_given(k->o, "reverse"), &l);
	if (status == EXIT_DONE && (look(k, r, &l, &e) < 0 || (by_id &&
	    !k->c->json && opt_given(k->o, "show-pack-id") &&
	    find_ids_places(k->ids, r, place, NULL, &e) < 0)))
		status = cli_fail(k->c, &e);
	if (status == EXIT_DONE && k->hits == 0)
		cli_say(k->c, "no snapshot holds it");
	snapshots_fini(&l);
	return status == EXIT_DONE && k->bad ? EXIT_SOME : status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct finding k = { .c = c, .o = o };
	struct glob_list *l = glob_list_new(opt_given(o, "ignore-case") ?
	    GLOB_NOCASE : 0);
	struct err e = {0};
	struct about a = {0};
	int status;

	if (o->n_args == 0)
		status = cli_usage(c, "what is to be found?");
	else if (opt_given(o, "blob") + opt_given(o, "tree") +
	    opt_given(o, "pack") > 1)
		status = cli_usage(c, "--blob, --tree or --pack, one of them");
	else if (take_names(&k, l, &e) < 0)
		status = cli_fail(c, &e);
	else
		status = about_open(c, ABOUT_SHARED | ABOUT_INDEX, &a);
	if (status == EXIT_DONE)
		status = about_close(&a, find(&k, a.repo));
	find_ids_free(k.ids);
	glob_list_free(l);
	buf_fini(&k.line);
	return status;
}

const struct command cmd_find = {
	"find", "PATTERN...", "In which snapshots does something lie?",
	"Patterns are those of --exclude: 'report*', '*.c', /home/me/**/notes.  What lies\n"
	"below a match matches.  With --blob, --tree or --pack the arguments are ids.",
	opts, run, COMMAND_REPO,
};
