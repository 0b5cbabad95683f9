#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/meta.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/quote.h"

#define XATTR_BYTES	((size_t)64 << 10)	/* the kernel's limits */
#define ACL_ACCESS	"system.posix_acl_access"

static void
lose(unsigned *lost, unsigned bit, struct buf *words, const char *what,
    const char *name)
{
	if (words != NULL && (name != NULL || !(*lost & bit))) {
		if (words->len > 0)
			buf_adds(words, ", ");
		buf_adds(words, what);
		if (name != NULL)
			quote_str(words, name);
	}
	*lost |= bit;
}

static int
is_acl(const char *name)
{
	return strncmp(name, "system.posix_acl_", 17) == 0;
}

/* Ours to copy: labels of security modules belong to the place, not the file;
 * file capabilities (security.capability) belong to the file. */
static int
is_ours(const char *name)
{
	return strncmp(name, "user.", 5) == 0 || is_acl(name) ||
	    strncmp(name, "trusted.", 8) == 0 ||
	    strcmp(name, "security.capability") == 0;
}

static int
copy_xattr(int from, int to, const char *name, unsigned *lost,
    struct buf *words)
{
	unsigned char value[XATTR_BYTES];
	ssize_t n = fgetxattr(from, name, value, sizeof(value));

	if (n < 0)
		return errno == ENODATA ? 0 : -1;
	if (fsetxattr(to, name, value, (size_t)n, 0) == 0)
		return 0;
	if (is_acl(name))
		lose(lost, META_ACL, words, "access list", NULL);
	else
		lose(lost, META_XATTR, words, "attribute ", name);
	return 0;
}

/* An access list that to inherited from its folder and from never had. */
static void
drop_inherited(int to, const char *names, size_t len)
{
	size_t i;

	for (i = 0; i < len; i += strlen(names + i) + 1)
		if (strcmp(names + i, ACL_ACCESS) == 0)
			return;
	fremovexattr(to, ACL_ACCESS);
}

static int
copy_xattrs(int from, int to, unsigned *lost, struct buf *words, struct err *e)
{
	char names[XATTR_BYTES + 1];
	ssize_t n = flistxattr(from, names, XATTR_BYTES);
	size_t i;

	if (n < 0 && (errno == ENOTSUP || errno == ENOSYS))
		n = 0;
	if (n < 0)
		return err_sys(e, "read attributes");
	names[n] = '\0';
	drop_inherited(to, names, (size_t)n);
	for (i = 0; i < (size_t)n; i += strlen(names + i) + 1)
		if (is_ours(names + i) &&
		    copy_xattr(from, to, names + i, lost, words) < 0)
			return err_sys(e, "read attribute %.100s", names + i);
	return 0;
}

static void
copy_owner(int to, const struct stat *now, const struct fs_id *id,
    unsigned *lost, struct buf *words)
{
	if (now->st_uid == id->uid && now->st_gid == id->gid)
		return;
	if (fchown(to, id->uid, id->gid) == 0)
		return;
	if (now->st_uid == id->uid)
		lose(lost, META_OWNER, words, "group", NULL);
	else {
		if (fchown(to, (uid_t)-1, id->gid) < 0)
			errno = 0;	/* the group goes with the owner */
		lose(lost, META_OWNER, words, "owner", NULL);
	}
}

static void
copy_mode(int to, const struct fs_id *id, unsigned *lost, struct buf *words)
{
	mode_t mode = id->mode & 07777;
	struct stat st;

	if (*lost & META_OWNER)
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
	if (fchmod(to, mode) < 0 || fstat(to, &st) < 0 ||
	    (st.st_mode & 0777) != (mode & 0777))
		lose(lost, META_MODE, words, "permissions", NULL);
}

void
meta_set(int fd, const char *name, const void *value, size_t len,
    unsigned *lost)
{
	if (is_ours(name) && fsetxattr(fd, name, value, len, 0) < 0)
		*lost |= is_acl(name) ? META_ACL : META_XATTR;
}

void
meta_drop_acl(int fd)
{
	fremovexattr(fd, ACL_ACCESS);
}

static struct timespec
time_of(int64_t ns)
{
	struct timespec t = { (time_t)(ns / 1000000000),
	    (long)(ns % 1000000000) };

	if (t.tv_nsec < 0) {
		t.tv_nsec += 1000000000;
		t.tv_sec--;
	}
	return t;
}

int
meta_copy(int from, int to, const struct fs_id *id, unsigned *lost,
    struct buf *words, struct err *e)
{
	struct timespec times[2] = { time_of(id->atime), time_of(id->mtime) };
	struct stat now;

	*lost = 0;
	if (fstat(to, &now) < 0)
		return err_sys(e, "look at the copy");
	copy_owner(to, &now, id, lost, words);
	copy_mode(to, id, lost, words);
	/* After the mode: an access list brings its own, and chown drops file
	 * capabilities. */
	if (from >= 0 && copy_xattrs(from, to, lost, words, e) < 0)
		return -1;
	if (futimens(to, times) < 0)
		lose(lost, META_TIMES, words, "times", NULL);
	return 0;
}
