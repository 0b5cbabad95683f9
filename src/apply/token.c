#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apply/token.h"
#include "crypto/random.h"

#define FRONT	".fettle-"

void
token_part(uint64_t token, char out[TOKEN_NAME])
{
	snprintf(out, TOKEN_NAME, FRONT "%016" PRIx64 ".part", token);
}

void
token_gone(uint64_t token, char out[TOKEN_NAME])
{
	snprintf(out, TOKEN_NAME, FRONT "%016" PRIx64 ".gone", token);
}

uint64_t
token_new(void)
{
	uint64_t t = 0;

	while (t == 0)
		random_bytes(&t, sizeof(t));
	return t;
}

int
token_named(const char *name)
{
	const char *digits = name + strlen(FRONT);

	return strncmp(name, FRONT, strlen(FRONT)) == 0 &&
	    strspn(digits, "0123456789abcdef") == 16 &&
	    (strcmp(digits + 16, ".part") == 0 ||
	    strcmp(digits + 16, ".gone") == 0);
}
