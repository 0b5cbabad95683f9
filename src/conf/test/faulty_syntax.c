/* faulty_syntax.c -- what is no YAML, and what is said about it. */
#include "conf/test/faulty.h"

const struct faulty faulty_syntax[] = {
	{ "a key that is indented too far",
	  "rules:\n"
	  "  - name: a\n"
	  "     locations: /b\n",
	  "f.yaml:3:6: a key cannot stand here; it goes on with the text above\n"
	  "    locations: /b\n"
	  "    ^~~~~~~~~\n"
	  "  expected: every key indented as its neighbours are, and a colon behind"
	  " each\n" },
	{ "a key that is indented like none above",
	  "rules:\n"
	  "  - name: a\n"
	  "    enabled: yes\n"
	  "   locations: /b\n",
	  "f.yaml:4:4: this stands among the items of a list and is none\n"
	  "    locations: /b\n"
	  "    ^~~~~~~~~~~~~\n"
	  "  expected: '- ' before it, or the indentation of the key it belongs to"
	  "\n" },
	{ "a line without a colon",
	  "schedule: daily\n"
	  "rules\n"
	  "log: {}\n",
	  "f.yaml:2:1: no colon behind this key\n"
	  "    rules\n"
	  "    ^~~~~\n"
	  "  expected: 'key: value', or more indentation to go on with the text abo"
	  "ve\n" },
	{ "a first line without a colon",
	  "rules\n"
	  "schedule: daily\n",
	  "f.yaml:2:1: a key cannot stand here; it goes on with the text above\n"
	  "    schedule: daily\n"
	  "    ^~~~~~~~\n"
	  "  expected: every key indented as its neighbours are, and a colon behind"
	  " each\n" },
	{ "a key among list items",
	  "rules:\n"
	  "  - name: a\n"
	  "  name: b\n",
	  "f.yaml:3:3: this stands among the items of a list and is none\n"
	  "    name: b\n"
	  "    ^~~~~~~\n"
	  "  expected: '- ' before it, or the indentation of the key it belongs to"
	  "\n" },
	{ "a list item among keys",
	  "schedule: daily\n"
	  "- name: a\n",
	  "f.yaml:2:1: a list item cannot stand here\n"
	  "    - name: a\n"
	  "    ^~~~~~~~~\n"
	  "  expected: a key like the ones above; or the items below a key that has"
	  " no value\n" },
	{ "a list on the line of its key",
	  "rules: - name: a\n",
	  "f.yaml:1:8: a list cannot begin on the line of its key\n"
	  "    rules: - name: a\n"
	  "           ^~~~~~~~~\n"
	  "  expected: the '- ' on the next line, or [a, b]; or quotes, if it is te"
	  "xt\n" },
	{ "a tab in the indentation",
	  "rules:\n"
	  "\t- name: a\n",
	  "f.yaml:2:1: a tab where YAML wants blanks\n"
	  "     - name: a\n"
	  "    ^\n"
	  "  expected: blanks alone in the indentation\n" },
	{ "all tabs are counted",
	  "rules:\n"
	  "  - name: a\n"
	  "\tenabled: yes\n"
	  "\tto: /b\n"
	  "\tshare: 1%\n",
	  "f.yaml:3:1: a tab where YAML wants blanks, here and in 2 lines below\n"
	  "     enabled: yes\n"
	  "    ^\n"
	  "  expected: blanks alone in the indentation\n" },
	{ "a list that is never closed",
	  "rules:\n"
	  "  - exclude: [a, b\n"
	  "    name: x\n",
	  "f.yaml:2:14: this '[' is never closed\n"
	  "    - exclude: [a, b\n"
	  "               ^\n" },
	{ "a map that is never closed",
	  "log: {level: info\n",
	  "f.yaml:1:6: this '{' is never closed\n"
	  "    log: {level: info\n"
	  "         ^\n" },
	{ "a bracket without its partner",
	  "rules:\n"
	  "  - exclude: [a]]\n",
	  "f.yaml:2:17: a ']' without its '['\n"
	  "    - exclude: [a]]\n"
	  "                  ^\n" },
	{ "a bracket alone",
	  "rules:\n"
	  "  - exclude: ]\n",
	  "f.yaml:2:14: a ']' without its '['\n"
	  "    - exclude: ]\n"
	  "               ^\n" },
	{ "two commas in a list",
	  "rules:\n"
	  "  - exclude: [a,, b]\n",
	  "f.yaml:2:17: nothing stands before this ','\n"
	  "    - exclude: [a,, b]\n"
	  "                  ^\n" },
	{ "a comma that is missing",
	  "rules:\n"
	  "  - exclude: ['a' 'b']\n",
	  "f.yaml:2:19: text behind the closing quote\n"
	  "    - exclude: ['a' 'b']\n"
	  "                    ^~~~\n"
	  "  put the whole value in quotes\n" },
	{ "a quote that is never closed",
	  "rules:\n"
	  "  - name: 'a\n"
	  "    to: /b\n",
	  "f.yaml:2:11: this quote is never closed\n"
	  "    - name: 'a\n"
	  "            ^\n" },
	{ "a double quote that is never closed",
	  "rules:\n"
	  "  - name: \"a\n"
	  "    to: /b\n",
	  "f.yaml:2:11: this quote is never closed\n"
	  "    - name: \"a\n"
	  "            ^\n" },
	{ "text behind a closing quote",
	  "rules:\n"
	  "  - name: \"a\" b\n",
	  "f.yaml:2:15: text behind the closing quote\n"
	  "    - name: \"a\" b\n"
	  "                ^\n"
	  "  put the whole value in quotes\n" },
	{ "two texts in quotes",
	  "rules:\n"
	  "  - exclude: 'a' 'b'\n",
	  "f.yaml:2:18: text behind the closing quote\n"
	  "    - exclude: 'a' 'b'\n"
	  "                   ^~~\n"
	  "  put the whole value in quotes\n" },
	{ "a key without a name",
	  "rules:\n"
	  "  - : x\n",
	  "f.yaml:2:5: a key is missing before the colon\n"
	  "    - : x\n"
	  "      ^~~\n" },
	{ "an empty key in quotes",
	  "rules:\n"
	  "  - '': x\n",
	  "f.yaml:2:5: a key is missing before the colon\n"
	  "    - '': x\n"
	  "      ^~\n" },
	{ "a key that is a list",
	  "? [rules, backups]\n"
	  ": x\n",
	  "f.yaml:1:3: a key must be one word\n"
	  "    ? [rules, backups]\n"
	  "      ^~~~~~~~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    ? '[rules, backups]'\n" },
	{ "a duplicate key",
	  "schedule: daily\n"
	  "rules: []\n"
	  "schedule: weekly\n",
	  "f.yaml:3:1: key 'schedule' is there already, on line 1\n"
	  "    schedule: weekly\n"
	  "    ^~~~~~~~\n" },
	{ "a duplicate key in a rule, three times",
	  "rules:\n"
	  "  - name: a\n"
	  "    name: b\n"
	  "    name: c\n",
	  "f.yaml:3:5: key 'name' is there already, on line 2\n"
	  "    name: b\n"
	  "    ^~~~\n"
	  "f.yaml:4:5: key 'name' is there already, on line 2\n"
	  "    name: c\n"
	  "    ^~~~\n" },
	{ "a duplicate merge key",
	  "x-a: &a {name: n}\n"
	  "rules:\n"
	  "  - <<: *a\n"
	  "    <<: *a\n",
	  "f.yaml:4:5: key '<<' is there already, on line 3\n"
	  "    <<: *a\n"
	  "    ^~\n"
	  "  expected: one line for all: '<<: [*a, *b]'\n" },
	{ "a merge of what is no map",
	  "x-a: &a [1, 2]\n"
	  "rules:\n"
	  "  - <<: *a\n",
	  "f.yaml:1:10: '<<' merges maps, and this is none\n"
	  "    x-a: &a [1, 2]\n"
	  "             ^\n"
	  "f.yaml:1:13: '<<' merges maps, and this is none\n"
	  "    x-a: &a [1, 2]\n"
	  "                ^\n" },
	{ "a second document",
	  "rules: []\n"
	  "---\n"
	  "rules: []\n",
	  "f.yaml:2:1: a second document begins here; a file holds one\n"
	  "    ---\n"
	  "    ^\n" },
	{ "a second document after its end",
	  "rules: []\n"
	  "...\n"
	  "---\n"
	  "rules: []\n",
	  "f.yaml:3:1: a second document begins here; a file holds one\n"
	  "    ---\n"
	  "    ^\n" },
	{ "text after the end of the document",
	  "rules: []\n"
	  "...\n"
	  "schedule: daily\n",
	  "f.yaml:3:1: this stands outside of the document\n"
	  "    schedule: daily\n"
	  "    ^\n"
	  "  expected: one document, and nothing behind '...'\n" },
	{ "a top that is a list",
	  "- name: a\n",
	  "f.yaml:1:1: the top of the file must be a map of sections, not a list\n"
	  "    - name: a\n"
	  "    ^\n"
	  "  expected: lines like 'rules:' or 'backups:', with a blank after the co"
	  "lon\n" },
	{ "a top that is text",
	  "rules:[]\n",
	  "f.yaml:1:1: the top of the file must be a map of sections, not text\n"
	  "    rules:[]\n"
	  "    ^~~~~~~~\n"
	  "  expected: lines like 'rules:' or 'backups:', with a blank after the co"
	  "lon\n"
	  "  put a blank behind the colon:\n"
	  "    rules: []\n" },
	{ "an unknown directive",
	  "%FETTLE 1\n"
	  "---\n"
	  "rules: []\n",
	  "f.yaml:1:1: a line that begins with '%' is an order to the YAML reader, "
	  "and not one we know\n"
	  "    %FETTLE 1\n"
	  "    ^\n"
	  "  expected: '%YAML 1.2' at most\n" },
	{ "an unknown YAML version",
	  "%YAML 2.0\n"
	  "---\n"
	  "rules: []\n",
	  "f.yaml:1:1: a line that begins with '%' is an order to the YAML reader, "
	  "and not one we know\n"
	  "    %YAML 2.0\n"
	  "    ^\n"
	  "  expected: '%YAML 1.2' at most\n" },
	{ "an unknown tag of YAML's own",
	  "rules: !!set {a}\n",
	  "f.yaml:1:8: '!' begins a tag in YAML, and this one is not known\n"
	  "    rules: !!set {a}\n"
	  "           ^~~~~~~\n"
	  "  expected: no tag\n"
	  "f.yaml:1:15: unknown key 'a' in a rule\n"
	  "    rules: !!set {a}\n"
	  "                  ^\n"
	  "  expected: one of name, enabled, locations, exclude, size, older_than, "
	  "max_depth, share, on_conflict, to, dest, password\n" },
	{ "an unknown tag of somebody's",
	  "rules: !<tag:x,2000:y> []\n",
	  "f.yaml:1:8: '!' begins a tag in YAML, and this one is not known\n"
	  "    rules: !<tag:x,2000:y> []\n"
	  "           ^~~~~~~~~~~~~~~~~\n"
	  "  expected: no tag\n" },
	{ "a tag of the wrong kind",
	  "rules: !!seq {name: a}\n",
	  "f.yaml:1:8: '!' begins a tag in YAML, and this one is not known\n"
	  "    rules: !!seq {name: a}\n"
	  "           ^~~~~~~\n"
	  "  expected: no tag\n" },
	{ "an anchor twice",
	  "x-a: &a b\n"
	  "x-b: &a c\n"
	  "rules: [{name: *a}]\n",
	  "f.yaml:2:6: anchor 'a' is there already, on line 1\n"
	  "    x-b: &a c\n"
	  "         ^~~~\n" },
	{ "an alias inside of what it names",
	  "rules: &r\n"
	  "  - name: a\n"
	  "  - *r\n",
	  "f.yaml:3:5: alias 'r' stands inside what it names\n"
	  "    - *r\n"
	  "      ^~\n" },
	{ "an alias with a slip",
	  "x-common: &common {name: a}\n"
	  "rules:\n"
	  "  - *comon\n",
	  "f.yaml:3:5: no anchor has this name\n"
	  "    - *comon\n"
	  "      ^~~~~~\n"
	  "  did you mean '*common'?\n" },
	{ "a byte that is not UTF-8",
	  "rules:\n"
	  "  - name: caf\xe9\n"
	  "    exclude: na\xefve\n",
	  "f.yaml:2:14: a byte that is not UTF-8 (0xE9)\n"
	  "    - name: caf?\n"
	  "               ^\n"
	  "  expected: a file saved as UTF-8\n"
	  "f.yaml:3:16: a byte that is not UTF-8 (0xEF)\n"
	  "    exclude: na?ve\n"
	  "               ^\n"
	  "  expected: a file saved as UTF-8\n" },
	{ "UTF-16",
	  "\xff\xfer\x00u\x00l\x00" "e\x00s\x00:\x00 \x00[\x00]\x00\n"
	  "\x00",
	  "f.yaml: this file is UTF-16\n"
	  "  expected: a file saved as UTF-8\n" },
	{ "a control character",
	  "rules:\n"
	  "  - name: \"a\x1b[2Jb\"\n",
	  "f.yaml:2:13: a control character (U+001B)\n"
	  "    - name: \"a?[2Jb\"\n"
	  "              ^\n"
	  "  expected: \"\\x1b\" in double quotes, if it is meant\n" },
	{ "an invisible line break",
	  "rules:\n"
	  "  - name: a\xe2\x80\xa8" "b\n",
	  "f.yaml:2:12: an invisible line break (U+2028)\n"
	  "    - name: a?b\n"
	  "             ^\n"
	  "  expected: a plain line break, or \"\\u2028\" in double quotes\n" },
	{ "a NEL",
	  "schedule: a\xc2\x85\n"
	  "rulez: 1\n",
	  "f.yaml:1:12: an invisible line break (U+0085)\n"
	  "    schedule: a?\n"
	  "               ^\n"
	  "  expected: a plain line break, or \"\\u2028\" in double quotes\n" },
	{ "a byte order mark in the middle",
	  "schedule: a\xef\xbb\xbf" "b\n",
	  "f.yaml:1:12: an invisible mark in the text (U+FEFF)\n"
	  "    schedule: a?b\n"
	  "               ^\n"
	  "  expected: nothing there\n" },
	{ "a NUL by escape",
	  "schedule: \"a\\0b\"\n",
	  "f.yaml:1:11: a NUL character inside a value\n"
	  "    schedule: \"a\\0b\"\n"
	  "              ^~~~~~\n" },
	{ "an escape that names no character",
	  "schedule: \"\\ud800\"\n",
	  "f.yaml:1:14: this does not name a character\n"
	  "    schedule: \"\\ud800\"\n"
	  "                 ^\n"
	  "  expected: \"\\x1b\", \"\\u2028\" or \"\\U0001f600\" with digits that d"
	  "o\n" },
	{ "an escape with too few digits",
	  "schedule: \"\\x4\"\n",
	  "f.yaml:1:14: this does not name a character\n"
	  "    schedule: \"\\x4\"\n"
	  "                 ^\n"
	  "  expected: \"\\x1b\", \"\\u2028\" or \"\\U0001f600\" with digits that d"
	  "o\n" },
	{ "too many directives",
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "%TAG !a! x\n"
	  "---\n",
	  "f.yaml:9:1: too many lines begin with '%'\n"
	  "    %TAG !a! x\n"
	  "    ^\n" },
	{ "a tab behind a dash",
	  "rules:\n"
	  "  -\tname: a\n"
	  "     to: b\n",
	  "f.yaml:2:4: a tab where YAML wants blanks\n"
	  "    - name: a\n"
	  "     ^\n"
	  "  expected: blanks alone in the indentation\n" },
	{ "a comma behind a block list",
	  "rules:\n"
	  "  - exclude:\n"
	  "    - 'a',\n"
	  "    - 'b',\n",
	  "f.yaml:3:10: a comma has no place behind this value\n"
	  "    - 'a',\n"
	  "         ^\n"
	  "  leave it out:\n"
	  "    - 'a'\n"
	  "f.yaml:4:10: a comma has no place behind this value\n"
	  "    - 'b',\n"
	  "         ^\n"
	  "  leave it out:\n"
	  "    - 'b'\n" },
	{ "an indented end of text",
	  "rules:\n"
	  "  - name: |\n"
	  "     a\n"
	  "    b\n",
	  "f.yaml:4:5: no colon behind this key\n"
	  "    b\n"
	  "    ^\n"
	  "  expected: 'key: value', or more indentation to go on with the text abo"
	  "ve\n" },
	{ NULL, NULL, NULL },
};
