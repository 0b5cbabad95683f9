#!/bin/sh
# floors.sh -- a room includes headers of lower floors and its own; see floors.
cd "$(dirname "$0")/.." || exit 2
find src -name '*.[ch]' -not -path '*/test/*' -print | sort |
	xargs awk -f tools/floors.awk floors
