#ifndef CONF_UNITS_H
#define CONF_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers with units, as people write them.  Pure, for words of one's own
 * ("size: >1mb, <10mb") as well as for conf/get.h.
 *
 * Each reads the whole text, blanks around it are fine.  0, or -1 with a
 * clause in why that says what is wrong with it, the text not repeated.
 */
#define CONF_WHY	120

/*
 * Bytes: "10MiB" and "10ki" count by 1024, "10MB" and "10k" by 1000; case
 * does not matter, "1.5GB" is fine.  Without a unit only if bare.
 */
int conf_text_size(const char *text, bool bare, uint64_t *bytes,
    char why[static CONF_WHY]);

/*
 * A time span of systemd in nanoseconds: "30 days", "1h 30min", "1.5h".  A
 * month is 30.44 days and a year 365.25, as there.  Never without a unit; the
 * message then names the one given here ("days").
 */
int conf_text_span(const char *text, const char *unit, int64_t *ns,
    char why[static CONF_WHY]);

/* "10%" or "0.5%" in millionths (1 % is 10000), at most 100 %. */
int conf_text_percent(const char *text, uint32_t *ppm,
    char why[static CONF_WHY]);

/* A whole decimal number, without leading zeroes, "_" or exponent. */
int conf_text_int(const char *text, int64_t least, int64_t most, int64_t *out,
    char why[static CONF_WHY]);

#endif
