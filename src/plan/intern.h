#ifndef PLAN_INTERN_H
#define PLAN_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/* Strings by number, each once; numbers count from 0 in order of coming. */
struct intern {
	struct arena	 own;
	const char	**v;
	size_t		 n, cap;
	uint32_t	*slots;		/* number + 1, or 0 */
	size_t		 mask;		/* slots - 1; 0 while there are none */
	uint32_t	 last;		/* the last one asked: often the next too */
};

uint32_t intern_add(struct intern *t, const char *s);
const char *intern_str(const struct intern *t, uint32_t number); /* or "" */
void intern_fini(struct intern *t);

#endif
