#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

/*
 * Which word of a NULL-ended list was probably meant?  The one that is fewest
 * slips away (a letter too much, too few, wrong, or two swapped), without
 * case; at most a third of its letters may be wrong.  NULL if none is near.
 * Borrowed from the list.  Pure.
 */
const char *conf_nearest(const char *word, const char *const *list);

#endif
