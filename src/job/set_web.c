/* set_web.c -- `web:` and `metrics:`: how fettle is looked at. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "job/set_web.h"
#include "util/arena.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define HOSTS_MAX	32

/* "127.0.0.1:7979", "[::1]:7979", "localhost:7979": 0, or -1. */
static int
split(const char *text, char **address, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;
	CLEAN_FREE char *host = NULL;
	unsigned char bin[16];
	char *end;
	unsigned long n;
	int six = len > 2 && text[0] == '[' && text[len - 1] == ']';

	if (len == 0 || colon[1] < '1' || colon[1] > '9')
		return -1;
	n = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || n > UINT16_MAX)
		return -1;
	host = six ? xstrndup(text + 1, len - 2) : xstrndup(text, len);
	if (strcmp(host, "localhost") == 0) {
		free(host);
		host = xstrdup("127.0.0.1");
	}
	if (inet_pton(six ? AF_INET6 : AF_INET, host, bin) != 1)
		return -1;
	*address = xstrdup(host);
	*port = (uint16_t)n;
	return 0;
}

static void
read_listen(struct set_web *w, const struct conf_node *n, struct conf_faults *f)
{
	const char *text = "unix";

	if (conf_str(n, &text, f) < 0)
		return;
	w->listen = xstrdup(text);
	w->is_unix = strcmp(text, "unix") == 0;
	if (!w->is_unix && split(text, &w->address, &w->port) < 0) {
		conf_bad(n, "it is 'unix', or an address and a port, as in "
		    "127.0.0.1:7979", f);
		return;
	}
	w->is_loopback = w->is_unix || strncmp(w->address, "127.", 4) == 0 ||
	    strcmp(w->address, "::1") == 0;
}

static void
read_path(char **out, const struct conf_node *n, const struct conf_where *where,
    struct arena *a, struct conf_faults *f)
{
	const char *path;

	if (conf_path(n, where, a, &path, f) == 1)
		*out = xstrdup(path);
}

static void
read_tls(struct set_web *w, const struct conf_node *n,
    const struct conf_where *where, struct arena *a, struct conf_faults *f)
{
	static const char *const known[] = { "certificate", "key", NULL };
	const struct conf_keys keys = { .what = "tls", .known = known };

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return;
	read_path(&w->certificate, conf_need(n, "certificate", "tls", f), where,
	    a, f);
	read_path(&w->key, conf_need(n, "key", "tls", f), where, a, f);
}

static void
read_hosts(struct set_web *w, const struct conf_node *n, struct arena *a,
    struct conf_faults *f)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
	struct conf_strs list = {0};
	size_t i;

	if (conf_strs(n, a, &list, f) != 1)
		return;
	if (list.n > HOSTS_MAX) {
		conf_bad(n, "there are too many", f);
		return;
	}
	w->hosts = xallocn(list.n + 1, sizeof(*w->hosts));
	for (i = 0; i < list.n; i++) {
		w->hosts[i] = xstrdup(list.text[i]);
		if (*list.text[i] == '\0' ||
		    list.text[i][strspn(list.text[i], good)] != '\0')
			conf_bad(list.node[i], "it is a name in lower case, "
			    "without a port, as in nas.local", f);
	}
}

static void
check(const struct set_web *w, const struct conf_node *n, struct conf_faults *f)
{
	const struct conf_node *at = conf_get(n, "listen");

	if (w->address == NULL || w->is_loopback)
		return;
	if (w->certificate == NULL || w->key == NULL)
		conf_bad(at, "others can reach it there, so it wants "
		    "'tls: {certificate: FILE, key: FILE}'", f);
	if (w->password_file == NULL)
		conf_bad(at, "others can reach it there, so it wants a "
		    "'password_file'", f);
}

struct set_web *
set_web_read(const struct conf_node *n, const struct conf_where *where,
    struct conf_faults *f)
{
	static const char *const known[] = { "listen", "hosts", "password_file",
	    "tls", NULL };
	const struct conf_keys keys = { .what = "web", .known = known };
	CLEAN_ARENA struct arena a = {0};
	struct set_web *w;

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return NULL;
	w = xalloc(sizeof(*w));
	read_listen(w, conf_get(n, "listen"), f);
	read_hosts(w, conf_get(n, "hosts"), &a, f);
	read_path(&w->password_file, conf_get(n, "password_file"), where, &a, f);
	read_tls(w, conf_get(n, "tls"), where, &a, f);
	check(w, n, f);
	return w;
}

void
set_web_free(struct set_web *w)
{
	char **h;

	if (w == NULL)
		return;
	for (h = w->hosts; h != NULL && *h != NULL; h++)
		free(*h);
	free(w->hosts);
	free(w->listen);
	free(w->address);
	free(w->password_file);
	free(w->certificate);
	free(w->key);
	free(w);
}

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
set_web_same(const struct set_web *a, const struct set_web *b)
{
	size_t i;

	if (a == NULL || b == NULL)
		return a == b;
	for (i = 0; a->hosts != NULL && b->hosts != NULL &&
	    a->hosts[i] != NULL && same(a->hosts[i], b->hosts[i]); i++)
		;
	return same(a->listen, b->listen) &&
	    same(a->password_file, b->password_file) &&
	    same(a->certificate, b->certificate) && same(a->key, b->key) &&
	    same(a->hosts ? a->hosts[i] : NULL, b->hosts ? b->hosts[i] : NULL);
}

char *
set_metrics_read(const struct conf_node *n, const struct conf_where *where,
    struct conf_faults *f)
{
	static const char *const known[] = { "textfile", NULL };
	const struct conf_keys keys = { .what = "metrics", .known = known };
	CLEAN_ARENA struct arena a = {0};
	const struct conf_node *file = conf_get(n, "textfile");
	char *path = NULL;
	size_t len;

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return NULL;
	read_path(&path, file, where, &a, f);
	len = path != NULL ? strlen(path) : 0;
	if (path != NULL && (len < 6 || strcmp(path + len - 5, ".prom") != 0))
		conf_bad(file, "node_exporter reads only names that end in "
		    "'.prom'", f);
	return path;
}
