#ifndef GLOB_PROG_H
#define GLOB_PROG_H

#include <stddef.h>
#include <stdint.h>

/*
 * A compiled pattern: a row of tokens, and the engine that runs it.  For the
 * glob room only; the two dialects (glob.c, list.c) compile to this.
 */
enum token_kind { TOKEN_CHAR, TOKEN_ANY, TOKEN_STAR, TOKEN_SET, TOKEN_NOT_SET };

struct token {
	enum token_kind	 kind;
	uint32_t	 c;		/* TOKEN_CHAR */
	size_t		 first, n;	/* the ranges of a set */
};

struct range {
	uint32_t	 lo, hi;	/* empty if lo is above hi */
};

struct prog {
	struct token	*tokens;
	size_t		 n, cap;
	struct range	*ranges;
	size_t		 nranges, capranges;
	int		 nocase;
	int		 star_bytes;	/* a star may end inside a character */
};

/* Characters come folded if p is nocase.  Two stars in a row are one. */
void prog_add(struct prog *p, enum token_kind kind, uint32_t c);
/* Begin a set, then add its ranges. */
void prog_set(struct prog *p, enum token_kind kind);
void prog_range(struct prog *p, uint32_t lo, uint32_t hi);
int prog_match(const struct prog *p, const char *s, size_t len);
void prog_fini(struct prog *p);

/*
 * The character at s (len > 0) and its length in *used.  A byte that is not
 * part of valid UTF-8 gives CHAR_BYTE + its value, which no character has.
 */
#define CHAR_BYTE	0xDC00u
uint32_t char_at(const char *s, size_t len, size_t *used);
uint32_t char_lower(uint32_t c);

#endif
