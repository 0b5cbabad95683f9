#ifndef APPLY_TOKEN_H
#define APPLY_TOKEN_H

#include <stdint.h>

/*
 * Names of our own in the user's folders, made of the journal entry's token:
 * what is being made (.part) and what is about to go (.gone).  Nothing else of
 * ours is ever there, and nobody else's has a token of ours.
 */
#define TOKEN_NAME	32

void token_part(uint64_t token, char out[TOKEN_NAME]);
void token_gone(uint64_t token, char out[TOKEN_NAME]);

/* A new one; never 0. */
uint64_t token_new(void);

/* 1 if name is ".fettle-<16 hex>.part" or ".gone". */
int token_named(const char *name);

#endif
