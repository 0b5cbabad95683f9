#ifndef JOB_MACHINE_H
#define JOB_MACHINE_H

struct buf;

/* This machine's own id (/etc/machine-id), nothing where it has none. */
void machine_id(struct buf *out);

#endif
