/*
 * who.c -- file system rights of one thread.
 *
 * With the file system uid the kernel takes CAP_DAC_OVERRIDE, CAP_CHOWN and
 * their kin from the thread's effective set, and gives them back with uid 0.
 * setgroups of the C library sets the groups of all threads, so the system call
 * is used itself.  A change also takes the thread's parent death signal away.
 */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/dir.h"
#include "fs/who.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define NSS_MAX		((size_t)1 << 16)
#define GROUPS_MAX	65536
#define NO_GROUP	65534		/* of a user whom nobody knows */

struct person {
	uid_t		 uid;
	gid_t		 gid;
	gid_t		*groups;
	size_t		 n;
	char		*home;
	struct person	*next;
};

/* Asked once each: the answer may come over a network. */
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct person	*people;

static void
find_groups(struct person *p, const char *name)
{
	int n = 32;

	for (;;) {
		p->groups = xrealloc(p->groups, (size_t)n,
		    sizeof(*p->groups));
		p->n = (size_t)n;
		if (getgrouplist(name, p->gid, p->groups, &n) >= 0)
			break;
		if (n > GROUPS_MAX) {
			n = 0;
			break;
		}
	}
	p->n = (size_t)n;
}

/* Root's own groups are those that we were started with. */
static void
find_own(struct person *p)
{
	int n = getgroups(0, NULL);

	p->gid = getegid();
	p->groups = xallocn((size_t)(n > 0 ? n : 1), sizeof(*p->groups));
	n = n > 0 ? getgroups(n, p->groups) : 0;
	p->n = (size_t)(n > 0 ? n : 0);
}

static struct person *
person_new(uid_t uid)
{
	struct person *p = xalloc(sizeof(*p));
	CLEAN_FREE char *buf = xalloc(NSS_MAX);
	struct passwd pw, *found = NULL;

	*p = (struct person){ .uid = uid, .gid = NO_GROUP };
	if (getpwuid_r(uid, &pw, buf, NSS_MAX, &found) != 0)
		found = NULL;
	if (found != NULL)
		p->home = xstrdup(pw.pw_dir);
	if (uid == geteuid())
		find_own(p);
	else if (found != NULL) {
		p->gid = pw.pw_gid;
		find_groups(p, pw.pw_name);
	}
	return p;
}

/* Root first: his groups must be read before they are another's. */
static const struct person *
person(uid_t uid)
{
	struct person *p;

	pthread_mutex_lock(&lock);
	if (people == NULL)
		people = person_new(geteuid());
	for (p = people; p != NULL && p->uid != uid; p = p->next)
		continue;
	if (p == NULL) {
		p = person_new(uid);
		p->next = people->next;
		people->next = p;
	}
	pthread_mutex_unlock(&lock);
	return p;
}

uid_t
fs_who(void)
{
	uid_t own = geteuid();

	/* No user has the number -1: it changes nothing and tells. */
	return own != 0 ? own : (uid_t)setfsuid((uid_t)-1);
}

static int
wear(const struct person *p)
{
	if (syscall(SYS_setgroups, p->n, p->groups) < 0)
		return -1;
	setfsgid(p->gid);
	setfsuid(p->uid);
	return (gid_t)setfsgid((gid_t)-1) == p->gid &&
	    (uid_t)setfsuid((uid_t)-1) == p->uid ? 0 : -1;
}

int
fs_be(uid_t uid, struct err *e)
{
	uid_t now = fs_who();
	int sig = 0, r = 0;

	if (uid == now)
		return 0;
	if (geteuid() != 0)
		return err_set(e, ERR_DENIED, "only root can act with the "
		    "rights of user %u", (unsigned)uid);
	prctl(PR_GET_PDEATHSIG, &sig);
	if (now != 0)
		r = wear(person(0));
	if (r == 0 && uid != 0 && (r = wear(person(uid))) < 0)
		wear(person(0));
	if (sig != 0)
		prctl(PR_SET_PDEATHSIG, sig);
	return r == 0 ? 0 : err_set(e, ERR_DENIED, "cannot take the rights of "
	    "user %u", (unsigned)uid);
}

void
fs_end(const uid_t *before)
{
	int saved = errno;

	fs_be(*before, NULL);
	errno = saved;
}

uid_t
fs_owner(const char *path)
{
	uid_t who = fs_who();
	const char *rest;
	struct fs_dir *d;
	struct stat st;

	if (geteuid() != 0 || fs_dir_look_existing(path, &d, &rest, NULL) < 0)
		return who;
	if (fstat(d->fd, &st) == 0)
		who = st.st_uid;
	fs_dir_free(d);
	return who;
}

static int
folder_way(const char *path, char **real, struct err *e)
{
	CLEAN(fs_end) uid_t before = fs_who();
	const char *rest;
	struct fs_dir *d;

	if (fs_be(fs_owner(path), e) < 0 ||
	    fs_dir_open_existing(path, &d, &rest, e) < 0)
		return -1;
	rest += strspn(rest, "/");
	if (*rest == '\0')
		*real = xstrdup(d->real);
	else
		*real = xasprintf("%s%s%s", d->real, d->real[1] != '\0' ? "/" :
		    "", rest);
	fs_dir_free(d);
	return 0;
}

int
fs_way(const char *path, char **real, struct err *e)
{
	CLEAN_FREE char *folder = NULL, *above = NULL;
	const char *slash = strrchr(path, '/');
	struct err why = {0};

	if (folder_way(path, real, &why) == 0)
		return 0;
	if (why.sys != ENOTDIR || slash == NULL || slash[1] == '\0') {
		if (e != NULL)
			*e = why;
		return -1;
	}
	folder = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (folder_way(folder, &above, e) < 0)
		return -1;
	*real = xasprintf("%s%s", above[1] != '\0' ? above : "", slash);
	return 0;
}

void
fs_groups(uid_t uid, gid_t *gid, const gid_t **groups, size_t *n)
{
	const struct person *p = person(uid);

	*gid = p->gid;
	*groups = p->groups;
	*n = p->n;
}

char *
fs_home(uid_t uid)
{
	return xstrdup(person(uid)->home);
}
