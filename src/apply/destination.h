#ifndef APPLY_DESTINATION_H
#define APPLY_DESTINATION_H

/*
 * Where copies and archives go: made on first use, known again ever after.
 *
 * A stick that is not plugged in leaves its mount point behind as an empty
 * folder of the system disk.  So a destination gets a marker with a random word
 * when it is made, and the catalog keeps that word: where the marker is not, the
 * disk is not there, and nothing is made.
 */
struct buf;
struct catalog;
struct err;
struct fs_dir;

#define DESTINATION_MARKER	".fettle-destination"

enum destination {
	DESTINATION_FAILED = -1,
	DESTINATION_ABSENT,	/* its disk is not there: why tells */
	DESTINATION_HELD,	/* *out is held */
	DESTINATION_FIRST,	/* a run will make it: only its parent is there */
};

/*
 * Hold the folder base (absolute) of a job.  as is the name under which it is
 * remembered: the job, and where it was told to go, so that a job that is sent
 * elsewhere is not waiting for its old disk.  make: make it on first use, with
 * its marker, and remember it; then FIRST is not an answer.  cat NULL: hold
 * what is there, unknown to any catalog.
 */
enum destination destination_open(struct catalog *cat, const char *as,
    const char *base, int make, struct fs_dir **out, struct buf *why,
    struct err *e);

#endif
