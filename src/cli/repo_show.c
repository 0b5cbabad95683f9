/* repo_show.c -- snapshots and nodes as restic shows them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/repo_show.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/time.h"
#include "util/xalloc.h"

/* What --host is by default, as for restic; NULL: any. */
static const char *const *
host_of_environment(void)
{
	static const char *host[2];

	host[0] = getenv("RESTIC_HOST");
	return host[0] != NULL && *host[0] != '\0' ? host : NULL;
}

void
show_filter(const struct opts *o, struct snapshot_filter *out)
{
	*out = (struct snapshot_filter){
		.hosts = opt_values(o, "host"), .tags = opt_values(o, "tag"),
		.paths = opt_values(o, "path"),
	};
	if (out->hosts == NULL)
		out->hosts = host_of_environment();
}

void
show_snapshot_json(struct buf *out, const struct snapshot *s)
{
	char hex[ID_HEX], brief[ID_SHORT];

	id_hex(&s->id, hex);
	id_short(&s->id, brief);
	snapshot_write(out, s);
	out->len--;			/* its '}' */
	buf_addf(out, ",\"id\":\"%s\",\"short_id\":\"%s\"}", hex, brief);
}

void
show_time(struct buf *out, const struct node_time *t)
{
	time_local(out, time_from(t->sec, t->nsec));
}

static void
add_list(struct buf *b, char **v, const char *between)
{
	for (; v != NULL && *v != NULL; v++) {
		quote_text(b, *v, strlen(*v));
		if (v[1] != NULL)
			buf_adds(b, between);
	}
}

static size_t
widest(const struct snapshots *l, int tags)
{
	size_t i, w = 4;

	for (i = 0; i < l->n; i++) {
		CLEAN_BUF struct buf b = {0};

		if (tags)
			add_list(&b, l->v[i].tags, ",");
		else if (l->v[i].hostname != NULL)
			quote_text(&b, l->v[i].hostname,
			    strlen(l->v[i].hostname));
		w = b.len > w ? b.len : w;
	}
	return w;
}

static void
one_snapshot(const struct cli *c, const struct snapshot *s, int host, int tags,
    int compact)
{
	CLEAN_BUF struct buf b = {0}, t = {0}, h = {0};
	char brief[ID_SHORT];
	char **p;

	id_short(&s->id, brief);
	buf_addf(&b, "%s  ", brief);
	show_time(&b, &s->time);
	add_list(&t, s->tags, ",");
	if (s->hostname != NULL)
		quote_text(&h, s->hostname, strlen(s->hostname));
	buf_addf(&b, "  %-*s  %-*s  ", host, buf_str(&h), tags, buf_str(&t));
	p = s->paths;
	if (compact || p == NULL || *p == NULL || p[1] == NULL)
		add_list(&b, p, ", ");
	else
		cli_path(c, &b, *p);
	if (s->has_summary && !compact) {
		buf_adds(&b, "  ");
		size_print(&b, s->summary.total_bytes);
	}
	cli_line(&b);
	for (; !compact && p != NULL && *p != NULL && p[1] != NULL; p++) {
		buf_addf(&b, "%*s", 8 + 2 + 19 + 2 + host + 2 + tags + 2, "");
		cli_path(c, &b, p[1]);
		cli_line(&b);
	}
}

void
show_snapshots(const struct cli *c, const struct snapshots *l, int compact)
{
	int host = (int)widest(l, 0), tags = (int)widest(l, 1);
	size_t i;

	if (l->n > 0)
		cli_outf("%-8s  %-19s  %-*s  %-*s  %s\n", "ID", "Time", host,
		    "Host", tags, "Tags", "Paths");
	for (i = 0; i < l->n; i++)
		one_snapshot(c, &l->v[i], host, tags, compact);
	cli_outf("%zu snapshot%s\n", l->n, l->n == 1 ? "" : "s");
}

int
show_size(const char *s, uint64_t *bytes, struct err *e)
{
	static const char units[] = "kmgt";
	const char *u;
	char *end;

	errno = 0;
	*bytes = strtoull(s, &end, 10);
	u = *end != '\0' ? strchr(units, *end | 0x20) : NULL;
	if (u != NULL) {
		if (*bytes >> (64 - 10 * (u - units + 1)) != 0)
			errno = ERANGE;
		*bytes <<= 10 * (u - units + 1);
		end++;
	}
	if (end == s || *s == '-' || errno != 0 || *end != '\0')
		return err_set(e, ERR_USAGE, "'%.40s' is no size (10M, 2G)", s);
	return 0;
}

const char *
show_type(const struct node *n)
{
	static const char *const words[] = {
		[NODE_FILE] = "file", [NODE_DIR] = "dir",
		[NODE_SYMLINK] = "symlink", [NODE_DEV] = "dev",
		[NODE_CHARDEV] = "chardev", [NODE_FIFO] = "fifo",
		[NODE_SOCKET] = "socket", [NODE_OTHER] = "irregular",
	};

	return words[n->type];
}

/* Go's letters for the high bits, in its order (io/fs.FileMode.String). */
void
show_mode(const struct node *n, char out[SHOW_MODE])
{
	static const char letters[] = "dalTLDpSugct?";
	static const char rwx[] = "rwxrwxrwx";
	size_t k = 0, i;

	for (i = 0; letters[i] != '\0'; i++)
		if (n->mode & (UINT32_C(1) << (31 - i)) && k < SHOW_MODE - 10)
			out[k++] = letters[i];
	if (k == 0)
		out[k++] = '-';
	for (i = 0; i < 9; i++)
		out[k++] = n->mode & (UINT32_C(1) << (8 - i)) ? rwx[i] : '-';
	out[k] = '\0';
}

static void
member(struct buf *out, const char *key, const struct node_time *t)
{
	buf_addf(out, ",\"%s\":\"", key);
	node_time_text(out, t);
	buf_addc(out, '"');
}

void
show_node_json(struct buf *out, const char *path, const struct node *n)
{
	char mode[SHOW_MODE];

	show_mode(n, mode);
	buf_adds(out, "{\"name\":");
	node_string(out, n->name, strlen(n->name));
	buf_addf(out, ",\"type\":\"%s\",\"path\":", show_type(n));
	node_string(out, path, strlen(path));
	buf_addf(out, ",\"uid\":%" PRIu32 ",\"gid\":%" PRIu32, n->uid, n->gid);
	if (n->type == NODE_FILE)
		buf_addf(out, ",\"size\":%" PRIu64, n->size);
	if (n->mode != 0)
		buf_addf(out, ",\"mode\":%" PRIu32, n->mode);
	buf_addf(out, ",\"permissions\":\"%s\"", mode);
	member(out, "mtime", &n->mtime);
	member(out, "atime", &n->atime);
	member(out, "ctime", &n->ctime);
	if (n->inode != 0)
		buf_addf(out, ",\"inode\":%" PRIu64, n->inode);
	buf_adds(out, ",\"message_type\":\"node\",\"struct_type\":\"node\"}");
}

void
show_path(const struct cli *c, struct buf *b, const char *path)
{
	CLEAN_BUF struct buf plain = {0};

	quote_text(&plain, path, strlen(path));
	if (c->out_tty || strcmp(buf_str(&plain), path) != 0)
		quote_str(b, path);
	else
		buf_adds(b, path);
}

void
show_node_line(const struct cli *c, struct buf *b, const char *path,
    const struct node *n, int human)
{
	CLEAN_BUF struct buf size = {0};
	char mode[SHOW_MODE];

	show_mode(n, mode);
	if (human)
		size_print(&size, n->size);
	else
		buf_addf(&size, "%" PRIu64, n->size);
	buf_addf(b, "%s %5" PRIu32 " %5" PRIu32 " %*s ", mode, n->uid, n->gid,
	    human ? 0 : 6, buf_str(&size));
	show_time(b, &n->mtime);
	buf_addc(b, ' ');
	show_path(c, b, path);
	if (n->type == NODE_SYMLINK && n->target != NULL) {
		buf_adds(b, " -> ");
		show_path(c, b, n->target);
	}
}

void
show_node(const struct cli *c, const char *path, const struct node *n, int human)
{
	CLEAN_BUF struct buf b = {0};

	show_node_line(c, &b, path, n, human);
	cli_line(&b);
}

static void
bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	const struct cli *c = arg;
	char brief[ID_SHORT];

	id_short(id, brief);
	cli_say(c, "fettle: snapshot %s cannot be read: %s", brief, why->text);
}

static int
find_named(struct cli *c, struct repo *r, const char *const *names, size_t n,
    const struct snapshot_filter *f, struct snapshots *out)
{
	struct err e = {0};
	const char *sub;
	size_t i;

	*out = (struct snapshots){0};
	if (n == 0)
		return snapshots_load(r, f, bad_snapshot, c, out, &e) < 0 ?
		    cli_fail(c, &e) : EXIT_DONE;
	out->v = xallocn(n, sizeof(*out->v));
	for (i = 0; i < n; i++) {
		if (snapshot_named(r, names[i], f, &out->v[out->n], &sub,
		    &e) < 0) {
			snapshots_fini(out);
			return cli_fail(c, &e);
		}
		out->n++;
		if (sub != NULL) {
			snapshots_fini(out);
			return cli_usage(c, "whole snapshots, please: not "
			    "'%.200s'", names[i]);
		}
	}
	return EXIT_DONE;
}

/* Somebody who names one twice means it once. */
static void
drop_twins(struct snapshots *l)
{
	size_t i, j, k = 0;

	for (i = 0; i < l->n; i++) {
		for (j = 0; j < k && !id_equal(&l->v[j].id, &l->v[i].id);)
			j++;
		if (j < k)
			snapshot_fini(&l->v[i]);
		else
			l->v[k++] = l->v[i];
	}
	l->n = k;
}

int
show_find(struct cli *c, struct repo *r, const struct opts *o,
    const struct snapshot_filter *f, struct snapshots *out)
{
	int status = find_named(c, r, (const char *const *)o->args, o->n_args,
	    f, out);

	if (o->n_args > 1)
		drop_twins(out);
	return status;
}

static int
newest_first(const void *pa, const void *pb)
{
	const struct snapshot *a = pa, *b = pb;

	if (a->time.sec != b->time.sec)
		return a->time.sec > b->time.sec ? -1 : 1;
	if (a->time.nsec != b->time.nsec)
		return a->time.nsec > b->time.nsec ? -1 : 1;
	return id_cmp(&b->id, &a->id);
}

static int
newest_last(const void *a, const void *b)
{
	return newest_first(b, a);
}

int
show_find_named(struct cli *c, struct repo *r, const char *const *names,
    size_t n, const struct snapshot_filter *f, int first,
    struct snapshots *out)
{
	int status = find_named(c, r, names, n, f, out);
	size_t i, k = 0;

	if (status != EXIT_DONE || out->n == 0)
		return status;
	qsort(out->v, out->n, sizeof(*out->v), first ? newest_first :
	    newest_last);
	for (i = 1; i < out->n; i++)
		if (id_equal(&out->v[i].id, &out->v[k].id))
			snapshot_fini(&out->v[i]);
		else
			out->v[++k] = out->v[i];
	out->n = k + 1;
	return EXIT_DONE;
}

int
show_root(struct repo *r, const char *name, const struct snapshot_filter *f,
    struct snapshot *snapshot, struct id *root, struct err *e)
{
	CLEAN_ARENA struct arena mem = {0};
	struct repo_hand *h;
	struct snapshot s;
	struct node n = {0};
	const char *sub;
	int ret = 0;

	if (snapshot_named(r, name, f, &s, &sub, e) < 0)
		return -1;
	n.subtree = s.tree;
	n.has_subtree = 1;
	if (sub != NULL) {
		h = repo_hand_new(r);
		ret = tree_find(r, h, &s.tree, sub, &mem, &n, e);
		repo_hand_free(h);
	}
	if (ret == 0 && !n.has_subtree)
		ret = err_set(e, ERR_USAGE, "%.300s is no folder", sub);
	*root = n.subtree;
	if (ret == 0 && snapshot != NULL)
		*snapshot = s;
	else
		snapshot_fini(&s);
	return ret;
}

void
show_problem(const struct cli *c, const char *during, const char *path,
    const struct err *why)
{
	CLEAN_BUF struct buf b = {0};

	if (c->json) {
		buf_adds(&b, "{\"message_type\":\"error\",\"error\":{\"message\":");
		node_string(&b, why->text, strlen(why->text));
		buf_adds(&b, "},\"during\":\"");
		buf_adds(&b, during);
		buf_adds(&b, "\",\"item\":");
		node_string(&b, path, strlen(path));
		buf_adds(&b, "}\n");
		if (write(STDERR_FILENO, b.data, b.len) < 0)
			return;		/* nowhere else to tell it */
		return;
	}
	quote_str(&b, path);
	buf_adds(&b, ": ");
	quote_text(&b, why->text, strlen(why->text));
	cli_say(c, "%s", buf_str(&b));
}
