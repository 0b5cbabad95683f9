#ifndef JOB_SCHEMA_H
#define JOB_SCHEMA_H

struct buf;

/* The JSON Schema of this version's configuration. */
void schema_write(struct buf *out);

#endif
