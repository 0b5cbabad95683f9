#ifndef APPLY_TWIN_H
#define APPLY_TWIN_H

struct hands;
struct item;

/*
 * May it be removed?  1 if it is not removed as a duplicate, or if its original
 * is there and has, byte for byte, the same content; 0 and the item is skipped
 * for why.  Blocks for as long as both take to read.
 */
int twin_is_there(struct hands *h, struct item *it);

#endif
