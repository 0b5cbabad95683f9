#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/*
 * SIGINT and SIGTERM ask to end: what is in hand is finished, the rest is left
 * (cli_stopped).  A second SIGINT ends at once; recovery finishes it later.
 * SIGPIPE and SIGXFSZ are errors of the call, not deaths; SIGHUP is ignored
 * (restic's unlock sends it to whoever holds a lock).
 */
void signals_prepare(void);
int signals_stopped(void);

#endif
