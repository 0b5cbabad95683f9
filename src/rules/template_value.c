/*
 * template_value.c -- values on their way: how they print, as Python's str()
 * does, and what their attributes and methods make of them.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rules/letters.h"
#include "rules/name.h"
#include "rules/template_impl.h"
#include "util/buf.h"
#include "util/err.h"

#define SECOND	1000000000

static int64_t
floor_seconds(int64_t ns, int64_t *rest)
{
	int64_t s = ns / SECOND;

	*rest = ns % SECOND;
	if (*rest < 0) {
		*rest += SECOND;
		s--;
	}
	return s;
}

static void
calendar(const struct value *v, struct tm *tm, int64_t *rest)
{
	time_t s = (time_t)floor_seconds(v->n, rest);

	if ((v->utc ? gmtime_r(&s, tm) : localtime_r(&s, tm)) == NULL)
		memset(tm, 0, sizeof(*tm));
}

static void
print_time(const struct value *v, struct buf *out)
{
	struct tm tm;
	int64_t rest;

	calendar(v, &tm, &rest);
	buf_addf(out, "%04ld-%02d-%02d", tm.tm_year + 1900L, tm.tm_mon + 1,
	    tm.tm_mday);
	if (v->type == VALUE_DATE)
		return;
	buf_addf(out, " %02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (rest / 1000 > 0)
		buf_addf(out, ".%06d", (int)(rest / 1000));
	if (v->aware) {
		long off = v->utc ? 0 : tm.tm_gmtoff;

		buf_addf(out, "%c%02ld:%02ld", off < 0 ? '-' : '+',
		    (off < 0 ? -off : off) / 3600,
		    (off < 0 ? -off : off) / 60 % 60);
	}
}

/* "1.2 MB": n is below base when it is printed, so one comma at most. */
static void
print_unit(struct buf *out, uint64_t size, unsigned base, const char *tail,
    int small_k)
{
	static const char prefixes[] = "KMGTPEZY";
	double n = (double)size;
	size_t i = 0;

	if (size == 1) {
		buf_adds(out, "1 byte");
		return;
	}
	if (size < base) {
		buf_addf(out, size < 1000 ? "%u bytes" : "1,%03u bytes",
		    (unsigned)(size < 1000 ? size : size - 1000));
		return;
	}
	for (n /= base; n >= base && prefixes[i + 1] != '\0'; i++)
		n /= base;
	if (n >= 999.95)
		buf_addf(out, "1,%05.1f", n - 1000 > 0 ? n - 1000 : 0.0);
	else
		buf_addf(out, "%.1f", n);
	buf_addf(out, " %c%s", small_k && i == 0 ? 'k' : prefixes[i], tail);
}

static void
print_size(struct buf *out, enum step how, uint64_t size)
{
	if (how == STEP_TRADITIONAL)
		print_unit(out, size, 1024, "B", 0);
	else if (how == STEP_BINARY)
		print_unit(out, size, 1024, "iB", 0);
	else
		print_unit(out, size, 1000, "B", 1);
}

/* As Python prints the dict that organize has. */
static void
print_sizes(struct buf *out, uint64_t size)
{
	buf_addf(out, "{'bytes': %llu, 'traditional': '",
	    (unsigned long long)size);
	print_size(out, STEP_TRADITIONAL, size);
	buf_adds(out, "', 'binary': '");
	print_size(out, STEP_BINARY, size);
	buf_adds(out, "', 'decimal': '");
	print_size(out, STEP_DECIMAL, size);
	buf_adds(out, "'}");
}

void
template_print(const struct template *t, const struct value *v,
    struct buf *out)
{
	(void)t;
	switch (v->type) {
	case VALUE_TEXT:
	case VALUE_PATH:
		buf_add(out, v->s, v->len);
		break;
	case VALUE_TIME:
	case VALUE_DATE:
		print_time(v, out);
		break;
	case VALUE_INT:
		buf_addf(out, "%lld", (long long)v->n);
		break;
	case VALUE_SIZE:
		print_sizes(out, (uint64_t)v->n);
		break;
	case VALUE_GROUPS:
		break;		/* refused when it was compiled */
	}
}

static void
be_text(struct value *v, const char *s, size_t len)
{
	v->type = VALUE_TEXT;
	v->s = s;
	v->len = len;
}

static void
be_number(struct value *v, int64_t n)
{
	v->type = VALUE_INT;
	v->n = n;
}

/* pathlib's parts of a path; "/" has no name and is its own parent. */
static void
path_step(enum step step, struct value *v)
{
	const char *slash = v->len > 0 ? memrchr(v->s, '/', v->len) : NULL;
	size_t dir = slash != NULL ? (size_t)(slash - v->s) : 0, stem;
	const char *name = slash != NULL ? slash + 1 : v->s;
	size_t len = (size_t)(v->s + v->len - name);

	if (step == STEP_PARENT) {
		if (slash == NULL)
			v->s = ".", v->len = 1;
		else
			v->len = dir > 0 ? dir : 1;
		return;
	}
	stem = name_py_stem(name, len);
	if (step == STEP_NAME)
		be_text(v, name, len);
	else if (step == STEP_STEM)
		be_text(v, name, stem);
	else
		be_text(v, name + stem, len - stem);
}

/* strftime as in the C locale, with Python's %f. */
static int
format_time(const struct template *t, const char *format,
    const struct value *v, struct buf *out, struct err *e)
{
	char f[2048], *to = f;
	struct tm tm;
	int64_t rest;
	size_t n;

	calendar(v, &tm, &rest);
	for (const char *p = format; *p != '\0' && to < f + 1024; p++) {
		if (p[0] == '%' && p[1] == 'f') {
			to += snprintf(to, 8, "%06d", (int)(rest / 1000));
			p++;
			continue;
		}
		*to++ = *p;
		if (p[0] == '%' && p[1] != '\0')
			*to++ = *++p;
	}
	*to++ = '|';		/* an empty result is no failure */
	*to = '\0';
	n = strftime_l((char *)buf_room(out, 4096), 4096, f, &tm, t->posix);
	if (n == 0)
		return err_set(e, ERR_USAGE, "the date's format makes a text "
		    "that is too long");
	out->len += n - 1;
	return 0;
}

static void
time_step(enum step step, struct value *v)
{
	struct tm tm;
	int64_t rest;

	calendar(v, &tm, &rest);
	be_number(v, step == STEP_YEAR ? tm.tm_year + 1900 :
	    step == STEP_MONTH ? tm.tm_mon + 1 :
	    step == STEP_DAY ? tm.tm_mday :
	    step == STEP_HOUR ? tm.tm_hour :
	    step == STEP_MINUTE ? tm.tm_min :
	    step == STEP_SECOND ? tm.tm_sec : rest / 1000);
}

int
template_step(const struct template *t, enum step step, const char *arg,
    struct value *v, struct buf *scratch, struct err *e)
{
	CLEAN_BUF struct buf new = {0};

	switch (step) {
	case STEP_STEM:
	case STEP_NAME:
	case STEP_SUFFIX:
	case STEP_PARENT:
		path_step(step, v);
		return 0;
	case STEP_YEAR:
	case STEP_MONTH:
	case STEP_DAY:
	case STEP_HOUR:
	case STEP_MINUTE:
	case STEP_SECOND:
	case STEP_MICROSECOND:
		time_step(step, v);
		return 0;
	case STEP_BYTES:
		be_number(v, v->n);
		return 0;
	case STEP_TRADITIONAL:
	case STEP_BINARY:
	case STEP_DECIMAL:
		print_size(&new, step, (uint64_t)v->n);
		break;
	case STEP_STRFTIME:
		if (format_time(t, arg, v, &new, e) < 0)
			return -1;
		break;
	case STEP_UPPER:
		letters_upper(t->utf8, v->s, v->len, &new);
		break;
	case STEP_LOWER:
		letters_lower(t->utf8, v->s, v->len, &new);
		break;
	}
	/* v may still point into scratch: change it only now. */
	buf_reset(scratch);
	buf_add(scratch, new.data, new.len);
	be_text(v, buf_str(scratch), scratch->len);
	return 0;
}
