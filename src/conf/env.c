#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/env.h"
#include "conf/faults.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define RECORD_MAX	((size_t)1 << 20)	/* bytes of a user or group */

static const char *
var(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

/* The record of a user by name, or by uid if that is NULL; *buf holds it. */
static const struct passwd *
find_user(uid_t uid, const char *name, struct passwd *pw, char **buf)
{
	struct passwd *found = NULL;
	size_t size = 1024;
	int r;

	do {
		free(*buf);
		*buf = xalloc(size *= 2);
		r = name ? getpwnam_r(name, pw, *buf, size, &found) :
		    getpwuid_r(uid, pw, *buf, size, &found);
	} while (r == ERANGE && size < RECORD_MAX);
	return found;
}

static const struct group *
find_group(gid_t gid, struct group *gr, char **buf)
{
	struct group *found = NULL;
	size_t size = 1024;
	int r;

	do {
		free(*buf);
		*buf = xalloc(size *= 2);
		r = getgrgid_r(gid, gr, *buf, size, &found);
	} while (r == ERANGE && size < RECORD_MAX);
	return found;
}

static int
home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	CLEAN_FREE char *buf = NULL;
	const struct passwd *found;
	struct passwd pw;

	(void)arg;
	found = find_user(uid, user, &pw, &buf);
	if (found == NULL || found->pw_dir == NULL || found->pw_dir[0] != '/')
		return -1;
	buf_adds(out, found->pw_dir);
	return 0;
}

static int
hostname(void *arg, struct buf *out)
{
	char name[256];

	(void)arg;
	if (gethostname(name, sizeof(name)) < 0)
		return -1;
	name[sizeof(name) - 1] = '\0';
	buf_adds(out, name);
	return name[0] ? 0 : -1;
}

/* Are all that are named as members the user himself, or root? */
static bool
only_names(char *const *members, const char *user)
{
	for (; *members != NULL; members++)
		if (strcmp(*members, user) != 0 && strcmp(*members, "root") != 0)
			return false;
	return true;
}

/*
 * Is the group the first one of nobody else?  A user database that is not
 * listed (a directory of a company) cannot tell: then uid itself does not come
 * up either, and the answer is no.
 */
static bool
no_other_login(uid_t uid, gid_t gid)
{
	const struct passwd *pw;
	bool seen = false, other = false;

	setpwent();
	while ((pw = getpwent()) != NULL) {
		seen = seen || pw->pw_uid == uid;
		if (pw->pw_gid == gid && pw->pw_uid != uid && pw->pw_uid != 0)
			other = true;
	}
	endpwent();
	return seen && !other;
}

static bool
is_private(void *arg, uid_t uid, gid_t gid)
{
	CLEAN_FREE char *user_buf = NULL, *group_buf = NULL;
	const struct passwd *user;
	const struct group *group;
	struct passwd pw;
	struct group gr;

	(void)arg;
	user = find_user(uid, NULL, &pw, &user_buf);
	group = find_group(gid, &gr, &group_buf);
	if (user == NULL || group == NULL)
		return false;
	return only_names(group->gr_mem, user->pw_name) &&
	    no_other_login(uid, gid);
}

void
conf_env_system(struct conf_env *env)
{
	*env = (struct conf_env){
		.uid = geteuid(),
		.var = var,
		.home = home,
		.hostname = hostname,
		.is_private = is_private,
	};
}

void
conf_check_private(const char *path, const struct conf_mark *at,
    const struct conf_env *env, struct conf_faults *f)
{
	CLEAN_BUF struct buf remedy = {0};
	struct conf_fault *x;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if ((st.st_mode & (S_IROTH | S_IWOTH)) == 0 &&
	    ((st.st_mode & (S_IRGRP | S_IWGRP)) == 0 ||
	    env->is_private(env->arg, st.st_uid, st.st_gid)))
		return;
	x = conf_warning(f, at, "%s can be read by others",
	    conf_said(path).s);
	buf_addf(&remedy, "chmod 600 %s", path);
	conf_remedy(x, "make it yours alone", buf_str(&remedy));
}
