#ifndef WEB_MASKED_H
#define WEB_MASKED_H

/*
 * The text of a configuration with what is secret in it hidden: values of keys
 * that name a secret, all of "env", passwords in places, and the lines that
 * belong to such a value.
 */
struct buf;

void masked_text(struct buf *out, const char *text);

#endif
