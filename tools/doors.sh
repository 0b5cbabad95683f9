#!/bin/sh
# doors.sh -- who may change what, and who may bring third parties in.
#
# 1. Calls that change a file system stand in src/apply (the user's files), in
#    src/store (repositories), in util's log and in the files of ours that the
#    lines below name.  Calls that take a path instead of a held folder stand
#    nowhere, not in tests either: those have testing/scratch.h, and their
#    folders come from it alone.
# 2. A library's header is included by one room.
# 3. Nobody below the doors prints.
cd "$(dirname "$0")/.." || exit 2
bad=0
src() { find src -name '*.c' -not -path '*/test/*' -not -path 'src/testing/*' | sort; }
all() { find src -name '*.[ch]' | sort; }
say() { echo "$1"; bad=1; }

# By path, or without bounds: nowhere.  (Of what cannot be opened attributes are
# set by its name in /proc, there being no call by descriptor before Linux 6.13.)
out=$(all | xargs grep -nE '(^|[^a-z_>.|])(rename|unlink|mkdir|rmdir|symlink|link|chmod|lchown|chown|utimes|utime|truncate|remove|system|popen|mktemp|tmpnam|strcpy|strcat|sprintf|gets|atoi|atol|mknod|mkfifo|setxattr|lsetxattr|removexattr)\(' |
	grep -vE ':[0-9]+:[[:space:]]*(\*|//|/\*)' |
	grep -vE '^src/apply/lay_meta.c:.*xattr\(d->proc,')
[ -z "$out" ] || say "calls by path, or without bounds:
$out"
# It replaces what is there: what tests want, and nobody else.
out=$(src | xargs grep -nE '(^|[^a-z_>.])renameat\(')
[ -z "$out" ] || say "a rename that replaces:
$out"
out=$(all | grep -v '^src/testing/' | xargs grep -nE '(^|[^a-z_>.])(mkdtemp|mkstemp|mkostemp|tmpfile|nftw)\(')
[ -z "$out" ] || say "a temporary folder of its own:
$out"

# By a held folder, but changing: apply, store, and these files of our own.
allowed='^src/(apply|store)/|^src/util/(log|log_file|log_rotate|file)\.c|^src/catalog/(lock|db|server|state|ballast|db_open|catalog_open|migrate|renew)\.c|^src/repo/cache[a-z_]*\.c|^src/crypto/secret\.c|^src/cli/setup[a-z_]*\.c|^src/web/listen\.c'
out=$(src | grep -vE "$allowed" |
	xargs grep -nE '(^|[^a-z_>.])(renameat2|unlinkat|mkdirat|symlinkat|linkat|fchmod|fchown|fchmodat|fchownat|futimens|utimensat|ftruncate|mknodat|mkfifoat|fsetxattr|fremovexattr|fallocate|posix_fallocate)\(' |
	grep -vE ':[0-9]+:[[:space:]]*(\*|//|/\*)')
[ -z "$out" ] || say "changing calls outside the door:
$out"

one() {	# header, room
	out=$(grep -rlE "#include <$1" src | grep -v "^src/$2/")
	[ -z "$out" ] || say "<$1> is $2's alone: $out"
}
one sqlite3.h catalog
one yaml.h conf
one pcre2.h regex
one archive tar
one openssl/ crypto
one zstd.h zip
one curl/ net
one microhttpd.h web
one fuse mount

out=$(src | grep -vE '^src/(cli|daemon|web)/' |
	xargs grep -nE '(^|[^a-z_>.sn])((printf|puts|putchar|perror)\(|fputs\(.*std(out|err)|fprintf\((stdout|stderr))' |
	grep -vE ':[0-9]+:[[:space:]]*(\*|//|/\*)|format\(printf|__attribute__')
[ -z "$out" ] || say "printing below the doors:
$out"
exit $bad
