#!/bin/bash
# bench.sh BUILD [CASE...] -- the bench (test/bench/bench.py) on a release build.
set -eu
cd "$(dirname "$0")/.."
build=$1; shift
limit=$build/limit
cc -O2 -w -o "$limit" test/bench/limit.c
exec /usr/bin/python3 test/bench/bench.py "$build/src/fettle" "$limit" "$@"
