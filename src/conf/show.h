#ifndef CONF_SHOW_H
#define CONF_SHOW_H

#include "conf/conf.h"

/*
 * Add the tree as YAML: joined, merged, aliases written out.  Reading it back
 * gives an equal tree.  With mask, what is secret comes as "***" instead: the
 * values of keys that name a password, a token or the like, the whole of
 * "env", and the password in user:password@host.
 */
void conf_show(const struct conf_node *root, bool mask, struct buf *out);

#endif
