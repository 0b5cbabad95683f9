#ifndef CLI_TROUBLE_H
#define CLI_TROUBLE_H

#include "cli/cli.h"

/* While something is wrong, every command on a terminal ends with a line that
 * says so.  Nothing where nobody reads it, or where it was just shown. */
void trouble_tell(const struct cli *c, const struct command *cmd);

#endif
