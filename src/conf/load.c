/*
 * load.c -- the files of a configuration, and how they become one tree.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_impl.h"
#include "conf/open.h"
#include "conf/source.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define TRIES	3	/* to read a file that is being written */

/* One loading: what all its files share. */
struct load {
	struct conf		*conf;
	const struct conf_env	*env;
	struct conf_faults	*f;
	const char *const	*lists;
	bool			 broken;	/* a file has no tree */
};

struct names {
	char	**all;
	size_t	  n, cap;
};

static void
names_fini(struct names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free(names->all[i]);
	free(names->all);
}

static bool
same_state(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * All of a file, and all of one state of it: an editor may be at work, and
 * half a configuration can be without fault.
 */
static int
read_whole(int fd, const struct stat *before, struct buf *out, struct err *e)
{
	struct stat was = *before, now;
	int i;

	for (i = 0; i < TRIES; i++) {
		buf_reset(out);
		if (lseek(fd, 0, SEEK_SET) < 0 ||
		    (fd_read_all(fd, CONF_FILE_MAX, out) < 0 && errno != EFBIG))
			return err_sys(e, "cannot be read");
		if (out->len > CONF_FILE_MAX)
			return err_set(e, ERR_CONF, "more than %zu bytes",
			    CONF_FILE_MAX);
		if (fstat(fd, &now) < 0)
			return err_sys(e, "cannot be read");
		if (same_state(&was, &now) && (off_t)out->len == now.st_size)
			return 0;
		was = now;
	}
	return err_set(e, ERR_CHANGED, "it is being written just now");
}

/* Read one file and join its tree.  -1: e tells, and f not yet. */
static int
load_file(struct load *l, int at, const char *name, const char *path,
    struct err *e)
{
	CLEAN_BUF struct buf text = {0};
	struct conf_node *root;
	struct stat st;
	CLEAN_FD int fd = conf_open(at, name, S_IFREG, l->env, &st, e);

	if (fd < 0 || conf_trusted(fd, &st, l->env, e) < 0 ||
	    read_whole(fd, &st, &text, e) < 0)
		return -1;
	if (l->conf->bytes + text.len > CONF_TOTAL_MAX)
		return err_set(e, ERR_CONF, "more than %zu bytes in all files",
		    CONF_TOTAL_MAX);
	root = conf_read(l->conf, conf_add_source(l->conf, path, text.data,
	    text.len), l->f);
	if (root == NULL)
		l->broken = true;
	else
		conf_join(l->conf, root, l->lists, l->f);
	return 0;
}

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && strcmp(name + n - k, end) == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The *.yaml of a folder, sorted.  Takes over fd. */
static int
list_names(struct load *l, int fd, const char *path, struct names *names)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *d;

	if (dir == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		if (ends_with(d->d_name, ".yml"))
			conf_remedy(conf_warning_file(l->f, path, "%s is not "
			    "read", conf_said(d->d_name).s),
			    "its name must end in .yaml", NULL);
		if (!ends_with(d->d_name, ".yaml"))
			continue;
		XGROW(names->all, names->n, names->cap);
		names->all[names->n++] = xstrdup(d->d_name);
		if (names->n == CONF_FILES_MAX)
			break;
	}
	closedir(dir);
	if (names->n > 0)
		qsort(names->all, names->n, sizeof(*names->all), by_name);
	return 0;
}

static void
tell_file(struct load *l, const char *path, const struct err *e)
{
	conf_fault_file(l->f, path, "%s", e->text);
	l->broken = true;
}

static void
load_names(struct load *l, int dir, const char *folder,
    const struct names *names)
{
	struct err e = {0};
	char *path;
	size_t i;

	for (i = 0; i < names->n; i++) {
		path = xasprintf("%s/%s", folder, names->all[i]);
		if (load_file(l, dir, names->all[i], path, &e) < 0)
			tell_file(l, path, &e);
		free(path);
	}
}

/* What lies in fettle.d beside the file; no such folder is fine. */
static void
load_folder(struct load *l, const char *file)
{
	const char *slash = strrchr(file, '/');
	CLEAN_FREE char *path = xasprintf("%.*sfettle.d",
	    slash ? (int)(slash + 1 - file) : 0, file);
	CLEAN(names_fini) struct names names = {0};
	struct err e = {0};
	struct stat st;
	CLEAN_FD int dir = conf_open(AT_FDCWD, path, S_IFDIR, l->env, &st, &e);
	int again;

	if (dir < 0 && e.kind == ERR_NOENT)
		return;
	if (dir < 0 || conf_trusted(dir, &st, l->env, &e) < 0) {
		tell_file(l, path, &e);
		return;
	}
	again = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	if (again < 0 || list_names(l, again, path, &names) < 0) {
		err_sys(&e, "cannot be listed");
		tell_file(l, path, &e);
		return;
	}
	if (names.n == CONF_FILES_MAX) {
		err_set(&e, ERR_CONF, "%d files or more", CONF_FILES_MAX);
		tell_file(l, path, &e);
		return;
	}
	load_names(l, dir, path, &names);
}

int
conf_load(const char *path, const char *const *lists,
    const struct conf_env *env, struct conf_faults *f, struct conf **out,
    struct err *e)
{
	struct load l = { conf_new(), env, f, lists, false };
	size_t told = conf_faults_count(f, CONF_FAULT);
	struct err why = {0};

	*out = NULL;
	if (load_file(&l, AT_FDCWD, path, path, &why) < 0) {
		if (why.kind == ERR_NOENT) {
			conf_free(l.conf);
			return err_set(e, ERR_NOENT, "%s: no such file", path);
		}
		tell_file(&l, path, &why);
	}
	load_folder(&l, path);
	if (!l.broken) {
		*out = l.conf;
		return 0;
	}
	conf_free(l.conf);
	told = conf_faults_count(f, CONF_FAULT) - told;
	return err_set(e, ERR_CONF, "%s: %zu fault%s", path, told,
	    told == 1 ? "" : "s");
}
