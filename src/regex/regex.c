/* regex.c -- see regex.h. */
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "regex/python.h"
#include "regex/regex.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

/* What the just-in-time code may use before the interpreter takes over. */
#define JIT_STACK_MIN	((size_t)32 << 10)
#define JIT_STACK_MAX	((size_t)1 << 20)

struct regex {
	pcre2_code	*code;
	char		**names;	/* of groups 0..groups */
	size_t		 groups;
};

struct regex_match {
	pcre2_match_data *data;
	pcre2_match_context *limits;
	pcre2_jit_stack	*stack;
	const char	*text;		/* NULL: nothing was found */
};

/* PCRE2 fails to make a thing only for want of memory. */
static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static int
compile(struct regex *re, const struct buf *p, unsigned flags,
    size_t *offset, struct err *e)
{
	pcre2_compile_context *cc = must(pcre2_compile_context_create(NULL));
	uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF |
	    PCRE2_NEVER_BACKSLASH_C;
	unsigned char why[160];
	int number;

	if ((flags & REGEX_NOCASE) != 0)
		options |= PCRE2_CASELESS;
	if ((flags & REGEX_MULTILINE) != 0)
		options |= PCRE2_MULTILINE;
	if ((flags & REGEX_DOTALL) != 0)
		options |= PCRE2_DOTALL;
	pcre2_set_newline(cc, PCRE2_NEWLINE_LF);
	re->code = pcre2_compile(p->data, p->len, options, &number, offset, cc);
	pcre2_compile_context_free(cc);
	if (re->code == NULL) {
		pcre2_get_error_message(number, why, sizeof(why));
		return err_set(e, ERR_USAGE, "regular expression: %s",
		    (const char *)why);
	}
	/* Without it the interpreter does the work; see regex.h. */
	pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
	return 0;
}

/* The table has an entry a name: its group in two bytes, and the name. */
static void
read_names(struct regex *re)
{
	uint32_t groups = 0, n = 0, size = 0, i;
	PCRE2_SPTR table = NULL;
	size_t group;

	pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	pcre2_pattern_info(re->code, PCRE2_INFO_NAMECOUNT, &n);
	pcre2_pattern_info(re->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(re->code, PCRE2_INFO_NAMETABLE, &table);
	re->groups = groups;
	re->names = xallocn((size_t)groups + 1, sizeof(*re->names));
	for (i = 0; i < n; i++, table += size) {
		group = (size_t)table[0] << 8 | table[1];
		if (re->names[group] == NULL)
			re->names[group] = xstrdup((const char *)table + 2);
	}
}

int
regex_new(const char *pattern, unsigned flags, struct regex **out,
    size_t *offset, struct err *e)
{
	CLEAN_FREE size_t *from = NULL;
	CLEAN_BUF struct buf p = {0};
	size_t len = strlen(pattern), at = 0;
	struct regex *re;

	*out = NULL;
	if (len > REGEX_PATTERN_MAX) {
		if (offset != NULL)
			*offset = REGEX_PATTERN_MAX;
		return err_set(e, ERR_USAGE, "regular expression: %zu bytes; "
		    "%d are allowed", len, REGEX_PATTERN_MAX);
	}
	from = python_to_pcre(pattern, &p);
	buf_str(&p);		/* so that data is there for "", too */
	re = xalloc(sizeof(*re));
	if (compile(re, &p, flags, &at, e) < 0) {
		if (offset != NULL)
			*offset = from[at < p.len ? at : p.len];
		free(re);
		return -1;
	}
	read_names(re);
	*out = re;
	return 0;
}

void
regex_free(struct regex *re)
{
	size_t i;

	if (re == NULL)
		return;
	for (i = 0; i <= re->groups; i++)
		free(re->names[i]);
	free(re->names);
	pcre2_code_free(re->code);
	free(re);
}

size_t
regex_groups(const struct regex *re)
{
	return re->groups;
}

const char *
regex_name(const struct regex *re, size_t group)
{
	return group <= re->groups ? re->names[group] : NULL;
}

size_t
regex_number(const struct regex *re, const char *name)
{
	size_t i;

	for (i = 1; i <= re->groups; i++)
		if (re->names[i] != NULL && strcmp(re->names[i], name) == 0)
			return i;
	return 0;
}

struct regex_match *
regex_match_new(const struct regex *re)
{
	struct regex_match *m = xalloc(sizeof(*m));

	m->data = must(pcre2_match_data_create_from_pattern(re->code, NULL));
	m->limits = must(pcre2_match_context_create(NULL));
	pcre2_set_match_limit(m->limits, REGEX_TRIES);
	pcre2_set_heap_limit(m->limits, REGEX_HEAP >> 10);
	/* NULL where this machine has no just-in-time compiler. */
	m->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	if (m->stack != NULL)
		pcre2_jit_stack_assign(m->limits, NULL, m->stack);
	return m;
}

void
regex_match_free(struct regex_match *m)
{
	if (m == NULL)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->limits);
	pcre2_jit_stack_free(m->stack);
	free(m);
}

static uint32_t
tries_for(size_t len)
{
	size_t most = (UINT32_MAX - REGEX_TRIES) / REGEX_TRIES_BYTE;

	return REGEX_TRIES + REGEX_TRIES_BYTE *
	    (uint32_t)(len < most ? len : most);
}

int
regex_search(const struct regex *re, const char *text, size_t len,
    struct regex_match *m, struct err *e)
{
	PCRE2_SPTR subject = (PCRE2_SPTR)text;
	unsigned char why[160];
	int r;

	m->text = NULL;
	if (len > REGEX_TRIES / REGEX_TRIES_BYTE)
		pcre2_set_match_limit(m->limits, tries_for(len));
	r = pcre2_match(re->code, subject, len, 0, 0, m->data, m->limits);
	if (r == PCRE2_ERROR_JIT_STACKLIMIT)
		r = pcre2_match(re->code, subject, len, 0, PCRE2_NO_JIT,
		    m->data, m->limits);
	if (r == PCRE2_ERROR_NOMATCH)
		return 0;
	if (r < 0) {
		pcre2_get_error_message(r, why, sizeof(why));
		return err_set(e, ERR_USAGE, "the regular expression is too "
		    "costly for a text of %zu bytes: %s", len,
		    (const char *)why);
	}
	m->text = text;
	return 1;
}

const char *
regex_value(const struct regex_match *m, size_t group, size_t *len)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);

	*len = 0;
	if (m->text == NULL || group >= pcre2_get_ovector_count(m->data) ||
	    at[2 * group] == PCRE2_UNSET)
		return NULL;
	/* \K within a lookahead can set the start behind the end. */
	if (at[2 * group + 1] > at[2 * group])
		*len = at[2 * group + 1] - at[2 * group];
	return m->text + at[2 * group];
}
