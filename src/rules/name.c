#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/name.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define PIECES_MAX	32
#define DIGITS_MAX	10	/* of an unsigned */

enum piece_kind { LITERAL, STEM, EXTENSION, COUNTER };

struct piece {
	enum piece_kind	 kind;
	const char	*s;
	size_t		 len;
};

struct name_template {
	char		*text;		/* literals point into it */
	struct piece	 v[PIECES_MAX];
	size_t		 n;
	unsigned	 width;
};

/* What compressors, ciphers and signers put behind the real extension. */
static const char *const wrappers[] = {
	"gz", "bz2", "xz", "zst", "z", "lz", "lzma", "lz4", "lzo", "br",
	"gpg", "pgp", "asc", "sig", "age", "enc", "minisig",
};

/* What they are found around, beside tar, which makes any pair whole. */
static const char *const wrapped[] = {
	"cpio", "sql", "dump", "txt", "csv", "tsv", "json", "jsonl", "xml",
	"html", "log", "md", "pdf", "ps", "eps", "svg", "doc", "docx", "xls",
	"xlsx", "odt", "ods", "jpg", "jpeg", "png", "mp4", "img", "iso", "raw",
	"vmdk", "qcow2", "vcf", "zip", "7z", "rar", "deb", "nii", "fits",
	"fa", "fq", "fasta", "fastq", "bed", "bam", "sam", "wad", "exe",
	"tgz", "tbz", "tbz2", "txz", "gz", "bz2", "xz", "zst", "gpg", "key",
};

static int
among(const char *const *list, size_t n, const char *s, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strncasecmp(list[i], s, len) == 0 && list[i][len] == '\0')
			return 1;
	return 0;
}

#define AMONG(list, s, len) \
	among((list), sizeof(list) / sizeof((list)[0]), (s), (len))

/* Nobody's extension has a blank in it: "Mr. Smith". */
static int
plausible(const char *s, size_t len)
{
	return len > 0 && memchr(s, ' ', len) == NULL;
}

/* Where the dot before end is, with something in front of it; 0 if nowhere. */
static size_t
dot_before(const char *name, size_t end)
{
	while (end > 1)
		if (name[--end] == '.')
			return end;
	return 0;
}

size_t
name_stem(const char *name, size_t len)
{
	size_t dot = dot_before(name, len), end = len, lead = 0;

	/* The dots that a hidden name, or a row of dots, begins with. */
	while (lead < len && name[lead] == '.')
		lead++;
	if (dot <= lead || !plausible(name + dot + 1, len - dot - 1))
		return len;
	for (;;) {
		size_t inner = dot_before(name, dot), n = dot - inner - 1;
		const char *p = name + inner + 1;

		if (inner <= lead)
			return dot;
		if (!(n == 3 && strncasecmp(p, "tar", 3) == 0) &&
		    !(AMONG(wrappers, name + dot + 1, end - dot - 1) &&
		    AMONG(wrapped, p, n)))
			return dot;
		end = dot;
		dot = inner;
	}
}

size_t
name_py_stem(const char *name, size_t len)
{
	size_t dot = dot_before(name, len);

	return dot == 0 || dot == len - 1 ? len : dot;
}

/* Is s Python's way to write a counter with zeroes, as '%03d' % counter? */
static int
padded(const char *s, unsigned *width)
{
	unsigned n, w = 0;

	if (strncmp(s, "'%", 2) != 0)
		return 0;
	for (s += 2, n = 0; n < 2 && *s >= '0' && *s <= '9'; s++, n++)
		w = w * 10 + (unsigned)(*s - '0');
	if (n == 0 || w > DIGITS_MAX || strncmp(s, "d'", 2) != 0)
		return 0;
	s += 2;
	s += strspn(s, " ");
	if (*s++ != '%')
		return 0;
	s += strspn(s, " ");
	if (strcmp(s, "counter") != 0)
		return 0;
	*width = w;
	return 1;
}

/* What stands between braces, as a piece; -1 if it is none we know. */
static int
word(struct name_template *t, const char *s, size_t len)
{
	struct piece *p = &t->v[t->n];
	char copy[40];

	while (len > 0 && *s == ' ')
		s++, len--;
	while (len > 0 && s[len - 1] == ' ')
		len--;
	if (len >= sizeof(copy))
		return -1;
	memcpy(copy, s, len);
	copy[len] = '\0';
	if (strcmp(copy, "name") == 0) {
		p->kind = STEM;
	} else if (strcmp(copy, "extension") == 0) {
		p->kind = EXTENSION;
	} else if (strcmp(copy, "counter") == 0 || padded(copy, &t->width)) {
		p->kind = COUNTER;
	} else {
		return -1;
	}
	t->n++;
	return 0;
}

static int
split(struct name_template *t, struct err *e)
{
	char *s = t->text;

	while (*s != '\0') {
		size_t len = strcspn(s, "{");

		if (t->n + 2 > PIECES_MAX)
			return err_set(e, ERR_CONF, "the template is too long");
		if (len > 0) {
			t->v[t->n++] = (struct piece){ LITERAL, s, len };
			s += len;
			continue;
		}
		len = strcspn(s, "}");
		if (s[len] == '\0')
			return err_set(e, ERR_CONF, "'{' without its '}'");
		if (word(t, s + 1, len - 1) < 0)
			return err_set(e, ERR_CONF, "%.*s is not known here; "
			    "there are {name} {counter} {extension} and "
			    "{'%%03d' %% counter}", (int)(len < 60 ? len + 1 :
			    60), s);
		s += len + 1;
	}
	return 0;
}

int
name_template_parse(const char *text, struct name_template **out,
    struct err *e)
{
	struct name_template *t = xalloc(sizeof(*t));
	unsigned counters = 0;

	t->text = xstrdup(text);
	if (split(t, e) < 0) {
		name_template_free(t);
		return -1;
	}
	for (size_t i = 0; i < t->n; i++)
		counters += t->v[i].kind == COUNTER;
	if (counters != 1 || strchr(text, '/') != NULL) {
		name_template_free(t);
		return err_set(e, ERR_CONF, counters == 0 ?
		    "without {counter} no free name can be found" :
		    counters > 1 ? "{counter} can be there only once" :
		    "a name cannot have a '/'");
	}
	*out = t;
	return 0;
}

void
name_template_free(struct name_template *t)
{
	if (t == NULL)
		return;
	free(t->text);
	free(t);
}

/* Bytes of s to keep so that at most max are left and no character is cut. */
static size_t
cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	len = max;
	for (int i = 0; i < 3 && len > 0 && ((unsigned char)s[len] & 0xc0) ==
	    0x80; i++)
		len--;
	return len;
}

int
name_around(const struct name_template *t, const char *name, size_t len,
    unsigned digits, struct name_around *out)
{
	size_t stem = name_stem(name, len), ext = len - stem, stems = 0;
	size_t fixed = digits > t->width ? digits : t->width;
	size_t *to_len;
	char *to;

	for (size_t i = 0; i < t->n; i++) {
		stems += t->v[i].kind == STEM;
		fixed += t->v[i].kind == LITERAL ? t->v[i].len :
		    t->v[i].kind == EXTENSION ? ext : 0;
	}
	if (fixed > NAME_BYTES)
		return -1;
	if (stems > 0)
		stem = cut(name, stem, (NAME_BYTES - fixed) / stems);
	if (stems > 0 && stem == 0)
		return -1;
	out->width = t->width;
	out->before_len = out->after_len = 0;
	to = out->before;
	to_len = &out->before_len;
	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->v[i];
		const char *s = p->kind == LITERAL ? p->s :
		    p->kind == STEM ? name : name + (len - ext);
		size_t n = p->kind == LITERAL ? p->len :
		    p->kind == STEM ? stem : ext;

		if (p->kind == COUNTER) {
			to = out->after;
			to_len = &out->after_len;
			continue;
		}
		memcpy(to + *to_len, s, n);
		*to_len += n;
	}
	out->before[out->before_len] = out->after[out->after_len] = '\0';
	out->stem_len = t->v[0].kind == STEM ? stem : out->before_len;
	return 0;
}

int
name_numbered(const struct name_template *t, const char *name, size_t len,
    unsigned counter, char out[NAME_BYTES + 1])
{
	struct name_around a;
	char digits[DIGITS_MAX + 2];
	int n = snprintf(digits, sizeof(digits), "%0*u", (int)t->width, counter);

	if (name_around(t, name, len, (unsigned)n, &a) < 0)
		return -1;
	memcpy(out, a.before, a.before_len);
	memcpy(out + a.before_len, digits, (size_t)n);
	memcpy(out + a.before_len + (size_t)n, a.after, a.after_len);
	out[a.before_len + (size_t)n + a.after_len] = '\0';
	return 0;
}

int
name_is_numbered(const struct name_template *t, const char *name, size_t len,
    const char *other, size_t other_len)
{
	/* Any run of digits in other may be the counter: see what it makes. */
	for (size_t i = 0; i < other_len; i++) {
		char made[NAME_BYTES + 1];
		unsigned long n = 0;
		size_t end = i;

		while (end < other_len && other[end] >= '0' &&
		    other[end] <= '9' && end - i < DIGITS_MAX - 1)
			n = n * 10 + (unsigned long)(other[end++] - '0');
		if (end == i || n < NAME_FIRST)
			continue;
		if (name_numbered(t, name, len, (unsigned)n, made) == 0 &&
		    strlen(made) == other_len &&
		    memcmp(made, other, other_len) == 0)
			return 1;
	}
	return 0;
}
