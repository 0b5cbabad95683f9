#ifndef STORE_SFTP_CIPHER_H
#define STORE_SFTP_CIPHER_H

/*
 * The ciphers that ssh is to offer, fastest first, or NULL to leave them as they
 * are: to be freed.
 *
 * What goes through a line is sealed already, so any cipher of OpenSSH's own
 * default will do; but it prefers the one that is fastest without the processor's
 * help, which with that help takes several times as long as AES (doc/why/sftp.md).
 * So where the processor has AES, and ssh -G says that neither the user nor the
 * system has chosen, the very same list is offered in another order.
 *
 * argv: ssh and its words, as it will be called.  Blocks for as long as ssh takes
 * to read its configuration.
 */
char *sftp_ciphers(char *const *argv);

#endif
