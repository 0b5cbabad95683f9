#ifndef CLI_SETUP_KEY_H
#define CLI_SETUP_KEY_H

#include "cli/cli.h"

struct fs_dir;

/* A new random password (160 bits, easy to type) in a file of d; one that is
 * there already stays as it is. */
int setup_key_write(const struct fs_dir *d, const char *name, struct err *e);

/*
 * Make the repository that the configuration just loaded names (one that is
 * there stays as it is), and put the
 * recovery sheet into dir; both are told.  The exit status.
 */
int setup_repository(struct cli *c, const char *dir);

#endif
