#include <inttypes.h>
#include <string.h>

#include "util/buf.h"
#include "util/decimal.h"
#include "util/quote.h"
#include "util/size.h"

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* k, Mi, GB, ... to its bytes; 0 if it is none. */
static uint64_t
read_unit(const char *p)
{
	static const char powers[] = "kmgtpe";
	const char *power;
	uint64_t step = 1000, unit = 1;
	size_t i;

	if (*p != '\0' && (power = strchr(powers, *p | 0x20)) != NULL) {
		p++;
		if ((*p | 0x20) == 'i') {
			step = 1024;
			p++;
		}
		for (i = 0; i <= (size_t)(power - powers); i++)
			unit *= step;
	}
	if ((*p | 0x20) == 'b')
		p++;
	return *skip_space(p) == '\0' ? unit : 0;
}

int
size_parse(const char *s, uint64_t *bytes, struct err *e)
{
	const char *p = skip_space(s);
	char q[QUOTE_SIZE];
	struct decimal d;
	uint64_t unit;

	if (decimal_parse(&p, &d) < 0 ||
	    (unit = read_unit(skip_space(p))) == 0)
		return err_set(e, ERR_USAGE, "%s is no size: write it as in "
		    "'10MiB', '10MB' or '200'", quote_to(q, sizeof(q), s));
	if (decimal_times(&d, unit, bytes) < 0)
		return err_set(e, ERR_USAGE, "%s is too large a size",
		    quote_to(q, sizeof(q), s));
	return 0;
}

void
size_print(struct buf *out, uint64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB",
	    "EiB" };
	uint64_t unit = 1024, whole, tenths;
	size_t i = 0;

	if (bytes < 1024) {
		buf_addf(out, "%" PRIu64 " B", bytes);
		return;
	}
	for (; i < 5 && bytes / unit >= 1024; i++)
		unit *= 1024;
	whole = bytes / unit;
	tenths = (bytes % unit * 10 + unit / 2) / unit;
	if (tenths == 10) {
		whole++;
		tenths = 0;
	}
	if (whole == 1024 && i < 5) {
		whole = 1;
		i++;
	}
	buf_addf(out, "%" PRIu64, whole);
	if (tenths > 0)
		buf_addf(out, ".%" PRIu64, tenths);
	buf_addf(out, " %s", names[i]);
}

int
size_parse_percent(const char *s, unsigned *hundredths, struct err *e)
{
	const char *p = skip_space(s);
	char q[QUOTE_SIZE];
	struct decimal d;
	uint64_t n;

	if (decimal_parse(&p, &d) == 0) {
		p = skip_space(p);
		if (*p == '%' && *skip_space(p + 1) == '\0' &&
		    decimal_times(&d, 100, &n) == 0 && n <= 10000) {
			*hundredths = (unsigned)n;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "%s is no share: write it as in '10%%', "
	    "up to '100%%'", quote_to(q, sizeof(q), s));
}
