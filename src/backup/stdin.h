#ifndef BACKUP_STDIN_H
#define BACKUP_STDIN_H

#include "repo/id.h"

/* --stdin: one file and the folders above it.  -1: the run is over, or e if
 * standard input cannot be read. */
struct err;
struct run;

int stdin_save(struct run *r, struct id *tree, struct err *e);

#endif
