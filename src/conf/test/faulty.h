#ifndef CONF_TEST_FAULTY_H
#define CONF_TEST_FAULTY_H

#include <stddef.h>

/* A faulty text, and all that must be said about it. */
struct faulty {
	const char	*promise, *text, *told;
};

/* Tables that end with a NULL promise. */
extern const struct faulty faulty_syntax[];	/* what is no YAML */
extern const struct faulty faulty_traps[];	/* what YAML reads otherwise */
extern const struct faulty faulty_values[];	/* what means nothing to us */

#endif
