#ifndef TESTING_SCRATCH_H
#define TESTING_SCRATCH_H

#include <sys/types.h>

/*
 * For tests of every room: a folder of their own, held by its descriptor, and
 * files in it.  Names are relative to it (an absolute one is taken as it is).
 *
 * What a test wants of its folder and cannot have is no finding but a broken
 * test: these calls say what failed and abort.  They use no test framework, so
 * forked children and the small programs that tests kill may use them too.
 *
 * Nothing else in the tree's tests takes a temporary folder of its own, or
 * changes files by path (tools/doors.sh): what is not here is an at-call on
 * s->fd.
 */
struct scratch {
	char	 path[256];	/* absolute, without symlinks */
	int	 fd;		/* O_RDONLY|O_DIRECTORY|O_CLOEXEC */
};

/*
 * A new folder below TMPDIR, else /tmp: mode 0755, since others go through it
 * when a test works as nobody.  scratch_below makes it in a folder of the
 * caller's choice (another file system); scratch_at holds one that exists.
 */
struct scratch scratch_new(void);
struct scratch scratch_below(const char *folder);
struct scratch scratch_at(const char *folder);

/* The folder goes with all that lies in it, also what its owner may not read;
 * symlinks are not followed.  scratch_leave lets go of it only. */
void scratch_free(struct scratch *s);
void scratch_leave(struct scratch *s);

/* The same for the test's own steps: unless ok, say what and errno, and abort. */
void scratch_must(int ok, const char *what);

/* The absolute path of something in it; lives until the 64th next call. */
const char *scratch_path(const struct scratch *s, const char *rel);

/* Make: a folder and those above it (0755; one that is there stays as it is),
 * a file with its folders (0644; one that is there is emptied first), a
 * symlink. */
void scratch_dir(const struct scratch *s, const char *rel);
void scratch_file(const struct scratch *s, const char *rel, const char *text);
void scratch_link(const struct scratch *s, const char *target,
    const char *rel);

/* Change what is there: its mode (following symlinks), its length, an extended
 * attribute of a file; 0, or -1 with errno where the file system has none. */
void scratch_mode(const struct scratch *s, const char *rel, mode_t mode);
void scratch_length(const struct scratch *s, const char *rel, off_t len);
int scratch_xattr(const struct scratch *s, const char *rel, const char *name,
    const char *value);

/* Give one of its names away, or take it away: a file, or a folder with all in
 * it.  That it is not there is a failure. */
void scratch_move(const struct scratch *s, const char *from, const char *to);
void scratch_remove(const struct scratch *s, const char *rel);

#endif
