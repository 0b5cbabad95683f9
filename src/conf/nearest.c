#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "conf/nearest.h"

#define WORD_MAX	48	/* longer words are never slips of a key */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* As the eye compares: without case, '-', '_' and blank alike. */
static int
letter(char c)
{
	return c == '-' || c == ' ' ? '_' : tolower((unsigned char)c);
}

/* Optimal string alignment; both words are at most WORD_MAX long. */
static unsigned
slips(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][WORD_MAX + 1], *now, *prev, *older;
	size_t i, j;

	for (j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; i <= na; i++) {
		now = rows[i % 3];
		prev = rows[(i + 2) % 3];
		older = rows[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (j = 1; j <= nb; j++) {
			int wrong = letter(a[i - 1]) != letter(b[j - 1]);

			now[j] = least(least(prev[j], now[j - 1]) + 1,
			    prev[j - 1] + (unsigned)wrong);
			if (i > 1 && j > 1 &&
			    letter(a[i - 1]) == letter(b[j - 2]) &&
			    letter(a[i - 2]) == letter(b[j - 1]))
				now[j] = least(now[j], older[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

const char *
conf_nearest(const char *word, const char *const *list)
{
	size_t n = strlen(word), len;
	unsigned best = WORD_MAX + 1, d, far;
	const char *found = NULL;

	if (n == 0 || n > WORD_MAX || list == NULL)
		return NULL;
	for (; *list != NULL; list++) {
		len = strlen(*list);
		if (len > WORD_MAX)
			continue;
		d = slips(word, n, *list, len);
		far = len < 3 ? 0 : (unsigned)(len + 1) / 3;
		if (d <= far && d < best) {
			best = d;
			found = *list;
		}
	}
	return found;
}
