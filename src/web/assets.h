#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stddef.h>

/* The dashboard's files, as tools/embed.py puts them into the program. */
struct asset {
	const char	*path;		/* "/app-3f2a.js"; NULL ends the list */
	const char	*type, *etag;
	const unsigned char *data, *gzip;
	size_t		 len, gzip_len;
	int		 keep;		/* its name tells its contents */
};
extern const struct asset assets[];

#endif
