#ifndef JOB_JUDGE_H
#define JOB_JUDGE_H

/*
 * What is probably not meant: warnings about rules that can never match, and
 * rules that hand files round.
 */
struct conf_faults;
struct settings;

void judge_rules(const struct settings *s, struct conf_faults *f);

#endif
