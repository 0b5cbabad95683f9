#ifndef RULES_DOCUMENT_H
#define RULES_DOCUMENT_H

/*
 * The text of any document that has one: PDF, Office and OpenDocument, EPUB, and
 * whatever is text itself.  What it is its first bytes say, not its name.
 */
struct buf;
struct content;
struct err;

/*
 * Append it to out as UTF-8: 1; 0 if it has none that we could read (a photo);
 * -1 if it should have, and could not be read.  At most TEXT_MAX bytes
 * (media/text.h): ERR_FULL beyond.  Any thread.
 */
int document_text(const struct content *c, struct buf *out, struct err *e);

#endif
