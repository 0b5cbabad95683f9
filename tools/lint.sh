#!/bin/sh
# lint.sh -- the judges of make check without its tests.
cd "$(dirname "$0")/.." || exit 2
exec tools/check.sh clang judges threads fuzz fds
