/*
 * order.c -- the order in which a folder's files have their turn: as organize
 * has it and a file manager shows it.  "file 2" before "file 10", whatever
 * their case, and "file.txt" before "file 2.txt": stems first.
 *
 * It shows in which file is the original of duplicates, in what is printed and
 * written, and in who gets which number.  Where none of that can be, a folder
 * with many names keeps the order in which its files are fastest to look at and
 * to rename (fs/dir.h).
 */
#include <stdlib.h>
#include <string.h>

#include "organize/organize_impl.h"

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : (unsigned char)c;
}

/* Two numbers, however long; *a and *b go behind them. */
static int
compare_numbers(const char **a, const char *a_end, const char **b,
    const char *b_end)
{
	const char *p, *q;
	int c;

	while (*a < a_end && **a == '0')
		++*a;
	while (*b < b_end && **b == '0')
		++*b;
	for (p = *a; p < a_end && is_digit(*p); p++)
		continue;
	for (q = *b; q < b_end && is_digit(*q); q++)
		continue;
	c = p - *a != q - *b ? (p - *a < q - *b ? -1 : 1) :
	    memcmp(*a, *b, (size_t)(p - *a));
	*a = p;
	*b = q;
	return c;
}

static int
compare_parts(const char *a, const char *a_end, const char *b,
    const char *b_end)
{
	while (a < a_end && b < b_end) {
		int c;

		if (is_digit(*a) && is_digit(*b)) {
			if ((c = compare_numbers(&a, a_end, &b, b_end)) != 0)
				return c;
			continue;
		}
		if (is_digit(*a) != is_digit(*b))
			return is_digit(*a) ? -1 : 1;
		if ((c = lower(*a) - lower(*b)) != 0)
			return c;
		a++, b++;
	}
	return (a < a_end) - (b < b_end);
}

int
order_compare(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	size_t s = name_stem(a, n), t = name_stem(b, m);
	int c = compare_parts(a, a + s, b, b + t);

	if (c == 0)
		c = compare_parts(a + s, a + n, b + t, b + m);
	return c != 0 ? c : strcmp(a, b);
}

static int
compare(const void *va, const void *vb)
{
	const struct walk_entry *a = va, *b = vb;

	return order_compare(a->name, b->name);
}

/* Can anybody see in which order files had their turn? */
static int
shows(const struct rule *rule)
{
	if (rule->n_twins > 0)
		return 1;
	for (size_t i = 0; i < rule->actions.n; i++)
		switch (rule->actions.v[i].ops->intends) {
		case INTENT_MOVE:
		case INTENT_ARCHIVE:
		case INTENT_COPY:
		case INTENT_LINK:
		case INTENT_SYMLINK:
		case INTENT_TRASH:
		case INTENT_DELETE:
			break;
		default:
			return 1;
		}
	return 0;
}

void
order_list(const struct rule *rule, const struct walk_list *l)
{
	if (l->n > 1 && (l->n <= FS_SORT_MAX || shows(rule)))
		qsort(l->v, l->n, sizeof(*l->v), compare);
}
