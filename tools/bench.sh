#!/bin/bash
# bench.sh BUILD [CASE...] -- the bench (test/bench/bench.py) on a release build;
# `bench.sh BUILD watch` is test/bench/watch.py.
set -eu
cd "$(dirname "$0")/.."
build=$1; shift
if [ "${1:-}" = far ]; then
	shift
	cc -O2 -w -pthread -o "$build/delay" test/bench/delay.c
	exec /usr/bin/python3 test/bench/far.py "$build/src/fettle" "$build/delay" "$@"
fi
if [ "${1:-}" = watch ]; then
	exec /usr/bin/python3 test/bench/watch.py "$build/src/fettle"
fi
limit=$build/limit
cc -O2 -w -o "$limit" test/bench/limit.c
exec /usr/bin/python3 test/bench/bench.py "$build/src/fettle" "$limit" "$@"
