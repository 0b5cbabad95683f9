#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apply/bundle.h"
#include "apply/folders.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define NAMES_MAX	100000

void
bundles_fini(struct load *l)
{
	size_t i;

	for (i = 0; i < l->n_bundles; i++)
		map_fini(&l->bundles[i].members);
	free(l->bundles);
}

static int
is_free(struct apply *a, const struct fs_dir *d, uint32_t dir,
    const char *name)
{
	uint64_t print = hash_keyed(dir, name, strlen(name));
	struct fs_id id;

	if (d != NULL && fs_stat(d, name, &id, NULL) == 0)
		return 0;
	return set64_add(&a->given, print);
}

/* "2026-01.tar.zst", or "2026-01 2.tar.zst" ... */
static const char *
choose(struct apply *a, struct load *l, uint32_t dir, const char *wished)
{
	const char *ext = strstr(wished, ".tar");
	int stem = (int)(ext != NULL ? (size_t)(ext - wished) : strlen(wished));
	struct fs_dir *d = NULL;
	CLEAN_BUF struct buf b = {0};
	const char *rest, *name = NULL;
	unsigned n;

	if (fs_dir_look_existing(folders_path(a->folders, dir), &d, &rest,
	    NULL) == 0 && *rest != '\0') {
		fs_dir_free(d);
		d = NULL;
	}
	for (n = 1; n < NAMES_MAX && name == NULL; n++) {
		buf_reset(&b);
		if (n == 1)
			buf_adds(&b, wished);
		else
			buf_addf(&b, "%.*s %u%s", stem, wished, n,
			    wished + stem);
		if (is_free(a, d, dir, buf_str(&b)))
			name = arena_str(&l->own, buf_str(&b));
	}
	fs_dir_free(d);
	return name;
}

static struct bundle *
bundle_of(struct apply *a, struct load *l, const struct item *it)
{
	struct bundle *b;
	size_t i;

	for (i = l->n_bundles; i-- > 0;) {
		b = &l->bundles[i];
		if (b->to_dir == it->to_dir && b->who == it->who &&
		    strcmp(b->wished, it->op.to) == 0)
			return b;
	}
	XGROW(l->bundles, l->n_bundles, l->cap_bundles);
	b = &l->bundles[l->n_bundles++];
	*b = (struct bundle){ .to_dir = it->to_dir, .who = it->who,
	    .wished = it->op.to,
	    .token = it->token,
	    .name = choose(a, l, it->to_dir, it->op.to) };
	return b;
}

int
bundle_join(struct apply *a, struct load *l, struct item *it, struct err *e)
{
	struct bundle *b = bundle_of(a, l, it);
	const char *wish = *it->op.text != '\0' ? it->op.text : it->op.from;
	CLEAN_BUF struct buf path = {0};
	int added = 0;
	unsigned n;

	if (b->name == NULL)
		return err_set(e, ERR_EXISTS, "there is no free name for the "
		    "bundle");
	/* Two locations may have a file of the same relative path. */
	for (n = 1; !added; n++) {
		buf_reset(&path);
		buf_adds(&path, wish);
		if (n > 1)
			buf_addf(&path, " (%u)", n);
		map_add(&b->members, path.data, path.len, &added);
	}
	it->token = b->token;
	it->to = b->name;
	it->member = arena_str(&l->own, buf_str(&path));
	return 0;
}
