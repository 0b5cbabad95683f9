#!/usr/bin/env python3
"""nfc.py DIR -- write src/rules/nfc_table.c and nfc_single.c from the Unicode
data that this Python knows.  Run by hand when a newer Unicode is wanted."""
import sys
import unicodedata

pairs, single, classes = [], [], []
for cp in range(0x110000):
    ch = chr(cp)
    d = unicodedata.decomposition(ch)
    if d and not d.startswith("<"):
        parts = [int(x, 16) for x in d.split()]
        if len(parts) == 1:
            single.append((cp, parts[0]))
        else:
            composes = unicodedata.normalize("NFC", ch) == ch
            pairs.append((parts[0], parts[1], cp, int(composes)))
    k = unicodedata.combining(ch)
    if k and classes and classes[-1][1] == cp - 1 and classes[-1][2] == k:
        classes[-1][1] = cp
    elif k:
        classes.append([cp, cp, k])
pairs.sort()
by_cp = sorted(range(len(pairs)), key=lambda i: pairs[i][2])


def table(out, head, rows, per_line):
    out.write(head + " = {\n")
    for i in range(0, len(rows), per_line):
        out.write("\t" + " ".join(r + "," for r in rows[i:i + per_line]) + "\n")
    out.write("};\n")


def values(*row):
    return "{" + ",".join("%#x" % v if v > 9 else str(v) for v in row) + "}"


def begin(name, what):
    out = open(sys.argv[1] + "/" + name, "w")
    out.write("/*\n * %s -- %s\n * Made by tools/nfc.py from Unicode %s; do not"
              " edit.\n */\n#include \"rules/nfc_table.h\"\n\n" %
              (name, what, unicodedata.unidata_version))
    return out


out = begin("nfc_table.c", "combining classes, and pairs that make one.")
table(out, "const struct nfc_class nfc_classes[]",
      [values(*c) for c in classes], 4)
out.write("const size_t nfc_n_classes = %d;\n\n" % len(classes))
table(out, "const struct nfc_pair nfc_pairs[]", [values(*p) for p in pairs], 3)
out.write("const size_t nfc_n_pairs = %d;\n\n" % len(pairs))
table(out, "const uint16_t nfc_by_cp[]", [str(i) for i in by_cp], 14)
out.close()
out = begin("nfc_single.c", "characters that are another one by canon.")
table(out, "const struct nfc_single nfc_singles[]",
      [values(*s) for s in single], 4)
out.write("const size_t nfc_n_singles = %d;\n" % len(single))
out.close()
