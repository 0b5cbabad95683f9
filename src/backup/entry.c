/* entry.c -- one entry of `backups:` with `repository:`. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/entry.h"
#include "conf/env.h"
#include "conf/conf.h"
#include "conf/get.h"
#include "crypto/secret.h"
#include "fs/reach.h"
#include "glob/glob.h"
#include "repo/password.h"
#include "store/limit.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/path.h"
#include "util/xalloc.h"

static const char *const known[] = {
	"name", "paths", "repository", "password_file", "password_command",
	"exclude", "exclude_file", "exclude_caches", "exclude_if_present",
	"exclude_larger_than", "one_file_system", "host", "snapshot_tags", "keep",
	"prune", "compression", "retry_lock", "min_free", "max_age", "tags", "schedule",
	"enabled", "retry", "before", "after", "on_error", "options",
	"limit_upload", "limit_download", "also_to", "cacert", "tls_client_cert",
	NULL,
};

static const char *const later[] = {
	"verify", "env", "env_file", "from_command", NULL,
};

static const char *
text_of(struct backup_entry *b, const struct conf_node *n,
    struct conf_faults *f)
{
	const char *s = NULL;

	return conf_str(n, &s, f) == 1 ? arena_str(&b->mem, s) : NULL;
}

static const char **
texts_of(struct backup_entry *b, const struct conf_node *n,
    struct conf_faults *f)
{
	struct conf_strs s = {0};
	const char **v;

	if (conf_strs(n, &b->mem, &s, f) != 1)
		return NULL;
	v = arena_alloc(&b->mem, (s.n + 1) * sizeof(*v));
	memcpy(v, s.text, s.n * sizeof(*v));
	return v;
}

static const char **
paths_of(struct backup_entry *b, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	struct conf_strs s = {0};
	const char **v;
	size_t i, len;
	char *p;

	if (conf_path_list(n, w, &b->mem, &s, f) != 1)
		return NULL;
	v = arena_alloc(&b->mem, (s.n + 1) * sizeof(*v));
	for (i = 0; i < s.n; i++) {
		p = arena_str(&b->mem, s.text[i]);
		for (len = strlen(p); len > 1 && p[len - 1] == '/';)
			p[--len] = '\0';
		v[i] = p;
	}
	return v;
}

static void
read_place(struct backup_entry *b, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	struct err e = {0};

	if (n == NULL || n->kind != CONF_SCALAR) {
		conf_str(n, &b->repository, f);
		return;
	}
	if (store_is_far(n->text)) {
		if (conf_expand(n, w, &b->mem, &b->repository, f) == 1 &&
		    store_check(b->repository, b->options, &e) < 0)
			conf_bad(n, e.text, f);
	} else if (strncmp(n->text, "local:", 6) == 0)
		conf_expand(n, w, &b->mem, &b->repository, f);
	else
		conf_path(n, w, &b->mem, &b->repository, f);
}

static void
read_exclude(struct backup_entry *b, const struct conf_node *n,
    struct conf_faults *f)
{
	struct glob_list *try = glob_list_new(0);
	struct conf_strs s = {0};
	struct err e = {0};
	size_t i;

	if (conf_strs(n, &b->mem, &s, f) == 1)
		for (i = 0; i < s.n; i++)
			if (glob_list_add(try, s.text[i], &e) < 0)
				conf_bad(s.node[i], e.text, f);
	glob_list_free(try);
	b->exclude = texts_of(b, n, f);
}

static void
read_within(struct backup_entry *b, const struct conf_node *n,
    struct conf_faults *f)
{
	struct err e = {0};
	const char *s = NULL;

	if (conf_str(n, &s, f) == 1 &&
	    keep_span_parse(s, &b->keep.within[KEEP_LAST], &e) < 0)
		conf_bad(n, e.text, f);
}

static void
read_keep(struct backup_entry *b, const struct conf_node *n,
    struct conf_faults *f)
{
	static const char *const words[] = { "last", "hourly", "daily",
	    "weekly", "monthly", "yearly", "within", "tags", NULL };
	const struct conf_keys keys = { .what = "keep", .known = words };
	int64_t v;
	int i;

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return;
	for (i = 0; i < KEEP_BUCKETS; i++) {
		v = 0;
		if (conf_int(conf_get(n, words[i]), 0, 1000000, &v, f) == 1)
			b->keep.n[i] = (int)v;
	}
	read_within(b, conf_get(n, "within"), f);
	b->keep_tags = texts_of(b, conf_get(n, "tags"), f);
	b->keep.pins = b->keep_tags != NULL;
	b->has_keep = !keep_empty(&b->keep);
}

static void
read_rest(struct backup_entry *b, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	static const char *const prunes[] = { "auto", "never", NULL };
	static const char *const compressions[] = { "auto", "off", "fastest",
	    "better", "max", NULL };
	unsigned v = 0;
	int64_t ns = 0;

	b->exclude_file = paths_of(b, conf_get(n, "exclude_file"), w, f);
	b->if_present = texts_of(b, conf_get(n, "exclude_if_present"), f);
	conf_bool(conf_get(n, "exclude_caches"), &b->caches, f);
	conf_bool(conf_get(n, "one_file_system"), &b->one_fs, f);
	conf_size(conf_get(n, "exclude_larger_than"), false, &b->larger_than, f);
	b->host = text_of(b, conf_get(n, "host"), f);
	b->tags = texts_of(b, conf_get(n, "snapshot_tags"), f);
	if (conf_enum(conf_get(n, "prune"), prunes, NULL, &v, f) == 1)
		b->prune = (enum backup_prune)v;
	if (conf_enum(conf_get(n, "compression"), compressions, NULL, &v, f) == 1)
		b->compression = (enum repo_compression)v;
	b->min_free_percent = 5;
	conf_min_free(conf_get(n, "min_free"), &b->min_free,
	    &b->min_free_percent, f);
	if (conf_span(conf_get(n, "retry_lock"), "minutes", &ns, f) == 1)
		b->retry_lock = ns / 1000;
}

static const char *
limit_of(struct backup_entry *b, const struct conf_node *n,
    struct conf_faults *f)
{
	struct conf_strs s = {0};
	struct buf text = {0};
	struct err e = {0};
	const char *all;
	size_t i;

	if (conf_strs(n, &b->mem, &s, f) != 1)
		return NULL;
	for (i = 0; i < s.n; i++) {
		buf_addf(&text, "%s%s", i > 0 ? ", " : "", s.text[i]);
		if (limit_check(s.text[i], &e) < 0)
			conf_bad(s.node[i], e.text, f);
	}
	all = arena_str(&b->mem, buf_str(&text));
	buf_fini(&text);
	return all;
}

/* What counts for far stores only. */
static void
read_far(struct backup_entry *b, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	b->limit_upload = limit_of(b, conf_get(n, "limit_upload"), f);
	b->limit_download = limit_of(b, conf_get(n, "limit_download"), f);
	conf_path(conf_get(n, "cacert"), w, &b->mem, &b->cacert, f);
	conf_path(conf_get(n, "tls_client_cert"), w, &b->mem, &b->client_cert,
	    f);
	b->also_to = texts_of(b, conf_get(n, "also_to"), f);
}

static void
read_password(struct backup_entry *b, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	const struct conf_node *file = conf_get(n, "password_file");
	const struct conf_node *command = conf_get(n, "password_command");

	if (conf_path(file, w, &b->mem, &b->password_file, f) == 1)
		conf_check_private(b->password_file, &file->at, w->env, f);
	b->password_command = text_of(b, command, f);
	if (file != NULL && command != NULL)
		conf_bad(command, "there is a password_file, too: one of them", f);
}

static uint64_t
definition_hash(const struct backup_entry *b)
{
	uint64_t h = hash_fixed(0, b->name, strlen(b->name));
	const char **p;

	for (p = b->paths; *p != NULL; p++)
		h = hash_fixed(h, *p, strlen(*p));
	return h;
}

struct backup_entry *
backup_entry_read(const struct conf_node *entry,
    const struct conf_where *where, struct conf_faults *faults)
{
	const struct conf_keys keys = { .what = "a backup", .known = known,
	    .later = later };
	size_t before = conf_faults_count(faults, CONF_FAULT);
	struct backup_entry *b = xalloc(sizeof(*b));

	if (conf_map_check(entry, &keys, faults) == 1) {
		b->name = text_of(b, conf_need(entry, "name", "a backup", faults),
		    faults);
		b->paths = paths_of(b, conf_need(entry, "paths", "a backup",
		    faults), where, faults);
		b->options = texts_of(b, conf_get(entry, "options"), faults);
		read_place(b, conf_get(entry, "repository"), where, faults);
		read_password(b, entry, where, faults);
		read_exclude(b, conf_get(entry, "exclude"), faults);
		read_keep(b, conf_get(entry, "keep"), faults);
		read_rest(b, entry, where, faults);
		read_far(b, entry, where, faults);
	}
	if (conf_faults_count(faults, CONF_FAULT) > before) {
		backup_entry_free(b);
		return NULL;
	}
	b->hash = definition_hash(b);
	return b;
}

void
backup_entry_free(struct backup_entry *b)
{
	if (b == NULL)
		return;
	arena_fini(&b->mem);
	free(b);
}

void
backup_entry_store(const struct backup_entry *b, struct store_options *o)
{
	o->extended = b->options;
	o->limit_upload = b->limit_upload;
	o->limit_download = b->limit_download;
	o->ca_file = b->cacert;
	o->client_cert = b->client_cert;
}

const char *
backup_entry_reach(const struct backup_entry *b)
{
	const char *place = b->repository;

	if (store_is_far(place))
		return "other machine: survives the loss of this one";
	return fs_reach(b->paths, strncmp(place, "local:", 6) == 0 ?
	    place + 6 : place);
}

int
backup_entry_key_beside(const struct backup_entry *b)
{
	const char *slash = b->password_file == NULL ? NULL :
	    strrchr(b->password_file, '/');
	CLEAN_FREE char *folder = slash == NULL ? NULL :
	    xstrndup(b->password_file, (size_t)(slash - b->password_file) + 1);

	return folder != NULL && fs_lies_with(b->paths, folder);
}

char *
backup_entry_tag(const struct backup_entry *b)
{
	return xasprintf("fettle:%s", b->name);
}

char *
backup_host(void)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	return xstrdup(name);
}

int
backup_entry_password(const struct backup_entry *b,
    const char *credentials_dir, void **out, size_t *len, struct err *e)
{
	struct password_source s = {
		.file = b->password_file, .command = b->password_command,
		.credential = credentials_dir != NULL ? b->name : NULL,
		.credentials_dir = credentials_dir,
	};
	int r = password_get(&s, out, len, e);

	return r == 1 ? 0 : r < 0 ? -1 : err_set(e, ERR_USAGE, "%s has no "
	    "password_file or password_command", b->name);
}

int
backup_entry_open(const struct backup_entry *b, const struct backup_open *o,
    struct repo **out, struct err *e)
{
	struct repo_options options = {
		.cache_dir = o->cache_dir, .compression = b->compression,
		.stop = o->stop, .stop_arg = o->stop_arg,
	};
	struct store_options so = { .stop = o->stop, .stop_arg = o->stop_arg };
	struct store *store;
	void *password;
	int r;

	backup_entry_store(b, &so);
	if (store_open(b->repository, &so, &store, e) < 0)
		return -1;
	if (backup_entry_password(b, o->credentials_dir, &password,
	    &options.password_len, e) < 0) {
		store_close(store);
		return -1;
	}
	options.password = password;
	r = repo_open(store, &options, out, e);
	secret_free(password, PASSWORD_MAX);
	return r;
}

int
backup_entry_takes(const struct backup_entry *b, const char *path)
{
	struct glob_list *l = glob_list_new(0);
	const char **p;
	int in = 0;

	for (p = b->exclude; p != NULL && *p != NULL; p++)
		glob_list_add(l, *p, NULL);
	for (p = b->paths; *p != NULL && !in; p++)
		in = path_is_below(path, *p) &&
		    !glob_list_match(l, path, strlen(path));
	glob_list_free(l);
	return in;
}
