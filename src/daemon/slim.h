#ifndef DAEMON_SLIM_H
#define DAEMON_SLIM_H

/*
 * Give back the memory that starting, or a job, needed and idling does not.
 *
 * Most of what is resident is not ours: loading libraries of which a daemon
 * uses little (libcrypto alone 3 MiB) touches their read-only parts once.
 * Those are let go; what is needed again comes back from the page cache, by a
 * minor fault.  Parts that were ever writable are left alone, since there lie
 * the relocations.
 */
void slim(void);

#endif
