/* scene.c -- see scene.h. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/key_impl.h"
#include "repo/repo_impl.h"
#include "repo/test/scene.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/proc.h"
#include "util/xalloc.h"

#define LONG		((int64_t)120 * 1000000)

int
scene_setup(void **state)
{
	struct scene *s = xalloc(sizeof(*s));

	s->s = scratch_new();
	s->dir = s->s.path;
	*state = s;
	return 0;
}

int
scene_teardown(void **state)
{
	struct scene *s = *state;

	scratch_free(&s->s);
	free(s);
	return 0;
}

char *
scene_path(const struct scene *s, const char *name)
{
	return xasprintf("%s/%s", s->dir, name);
}

/* This file's folder: as the compiler saw it, from the build's own. */
static char *
source_folder(void)
{
	char exe[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	CLEAN_FREE char *here = xstrdup(__FILE__);
	int i;

	assert_true(n > 0);
	exe[n] = '\0';
	for (i = 0; i < 2; i++)
		*strrchr(exe, '/') = '\0';
	slash = strrchr(here, '/');
	assert_non_null(slash);
	*slash = '\0';
	return here[0] == '/' ? xstrdup(here) : xasprintf("%s/%s", exe, here);
}

char *
scene_unpack(const struct scene *s, const char *which)
{
	CLEAN_FREE char *folder = source_folder();
	CLEAN_FREE char *file = xasprintf("%s/%s.tar.gz", folder, which);
	CLEAN_BUF struct buf out = {0};

	assert_int_equal(scene_run(&out, (const char *[]){ "tar", "-xzf", file,
	    "-C", s->dir, NULL }), 0);
	return xasprintf("%s/repo%s", s->dir, which + strlen("tiny"));
}

struct repo *
scene_open(const char *path, const char *cache_dir)
{
	struct repo_options o = { .password = SCENE_PASSWORD,
	    .password_len = strlen(SCENE_PASSWORD), .cache_dir = cache_dir };
	struct store *store;
	struct repo *r = NULL;
	struct err e = {0};

	if (store_open(path, NULL, &store, &e) < 0 ||
	    repo_open(store, &o, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

struct repo *
scene_make(const struct scene *s, const char *name, unsigned version)
{
	struct repo_options o = { .password = SCENE_PASSWORD,
	    .password_len = strlen(SCENE_PASSWORD) };
	CLEAN_FREE char *path = scene_path(s, name);
	const struct scrypt quick = { 16, 8, 1 };
	struct store *store;
	struct repo *r = NULL;
	struct err e = {0};

	if (store_create(path, NULL, &store, &e) < 0 ||
	    repo_init_with(store, &o, version, 0, &quick, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

static int
run(struct buf *out, const char *const *argv, const char *const *env)
{
	struct proc_spec spec = { .argv = argv, PROC_NULL, .env = env };
	struct err e = {0};
	int status = -1;

	if (proc_run(&spec, (size_t)16 << 20, LONG, out, &status, &e) < 0)
		fail_msg("%s: %s", argv[0], e.text);
	return status;
}

int
scene_run(struct buf *out, const char *const *argv)
{
	return run(out, argv, NULL);
}

int
scene_has_restic(void)
{
	if (access(SCENE_RESTIC, X_OK) == 0)
		return 1;
	puts("1..0 # SKIP restic is not installed");
	return 0;
}

int
scene_restic(struct buf *out, const char *repo, ...)
{
	static const char *const env[] = {
		"RESTIC_PASSWORD=" SCENE_PASSWORD, NULL,
	};
	const char *argv[16] = { SCENE_RESTIC, "--no-cache", "-r", repo };
	size_t n = 4;
	va_list ap;

	va_start(ap, repo);
	while (n < 15 && (argv[n] = va_arg(ap, const char *)) != NULL)
		n++;
	va_end(ap);
	return run(out, argv, env);
}
