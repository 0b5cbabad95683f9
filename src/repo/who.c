/* who.c -- see who.h. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "repo/who.h"
#include "util/clean.h"
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
