/*
 * why.c -- why a rule does not take a file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "organize/organize_impl.h"
#include "organize/read.h"
#include "plan/overlay.h"
#include "util/clean.h"
#include "util/path.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* The folders between top and the file: the first that is left out, or NULL. */
static const char *
left_out_folder(const struct location *l, const char *below, struct buf *name)
{
	const char *slash;

	for (; (slash = strchr(below, '/')) != NULL; below = slash + 1) {
		buf_reset(name);
		buf_add(name, below, (size_t)(slash - below));
		if (folder_is_ours(buf_str(name)) ||
		    location_skips_dir(l, buf_str(name), name->len) != NULL)
			return buf_str(name);
	}
	return NULL;
}

static int
depth_of(const char *below)
{
	int n = 0;

	while (*below != '\0')
		n += *below++ == '/';
	return n;
}

/*
 * What one location says of path: 1 it may be taken, 0 and why not in text, -1
 * if it lies elsewhere.
 */
static int
by_location(const struct location *l, const char *top, const char *path,
    int is_dir, struct buf *text)
{
	const char *below = path + strlen(top), *name, *pattern;
	CLEAN_BUF struct buf folder = {0};
	char q[QUOTE_SIZE];
	int depth;

	if (!path_is_below(path, top))
		return -1;
	if (*below == '\0')
		return is_dir ? -1 : 1;		/* the location is this file */
	below += *below == '/';
	depth = depth_of(below);
	name = strrchr(path, '/') + 1;
	if (left_out_folder(l, below, &folder) != NULL)
		buf_addf(text, "the folder %s is left out",
		    quote_to(q, sizeof(q), buf_str(&folder)));
	else if (l->max_depth >= 0 && depth > l->max_depth)
		buf_adds(text, l->max_depth == 0 ? "it lies in a sub-folder, "
		    "and the rule looks at none" : "it lies too deep");
	else if (depth < l->min_depth)
		buf_adds(text, "it does not lie deep enough");
	else if (folder_is_ours(name))
		buf_adds(text, "it is fettle's or the trash's own");
	else if ((pattern = (is_dir ? location_skips_dir :
	    location_skips_file)(l, name, strlen(name))) != NULL)
		buf_addf(text, *pattern != '\0' ? "it is left out by '%s'" :
		    "no pattern of 'filter' takes it%s", pattern);
	else
		return 1;
	return 0;
}

/* The location that takes path, or the best reason why none does. */
static const struct location *
find_location(const struct rule *r, const char *path, int is_dir,
    struct buf *text)
{
	for (size_t i = 0; i < r->n_locations; i++) {
		CLEAN_FREE char *top = realpath(r->locations[i].path, NULL);

		if (top != NULL && by_location(&r->locations[i], top, path,
		    is_dir, text) == 1) {
			buf_reset(text);
			return &r->locations[i];
		}
	}
	if (text->len == 0)
		buf_adds(text, r->n_locations == 0 ? "the rule has no "
		    "locations" : "it does not lie in a location of the rule");
	return NULL;
}

static int
by_filters(struct run *r, struct buf *text, struct err *e)
{
	CLEAN_FD int fd = -1;
	struct subject s = r->subject;
	int hit;

	if (r->rule->n_twins > 0 && survey_rule(r, e) < 0)
		return -1;
	r->subject = s;
	if (r->fetched != NULL) {
		fd = read_open_path(s.dir, s.name, s.id, e);
		hit = fd < 0 ? -1 : fetch_one(r, fd, e);
	} else
		hit = filters_match(&r->rule->filters, &r->subject, KNOWN, e);
	if (hit < 0)
		return -1;
	if (hit == 0)
		filters_say_not(&r->rule->filters, &r->subject, text);
	else
		buf_adds(text, "nothing speaks against it");
	return hit;
}

static int
look(struct run *r, const char *dir, const char *name, struct fs_id *id,
    struct err *e)
{
	struct subject *s = &r->subject;
	struct fs_dir *d;
	int rc;

	if (fs_dir_look(dir, &d, e) < 0)
		return -1;
	rc = fs_stat(d, name, id, e);
	fs_dir_free(d);
	if (rc < 0)
		return -1;
	s->dir = dir;
	s->name = s->first = name;
	s->name_len = s->first_len = strlen(name);
	s->id = id;
	s->size = id->size;
	s->added = id->ctime > id->btime ? id->ctime : id->btime;
	s->is_dir = S_ISDIR(id->mode);
	return 0;
}

/* The path with its folder's symlinks resolved; the last part is the file. */
static char *
real_of(const char *path, char **dir, const char **name)
{
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *up = NULL;
	CLEAN_BUF struct buf b = {0};

	if (slash == NULL)
		return NULL;
	up = slash == path ? xstrdup("/") :
	    xstrndup(path, (size_t)(slash - path));
	*dir = realpath(up, NULL);
	if (*dir == NULL)
		*dir = xstrdup(up);
	*name = slash + 1;
	path_join(&b, *dir, *name);
	return buf_steal(&b);
}

static int
why_file(struct run *r, const char *path, struct fs_id *id, struct buf *text,
    struct err *e)
{
	CLEAN_FREE char *dir = NULL, *real = NULL;
	CLEAN_BUF struct buf why = {0};
	const char *name;

	real = real_of(path, &dir, &name);
	if (real == NULL || *name == '\0')
		return err_set(e, ERR_USAGE, "the path must be absolute, and of "
		    "a file");
	if (look(r, dir, name, id, e) < 0)
		return -1;
	if (r->subject.is_dir != (r->rule->dirs != 0) ||
	    (!r->subject.is_dir && !S_ISREG(id->mode))) {
		buf_adds(text, S_ISLNK(id->mode) ? "it is a symlink" :
		    r->rule->dirs ? "the rule is for folders" :
		    r->subject.is_dir ? "the rule is for files" :
		    "it is a special file");
		return 0;
	}
	r->location = find_location(r->rule, real, r->subject.is_dir, &why);
	if (r->location == NULL) {
		buf_adds(text, buf_str(&why));
		return 0;
	}
	if (r->subject.is_dir && (r->rule->filters.needs & NEED_SIZE) != 0 &&
	    ask_size(r, dir, name, &r->subject.size, e) < 0)
		return -1;
	return by_filters(r, text, e);
}

int
organize_why(struct rule *rule, const char *path, int64_t now,
    struct buf *text, struct err *e)
{
	struct organize_env env = { .now = now };
	struct run r = { .rule = rule, .env = &env };
	struct fs_id id;
	int rc;

	if (!rule->enabled) {
		buf_adds(text, "the rule is not enabled");
		return 0;
	}
	r.overlay = overlay_new();
	rule_run_init(&r);
	filters_begin(&rule->filters, r.subject.now);
	rc = why_file(&r, path, &id, text, e);
	rule_run_fini(&r);
	overlay_free(r.overlay);
	return rc;
}
