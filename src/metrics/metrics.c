#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics/metrics.h"
#include "util/buf.h"
#include "util/unicode.h"

void
metrics_family(struct buf *out, const char *name, enum metrics_type t,
    const char *help)
{
	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	    t == METRICS_COUNTER ? "counter" : "gauge");
}

/* A label's value: \ and " and newline are escaped, other controls go. */
static void
value_of(struct buf *out, const char *s)
{
	size_t len = strlen(s), n;
	uint32_t cp;

	while (len > 0) {
		n = utf8_next(s, len, &cp);
		if (cp == UTF8_BAD)
			buf_adds(out, "\xef\xbf\xbd");
		else if (*s == '\n')
			buf_adds(out, "\\n");
		else if (*s == '\\' || *s == '"')
			buf_addf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ' || *s == 0x7f)
			buf_addc(out, '?');
		else
			buf_add(out, s, n);
		s += n;
		len -= n;
	}
}

static void
begin(struct buf *out, const char *name, const char *const *labels)
{
	const char *sep = "{";

	buf_adds(out, name);
	for (; labels != NULL && labels[0] != NULL; labels += 2) {
		buf_addf(out, "%s%s=\"", sep, labels[0]);
		value_of(out, labels[1]);
		buf_addc(out, '"');
		sep = ",";
	}
	buf_adds(out, *sep == ',' ? "} " : " ");
}

void
metrics_sample(struct buf *out, const char *name, const char *const *labels,
    double value)
{
	begin(out, name, labels);
	if (isfinite(value) && value == floor(value) && fabs(value) < 1e15)
		buf_addf(out, "%.0f\n", value);
	else if (isfinite(value))
		buf_addf(out, "%.17g\n", value);
	else
		buf_adds(out, isnan(value) ? "NaN\n" : value > 0 ? "+Inf\n" :
		    "-Inf\n");
}

void
metrics_time(struct buf *out, const char *name, const char *const *labels,
    int64_t us)
{
	begin(out, name, labels);
	buf_addf(out, "%" PRId64 ".%06" PRId64 "\n", us / 1000000,
	    us % 1000000);
}
