/* restore_owner.c -- users and groups by name; see restore_owner.h. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "backup/restore_owner.h"
#include "repo/node.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/xalloc.h"

#define ENTRY_MAX	((size_t)1 << 20)
#define UNKNOWN		UINT64_MAX

struct new_owners {
	int		 by_name;
	struct map	 ids;		/* "u" or "g" and the name */
};

struct new_owners *
owners_new(int by_name)
{
	struct new_owners *o = xalloc(sizeof(*o));

	o->by_name = by_name;
	return o;
}

void
owners_drop(struct new_owners *o)
{
	if (o == NULL)
		return;
	map_fini(&o->ids);
	free(o);
}

static uint64_t
ask(int group, const char *name)
{
	struct passwd pw, *p = NULL;
	struct group gr, *g = NULL;
	uint64_t id = UNKNOWN;
	size_t size = 1024;
	char *buf = NULL;
	int rc;

	do {
		buf = xrealloc(buf, size, 1);
		rc = group ? getgrnam_r(name, &gr, buf, size, &g) :
		    getpwnam_r(name, &pw, buf, size, &p);
		size *= 4;
	} while (rc == ERANGE && size < ENTRY_MAX);
	if (rc == 0 && group && g != NULL)
		id = g->gr_gid;
	else if (rc == 0 && !group && p != NULL)
		id = p->pw_uid;
	free(buf);
	return id;
}

static uint32_t
number(struct new_owners *o, int group, const char *name, uint32_t otherwise)
{
	CLEAN_BUF struct buf key = {0};
	uint64_t *id;
	int added;

	if (!o->by_name || name == NULL || *name == '\0')
		return otherwise;
	buf_addc(&key, group ? 'g' : 'u');
	buf_adds(&key, name);
	id = map_add(&o->ids, key.data, key.len, &added);
	if (added)
		*id = ask(group, name);
	return *id == UNKNOWN ? otherwise : (uint32_t)*id;
}

uint32_t
owner_uid(struct new_owners *o, const struct node *n)
{
	return number(o, 0, n->user, n->uid);
}

uint32_t
owner_gid(struct new_owners *o, const struct node *n)
{
	return number(o, 1, n->group, n->gid);
}
