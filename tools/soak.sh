#!/bin/sh
# soak.sh [PROGRAM] -- what takes long: a day of a hundred jobs through the
# daemon, and decades of a life with a bad clock.  Wants a build without
# sanitizers for the first, and build-check for the second, if it is there.
set -eu
cd "$(dirname "$0")/.."
FETTLE=$(readlink -f "${1:-build/src/fettle}")
export FETTLE FETTLE_SLOW=1
/usr/bin/python3 -m pytest -q -s test/py/test_soak.py
life=build-check/src/test-job-clock
[ ! -x "$life" ] || "$life"
