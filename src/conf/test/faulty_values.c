/* faulty_values.c -- what is YAML, and means nothing to us. */
#include "conf/test/faulty.h"

const struct faulty faulty_values[] = {
	{ "an unknown key, nearly right",
	  "rules:\n"
	  "  - name: a\n"
	  "    locatoins: ~/Downloads\n",
	  "f.yaml:3:5: unknown key 'locatoins' in a rule\n"
	  "    locatoins: ~/Downloads\n"
	  "    ^~~~~~~~~\n"
	  "  did you mean 'locations'?\n" },
	{ "an unknown key, nowhere near",
	  "colour: blue\n",
	  "f.yaml:1:1: unknown key 'colour' in the configuration\n"
	  "    colour: blue\n"
	  "    ^~~~~~\n"
	  "  expected: one of rules, backups, archives, schedule, guard, log\n" },
	{ "an unknown key in another case",
	  "Rules: []\n",
	  "f.yaml:1:1: unknown key 'Rules' in the configuration\n"
	  "    Rules: []\n"
	  "    ^~~~~\n"
	  "  did you mean 'rules'?\n" },
	{ "a key with a hyphen",
	  "rules:\n"
	  "  - older-than: 3 days\n",
	  "f.yaml:2:5: unknown key 'older-than' in a rule\n"
	  "    - older-than: 3 days\n"
	  "      ^~~~~~~~~~\n"
	  "  did you mean 'older_than'?\n" },
	{ "a key of later",
	  "web: {}\n"
	  "rules:\n"
	  "  - verify: {every: weekly}\n",
	  "f.yaml:1:1: 'web' is not yet in this version\n"
	  "    web: {}\n"
	  "    ^~~\n"
	  "f.yaml:3:5: 'verify' is not yet in this version\n"
	  "    - verify: {every: weekly}\n"
	  "      ^~~~~~\n" },
	{ "a key nearly like one of later",
	  "wbe: {}\n",
	  "f.yaml:1:1: unknown key 'wbe' in the configuration\n"
	  "    wbe: {}\n"
	  "    ^~~\n"
	  "  did you mean 'web'?\n" },
	{ "a long key",
	  "rules:\n"
	  "  - kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
	  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
	  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: 1\n",
	  "f.yaml:2:5: unknown key 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
	  "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...' in a rule\n"
	  "    - kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
	  "kkkkkkkkkkkkkkkkkkkkkkkkkkkk...\n"
	  "      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
	  "~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
	  "  expected: one of name, enabled, locations, exclude, size, older_than, "
	  "max_depth, share, on_conflict, to, dest, password\n" },
	{ "a key with a terminal escape",
	  "\"\\e[2Jx\": 1\n",
	  "f.yaml:1:1: unknown key '?[2Jx' in the configuration\n"
	  "    \"\\e[2Jx\": 1\n"
	  "    ^~~~~~~~\n"
	  "  expected: one of rules, backups, archives, schedule, guard, log\n" },
	{ "a rule that is text",
	  "rules:\n"
	  "  - name\n",
	  "f.yaml:2:5: an item of 'rules' must be a map, not text\n"
	  "    - name\n"
	  "      ^~~~\n" },
	{ "a rule that is a list is flattened",
	  "rules:\n"
	  "  - [{nam: b}]\n",
	  "f.yaml:2:7: unknown key 'nam' in a rule\n"
	  "    - [{nam: b}]\n"
	  "        ^~~\n"
	  "  did you mean 'name'?\n" },
	{ "an empty rule list is fine, a null rule is not",
	  "rules: [{name: a}, ~]\n",
	  "f.yaml:1:20: '~' alone means 'nothing' in YAML\n"
	  "    rules: [{name: a}, ~]\n"
	  "                       ^\n"
	  "  expected: a map\n" },
	{ "a map where text belongs",
	  "rules:\n"
	  "  - name:\n"
	  "      a: b\n"
	  "      c: d\n",
	  "f.yaml:3:7: 'name' must be text, not a map\n"
	  "    a: b\n"
	  "    ^\n" },
	{ "a list where text belongs",
	  "rules:\n"
	  "  - name:\n"
	  "      - a\n"
	  "      - b\n",
	  "f.yaml:3:7: 'name' must be text, not a list\n"
	  "    - a\n"
	  "    ^\n" },
	{ "a key with nothing behind it",
	  "rules:\n"
	  "  - name:\n"
	  "    to: /b\n",
	  "f.yaml:2:5: 'name' has no value\n"
	  "    - name:\n"
	  "      ^~~~\n" },
	{ "an empty item",
	  "rules:\n"
	  "  - exclude:\n"
	  "    - a\n"
	  "    -\n",
	  "f.yaml:4:6: an empty item in 'exclude'\n"
	  "    -\n"
	  "     ^\n" },
	{ "a number without a unit: time",
	  "rules:\n"
	  "  - older_than: 30\n",
	  "f.yaml:2:17: 'older_than' cannot be '30': a unit is needed: 30 days\n"
	  "    - older_than: 30\n"
	  "                  ^~\n" },
	{ "a number without a unit: size",
	  "rules:\n"
	  "  - size: 10\n",
	  "f.yaml:2:11: 'size' cannot be '10': a unit is needed: 10MiB\n"
	  "    - size: 10\n"
	  "            ^~\n" },
	{ "a number without a unit: share",
	  "rules:\n"
	  "  - share: 10\n",
	  "f.yaml:2:12: 'share' cannot be '10': a percent sign is needed: 10%\n"
	  "    - share: 10\n"
	  "             ^~\n" },
	{ "a unit with a slip",
	  "rules:\n"
	  "  - older_than: 30 dayz\n",
	  "f.yaml:2:17: 'older_than' cannot be '30 dayz': there is no unit 'dayz'; "
	  "did you mean 'days'?\n"
	  "    - older_than: 30 dayz\n"
	  "                  ^~~~~~~\n" },
	{ "a unit that is none",
	  "rules:\n"
	  "  - older_than: 3 fortnights\n",
	  "f.yaml:2:17: 'older_than' cannot be '3 fortnights': there is no unit 'fo"
	  "rtnights'; a time span is like 30 days, 2 weeks or 1h 30min\n"
	  "    - older_than: 3 fortnights\n"
	  "                  ^~~~~~~~~~~~\n" },
	{ "a negative time span",
	  "rules:\n"
	  "  - older_than: -3 days\n",
	  "f.yaml:2:17: 'older_than' cannot be '-3 days': it cannot be negative\n"
	  "    - older_than: -3 days\n"
	  "                  ^~~~~~~\n" },
	{ "a time span of words",
	  "rules:\n"
	  "  - older_than: a week\n",
	  "f.yaml:2:17: 'older_than' cannot be 'a week': a number is missing\n"
	  "    - older_than: a week\n"
	  "                  ^~~~~~\n" },
	{ "a time span beyond all bounds",
	  "rules:\n"
	  "  - older_than: 99999 years\n",
	  "f.yaml:2:17: 'older_than' cannot be '99999 years': it is too long\n"
	  "    - older_than: 99999 years\n"
	  "                  ^~~~~~~~~~~\n" },
	{ "a time span that ends in a number",
	  "rules:\n"
	  "  - older_than: 1h 30\n",
	  "f.yaml:2:17: 'older_than' cannot be '1h 30': the last number has no unit"
	  "\n"
	  "    - older_than: 1h 30\n"
	  "                  ^~~~~\n" },
	{ "a size with a wrong unit",
	  "rules:\n"
	  "  - size: 10 potatoes\n",
	  "f.yaml:2:11: 'size' cannot be '10 potatoes': a size is like 10MiB, 10MB "
	  "or 500k\n"
	  "    - size: 10 potatoes\n"
	  "            ^~~~~~~~~~~\n" },
	{ "a size beyond all bounds",
	  "rules:\n"
	  "  - size: 99999999EiB\n",
	  "f.yaml:2:11: 'size' cannot be '99999999EiB': it is too large\n"
	  "    - size: 99999999EiB\n"
	  "            ^~~~~~~~~~~\n" },
	{ "a size with too many digits",
	  "rules:\n"
	  "  - size: 18446744073709551616\n",
	  "f.yaml:2:11: 'size' cannot be '18446744073709551616': it is too large\n"
	  "    - size: 18446744073709551616\n"
	  "            ^~~~~~~~~~~~~~~~~~~~\n" },
	{ "a size of more than one number",
	  "rules:\n"
	  "  - size: 10MB 5kB\n",
	  "f.yaml:2:11: 'size' cannot be '10MB 5kB': a size is like 10MiB, 10MB or "
	  "500k\n"
	  "    - size: 10MB 5kB\n"
	  "            ^~~~~~~~\n" },
	{ "a size with an exponent",
	  "rules:\n"
	  "  - size: 1e309\n",
	  "f.yaml:2:11: 'size' cannot be '1e309': a size is like 10MiB, 10MB or 500"
	  "k\n"
	  "    - size: 1e309\n"
	  "            ^~~~~\n" },
	{ "a negative size",
	  "rules:\n"
	  "  - size: -0\n",
	  "f.yaml:2:11: 'size' cannot be '-0': it cannot be negative\n"
	  "    - size: -0\n"
	  "            ^~\n" },
	{ "half a byte",
	  "rules:\n"
	  "  - size: 1.5b\n",
	  "f.yaml:2:11: 'size' cannot be '1.5b': there are no parts of bytes\n"
	  "    - size: 1.5b\n"
	  "            ^~~~\n" },
	{ "a share of more than all",
	  "rules:\n"
	  "  - share: 101%\n",
	  "f.yaml:2:12: 'share' cannot be '101%': it cannot be more than 100%\n"
	  "    - share: 101%\n"
	  "             ^~~~\n" },
	{ "a number that is none",
	  "rules:\n"
	  "  - max_depth: many\n",
	  "f.yaml:2:16: 'max_depth' cannot be 'many': it must be a whole number\n"
	  "    - max_depth: many\n"
	  "                 ^~~~\n" },
	{ "a number out of its range",
	  "rules:\n"
	  "  - max_depth: 65\n",
	  "f.yaml:2:16: 'max_depth' cannot be '65': it must be from 0 to 64\n"
	  "    - max_depth: 65\n"
	  "                 ^~\n" },
	{ "a number with a zero in front",
	  "rules:\n"
	  "  - max_depth: 010\n",
	  "f.yaml:2:16: 'max_depth' cannot be '010': it must be without zeroes in f"
	  "ront\n"
	  "    - max_depth: 010\n"
	  "                 ^~~\n" },
	{ "a number with a point",
	  "rules:\n"
	  "  - max_depth: 1.0\n",
	  "f.yaml:2:16: 'max_depth' cannot be '1.0': it must be a whole number\n"
	  "    - max_depth: 1.0\n"
	  "                 ^~~\n" },
	{ "a number beyond all bounds",
	  "rules:\n"
	  "  - max_depth: 18446744073709551616\n",
	  "f.yaml:2:16: 'max_depth' cannot be '18446744073709551616': it is too lar"
	  "ge\n"
	  "    - max_depth: 18446744073709551616\n"
	  "                 ^~~~~~~~~~~~~~~~~~~~\n" },
	{ "a truth value with a slip",
	  "rules:\n"
	  "  - enabled: ture\n",
	  "f.yaml:2:14: 'enabled' cannot be 'ture': it must be true or false\n"
	  "    - enabled: ture\n"
	  "               ^~~~\n"
	  "  did you mean 'true'?\n" },
	{ "a truth value that is none",
	  "rules:\n"
	  "  - enabled: maybe\n",
	  "f.yaml:2:14: 'enabled' cannot be 'maybe': it must be true or false\n"
	  "    - enabled: maybe\n"
	  "               ^~~~~\n" },
	{ "a word with a slip",
	  "rules:\n"
	  "  - on_conflict: rename-new\n",
	  "f.yaml:2:18: 'on_conflict' cannot be 'rename-new'\n"
	  "    - on_conflict: rename-new\n"
	  "                   ^~~~~~~~~~\n"
	  "  did you mean 'rename_new'?\n"
	  "  expected: one of skip, overwrite, rename_new, trash\n" },
	{ "a word that is none",
	  "rules:\n"
	  "  - on_conflict: explode\n",
	  "f.yaml:2:18: 'on_conflict' cannot be 'explode'\n"
	  "    - on_conflict: explode\n"
	  "                   ^~~~~~~\n"
	  "  expected: one of skip, overwrite, rename_new, trash\n" },
	{ "a word of later",
	  "rules:\n"
	  "  - on_conflict: keep_newer\n",
	  "f.yaml:2:18: 'keep_newer' is not yet in this version\n"
	  "    - on_conflict: keep_newer\n"
	  "                   ^~~~~~~~~~\n" },
	{ "a relative path where there is none",
	  "rules:\n"
	  "  - to: docs/x\n",
	  "f.yaml:2:9: a relative path has no meaning here\n"
	  "    - to: docs/x\n"
	  "          ^~~~~~\n"
	  "  expected: a path that begins with / or ~/\n" },
	{ "an empty path",
	  "rules:\n"
	  "  - to: ''\n",
	  "f.yaml:2:9: a path cannot be empty\n"
	  "    - to: ''\n"
	  "          ^~\n" },
	{ "a variable that is not set",
	  "rules:\n"
	  "  - to: $NOPE/docs\n",
	  "f.yaml:2:9: the variable 'NOPE' is not set\n"
	  "    - to: $NOPE/docs\n"
	  "          ^~~~~\n"
	  "  expected: a variable of the environment; $$ is a dollar sign\n" },
	{ "a variable in braces that is not set",
	  "rules:\n"
	  "  - to: \"~/${NOPE}/docs\"\n",
	  "f.yaml:2:12: the variable 'NOPE' is not set\n"
	  "    - to: \"~/${NOPE}/docs\"\n"
	  "             ^~~~~~~\n"
	  "  expected: a variable of the environment; $$ is a dollar sign\n" },
	{ "a placeholder of a variable that is not set",
	  "rules:\n"
	  "  - to: '/a/{env.NOPE}'\n",
	  "f.yaml:2:13: the variable 'NOPE' is not set\n"
	  "    - to: '/a/{env.NOPE}'\n"
	  "              ^~~~~~~~~~\n"
	  "  expected: a variable of the environment; $$ is a dollar sign\n" },
	{ "a variable that is empty",
	  "rules:\n"
	  "  - to: $EMPTY/docs\n",
	  "f.yaml:2:9: the variable 'EMPTY' is empty\n"
	  "    - to: $EMPTY/docs\n"
	  "          ^~~~~~\n" },
	{ "a broken variable",
	  "rules:\n"
	  "  - to: /a/${x-y}\n",
	  "f.yaml:2:12: '${' does not name a variable\n"
	  "    - to: /a/${x-y}\n"
	  "             ^~\n"
	  "  expected: ${NAME}, or $$ for a dollar sign\n" },
	{ "a user that is not there",
	  "rules:\n"
	  "  - to: ~nobody-here/x\n",
	  "f.yaml:2:9: there is no user 'nobody-here'\n"
	  "    - to: ~nobody-here/x\n"
	  "          ^~~~~~~~~~~~\n"
	  "  expected: ~/ for your own home, ./~name for a file\n" },
	{ "a variable with a brace in a template",
	  "rules:\n"
	  "  - dest: $BRACE/{name}\n",
	  "f.yaml:2:11: what this stands for holds a brace, which would begin a pla"
	  "ceholder\n"
	  "    - dest: $BRACE/{name}\n"
	  "            ^~~~~~\n" },
	{ "all faults of a list of paths",
	  "rules:\n"
	  "  - locations: [a, [$NOPE], /c, {d}]\n",
	  "f.yaml:2:17: a relative path has no meaning here\n"
	  "    - locations: [a, [$NOPE], /c, {d}]\n"
	  "                  ^\n"
	  "  expected: a path that begins with / or ~/\n"
	  "f.yaml:2:21: the variable 'NOPE' is not set\n"
	  "    - locations: [a, [$NOPE], /c, {d}]\n"
	  "                      ^~~~~\n"
	  "  expected: a variable of the environment; $$ is a dollar sign\n"
	  "f.yaml:2:33: an item of 'locations' must be text, not a map\n"
	  "    - locations: [a, [$NOPE], /c, {d}]\n"
	  "                                  ^~~\n"
	  "  put it in quotes:\n"
	  "    - locations: [a, [$NOPE], /c, '{d}']\n" },
	{ "a value under an alias is told once, where it was written",
	  "x-age: &age 30\n"
	  "rules:\n"
	  "  - older_than: *age\n"
	  "  - older_than: *age\n",
	  "f.yaml:1:8: 'x-age' cannot be '30': a unit is needed: 30 days\n"
	  "    x-age: &age 30\n"
	  "           ^~~~~~~\n" },
	{ "a merged key is told where it was written",
	  "x-d: &d\n"
	  "  nmae: a\n"
	  "rules:\n"
	  "  - <<: *d\n"
	  "  - <<: *d\n",
	  "f.yaml:2:3: unknown key 'nmae' in a rule\n"
	  "    nmae: a\n"
	  "    ^~~~\n"
	  "  did you mean 'name'?\n" },
	{ "an anchor that nobody uses excuses no key",
	  "common: &c {a: b}\n",
	  "f.yaml:1:1: unknown key 'common' in the configuration\n"
	  "    common: &c {a: b}\n"
	  "    ^~~~~~\n"
	  "  expected: one of rules, backups, archives, schedule, guard, log\n" },
	{ "a secret is not shown",
	  "rules:\n"
	  "  - {password: [hunter2], to: a}\n",
	  "f.yaml:2:16: 'password' must be text, not a list\n"
	  "    - {password: *****************\n"
	  "                 ^~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - {password: *******************\n"
	  "f.yaml:2:31: a relative path has no meaning here\n"
	  "    - {password: *****************\n"
	  "                                ^\n"
	  "  expected: a path that begins with / or ~/\n" },
	{ "a secret is not shown by a syntax fault",
	  "rules:\n"
	  "  - password: @hunter2\n",
	  "f.yaml:2:15: no text begins with '@' in YAML\n"
	  "    - password: ********\n"
	  "                ^~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - password: **********\n" },
	{ "a password in an address is not shown",
	  "rules:\n"
	  "  - to: sftp://me:hunter2@host/x\n",
	  "f.yaml:2:9: a relative path has no meaning here\n"
	  "    - to: sftp://me:*******@host/x\n"
	  "          ^~~~~~~~~~~~~~~~~~~~~~~~\n"
	  "  expected: a path that begins with / or ~/\n" },
	{ "a long line is shown around the caret",
	  "rules:\n"
	  "  - exclude: ['pattern0', 'pattern1', 'pattern2', 'pattern3', 'pattern4'"
	  ", 'pattern5', 'pattern6', 'pattern7', 'pattern8', 'pattern9', 'pattern10"
	  "', 'pattern11', 'pattern12', 'pattern13', 'pattern14', 'pattern15', 'pat"
	  "tern16', 'pattern17', 'pattern18', 'pattern19', 'pattern20', 'pattern21'"
	  ", 'pattern22', 'pattern23', 'pattern24', 'pattern25', 'pattern26', 'patt"
	  "ern27', 'pattern28', 'pattern29', {a: b}, 'pattern0', 'pattern1', 'patte"
	  "rn2', 'pattern3', 'pattern4', 'pattern5', 'pattern6', 'pattern7', 'patte"
	  "rn8', 'pattern9', 'pattern10', 'pattern11', 'pattern12', 'pattern13', 'p"
	  "attern14', 'pattern15', 'pattern16', 'pattern17', 'pattern18', 'pattern1"
	  "9', 'pattern20', 'pattern21', 'pattern22', 'pattern23', 'pattern24', 'pa"
	  "ttern25', 'pattern26', 'pattern27', 'pattern28', 'pattern29']\n",
	  "f.yaml:2:395: an item of 'exclude' must be text, not a map\n"
	  "    ...ern25', 'pattern26', 'pattern27', 'pattern28', 'pattern29', {a: b"
	  "}, 'pattern0', 'pattern1', 'pat...\n"
	  "                                                                   ^~~~~"
	  "~\n"
	  "  put it in quotes:\n"
	  "    ...ern25', 'pattern26', 'pattern27', 'pattern28', 'pattern29', '{a: "
	  "b}', 'pattern0', 'pattern1', 'p...\n" },
	{ "all faults of a file in one go, in their order",
	  "rules:\n"
	  "  - nmae: a\n"
	  "    older_than: 30\n"
	  "    exclude: [*.tmp]\n"
	  "    size: >1mb\n"
	  "  - locations: ~\n"
	  "    enabled: treu\n"
	  "bakups: []\n"
	  "schedule: @daily\n",
	  "f.yaml:2:5: unknown key 'nmae' in a rule\n"
	  "    - nmae: a\n"
	  "      ^~~~\n"
	  "  did you mean 'name'?\n"
	  "f.yaml:3:17: 'older_than' cannot be '30': a unit is needed: 30 days\n"
	  "    older_than: 30\n"
	  "                ^~\n"
	  "f.yaml:4:15: '*' begins an alias in YAML\n"
	  "    exclude: [*.tmp]\n"
	  "              ^~~~~\n"
	  "  put it in quotes:\n"
	  "    exclude: ['*.tmp']\n"
	  "f.yaml:5:11: '>' begins a block of text in YAML\n"
	  "    size: >1mb\n"
	  "          ^~~~\n"
	  "  put it in quotes:\n"
	  "    size: '>1mb'\n"
	  "f.yaml:6:16: '~' alone means 'nothing' in YAML\n"
	  "    - locations: ~\n"
	  "                 ^\n"
	  "  put it in quotes:\n"
	  "    - locations: '~'\n"
	  "f.yaml:7:14: 'enabled' cannot be 'treu': it must be true or false\n"
	  "    enabled: treu\n"
	  "             ^~~~\n"
	  "  did you mean 'true'?\n"
	  "f.yaml:8:1: unknown key 'bakups' in the configuration\n"
	  "    bakups: []\n"
	  "    ^~~~~~\n"
	  "  did you mean 'backups'?\n"
	  "f.yaml:9:11: no text begins with '@' in YAML\n"
	  "    schedule: @daily\n"
	  "              ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    schedule: '@daily'\n" },
	{ NULL, NULL, NULL },
};
