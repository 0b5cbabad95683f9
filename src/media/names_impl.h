#ifndef MEDIA_NAMES_IMPL_H
#define MEDIA_NAMES_IMPL_H

#include <stddef.h>

struct name_type {
	const char	*ext, *type;
};

extern const struct name_type name_types[];
extern const size_t name_types_n;

#endif
