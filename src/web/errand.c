#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "web/errand.h"

struct line {
	const char	**argv;
	size_t		 n;
	struct arena	*a;
};

const char *
errand_name(enum errand_verb v)
{
	static const char *const names[] = {
		[ERRAND_RUN] = "run", [ERRAND_UNDO] = "undo",
		[ERRAND_APPROVE] = "approve", [ERRAND_REJECT] = "reject",
		[ERRAND_GET] = "get", [ERRAND_RESTORE] = "restore",
		[ERRAND_CHECK] = "check", [ERRAND_DUMP] = "dump",
		[ERRAND_RESTORE_COPY] = "restore",
	};

	return v >= ERRAND_RUN && v <= ERRAND_RESTORE_COPY ? names[v] : NULL;
}

static void
add(struct line *l, const char *word)
{
	if (l->n < ERRAND_ARGV - 1)
		l->argv[l->n++] = word;
}

static void
add_buf(struct line *l, struct buf *b)
{
	add(l, arena_str(l->a, buf_str(b)));
}

static int
is_number(const char *s)
{
	return *s >= '1' && *s <= '9' && strlen(s) < 19 &&
	    s[strspn(s, "0123456789")] == '\0';
}

/* Absolute, and without parts that lead elsewhere. */
static int
is_path(const char *s)
{
	const char *p;

	if (*s != '/')
		return 0;
	for (p = s; (p = strstr(p, "/..")) != NULL; p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return 0;
	return 1;
}

/* An id, "latest", or the name of a plain copy. */
static int
is_snapshot(const char *s)
{
	return *s != '\0' && *s != '-' && *s != '.' && strlen(s) < 256 &&
	    strpbrk(s, "/:") == NULL;
}

/* "10%" or "2.5%" */
static int
is_share(const char *s)
{
	size_t n = strspn(s, "0123456789.");

	return n > 0 && n < 8 && strcmp(s + n, "%") == 0;
}

static int
nonsense(struct err *e)
{
	return err_set(e, ERR_USAGE, "what was asked for makes no sense");
}

static int
undo(struct line *l, char *const *args, size_t n, struct err *e)
{
	size_t i;

	if (n < 1 || !is_number(args[0]))
		return nonsense(e);
	add(l, "undo");
	add(l, "--yes");
	add(l, "--");
	add(l, args[0]);
	for (i = 1; i < n; i++) {
		if (!is_path(args[i]))
			return nonsense(e);
		add(l, args[i]);
	}
	return 0;
}

static int
decide(struct line *l, const char *word, char *const *args, size_t n,
    struct err *e)
{
	if (n != 1 || !is_number(args[0]))
		return nonsense(e);
	add(l, word);
	if (strcmp(word, "approve") == 0)
		add(l, "--yes");
	add(l, args[0]);
	return 0;
}

static int
get(struct line *l, char *const *args, size_t n, struct err *e)
{
	if (n != 3 || *args[0] == '\0' || (*args[2] != '\0' &&
	    !is_path(args[2])))
		return nonsense(e);
	add(l, "get");
	if (*args[1] != '\0') {
		add(l, "--as-of");
		add(l, args[1]);
	}
	if (*args[2] != '\0') {
		add(l, "--to");
		add(l, args[2]);
	}
	add(l, "--");
	add(l, args[0]);
	return 0;
}

/* A name as a pattern that fits only itself. */
static void
add_literal(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("\\*?[]", *s) != NULL)
			buf_addc(b, '\\');
		buf_addc(b, *s);
	}
}

/*
 * One name of a snapshot's folder, into a folder of the user's; or, where the
 * target is "/", to where it came from.
 */
static int
restore(struct line *l, char *const *args, size_t n, struct err *e)
{
	CLEAN_BUF struct buf what = {0}, pattern = {0};
	const char *slash;

	if (n != 4 || !is_snapshot(args[1]) || !is_path(args[2]) ||
	    !is_path(args[3]))
		return nonsense(e);
	slash = strrchr(args[2], '/');
	buf_adds(&what, args[1]);
	if (strcmp(args[3], "/") == 0) {
		add_literal(&pattern, args[2]);
	} else {
		if (slash != args[2]) {
			buf_addc(&what, ':');
			buf_add(&what, args[2], (size_t)(slash - args[2]));
		}
		add_literal(&pattern, slash);
	}
	add(l, "--backup");
	add(l, args[0]);
	add(l, "restore");
	add(l, "--overwrite");
	add(l, "never");
	add(l, "--target");
	add(l, args[3]);
	if (slash[1] != '\0') {
		add(l, "--include");
		add_buf(l, &pattern);
	}
	add(l, "--");
	add_buf(l, &what);
	return 0;
}

/* Of a plain copy: by where it came from, and beside what has its name. */
static int
restore_copy(struct line *l, char *const *args, size_t n, struct err *e)
{
	if (n != 4 || !is_snapshot(args[1]) || !is_path(args[2]) ||
	    !is_path(args[3]))
		return nonsense(e);
	add(l, "--backup");
	add(l, args[0]);
	add(l, "restore");
	if (strcmp(args[3], "/") != 0) {
		add(l, "--target");
		add(l, args[3]);
	}
	if (strcmp(args[2], "/") != 0) {
		add(l, "--include");
		add(l, args[2]);
	}
	add(l, "--");
	add(l, args[1]);
	return 0;
}

static int
check(struct line *l, char *const *args, size_t n, struct err *e)
{
	if (n != 2 || (*args[1] != '\0' && !is_share(args[1])))
		return nonsense(e);
	add(l, "--backup");
	add(l, args[0]);
	add(l, "check");
	if (*args[1] != '\0') {
		add(l, "--read-data-subset");
		add(l, args[1]);
	}
	return 0;
}

static int
dump(struct line *l, char *const *args, size_t n, struct err *e)
{
	if (n != 4 || !is_snapshot(args[1]) || !is_path(args[2]) ||
	    (strcmp(args[3], "zip") != 0 && strcmp(args[3], "tar") != 0))
		return nonsense(e);
	l->n--;				/* no --json */
	add(l, "--backup");
	add(l, args[0]);
	add(l, "dump");
	add(l, "--archive");
	add(l, args[3]);
	add(l, "--");
	add(l, args[1]);
	add(l, args[2]);
	return 0;
}

static int
run(struct line *l, char *const *args, size_t n, struct err *e)
{
	if (n != 1 || *args[0] == '\0')
		return nonsense(e);
	add(l, "run");
	add(l, "--trigger");
	add(l, "hand");
	add(l, "--");
	add(l, args[0]);
	return 0;
}

int
errand_argv(enum errand_verb v, char *const *args, size_t n_args,
    const char *argv[ERRAND_ARGV], size_t n, struct arena *a, struct err *e)
{
	struct line l = { argv, n, a };
	int r;

	if (n_args > ERRAND_ARGS)
		return nonsense(e);
	add(&l, "--json");
	switch (v) {
	case ERRAND_RUN:
		r = run(&l, args, n_args, e);
		break;
	case ERRAND_UNDO:
		r = undo(&l, args, n_args, e);
		break;
	case ERRAND_APPROVE:
	case ERRAND_REJECT:
		r = decide(&l, errand_name(v), args, n_args, e);
		break;
	case ERRAND_GET:
		r = get(&l, args, n_args, e);
		break;
	case ERRAND_RESTORE:
		r = restore(&l, args, n_args, e);
		break;
	case ERRAND_RESTORE_COPY:
		r = restore_copy(&l, args, n_args, e);
		break;
	case ERRAND_CHECK:
		r = check(&l, args, n_args, e);
		break;
	case ERRAND_DUMP:
		r = dump(&l, args, n_args, e);
		break;
	default:
		r = nonsense(e);
	}
	l.argv[l.n] = NULL;
	return r;
}
