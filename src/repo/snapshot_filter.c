/* snapshot_filter.c -- --host, --tag and --path, as restic takes them. */
#include <string.h>

#include "repo/snapshot.h"

static int
has_string(char *const *v, const char *s, size_t len)
{
	size_t i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		if (strlen(v[i]) == len && memcmp(v[i], s, len) == 0)
			return 1;
	return 0;
}

/* Without the blanks round it. */
static int
has_tag(const struct snapshot *s, const char *tag, size_t len)
{
	for (; len > 0 && strchr(SNAPSHOT_BLANKS, tag[0]) != NULL; len--)
		tag++;
	while (len > 0 && strchr(SNAPSHOT_BLANKS, tag[len - 1]) != NULL)
		len--;
	return has_string(s->tags, tag, len) ||
	    (len == 0 && (s->tags == NULL || s->tags[0] == NULL));
}

/* restic's HasTags: of a snapshot without tags an empty one is true, and then
 * what is behind it is not asked for. */
int
snapshot_has_tags(const struct snapshot *s, const char *list)
{
	int untagged = s->tags == NULL || s->tags[0] == NULL;
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (!has_tag(s, list, len))
			return 0;
		if (untagged || list[len] == '\0')
			return 1;
	}
}

static int
any_host(const struct snapshot *s, const char *const *hosts)
{
	const char *own = s->hostname != NULL ? s->hostname : "";

	if (*hosts[0] == '\0' && hosts[1] == NULL)
		return 1;		/* --host '': of any */
	for (; *hosts != NULL; hosts++)
		if (strcmp(*hosts, own) == 0)
			return 1;
	return 0;
}

static int
any_tags(const struct snapshot *s, const char *const *lists)
{
	for (; *lists != NULL; lists++)
		if (snapshot_has_tags(s, *lists))
			return 1;
	return 0;
}

static int
all_paths(const struct snapshot *s, const char *const *paths)
{
	for (; *paths != NULL; paths++)
		if (!has_string(s->paths, *paths, strlen(*paths)))
			return 0;
	return 1;
}

/* A list that is there and empty asks nothing, like one that is not there. */
static int
asks(const char *const *list)
{
	return list != NULL && list[0] != NULL;
}

int
snapshot_matches(const struct snapshot *s, const struct snapshot_filter *f)
{
	if (f == NULL)
		return 1;
	return (!asks(f->hosts) || any_host(s, f->hosts)) &&
	    (!asks(f->tags) || any_tags(s, f->tags)) &&
	    (!asks(f->paths) || all_paths(s, f->paths));
}
