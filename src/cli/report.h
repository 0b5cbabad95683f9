#ifndef CLI_REPORT_H
#define CLI_REPORT_H

/* A report on the terminal, and as JSON Lines. */
struct cli;
struct report;

void report_text(const struct cli *c, const struct report *r);
void report_json(const struct report *r);

#endif
