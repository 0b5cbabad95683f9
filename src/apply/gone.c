#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/gone.h"
#include "apply/token.h"
#include "fs/writing.h"
#include "util/err.h"
#include "util/quote.h"

int
gone_back(const struct fs_dir *d, const char *name, uint64_t token,
    struct err *e)
{
	char hidden[TOKEN_NAME], q[QUOTE_SIZE];

	token_gone(token, hidden);
	if (renameat2(d->fd, hidden, d->fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL && linkat(d->fd, hidden, d->fd, name, 0) == 0)
		return unlinkat(d->fd, hidden, 0);
	return err_sys(e, "%s is now %s in %s and cannot have its name back",
	    quote_to(q, sizeof(q), name), hidden, d->path);
}

/* Onto its hidden name.  A file system without NOREPLACE may rename plainly
 * here: nobody has a name with our token. */
int
gone_hide(const struct fs_dir *d, const char *name, uint64_t token,
    struct err *e)
{
	char hidden[TOKEN_NAME], q[QUOTE_SIZE];

	token_gone(token, hidden);
	if (renameat2(d->fd, name, d->fd, hidden, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL && renameat2(d->fd, name, d->fd, hidden, 0) == 0)
		return 0;
	return err_sys(e, "remove %s", quote_to(q, sizeof(q), name));
}

static enum gone
back(const struct fs_dir *d, const char *name, uint64_t token, enum gone as,
    struct err *e)
{
	struct err why = {0};

	if (gone_back(d, name, token, &why) == 0)
		return as;
	if (e != NULL)
		*e = why;
	return GONE_LEFT;
}

static int
is_it(const struct fs_id *now, const struct fs_id *want)
{
	if (want == NULL || (want->ino == 0 && want->fs == 0))
		return 1;
	return S_ISDIR(want->mode) ? fs_id_same(now, want) :
	    fs_id_unchanged(now, want);
}

enum gone
gone_finish(const struct fs_dir *d, const char *name, uint64_t token,
    const struct fs_id *want, int writer, struct err *e)
{
	char hidden[TOKEN_NAME], q[QUOTE_SIZE];
	struct fs_id now;

	token_gone(token, hidden);
	if (fs_stat(d, hidden, &now, e) < 0)
		return GONE_FAILED;
	if (!is_it(&now, want) || (writer && S_ISREG(now.mode) &&
	    fs_writing(d, hidden) == FS_OPEN_WRITER))
		return back(d, name, token, GONE_OTHER, e);
	if (unlinkat(d->fd, hidden, 0) == 0)
		return GONE_DONE;
	err_sys(e, "remove %s", quote_to(q, sizeof(q), name));
	return back(d, name, token, GONE_FAILED, e);
}

enum gone
gone_file(const struct fs_dir *d, const char *name, uint64_t token,
    const struct fs_id *want, int writer, struct err *e)
{
	if (gone_hide(d, name, token, e) < 0)
		return GONE_FAILED;
	return gone_finish(d, name, token, want, writer, e);
}

enum gone
gone_tree(const struct fs_dir *d, const char *name, uint64_t token,
    const struct fs_id *want, struct err *e)
{
	char hidden[TOKEN_NAME];
	struct fs_id now;

	token_gone(token, hidden);
	if (gone_hide(d, name, token, e) < 0)
		return GONE_FAILED;
	if (fs_stat(d, hidden, &now, e) < 0)
		return GONE_FAILED;
	if (!is_it(&now, want))
		return back(d, name, token, GONE_OTHER, e);
	return tree_away(d, hidden, e) == 0 ? GONE_DONE : GONE_LEFT;
}
