#ifndef RULES_EXPR_FN_TEXT_H
#define RULES_EXPR_FN_TEXT_H

/* Methods of texts that are filters as well. */
struct expr_run;
struct expr_value;

int text_replace(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, struct expr_value *out);
int text_center(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, struct expr_value *out);
int text_split(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, struct expr_value *out);

#endif
