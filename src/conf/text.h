#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Small words about text, inside this room: UTF-8, columns, and how what a
 * user wrote is shown back without letting it steer the terminal.
 */
struct buf;

/* A borrowed piece of text. */
struct conf_slice {
	const char	*p;
	size_t		 len;
};

/*
 * The code point at p into *cp; how many bytes it has, or 0 if what stands
 * there is not UTF-8 (overlong forms and surrogates included).
 */
size_t conf_utf8(const char *s, size_t left, uint32_t *cp);

/* How many columns it takes on a terminal: 0, 1 or 2. */
unsigned conf_cells(uint32_t cp);

/* Code points up to the byte offset, and the byte offset of a code point. */
unsigned conf_chars(struct conf_slice s, size_t offset);
size_t conf_offset(struct conf_slice s, unsigned chars);

/* Add s with control, bidirectional and broken characters as '?'. */
void conf_add_clean(struct buf *b, const char *s, size_t len);

#endif
