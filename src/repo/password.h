#ifndef REPO_PASSWORD_H
#define REPO_PASSWORD_H

#include <stddef.h>

/*
 * Where a repository's password comes from.  The first that is set is taken, in
 * this order; a file's and a command's text is trimmed of white space (and a
 * file may be UTF-16 with a byte order mark), as restic does; value is taken as
 * it is.
 */
struct err;

#define PASSWORD_MAX	((size_t)16 << 10)

struct password_source {
	int		 none;		/* --insecure-no-password: empty */
	const char	*command;	/* words; quotes hold them together; no
					   shell */
	const char	*file;
	const char	*credential;	/* a name in $CREDENTIALS_DIRECTORY */
	const char	*credentials_dir;
	const char	*value;
};

/*
 * 1 and the password in secret memory (secret_free(*out, PASSWORD_MAX)), 0 if
 * nothing is set, -1.  Blocks as long as the command does, at most a minute
 * (it may ask somebody).  An empty password is ERR_USAGE, but for none.
 */
int password_get(const struct password_source *s, void **out, size_t *len,
    struct err *e);

#endif
