#ifndef JOB_JUDGE_H
#define JOB_JUDGE_H

/*
 * What is probably not meant: warnings about rules that can never match, rules
 * that hand files round, and the one fault that takes all rules to see (commands
 * in the system's file).
 */
struct conf_faults;
struct conf_node;
struct settings;

/* top: of the configuration.  of_system: it is the one in /etc. */
void judge_rules(const struct settings *s, const struct conf_node *top,
    int of_system, struct conf_faults *f);

#endif
