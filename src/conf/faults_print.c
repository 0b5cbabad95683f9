#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/faults_impl.h"
#include "conf/text.h"
#include "util/buf.h"


static int
by_place(const void *a, const void *b)
{
	const struct conf_fault *x = *(const struct conf_fault *const *)a;
	const struct conf_fault *y = *(const struct conf_fault *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void
sort(const struct conf_faults *f, const struct conf_fault **sorted)
{
	memcpy(sorted, f->all, f->n * sizeof(*sorted));
	qsort(sorted, f->n, sizeof(*sorted), by_place);
}

static void
repeat(struct buf *out, char c, unsigned n)
{
	while (n-- > 0)
		buf_addc(out, c);
}

static void
print_one(const struct conf_fault *x, struct buf *out)
{
	if (x->path != NULL) {
		conf_add_clean(out, x->path, strlen(x->path));
		if (x->line > 0)
			buf_addf(out, ":%u:%u", x->line, x->column);
		buf_adds(out, ": ");
	}
	buf_addf(out, "%s%s\n", x->severity == CONF_WARNING ? "warning: " : "",
	    x->message);
	if (x->shown != NULL) {
		buf_addf(out, "    %s\n    ", x->shown);
		repeat(out, ' ', x->caret);
		buf_addc(out, '^');
		repeat(out, '~', x->width > 1 ? x->width - 1 : 0);
		buf_addc(out, '\n');
	}
	if (x->word != NULL)
		buf_addf(out, "  did you mean '%s'?\n", x->word);
	if (x->expected != NULL)
		buf_addf(out, "  expected: %s\n", x->expected);
	if (x->remedy != NULL)
		buf_addf(out, "  %s%s\n", x->remedy, x->corrected ? ":" : "");
	if (x->corrected != NULL)
		buf_addf(out, "    %s\n", x->corrected);
}

static void
print_rest(const struct conf_faults *f, enum conf_severity s, const char *word,
    struct buf *out)
{
	if (f->told[s] > f->kept[s])
		buf_addf(out, "and %zu more %s\n", f->told[s] - f->kept[s],
		    word);
}

void
conf_faults_print(const struct conf_faults *f, struct buf *out)
{
	const struct conf_fault *sorted[2 * CONF_FAULTS_MAX];
	size_t i;

	sort(f, sorted);
	for (i = 0; i < f->n; i++)
		print_one(sorted[i], out);
	print_rest(f, CONF_FAULT, "faults", out);
	print_rest(f, CONF_WARNING, "warnings", out);
}

static void
add_json_string(struct buf *out, const char *s)
{
	size_t i, step, len = strlen(s);
	uint32_t cp;

	buf_addc(out, '"');
	for (i = 0; i < len; i += step ? step : 1) {
		step = conf_utf8(s + i, len - i, &cp);
		if (step == 0)
			buf_adds(out, "\xef\xbf\xbd");
		else if (cp == '"' || cp == '\\')
			buf_addf(out, "\\%c", (char)cp);
		else if (cp < 0x20 || cp == 0x7f)
			buf_addf(out, "\\u%04x", (unsigned)cp);
		else
			buf_add(out, s + i, step);
	}
	buf_addc(out, '"');
}

static void
add_member(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(out, ",\"%s\":", name);
	add_json_string(out, value);
}

static void
json_one(const struct conf_fault *x, struct buf *out)
{
	buf_addf(out, "{\"v\":1,\"severity\":\"%s\"",
	    x->severity == CONF_WARNING ? "warning" : "fault");
	add_member(out, "file", x->path);
	if (x->line > 0)
		buf_addf(out, ",\"line\":%u,\"column\":%u", x->line, x->column);
	add_member(out, "message", x->message);
	add_member(out, "text", x->shown);
	add_member(out, "expected", x->expected);
	add_member(out, "suggestion", x->word);
	add_member(out, "remedy", x->remedy);
	add_member(out, "corrected", x->corrected);
	buf_adds(out, "}\n");
}

void
conf_faults_json(const struct conf_faults *f, struct buf *out)
{
	const struct conf_fault *sorted[2 * CONF_FAULTS_MAX];
	size_t i;

	sort(f, sorted);
	for (i = 0; i < f->n; i++)
		json_one(sorted[i], out);
}
