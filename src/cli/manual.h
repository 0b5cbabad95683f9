#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/cli.h"

/*
 * The manual page of one command in mdoc(7), from the same words and tables
 * that make its help, so that the two cannot come apart.  fettle(1) itself is
 * written by hand.
 */
void manual_page(const struct command *cmd, struct buf *b);

#endif
