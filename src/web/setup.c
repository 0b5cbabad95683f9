/* setup.c -- what the child is told at its start. */
#include <stdlib.h>

#include "util/buf.h"
#include "util/pack.h"
#include "util/xalloc.h"
#include "web/web.h"

void
web_setup_pack(const struct web_setup *s, struct buf *out)
{
	size_t n = 0, i;

	while (s->hosts[n] != NULL)
		n++;
	pack_u64(out, (uint64_t)s->is_unix);
	pack_u64(out, (uint64_t)s->is_loopback);
	pack_u64(out, s->port);
	pack_u64(out, n);
	for (i = 0; i < n; i++)
		pack_str(out, s->hosts[i]);
	pack_str(out, s->password);
	pack_str(out, s->certificate);
	pack_str(out, s->key);
}

int
web_setup_unpack(const void *data, size_t len, struct web_setup *out)
{
	struct unpack u = unpack_start(data, len);
	uint64_t n, i;

	*out = (struct web_setup){ .is_unix = unpack_u64(&u) != 0 };
	out->is_loopback = unpack_u64(&u) != 0;
	out->port = (uint16_t)unpack_u64(&u);
	n = unpack_u64(&u);
	if (n > WEB_HOSTS)
		return -1;
	out->hosts = xallocn((size_t)n + 1, sizeof(*out->hosts));
	for (i = 0; i < n; i++)
		out->hosts[i] = unpack_str(&u);
	out->password = unpack_str(&u);
	out->certificate = unpack_str(&u);
	out->key = unpack_str(&u);
	return unpack_end(&u);
}

void
web_setup_fini(struct web_setup *s)
{
	char **h;

	for (h = s->hosts; h != NULL && *h != NULL; h++)
		free(*h);
	free(s->hosts);
	free(s->password);
	free(s->certificate);
	free(s->key);
	*s = (struct web_setup){0};
}
