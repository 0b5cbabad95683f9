/*
 * desk_rules.c -- the configuration as it is written, for it to be read beside
 * its faults.  What is secret in it is hidden, line by line, as faults do it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/faults.h"
#include "conf/secret.h"
#include "conf/source.h"
#include "job/job.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"
#include "web/desk.h"
#include "web/masked.h"

static const char *
from_environment(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static void
one_file(struct json *j, const char *path)
{
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEAN_BUF struct buf text = {0}, out = {0};

	if (fd >= 0 && fd_read_all(fd, CONF_FILE_MAX, &text) == 0)
		masked_text(&out, buf_str(&text));
	json_object_start(j);
	desk_name(j, "file", path);
	json_key(j, "text");
	json_bytes(j, buf_str(&out), out.len);
	json_object_end(j);
}

/* JSON Lines as a list. */
static void
show_faults(struct json *j, const struct conf_faults *f)
{
	CLEAN_BUF struct buf lines = {0};
	const char *p, *end;

	conf_faults_json(f, &lines);
	json_key(j, "faults");
	json_array_start(j);
	for (p = buf_str(&lines); *p != '\0'; p = end + (*end == '\n')) {
		end = strchrnul(p, '\n');
		if (end > p)
			json_raw(j, p, (size_t)(end - p));
	}
	json_array_end(j);
}

static void
one_job(struct json *j, const char *kind, const struct conf_node *n,
    unsigned number)
{
	const struct conf_node *name = conf_get(n, "name");
	CLEAN_FREE char *unnamed = xasprintf("rule %u", number);
	const struct conf_mark *at = n->key_at.line != 0 ? &n->key_at : &n->at;

	json_object_start(j);
	json_put_text(j, "job", name != NULL && name->text != NULL ? name->text :
	    unnamed);
	json_put_text(j, "kind", kind);
	desk_name(j, "file", at->source != NULL ? at->source->path : "");
	json_put_i64(j, "line", n->at.line);
	json_object_end(j);
}

static void
show_jobs(struct json *j, const struct conf_node *top)
{
	static const char *const sections[][2] = { { "rules", "rule" },
	    { "backups", "backup" }, { "archives", "archive" } };
	const struct conf_node *n;
	struct conf_each it;
	unsigned number, i;

	json_key(j, "jobs");
	json_array_start(j);
	for (i = 0; i < 3; i++) {
		it = conf_each(conf_get(top, sections[i][0]));
		for (number = 1; (n = conf_next(&it)) != NULL; number++)
			one_job(j, sections[i][1], n, number);
	}
	json_array_end(j);
}

static void
show_files(struct json *j, const struct conf *c, const char *file)
{
	size_t i;

	json_key(j, "files");
	json_array_start(j);
	for (i = 0; c != NULL && i < conf_files(c); i++)
		one_file(j, conf_file(c, i));
	if (c == NULL)
		one_file(j, file);
	json_array_end(j);
}

/* As it is now, not as it was when this desk was begun. */
int
desk_rules(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	struct whereabouts w = { .config = d->file, .working_dir = "",
	    .getenv = from_environment, .uid = geteuid() };
	struct conf_faults *f = conf_faults_new();
	struct settings *s = NULL;
	struct err why = {0};
	struct json j;

	(void)a;
	(void)e;
	if (settings_load(&w, f, &s, &why) < 0 && why.kind != ERR_CONF)
		conf_fault_file(f, d->file, "%s", why.text);
	desk_begin(&j, out);
	show_files(&j, s != NULL ? s->conf : NULL, d->file);
	show_faults(&j, f);
	show_jobs(&j, s != NULL ? conf_root(s->conf) :
	    conf_root(d->h->s->conf));
	desk_end(&j);
	settings_free(s);
	conf_faults_free(f);
	return 0;
}
