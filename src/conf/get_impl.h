#ifndef CONF_GET_IMPL_H
#define CONF_GET_IMPL_H

#include "conf/get.h"

/*
 * conf_strs with a getter of one's own for each item (0 or 1, or -1 and it told),
 * for get.c and get_path.c.  All items are asked, so that all faults are told;
 * *out is set only if there was none.
 */
int conf_list(const struct conf_node *n, struct arena *a,
    struct conf_strs *out, int (*one)(void *arg, const struct conf_node *n,
    const char **text), void *arg, struct conf_faults *f);

#endif
