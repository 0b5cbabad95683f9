#ifndef CLI_RUNS_H
#define CLI_RUNS_H

#include "cli/cli.h"

/* Words that name runs and files. */

/* Digits only: 1 and the number. */
int runs_is_number(const char *word, int64_t *run);
/* The newest run that did something to this path and was not taken back; told
 * and the exit status where there is none. */
int runs_of_path(struct cli *c, struct hall *h, const char *path,
    int64_t *run);
/* A path as typed, made absolute and free of "." and "..", to be freed. */
char *runs_absolute(const struct cli *c, const char *path);

#endif
