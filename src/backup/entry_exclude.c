/* entry_exclude.c -- what an entry leaves out. */
#include <stdlib.h>

#include "backup/backup.h"
#include "backup/entry.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

struct backup_exclude *
backup_entry_exclude(const struct backup_entry *b, struct err *e)
{
	struct backup_exclude *x = backup_exclude_new();
	CLEAN_FREE char *size = NULL;
	const char **p;
	int r = 0;

	for (p = b->exclude; r == 0 && p != NULL && *p != NULL; p++)
		r = backup_exclude_pattern(x, *p, 0, e);
	for (p = b->exclude_file; r == 0 && p != NULL && *p != NULL; p++)
		r = backup_exclude_file(x, *p, 0, e);
	for (p = b->if_present; r == 0 && p != NULL && *p != NULL; p++)
		r = backup_exclude_if_present(x, *p, e);
	if (b->caches)
		backup_exclude_caches(x);
	if (r == 0 && b->larger_than > 0) {
		size = xasprintf("%llu", (unsigned long long)b->larger_than);
		r = backup_exclude_larger(x, size, e);
	}
	if (r == 0)
		return x;
	backup_exclude_free(x);
	return NULL;
}
