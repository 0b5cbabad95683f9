#!/bin/bash
# bench-backup.sh BUILD [OPTION...] [CASE...] -- repositories beside restic and borg
# (test/bench/backup.py, which tells the options and the cases).
set -eu
cd "$(dirname "$0")/.."
exec /usr/bin/python3 test/bench/backup.py "$@"
