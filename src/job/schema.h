#ifndef JOB_SCHEMA_H
#define JOB_SCHEMA_H

/*
 * The JSON Schema (draft 2020-12) of this version's configuration, for editors.
 *
 * What it finds wrong, `fettle config check` refuses; it cannot know all that
 * the latter knows (calendars, templates, names that are told apart).
 */
struct buf;

/* Sections that have a file of their own: their keys at the top, and what they
 * mean. */
extern const char schema_web_top[], schema_web[];

void schema_write(struct buf *out);

/* Definitions of single sections, for schema.c: files of their own. */
extern const char schema_daemon[];
extern const char schema_notify[];

#endif
