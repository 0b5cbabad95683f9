/* read.c -- one entry of `backups:` with `copies:`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "copies/impl.h"
#include "glob/glob.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/time.h"
#include "util/xalloc.h"

#define NAME_DEFAULT	"%Y-%m-%dT%H%M%SZ"

static const char *const known[] = {
	"name", "paths", "exclude", "copies", "keep", "one_file_system",
	"exclude_caches", "exclude_if_present", "exclude_larger_than", "max_age",
	"min_free", "tags", "schedule", "enabled", "retry", "before", "after",
	"on_error", NULL,
};

static const char *const later[] = {
	"repository", "password_file", "password_command", "verify", "host",
	"snapshot_tags", "env", "env_file", "exclude_file", "compression",
	"limit_upload", "limit_download", "retry_lock", "from_command",
	"also_to", "cacert", "tls_client_cert", "prune", NULL,
};

static const char *
text_of(struct copies *c, const struct conf_node *n, const char *preset,
    struct conf_faults *f)
{
	const char *s = preset;

	conf_str(n, &s, f);
	return s ? arena_str(&c->mem, s) : NULL;
}

static int
is_taken(const struct copies *c, size_t n, const char *at)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(c->at[i], at) == 0)
			return 1;
	return 0;
}

/* Where each source lies in a copy: the top for one, else by its last
 * component; equal ones are numbered. */
static void
place_sources(struct copies *c)
{
	size_t i, n;
	const char *last;

	c->at = arena_alloc(&c->mem, (c->n_paths + 1) * sizeof(*c->at));
	for (i = 0; i < c->n_paths; i++) {
		CLEAN_BUF struct buf b = {0};

		last = strrchr(c->paths[i], '/');
		if (c->n_paths > 1)
			buf_adds(&b, last && last[1] ? last + 1 : "root");
		for (n = 2; is_taken(c, i, buf_str(&b)); n++) {
			buf_reset(&b);
			buf_addf(&b, "%s %zu", last && last[1] ? last + 1 :
			    "root", n);
		}
		c->at[i] = arena_str(&c->mem, buf_str(&b));
	}
}

static void
read_paths(struct copies *c, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	struct conf_strs s = {0};
	size_t i, len;
	char *p;

	if (conf_path_list(n, w, &c->mem, &s, f) != 1)
		return;
	c->paths = arena_alloc(&c->mem, (s.n + 1) * sizeof(*c->paths));
	for (i = 0; i < s.n; i++) {
		p = arena_str(&c->mem, s.text[i]);
		for (len = strlen(p); len > 1 && p[len - 1] == '/';)
			p[--len] = '\0';
		c->paths[c->n_paths++] = p;
	}
	place_sources(c);
}

static void
read_exclude(struct copies *c, const struct conf_node *n, struct conf_faults *f)
{
	struct conf_strs s = {0};
	struct err e = {0};
	size_t i;

	c->exclude = glob_list_new(0);
	if (conf_strs(n, &c->mem, &s, f) != 1)
		return;
	for (i = 0; i < s.n; i++)
		if (glob_list_add(c->exclude, s.text[i], &e) < 0)
			conf_bad(s.node[i], e.text, f);
}

static void
read_keep(struct copies *c, const struct conf_node *n, struct conf_faults *f)
{
	static const char *const words[] = { "last", "hourly", "daily",
	    "weekly", "monthly", "yearly", NULL };
	static const char *const not_yet[] = { "within", "tags", NULL };
	const struct conf_keys keys = { .what = "keep", .known = words,
	    .later = not_yet };
	int64_t v;
	int i;

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return;
	for (i = 0; words[i] != NULL; i++) {
		v = 0;
		if (conf_int(conf_get(n, words[i]), 0, 1000000, &v, f) == 1)
			c->keep.n[i] = (int)v;
	}
	c->has_keep = !keep_empty(&c->keep);
}

static void
read_place(struct copies *c, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	static const char *const words[] = { "path", "label", "name", NULL };
	const struct conf_keys keys = { .what = "copies", .known = words };
	const struct conf_node *path = conf_get(n, "path");
	CLEAN_BUF struct buf unused = {0};
	struct err e = {0};

	if (n == NULL)
		return;
	if (n->kind == CONF_SCALAR) {	/* a path will do as well */
		conf_path(n, w, &c->mem, &c->path, f);
		c->pattern = NAME_DEFAULT;
		return;
	}
	if (conf_map_check(n, &keys, f) < 0)
		return;
	c->label = text_of(c, conf_get(n, "label"), NULL, f);
	c->pattern = text_of(c, conf_get(n, "name"), NAME_DEFAULT, f);
	if (c->label != NULL)
		c->path = text_of(c, path, "fettle", f);
	else if (path == NULL)
		conf_need(n, "path", "copies", f);
	else
		conf_path(path, w, &c->mem, &c->path, f);
	if (c->label != NULL && c->path != NULL && (c->path[0] == '/' ||
	    strstr(c->path, "..") != NULL))
		conf_bad(path, "with a label, the path is taken from the disk's "
		    "top: without a leading '/' and without '..'", f);
	if (c->pattern == NULL)
		return;
	if (time_name(&unused, c->pattern, 0, &e) < 0)
		conf_bad(conf_get(n, "name"), e.text, f);
	else if (buf_str(&unused)[0] == '.' ||
	    strcmp(buf_str(&unused), COPIES_LATEST) == 0)
		conf_bad(conf_get(n, "name"), "a copy's name does not begin with "
		    "a dot, and is not 'latest'", f);
}

static void
read_rest(struct copies *c, const struct conf_node *n, struct conf_faults *f)
{
	struct conf_strs s = {0};

	c->min_free_percent = 5;
	conf_min_free(conf_get(n, "min_free"), &c->min_free, &c->min_free_percent,
	    f);
	conf_bool(conf_get(n, "one_file_system"), &c->one_fs, f);
	conf_bool(conf_get(n, "exclude_caches"), &c->caches, f);
	conf_size(conf_get(n, "exclude_larger_than"), false, &c->larger_than, f);
	if (conf_strs(conf_get(n, "exclude_if_present"), &c->mem, &s, f) == 1)
		c->if_present = s.text;
	if (c->if_present != NULL) {
		const char **v = arena_alloc(&c->mem, (s.n + 1) * sizeof(*v));

		memcpy(v, s.text, s.n * sizeof(*v));
		c->if_present = v;
	}
}

/* Of what makes copies differ: not of keep or the schedule. */
static uint64_t
definition_hash(const struct copies *c)
{
	uint64_t h = hash_fixed(0, c->name, strlen(c->name));
	size_t i;

	for (i = 0; i < c->n_paths; i++)
		h = hash_fixed(h, c->paths[i], strlen(c->paths[i]));
	return h;
}

/* The job's name is a folder's name, too. */
static void
check_name(const struct copies *c, const struct conf_node *n,
    struct conf_faults *f)
{
	if (n != NULL && n->kind == CONF_SCALAR && c->name != NULL && (c->name[0] == '\0' ||
	    c->name[0] == '.' || strchr(c->name, '/') != NULL ||
	    strlen(c->name) > 255))
		conf_bad(n, "copies lie in a folder of this name: it must not be "
		    "empty, begin with a dot, or have a '/' in it", f);
}

struct copies *
copies_read(const struct conf_node *entry, const struct conf_where *where,
    struct conf_faults *faults)
{
	const struct conf_keys keys = { .what = "a backup", .known = known,
	    .later = later };
	size_t before = conf_faults_count(faults, CONF_FAULT);
	struct copies *c = xalloc(sizeof(*c));

	if (conf_map_check(entry, &keys, faults) == 1) {
		c->name = text_of(c, conf_need(entry, "name", "a backup", faults),
		    "", faults);
		check_name(c, conf_get(entry, "name"), faults);
		read_paths(c, conf_need(entry, "paths", "a backup", faults), where,
		    faults);
		if (conf_get(entry, "repository") == NULL)
			read_place(c, conf_need(entry, "copies", "a backup",
			    faults), where, faults);
		read_exclude(c, conf_get(entry, "exclude"), faults);
		read_keep(c, conf_get(entry, "keep"), faults);
		read_rest(c, entry, faults);
	}
	if (conf_faults_count(faults, CONF_FAULT) > before) {
		copies_free(c);
		return NULL;
	}
	c->hash = definition_hash(c);
	copies_resolve(c);
	return c;
}

void
copies_free(struct copies *c)
{
	if (c == NULL)
		return;
	glob_list_free(c->exclude);
	free(c->base);
	free(c->place);
	arena_fini(&c->mem);
	free(c);
}

void
copies_min_free(const struct copies *c, uint64_t *bytes, unsigned *percent)
{
	*bytes = c->min_free;
	*percent = c->min_free_percent;
}

const char *
copies_name(const struct copies *c)
{
	return c->name;
}

const char *const *
copies_paths(const struct copies *c)
{
	return (const char *const *)c->paths;
}
