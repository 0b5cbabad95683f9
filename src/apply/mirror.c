/* mirror.c -- what the disk will look like while an undo is planned. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/undo.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/hash.h"
#include "util/xalloc.h"

void
mirror_fini(struct mirror *m)
{
	size_t i;

	set64_fini(&m->vacated);
	set64_fini(&m->occupied);
	set64_fini(&m->occupied_as);
	set64_fini(&m->anew);
	map_fini(&m->filled);
	for (i = 0; i < m->n_shifted; i++) {
		free(m->shifted[i].to);
		free(m->shifted[i].from);
	}
	free(m->shifted);
	fs_dir_free(m->dir);
	free(m->dir_path);
	free(m->missing);
}

static uint64_t
print_of(const char *dir, const char *name)
{
	return hash_keyed(hash_keyed(1, dir, strlen(dir)), name, strlen(name));
}

static uint64_t
print_as(const char *dir, const char *name, const struct fs_id *id)
{
	uint64_t v[] = { print_of(dir, name), id->fs, id->ino,
	    (uint64_t)id->btime };

	return hash_keyed(2, v, sizeof(v));
}

/* Where a folder lies now that will be at path: the shifts undone, newest
 * first. */
static char *
path_now(const struct mirror *m, const char *path)
{
	char *now = xstrdup(path), *next;
	size_t i, n;

	for (i = m->n_shifted; i-- > 0;) {
		n = strlen(m->shifted[i].to);
		if (strncmp(now, m->shifted[i].to, n) != 0 ||
		    (now[n] != '/' && now[n] != '\0'))
			continue;
		next = xasprintf("%s%s", m->shifted[i].from, now + n);
		free(now);
		now = next;
	}
	return now;
}

/* Hold the folder that will be path: 1, 0 if it is not there, -1. */
static int
hold(struct mirror *m, const char *path, struct err *e)
{
	CLEAN_FREE char *now = path_now(m, path);
	struct err why = {0};

	if (m->dir != NULL && strcmp(m->dir_path, now) == 0)
		return 1;
	if (m->missing != NULL && strcmp(m->missing, now) == 0)
		return 0;
	fs_dir_free(m->dir);
	m->dir = NULL;
	if (fs_dir_look(now, &m->dir, &why) == 0) {
		free(m->dir_path);
		m->dir_path = now;
		now = NULL;
		return 1;
	}
	m->dir = NULL;
	if (why.kind == ERR_NOENT) {
		free(m->missing);
		m->missing = now;
		now = NULL;
		return 0;
	}
	if (e != NULL)
		*e = why;
	return -1;
}

enum mirrored
mirror_look(struct mirror *m, const char *dir, const char *name,
    const struct fs_id *want, struct fs_id *id, struct err *e)
{
	uint64_t print = print_of(dir, name);
	struct err why = {0};
	int r;

	if (set64_has(&m->occupied, print))
		return want == NULL || set64_has(&m->occupied_as,
		    print_as(dir, name, want)) ? MIRROR_MOVED : MIRROR_NOTHING;
	if (set64_has(&m->vacated, print))
		return MIRROR_NOTHING;
	if ((r = hold(m, dir, e)) <= 0)
		return r < 0 ? MIRROR_FAILED : MIRROR_NOTHING;
	if (fs_stat(m->dir, name, id, &why) == 0)
		return MIRROR_AS_IS;
	if (why.kind == ERR_NOENT)
		return MIRROR_NOTHING;
	if (e != NULL)
		*e = why;
	return MIRROR_FAILED;
}

static void
fill(struct mirror *m, const char *dir, int by)
{
	uint64_t *n = map_add(&m->filled, dir, strlen(dir), NULL);

	*n += (uint64_t)(int64_t)by;
}

void
mirror_vacate(struct mirror *m, const char *dir, const char *name)
{
	uint64_t print = print_of(dir, name);

	set64_remove(&m->anew, print);
	if (set64_remove(&m->occupied, print))
		fill(m, dir, -1);
	set64_add(&m->vacated, print);
}

void
mirror_occupy(struct mirror *m, const char *dir, const char *name,
    const struct fs_id *id)
{
	uint64_t print = print_of(dir, name);

	set64_remove(&m->vacated, print);
	if (set64_add(&m->occupied, print))
		fill(m, dir, 1);
	set64_add(&m->occupied_as, print_as(dir, name, id));
}

void
mirror_anew(struct mirror *m, const char *dir, const char *name)
{
	set64_add(&m->anew, print_of(dir, name));
}

int
mirror_is_anew(const struct mirror *m, const char *dir, const char *name)
{
	return m->anew.n > 0 && set64_has(&m->anew, print_of(dir, name));
}

void
mirror_shift(struct mirror *m, const char *from_dir, const char *from,
    const char *to_dir, const char *to, int copied)
{
	XGROW(m->shifted, m->n_shifted, m->cap_shifted);
	m->shifted[m->n_shifted++] = (struct shifted){
	    xasprintf("%s/%s", to_dir, to),
	    xasprintf("%s/%s", from_dir, from), copied };
}

int
mirror_is_copied(const struct mirror *m, const char *dir)
{
	size_t i, n;

	for (i = 0; i < m->n_shifted; i++) {
		n = strlen(m->shifted[i].to);
		if (m->shifted[i].copied && strncmp(dir, m->shifted[i].to,
		    n) == 0 && (dir[n] == '/' || dir[n] == '\0'))
			return 1;
	}
	return 0;
}

int
mirror_empty(struct mirror *m, const char *path, struct fs_id *id)
{
	const uint64_t *n = map_get(&m->filled, path, strlen(path));
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *parent = xstrndup(path, (size_t)(slash - path));
	struct fs_names names = {0};
	size_t i;
	int empty = 1;

	if (set64_has(&m->vacated, print_of(parent, slash + 1)))
		return 0;	/* it goes already */
	if ((n != NULL && *n != 0) || hold(m, path, NULL) != 1 ||
	    fs_stat_fd(m->dir, m->dir->fd, id, NULL) < 0 ||
	    fs_list(m->dir, &names, NULL) < 0)
		return 0;
	for (i = 0; i < names.n && empty; i++)
		empty = set64_has(&m->vacated, print_of(path,
		    names.v[i].name));
	fs_names_free(&names);
	return empty;
}
