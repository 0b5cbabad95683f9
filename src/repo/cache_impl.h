#ifndef REPO_CACHE_IMPL_H
#define REPO_CACHE_IMPL_H

struct err;

/* The cache's top folder, made if need be; it must be ours alone.  -1. */
int cache_open_dir(const char *dir, struct err *e);

#endif
