#ifndef JOB_REPORT_IMPL_H
#define JOB_REPORT_IMPL_H

#include "job/report.h"

/*
 * What the files that make a report share.
 */
struct categories;

/* Every file that was met, for duplicates: folder and name by number. */
struct report_found {
	uint64_t	 size;
	uint32_t	 folder;
	uint32_t	 name;		/* where in names */
};

struct report_scan {
	struct hall	*h;
	struct report	*r;
	const struct report_options *o;
	int		 brief;		/* only the sum of all */
	struct report_found *found;
	size_t		 n_found, cap_found;
	const char	**folders;	/* in r->mem */
	size_t		 n_folders, cap_folders;
	char		*names;
	size_t		 n_names, cap_names;
};

int report_scan(struct report_scan *s, struct err *e);
void report_scan_fini(struct report_scan *s);
int report_twins(struct report_scan *s, struct err *e);
/* Days and growth out of the catalog; today's growth is written down. */
int report_past(struct hall *h, struct report *r, struct err *e);

/* The first bytes of a day, "2026-11-22", as rows are named. */
#define REPORT_DAY	12
void report_day_name(int64_t at, char out[REPORT_DAY]);

#endif
