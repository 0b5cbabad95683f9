#ifndef CONF_ENV_H
#define CONF_ENV_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * What reading a configuration wants to know of the world around it, as a
 * value, so that tests can be in any world.  conf_env_system fills in the real
 * one: who runs this process, its variables, the user database.
 */
struct buf;
struct conf_mark;
struct conf_faults;

struct conf_env {
	uid_t	 uid;		/* for whom: the effective user */
	void	*arg;		/* for the functions below */

	/* A variable of the environment, borrowed; NULL if it is not set. */
	const char *(*var)(void *arg, const char *name);

	/* Append the home of a user by name (NULL: of uid); -1: no such. */
	int (*home)(void *arg, uid_t uid, const char *user, struct buf *out);

	/* Append the name of this host; -1 if it has none. */
	int (*hostname)(void *arg, struct buf *out);

	/* Does the group hold nobody but uid (and root)?  Unsure is false. */
	bool (*is_private)(void *arg, uid_t uid, gid_t gid);
};

void conf_env_system(struct conf_env *env);

/*
 * Warn if the file at path, which holds a secret and is named at a place in
 * the configuration, can be read by others than its owner.  A file that is
 * not there is no matter of this function.
 */
void conf_check_private(const char *path, const struct conf_mark *at,
    const struct conf_env *env, struct conf_faults *f);

#endif
