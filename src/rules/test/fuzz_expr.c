/*
 * Templates of any bytes: what is refused is refused in words, what is taken is
 * expanded for a file with the oddest of names, and both within bounds.  The
 * first byte chooses the kind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/env.h"
#include "rules/template.h"
#include "util/buf.h"
#include "util/err.h"

static const char *
variable(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "HOME") == 0 ? "/home/me" : NULL;
}

static int
home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)arg, (void)uid, (void)user;
	buf_adds(out, "/home/me");
	return 0;
}

static int
hostname(void *arg, struct buf *out)
{
	(void)arg;
	buf_adds(out, "box");
	return 0;
}

static void
expand(const struct template *t)
{
	static const char name[] = "..'; {x}\"$(id)`\\\xff\xc3\xa4.tar.gz";
	static const struct fs_id id = { .size = 1234567, .mtime = -1,
	    .btime = INT64_C(1704067200) * 1000000000 };
	CLEAN_BUF struct buf out = {0};
	struct captures c = {0};
	struct subject s = { .dir = "/home/me/in", .name = name,
	    .name_len = sizeof(name) - 1, .first = name,
	    .first_len = sizeof(name) - 1, .location = "/home/me",
	    .id = &id, .size = id.size, .captures = &c,
	    .now = INT64_C(1711933261) * 1000000000, .rule = "r" };
	struct err e = {0};

	captures_add(&c, "regex", "year", "../..", 5);
	if (template_expand(t, &s, &out, &e) < 0 && e.text[0] == '\0')
		abort();
	captures_fini(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct conf_env env = { .var = variable, .home = home,
	    .hostname = hostname };
	static const char *const groups[] = { "year", NULL };
	static const struct template_scope scope = { .env = &env,
	    .regex = groups };
	CLEAN_BUF struct buf text = {0};
	struct template_fault f;
	struct template *t;
	struct err e = {0};

	if (len == 0)
		return 0;
	buf_add(&text, data + 1, len - 1);
	if (template_parse(buf_str(&text), (enum template_kind)(data[0] % 4),
	    &scope, &t, &f, &e) < 0) {
		if (e.text[0] == '\0' || f.at > text.len)
			abort();
		return 0;
	}
	expand(t);
	template_free(t);
	return 0;
}
