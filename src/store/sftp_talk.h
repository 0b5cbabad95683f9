#ifndef STORE_SFTP_TALK_H
#define STORE_SFTP_TALK_H

#include "store/sftp_line.h"

/* What sftp_line.c and sftp_talk.c share. */
#define LINE_IN_MAX	(WIRE_PACKET_MAX + ((size_t)64 << 10))

/* What ssh has to say is taken in, and kept if it is the last. */
void line_listen(struct line *l);

#endif
