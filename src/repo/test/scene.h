#ifndef REPO_TEST_SCENE_H
#define REPO_TEST_SCENE_H

#include "repo/repo.h"
#include "testing/scratch.h"

/*
 * Where tests of the repo room play: a folder of their own, the two tiny
 * repositories that real restic made, and restic itself where it is installed.
 */
#define SCENE_PASSWORD	"test-password"
#define SCENE_RESTIC	"/usr/bin/restic"

struct buf;

struct scene {
	struct scratch	 s;
	const char	*dir;		/* its path */
};

int scene_setup(void **state);
int scene_teardown(void **state);

/* dir/name, to be freed. */
char *scene_path(const struct scene *s, const char *name);

/* Unpack tiny14 or tiny18 there: the path of the repository, to be freed. */
char *scene_unpack(const struct scene *s, const char *which);

/* Open what lies at a path with SCENE_PASSWORD; cache_dir may be NULL. */
struct repo *scene_open(const char *path, const char *cache_dir);

/* A new one in dir/name whose key costs no time. */
struct repo *scene_make(const struct scene *s, const char *name,
    unsigned version);

/* Run a program to its end: its status; what it printed is added to out. */
int scene_run(struct buf *out, const char *const *argv);

/* Is real restic installed?  If not, that is printed as a test program's whole
 * plan. */
int scene_has_restic(void);
/* Run it on a repository, its arguments ended by NULL: its status. */
int scene_restic(struct buf *out, const char *repo, ...);

#endif
