/*
 * In a command a value is data, wherever it stands: a real sh gets to see the
 * oddest names, and each comes out as the one word that it is.  Where that
 * cannot be promised the command is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/env.h"
#include "rules/template.h"
#include "util/buf.h"
#include "util/proc.h"

static const char *
variable(void *arg, const char *name)
{
	(void)arg, (void)name;
	return NULL;
}

static int
nobody(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)arg, (void)uid, (void)user, (void)out;
	return -1;
}

static const struct conf_env env = { .var = variable, .home = nobody };
static const struct template_scope scope = { .env = &env };

static int
compile(const char *cmd, struct template **t, struct err *e)
{
	*e = (struct err){0};
	return template_parse(cmd, TEMPLATE_SHELL, &scope, t, NULL, e);
}

static const char *const odd[] = {
	"plain", "two words", "it's", "\"quoted\"", "$HOME", "$(touch pwned)",
	"`touch pwned`", "; touch pwned", "a\nb", "\\", "a\\", "'", "\"", "*",
	"?", "#x", "-n", "~", "{x}", "!!", "&", "|", "<", ">", "(", ")",
	"\xff\xfe", "\xc3\xa4", "'; touch pwned; '", "\"; touch pwned; \"",
	"\\\"; touch pwned", "$'x'", "=", "a=b", "%s", " lead", "trail ",
};

/* The command prints the value, which stands in it by {path.name}. */
static void
prints(const char *cmd, const char *name, const char *before,
    const char *behind)
{
	struct subject s = { .dir = "/d", .name = name,
	    .name_len = strlen(name), .first = name, .first_len = strlen(name),
	    .location = "/d", .rule = "r" };
	CLEAN_BUF struct buf line = {0}, out = {0}, want = {0};
	struct proc_spec spec = { PROC_NULL };
	struct template *t;
	struct err e;
	int status;

	if (compile(cmd, &t, &e) < 0)
		fail_msg("%s: %s", cmd, e.text);
	assert_int_equal(template_expand(t, &s, &line, &e), 0);
	template_free(t);
	const char *argv[] = { "/bin/sh", "-c", buf_str(&line), NULL };
	spec.argv = argv;
	if (proc_run(&spec, 1 << 16, 10000000, &out, &status, &e) < 0)
		fail_msg("%s", e.text);
	buf_addf(&want, "%s%s%s", before, name, behind);
	if (status != 0 || strcmp(buf_str(&out), buf_str(&want)) != 0)
		fail_msg("%s\nis run as %s\nand prints %s, not %s (%d)", cmd,
		    buf_str(&line), buf_str(&out), buf_str(&want), status);
}

static void
a_name_is_never_code(void **state)
{
	static const struct { const char *cmd, *before, *behind; } v[] = {
		{ "printf %s {path.name}", "", "" },
		{ "printf %s \"{path.name}\"", "", "" },
		{ "printf %s '{path.name}'", "", "" },
		{ "printf %s a{path.name}b", "a", "b" },
		{ "printf %s \"a {path.name} b\"", "a ", " b" },
		{ "printf %s 'a {path.name} b'", "a ", " b" },
		{ "x={path.name}; printf %s \"$x\"", "", "" },
		{ "printf %s \"$(printf '%s.' {path.name})\"", "", "." },
		{ "printf %s \"$(printf '%s.' \"{path.name}\")\"", "", "." },
		{ "sh -c 'printf %s \"$1\"' sh {path.name}", "", "" },
		{ "(printf %s {path.name})", "", "" },
		{ "if true; then printf %s {path.name}; fi", "", "" },
		{ "printf %s \\\"{path.name}", "\"", "" },
		{ "printf %s \\\\{path.name}", "\\", "" },
		{ "printf %s \"\\\"{path.name}\\\"\"", "\"", "\"" },
		{ "printf %s 'it'\\''s {path.name}'", "it's ", "" },
		{ "# it's a comment\nprintf %s {path.name}", "", "" },
		{ "printf %s a#b\"{path.name}\"", "a#b", "" },
		{ "printf %s $(echo x)#'{path.name}'", "x#", "" },
		{ "cat <<'E' >/dev/null | true; printf %s {'x'}\nE\nprintf %s"
		    " ''", NULL, NULL },
		{ "case a in a) printf %s {path.name};; esac", "", "" },
		{ "printf %s {'${HOME:+}'}{path.name}", "", "" },
		{ "printf '%s' {path.name} | cat", "", "" },
		{ "printf %s {path.name} && true || false", "", "" },
		{ "printf %s {path.name} # {'comment'}", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		for (size_t k = i < 3 ? 0 : i % 3; v[i].before != NULL &&
		    k < sizeof(odd) / sizeof(odd[0]); k += i < 3 ? 1 : 3)
			prints(v[i].cmd, odd[k], v[i].before, v[i].behind);
}

static void
what_cannot_be_quoted_is_refused(void **state)
{
	static const struct { const char *cmd, *word; } v[] = {
		{ "echo `cat {path}`", "`...`" },
		{ "echo {'${x:-'}{path}{'}'}", "${...}" },
		{ "echo ${x:-{path}}", "unknown placeholder" },
		{ "echo $(( {size.bytes} + 1 ))", "$((...))" },
		{ "echo $'{path}'", "$'...'" },
		{ "echo ${path}", "behind a '$'" },
		{ "echo \"${path}\"", "behind a '$'" },
		{ "echo \\{path}", "backslash" },
		{ "echo \"\\{path}\"", "backslash" },
		{ "echo x # {path}", "comment" },
		{ "cat <<E\n{path}\nE\n", "here-document" },
		{ "cat <<E\nx\nE\necho {path}", "here-document" },
		{ "eval echo {path}", "code" },
		{ "sh -c 'echo {path}'", "code" },
		{ "sh -c \"echo {path}\"", "code" },
		{ "sh -c {path}", "code" },
		{ "sudo bash -ec 'rm \"{path}\"'", "code" },
		{ "python3 -c 'print(\"{path}\")'", "code" },
		{ "perl -e 'unlink \"{path}\"'", "code" },
		{ "ssh host rm {path}", "code" },
		{ "true; /bin/sh -c \"{path}\"", "code" },
		{ "echo \"$(case a in a) echo {path};; esac)\"", "case" },
		{ "echo {'${x:-\"}\"}'} {path}", "quotes in it" },
		{ "echo 'x", "not closed" }, { "echo \"x", "not closed" },
		{ "echo {path} \"", "not closed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct template *t;
		struct err e;

		if (compile(v[i].cmd, &t, &e) == 0)
			fail_msg("taken: %s", v[i].cmd);
		if (strstr(e.text, v[i].word) == NULL)
			fail_msg("%s: %s", v[i].cmd, e.text);
	}
}

static void
what_is_no_danger_is_taken(void **state)
{
	static const char *const v[] = {
		"wc -c {path}", "grep -c x {path}", "grep -e x {path}",
		"echo $HOME ${HOME} \"${HOME}\" {path}", "echo `date` {path}",
		"echo $((1 + 2)) {path}", "convert {path} {path.stem}.png",
		"open \"{path}\"", "awk {'{print $1}'} {path}",
		"find . -exec {'{}'} \\; -name {name}",
		"echo 'a' \"b\" {path} > {path.stem}.txt 2>&1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct template *t;
		struct err e;

		if (compile(v[i], &t, &e) < 0)
			fail_msg("%s: %s", v[i], e.text);
		template_free(t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_never_code),
		cmocka_unit_test(what_cannot_be_quoted_is_refused),
		cmocka_unit_test(what_is_no_danger_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
