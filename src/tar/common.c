/* common.c -- locales, paths and zeros: what both sides of tar need. */
#include <pthread.h>
#include <string.h>

#include "tar/tar.h"
#include "tar/tar_impl.h"

/* Made once and kept; (locale_t)0 leaves the thread's own in place. */
static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static locale_t		 utf8, plain;

/* Never written to, so it takes no memory but the shared page of zeros. */
static unsigned char	 zeros[TAR_ZEROS];
const unsigned char *const tar_zeros = zeros;

static void
make_locales(void)
{
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	plain = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

locale_t
tar_utf8(void)
{
	pthread_once(&once, make_locales);
	return utf8;
}

locale_t
tar_plain(void)
{
	pthread_once(&once, make_locales);
	return plain;
}

void
tar_locale_back(locale_t *old)
{
	uselocale(*old);
}

int
tar_path_good(const char *path, size_t len)
{
	const char *p = path, *end = path + len;
	size_t n;

	if (len == 0 || len > TAR_PATH_MAX)
		return 0;
	for (;; p++) {
		n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return 0;
		p += n;
		if (p == end)
			return 1;
	}
}
