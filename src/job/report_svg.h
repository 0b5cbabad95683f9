#ifndef JOB_REPORT_SVG_H
#define JOB_REPORT_SVG_H

#include <stddef.h>
#include <stdint.h>

#include "job/report.h"

/*
 * Drawings of a report, as SVG that stands in a page: no script, no font of its
 * own, colours by class so that the page's style says them (and print's).
 */
struct buf;

/* Text of anybody's for HTML and SVG: one line, harmless, escaped. */
void svg_text(struct buf *out, const char *s);

/* A bar a line: name, bar, size and number of files. */
void svg_bars(struct buf *out, const char *title,
    const struct report_list *l);
/* Columns of the last days, stacked: sorted, put away, failed. */
void svg_days(struct buf *out, const char *title,
    const struct report_day *d, size_t n);
/* A line of bytes over time. */
void svg_growth(struct buf *out, const char *title,
    const struct report_point *p, size_t n);

#endif
