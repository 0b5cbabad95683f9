/* trust.c -- who may change what lies on the way to a folder. */
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/fs_impl.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define NSS_MAX	((size_t)1 << 20)	/* a group with very many members */

/* Everybody the group lists is us or root. */
static int
lists_only_us(char *const *members, const char *us)
{
	for (; *members != NULL; members++)
		if (strcmp(*members, us) != 0 && strcmp(*members, "root") != 0)
			return 0;
	return 1;
}

/*
 * A group with nobody in it but us or root: root's own, or the one that bears
 * our name and is our first.  Systems that give every user such a group have
 * umask 002, so nearly all folders there are group-writable.
 */
static int
own_group(gid_t gid, uid_t us)
{
	CLEAN_FREE char *pwbuf = xalloc(NSS_MAX / 16);
	CLEAN_FREE char *grbuf = xalloc(NSS_MAX);
	struct passwd pw, *p = NULL;
	struct group gr, *g = NULL;

	if (getpwuid_r(us, &pw, pwbuf, NSS_MAX / 16, &p) != 0 ||
	    p == NULL || getgrgid_r(gid, &gr, grbuf, NSS_MAX, &g) != 0 ||
	    g == NULL || !lists_only_us(g->gr_mem, p->pw_name))
		return 0;
	return gid == 0 ||
	    (gid == p->pw_gid && strcmp(g->gr_name, p->pw_name) == 0);
}

const char *
fs_distrust(const struct stat *st, uid_t us, int last)
{
	if (st->st_uid != 0 && st->st_uid != us)
		return "belongs to somebody else";
	if (S_ISLNK(st->st_mode) || (st->st_mode & S_ISVTX))
		return NULL;
	if (st->st_mode & S_IWOTH)
		return "may be changed by everybody";
	if (!last && (st->st_mode & S_IWGRP) && !own_group(st->st_gid, us))
		return "may be changed by its group";
	return NULL;
}
