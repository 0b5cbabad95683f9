#ifndef MEDIA_TEXT_H
#define MEDIA_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Foreign text as UTF-8.
 *
 * text_plain decodes: UTF-8 with or without a mark, UTF-16 by its mark, and
 * what is neither as Windows-1252 (which holds Latin-1).  "\r\n" and "\r"
 * become "\n", as Python reads files.
 *
 * text_of_xml takes the words out of an XML document as far as office formats
 * need it: paragraphs, headings, rows and breaks end a line, tabs and cells a
 * tab.  It is no parser: tags are skipped, entities of XML and numbers are put
 * in, everything else is text.  Any bytes will do.
 *
 * text_tidy does what organize does to documents: lines of single letters with
 * blanks between them ("H e l l o") are pulled together, and more than one
 * empty line is one.
 *
 * All append to out and hold at most limit bytes there: 0, or -1 if there
 * would be more (what fitted is in out).
 */
struct buf;

#define TEXT_MAX	((size_t)32 << 20)	/* bytes of one file's text */

/* Is it already what text_plain would make of it? */
int text_is_plain(const void *data, size_t len);
int text_plain(const void *data, size_t len, size_t limit, struct buf *out);
int text_of_xml(const void *data, size_t len, size_t limit, struct buf *out);
void text_tidy(struct buf *text);

#endif
