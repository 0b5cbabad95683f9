#ifndef CONF_FAULTS_IMPL_H
#define CONF_FAULTS_IMPL_H

#include "conf/faults.h"
#include "util/arena.h"

/* One fault as it is kept; for faults.c and faults_print.c alone. */
struct conf_fault {
	struct conf_faults	*owner;
	enum conf_severity	 severity;
	unsigned		 order;		/* of its file */
	const char		*path;		/* NULL: of no file */
	unsigned		 line, column;	/* line 0: of the whole file */
	size_t			 seq;		/* in which they were told */
	const char		*message;
	const char		*shown;		/* the line, or a part; or NULL */
	unsigned		 caret, width;	/* cells before, cells under */
	const char		*expected, *word, *remedy, *corrected;
};

struct conf_faults {
	struct arena		 arena;
	struct conf_fault	*all[2 * CONF_FAULTS_MAX];
	size_t			 n;		/* kept */
	size_t			 kept[2], told[2];
	struct conf_fault	 spare;		/* for what is not kept */
};

#endif
