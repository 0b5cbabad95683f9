#ifndef GLOB_GLOB_H
#define GLOB_GLOB_H

#include <stddef.h>

/*
 * Patterns for names and paths: compiled once, then matched without taking
 * memory, by any number of threads at once.
 *
 * Names are bytes, read as UTF-8 where they are: `?`, `[...]` and `*` take a
 * whole character of valid UTF-8, and one byte of anything else.  Nothing is
 * normalised.  The time for a match is at most the length of the pattern
 * times that of the name, whatever a pattern looks like.
 *
 * Without case means that both sides are put into lower case, a character for
 * a character (Unicode's simple mapping; ASCII alone where the C library has
 * no C.UTF-8).
 */
struct err;

#define GLOB_PATTERN_MAX 4096		/* bytes */

enum {
	GLOB_NOCASE = 1,
};

/*
 * One pattern for one name, with the meaning of Python's fnmatchcase, which is
 * organize's: `*` any characters, `?` one, `[seq]` and `[!seq]` one of them or
 * none of them; `[` without its end stands for itself, and nothing escapes
 * (`[*]` is a star).  '/' and a leading dot are characters like others.
 */
struct glob;

/* -1 only for a pattern that is too long (ERR_USAGE). */
int glob_new(const char *pattern, unsigned flags, struct glob **out,
    struct err *e);
int glob_match(const struct glob *g, const char *name, size_t len);
void glob_free(struct glob *g);		/* NULL is fine */

/*
 * A list of patterns for paths: restic's --exclude.
 *
 * A pattern is cleaned (doubled and trailing slashes, `.`, `..`) and taken
 * apart at its slashes.  Each part is held against one component of the path:
 * `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before a character that shall stand
 * for itself; the part `**` stands for any number of components, also none.
 * With a leading slash the pattern begins at the root, else anywhere in the
 * path.  It need not reach the path's end: what lies below a match matches.
 * A pattern that begins with `!` takes back what those before it matched; the
 * last word counts.  An empty one is passed over.
 *
 * The walker does not enter a folder that matches, so nothing inside it can
 * be taken back.  As restic keeps --exclude and --iexclude apart, so make a
 * list of each; a path is out if either says so.
 */
struct glob_list;

struct glob_list *glob_list_new(unsigned flags);
/* ERR_USAGE, naming the pattern, if it is not well formed; l is as it was. */
int glob_list_add(struct glob_list *l, const char *pattern, struct err *e);
/* path: not empty, without empty, `.` or `..` components. */
int glob_list_match(const struct glob_list *l, const char *path, size_t len);
/* For --include: may something below this path match?  1 is no promise. */
int glob_list_below(const struct glob_list *l, const char *path, size_t len);
void glob_list_free(struct glob_list *l);	/* NULL is fine */

#endif
