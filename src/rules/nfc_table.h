#ifndef RULES_NFC_TABLE_H
#define RULES_NFC_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Unicode's data as nfc.c needs it; written by tools/nfc.py. */
struct nfc_class {
	uint32_t	 lo, hi;	/* sorted */
	uint8_t		 class;		/* never 0 */
};

struct nfc_pair {
	uint32_t	 a, b, cp;	/* cp is a and b; sorted by a, then b */
	uint8_t		 composes;	/* and a and b are cp again */
};

struct nfc_single {
	uint32_t	 cp, to;	/* sorted by cp */
};

extern const struct nfc_class nfc_classes[];
extern const size_t nfc_n_classes;
extern const struct nfc_pair nfc_pairs[];
extern const size_t nfc_n_pairs;
extern const uint16_t nfc_by_cp[];	/* indices into nfc_pairs, by cp */
extern const struct nfc_single nfc_singles[];
extern const size_t nfc_n_singles;

#endif
