#include "apply/apply.h"
int apply_recover(struct catalog *c, const char *h, void (*say)(void *, const char *), void *arg, struct err *e)
{ (void)c;(void)h;(void)say;(void)arg;(void)e; return 0; }
int apply_plan_undo(struct catalog *c, int64_t run, const char *const *paths, size_t n, struct plan *out, struct err *e)
{ (void)c;(void)run;(void)paths;(void)n;(void)out;(void)e; return 0; }
