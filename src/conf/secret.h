#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What must not be shown, inside this room: a fault prints the line it is
 * about, and a daemon prints it into a log that others may read.
 */

/*
 * Does the value under this key have to stay hidden?  A key that only names
 * a file (password_file) does not.  NULL is no key.
 */
bool conf_secret_key(const char *key, size_t len);

/*
 * Where the hidden part of a text lies that is not secret as a whole: the
 * password in user:password@host.  False if there is none.
 */
bool conf_secret_part(const char *text, size_t len, size_t *from, size_t *to);

/* Overwrite with '*' what is secret in a line, letter for letter. */
void conf_mask_line(char *line, size_t len);

#endif
