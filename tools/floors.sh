#!/bin/sh
# floors.sh -- a room includes headers of lower floors and its own, and so do its
# tests; see floors.  The page on the house draws the same floors.
cd "$(dirname "$0")/.." || exit 2
bad=0
find src -name '*.[ch]' -print | sort |
	xargs awk -f tools/floors.awk floors || bad=1

# One list in three places: the floors, the folders, the drawing and its table.
floors=$(awk '/^[0-9]/ { for (i = 2; i <= NF; i++) print $1, $i }' floors | sort)
drawn=$(awk '/^[0-9]  / { for (i = 2; i <= NF && $i ~ /^[a-z]+$/; i++) {
		if ($i == "the" || $i == "doors") break
		print $1, $i } }' doc/HOUSE.md | sort)
[ "$floors" = "$drawn" ] || { echo "doc/HOUSE.md draws other floors than floors has"; bad=1; }
rooms=$(awk '/^([0-9]|tests )/ { for (i = 2; i <= NF; i++) print $i }' floors | sort)
[ "$rooms" = "$(ls -d src/*/ | cut -d/ -f2 | sort)" ] ||
	{ echo "src has other rooms than floors"; bad=1; }
told=$(sed -n '/^## Rooms/,/^## Proc/p' doc/HOUSE.md | grep '^| `' | cut -d'|' -f2 |
	tr -d '`,' | tr ' ' '\n' | grep . | sort)
[ "$rooms" = "$told" ] || { echo "doc/HOUSE.md's table has other rooms than floors"; bad=1; }
exit $bad
