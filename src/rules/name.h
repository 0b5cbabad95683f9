#ifndef RULES_NAME_H
#define RULES_NAME_H

#include <stddef.h>

/*
 * File names: their parts, and the number that keeps two apart.
 *
 * Names are bytes; nothing here asks for UTF-8, but nothing cuts a character
 * of it in two either.
 */
struct buf;
struct err;

#define NAME_BYTES	255	/* what Linux's file systems hold */

/*
 * The length of the stem; the rest is the extension with its dot, or nothing.
 * A compound extension is whole: "a.tar.gz" is "a" and ".tar.gz", "x.sql.gz"
 * is "x" and ".sql.gz", but "v1.2.gz" is "v1.2" and ".gz".  ".bashrc" and
 * "Mr. Smith & Co" are all stem.
 */
size_t name_stem(const char *name, size_t len);

/*
 * The same as Python's pathlib has it, and so organize's {path.stem},
 * {path.suffix} and {extension}: only what follows the last dot.
 */
size_t name_py_stem(const char *name, size_t len);

/*
 * "{name} {counter}{extension}": how a taken name is told apart.  The words
 * {name}, {extension} and {counter}; {'%03d' % counter} pads with zeroes.
 */
struct name_template;

#define NAME_TEMPLATE	"{name} {counter}{extension}"
#define NAME_FIRST	2	/* the first counter */

/* -1 (ERR_CONF) if text cannot be one: no {counter}, a '/', unknown words. */
int name_template_parse(const char *text, struct name_template **out,
    struct err *e);
void name_template_free(struct name_template *t);

/*
 * Around the counter: what stands before and after it for this name, so that
 * others can go on counting; width is the least number of digits.  The first
 * stem_len bytes of before are what may be cut further (all of it, if it does
 * not begin with {name}).  If the name would be longer than NAME_BYTES with a
 * counter of digits digits, the stem is cut at a character.  -1 if not even
 * that helps.
 */
struct name_around {
	char		 before[NAME_BYTES + 1], after[NAME_BYTES + 1];
	size_t		 before_len, after_len, stem_len;
	unsigned	 width;
};
int name_around(const struct name_template *t, const char *name, size_t len,
    unsigned digits, struct name_around *out);

/* name with this counter, and a NUL; -1 if it cannot be made to fit. */
int name_numbered(const struct name_template *t, const char *name, size_t len,
    unsigned counter, char out[NAME_BYTES + 1]);

/* 1 if other is name with some counter of at least NAME_FIRST. */
int name_is_numbered(const struct name_template *t, const char *name,
    size_t len, const char *other, size_t other_len);

#endif
