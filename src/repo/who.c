/* who.c -- see who.h. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "repo/node.h"
#include "repo/who.h"
#include "util/clean.h"
#include "util/json.h"
#include "util/time.h"
#include "util/xalloc.h"

#define NSS_MAX	((size_t)1 << 20)

static void
name_of(uid_t uid, char *out, size_t size)
{
	CLEAN_FREE char *buf = xalloc(NSS_MAX);
	struct passwd pw, *found = NULL;

	out[0] = '\0';
	if (getpwuid_r(uid, &pw, buf, NSS_MAX, &found) == 0 && found != NULL)
		snprintf(out, size, "%s", pw.pw_name);
}

void
who_am_i(struct who *w)
{
	*w = (struct who){ .pid = getpid(), .uid = getuid(), .gid = getgid() };
	if (gethostname(w->hostname, sizeof(w->hostname)) < 0)
		w->hostname[0] = '\0';
	w->hostname[sizeof(w->hostname) - 1] = '\0';
	name_of(getuid(), w->username, sizeof(w->username));
}

int
who_read_time(struct json_read *r, int64_t *out, struct err *e)
{
	struct node_time t;
	const char *s;

	if (json_get_str(r, &s, NULL, e) < 0 || node_time_parse(s, &t, e) < 0)
		return -1;
	*out = time_from(t.sec, t.nsec);
	return 0;
}

int
who_read_name(struct json_read *r, char *out, size_t size, struct err *e)
{
	const char *s;

	if (json_get_str(r, &s, NULL, e) < 0)
		return -1;
	snprintf(out, size, "%s", s);
	return 0;
}

int
who_read_u32(struct json_read *r, uint32_t *out, struct err *e)
{
	uint64_t v;

	if (json_get_u64(r, &v, e) < 0)
		return -1;
	*out = (uint32_t)v;
	return v > UINT32_MAX ? json_fail(r, "too large a number", e) : 0;
}
