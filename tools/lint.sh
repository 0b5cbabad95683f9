#!/bin/sh
# lint.sh -- the slow judges: clang, clang-tidy, cppcheck, gcc -fanalyzer, TSan.
cd "$(dirname "$0")/.." || exit 2
exec tools/check.sh clang judges threads
