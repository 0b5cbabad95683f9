#ifndef CLI_UNITS_H
#define CLI_UNITS_H

/*
 * The units for systemd as data/systemd has them, for `install` where no
 * package brought them.  Every @bindir@ in them is the program's folder.
 */
extern const char unit_system[], unit_user[];
/* Beside the former, for a configuration that needs a network. */
extern const char unit_network[];
extern const char socket_system[], socket_user[];

#endif
