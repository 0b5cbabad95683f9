#ifndef ZONE_ZONE_IMPL_H
#define ZONE_ZONE_IMPL_H

#include "zone/zone_rule.h"

/* Inside a zone; for zone.c and zone_load.c only. */
#define ZONE_TYPES_MAX	256	/* a type's number is one byte */
#define ZONE_CHARS_MAX	512

struct zone_type {
	int32_t	offset;
	int	dst;
	int	abbr;		/* where in chars */
};

struct zone {
	size_t			 n;	/* changes, ascending */
	int64_t			*at;
	unsigned char		*to;	/* the type from at[i] on */
	size_t			 n_types;
	struct zone_type	 types[ZONE_TYPES_MAX];
	char			 chars[ZONE_CHARS_MAX + 1];
	int			 has_rule;	/* what holds after at[n - 1] */
	struct zone_rule	 rule;
};

#endif
