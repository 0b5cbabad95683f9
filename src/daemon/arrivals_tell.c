/* arrivals_tell.c -- why a file still waits, for `status`. */
#include <stdlib.h>
#include <string.h>

#include "daemon/impl.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "watch/settle.h"
#include "watch/watcher.h"

#define SHOWN		20	/* to people */
#define SHOWN_JSON	10000

struct waiting {
	const struct settle_file **v;
	size_t		 n, cap;
};

static int
add(void *arg, const struct settle_file *f)
{
	struct waiting *w = arg;

	XGROW(w->v, w->n, w->cap);
	w->v[w->n++] = f;
	return 0;
}

/* Those that have waited longest first. */
static int
compare(const void *va, const void *vb)
{
	const struct settle_file *a = *(const struct settle_file *const *)va;
	const struct settle_file *b = *(const struct settle_file *const *)vb;

	if (a->arrived != b->arrived)
		return a->arrived < b->arrived ? -1 : 1;
	return strcmp(a->path, b->path);
}

static struct waiting
gather(const struct arrivals *a)
{
	struct waiting w = {0};

	settle_each(a->settle, add, &w);
	if (w.n > 1)
		qsort(w.v, w.n, sizeof(*w.v), compare);
	return w;
}

void
arrivals_say(const struct daemon *d, struct buf *out)
{
	const struct arrivals *a = &d->arrivals;
	struct watch_count c;
	struct waiting w;
	char q[QUOTE_SIZE];
	size_t i;

	if (a->watcher == NULL)
		return;
	watcher_count(a->watcher, &c);
	w = gather(a);
	buf_addf(out, "watching %zu folders", c.folders);
	if (c.polled > 0)
		buf_addf(out, ", %zu locations by reading them now and then",
		    c.polled);
	if (c.missing > 0)
		buf_addf(out, ", %zu locations are not there", c.missing);
	if (w.n > 0)
		buf_addf(out, "; %zu files wait", w.n);
	buf_addc(out, '\n');
	for (i = 0; i < w.n && i < SHOWN; i++)
		buf_addf(out, "waiting  %s: %s\n", quote_to(q, sizeof(q),
		    w.v[i]->path), settle_why(w.v[i]));
	if (w.n > SHOWN)
		buf_addf(out, "         and %zu more\n", w.n - SHOWN);
	free(w.v);
}

void
arrivals_json(const struct daemon *d, struct buf *out)
{
	const struct arrivals *a = &d->arrivals;
	int64_t shift = time_now() - time_mono();
	struct waiting w;
	size_t i;

	if (a->watcher == NULL)
		return;
	w = gather(a);
	for (i = 0; i < w.n && i < SHOWN_JSON; i++) {
		struct json j = { .out = out };
		CLEAN_BUF struct buf at = {0};

		json_object_start(&j);
		json_key(&j, "v");
		json_u64(&j, 1);
		json_key(&j, "file");
		json_bytes(&j, w.v[i]->path, strlen(w.v[i]->path));
		json_key(&j, "state");
		json_str(&j, "waiting");
		json_key(&j, "since");
		time_rfc3339(&at, w.v[i]->arrived + shift);
		json_str(&j, buf_str(&at));
		json_key(&j, "why");
		json_bytes(&j, settle_why(w.v[i]), strlen(settle_why(w.v[i])));
		json_object_end(&j);
		json_line(&j);
	}
	free(w.v);
}
