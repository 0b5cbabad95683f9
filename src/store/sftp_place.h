#ifndef STORE_SFTP_PLACE_H
#define STORE_SFTP_PLACE_H

/*
 * Where an SFTP repository lies, and how it is come to.  Without the "sftp:",
 * as restic has it:
 *
 *	user@host:/path		a path; without the '/' below the user's home
 *	//user@host:port//path	the same as an address; after the port "//" for a
 *				path from the root, "/" for one below the home
 *
 * Options: sftp.command=COMMAND (all of it; the place then gives but the path),
 * sftp.args=ARGS (for ssh), sftp.connections=N.  Both are taken apart into words
 * here, quotes hold words together, and no shell is asked.
 */
struct err;

struct sftp_place {
	char		*path;		/* "." for the home itself */
	char		*label;		/* for messages: "sftp:user@host:/path" */
	char		**argv;		/* ssh and all of its words; NULL-ended */
	unsigned	 connections;	/* 0: not said */
	int		 is_ssh;	/* argv is our own, no sftp.command */
};

/* extended: NULL-ended "key=value"s, or NULL.  ERR_USAGE. */
int sftp_place_new(const char *place, const char *const *extended,
    struct sftp_place **out, struct err *e);
/* See to it that ssh takes its fastest cipher (sftp_cipher.h).  Blocks shortly. */
void sftp_place_hasten(struct sftp_place *p);
void sftp_place_free(struct sftp_place *p);	/* NULL is fine */

#endif
