#ifndef FS_WHO_H
#define FS_WHO_H

#include <sys/types.h>

/*
 * As whom a thread touches files.
 *
 * Everybody does as himself.  Root works below another user's folder with that
 * user's rights: the file system uid, gid and groups of the thread (setfsuid(2))
 * become his for as long, so that nothing can be done there that he could not
 * do himself.  No other thread is touched; one that is started meanwhile has
 * the same rights.  Signals, limits and open descriptors stay as they are.
 */
struct err;

/* As whom this thread touches files now. */
uid_t fs_who(void);
/* As this user from now on; only root can be another.  ERR_DENIED, and nothing
 * is changed. */
int fs_be(uid_t uid, struct err *e);

/*
 * With whose rights root is to work in folder path (absolute): its owner's, or
 * that of the deepest folder of it that exists.  Whoever is not root: himself.
 * Whatever this says, fs_dir_open refuses a way that others than root and this
 * user could change; so nobody can lead us to a folder that is not his own.
 */
uid_t fs_owner(const char *path);

/*
 * path as fs_real_path gives it, if the symlinks on the way are ones that
 * fs_dir_open would follow for fs_owner(path).  Else -1: a path that is resolved
 * first and opened then would lead wherever somebody wished.  *real is to be
 * freed.  path may be that of a file.
 */
int fs_way(const char *path, char **real, struct err *e);

/* A user's groups, for a program that is started as him; his for good. */
void fs_groups(uid_t uid, gid_t *gid, const gid_t **groups, size_t *n);

/* The home folder of a user, to be freed; NULL if it is not known. */
char *fs_home(uid_t uid);

/* A block in another's name:
 *	CLEAN(fs_end) uid_t before = fs_who();
 * The one before cannot fail to come back: it is root, or was had already. */
void fs_end(const uid_t *before);

#endif
