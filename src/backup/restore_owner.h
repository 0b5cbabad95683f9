#ifndef BACKUP_RESTORE_OWNER_H
#define BACKUP_RESTORE_OWNER_H

#include <stdint.h>

/*
 * Whose a restored file is: by number, or by the names that this machine knows,
 * and by number where it does not.  For one thread.
 */
struct new_owners;
struct node;

struct new_owners *owners_new(int by_name);
void owners_drop(struct new_owners *o);		/* NULL is fine */
uint32_t owner_uid(struct new_owners *o, const struct node *n);
uint32_t owner_gid(struct new_owners *o, const struct node *n);

#endif
