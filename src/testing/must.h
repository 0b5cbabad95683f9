#ifndef TESTING_MUST_H
#define TESTING_MUST_H

#include <stdlib.h>

/* For fuzz targets: what does not hold is a finding, and ends the process. */
static inline void
must(int holds)
{
	if (!holds)
		abort();
}

#endif
