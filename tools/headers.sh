#!/bin/sh
# headers.sh -- every header compiles alone, so it includes what it needs.
cd "$(dirname "$0")/.." || exit 2
bad=0
for h in $(find src -name '*.h' | sort); do
	printf '#include "%s"\n' "${h#src/}" |
	${CC:-cc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only \
	    -Isrc -x c - || { echo "$h does not compile alone"; bad=1; }
done
exit $bad
