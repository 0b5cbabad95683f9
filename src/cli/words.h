#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "cli/cli.h"

/* Help texts, and what to say to words that are no command of ours. */
void words_help(void);
void words_help_command(const struct command *cmd);

/*
 * organize's and the seed's words are answered with fettle's form; restic's
 * and later commands with "not yet in this version"; others with the nearest.
 * Gives the exit status (2).
 */
int words_unknown_command(const struct cli *c, const char *word, int n_args);

#endif
