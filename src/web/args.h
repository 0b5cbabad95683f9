#ifndef WEB_ARGS_H
#define WEB_ARGS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a request says: names and texts, from a query or from a JSON object.  A
 * name may come several times (a list).  "path_bytes", base64, becomes "path".
 */
struct buf;
struct err;
struct unpack;

#define ARGS_MAX	128

struct args {
	char		*name[ARGS_MAX], *value[ARGS_MAX];
	size_t		 n;
};

void args_fini(struct args *a);
#define CLEAN_ARGS	__attribute__((cleanup(args_fini)))

/* -1: there are too many, or it is no base64. */
int args_add(struct args *a, const char *name, const char *value);
/* An object of texts, whole numbers, truth values and lists of texts. */
int args_of_json(struct args *a, const void *json, size_t len, struct err *e);

void args_pack(const struct args *a, struct buf *out);
int args_unpack(struct args *a, struct unpack *u);

/* NULL: it was not said. */
const char *args_get(const struct args *a, const char *name);
/* 1 and a text that is not empty, or -1. */
int args_need(const struct args *a, const char *name, const char **out,
    struct err *e);
/* *out holds what it is if it was not said; -1: no number, or none of these. */
int args_number(const struct args *a, const char *name, int64_t least,
    int64_t most, int64_t *out, struct err *e);

#endif
