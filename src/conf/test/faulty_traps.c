/* faulty_traps.c -- text that YAML reads otherwise. */
#include "conf/test/faulty.h"

const struct faulty faulty_traps[] = {
	{ "schedule: *:0/15",
	  "schedule: *:0/15\n",
	  "f.yaml:1:11: '*' begins an alias in YAML\n"
	  "    schedule: *:0/15\n"
	  "              ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    schedule: '*:0/15'\n" },
	{ "schedule: *-*-* 01:00",
	  "schedule: *-*-* 01:00\n",
	  "f.yaml:1:11: '*' begins an alias in YAML\n"
	  "    schedule: *-*-* 01:00\n"
	  "              ^~~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    schedule: '*-*-* 01:00'\n" },
	{ "a calendar that looks like an alias",
	  "schedule: *-01-01\n",
	  "f.yaml:1:11: '*' begins an alias in YAML\n"
	  "    schedule: *-01-01\n"
	  "              ^~~~~~~\n"
	  "  put it in quotes:\n"
	  "    schedule: '*-01-01'\n" },
	{ "a comment stays behind the quotes",
	  "schedule: *:0/15   # four times an hour\n",
	  "f.yaml:1:11: '*' begins an alias in YAML\n"
	  "    schedule: *:0/15   # four times an hour\n"
	  "              ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    schedule: '*:0/15'   # four times an hour\n" },
	{ "schedule: @daily",
	  "schedule: @daily\n",
	  "f.yaml:1:11: no text begins with '@' in YAML\n"
	  "    schedule: @daily\n"
	  "              ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    schedule: '@daily'\n" },
	{ "schedule: %H",
	  "schedule: %H\n",
	  "f.yaml:1:11: no text begins with '%' in YAML\n"
	  "    schedule: %H\n"
	  "              ^~\n"
	  "  put it in quotes:\n"
	  "    schedule: '%H'\n" },
	{ "a back tick",
	  "rules:\n"
	  "  - name: `date`\n",
	  "f.yaml:2:11: no text begins with '`' in YAML\n"
	  "    - name: `date`\n"
	  "            ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    - name: '`date`'\n" },
	{ "size: >1mb",
	  "rules:\n"
	  "  - size: >1mb\n",
	  "f.yaml:2:11: '>' begins a block of text in YAML\n"
	  "    - size: >1mb\n"
	  "            ^~~~\n"
	  "  put it in quotes:\n"
	  "    - size: '>1mb'\n" },
	{ "size: > 1 mb",
	  "rules:\n"
	  "  - size: > 1 mb\n"
	  "    name: x\n",
	  "f.yaml:2:11: '>' begins a block of text in YAML\n"
	  "    - size: > 1 mb\n"
	  "            ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    - size: '> 1 mb'\n" },
	{ "size: >1 is no YAML error, and told all the same",
	  "rules:\n"
	  "  - size: >1\n"
	  "    name: x\n",
	  "f.yaml:2:11: '>' begins a block of text in YAML\n"
	  "    - size: >1\n"
	  "            ^\n"
	  "  put it in quotes:\n"
	  "    - size: '>1'\n" },
	{ "name: |a",
	  "rules:\n"
	  "  - name: |a\n",
	  "f.yaml:2:11: '|' begins a block of text in YAML\n"
	  "    - name: |a\n"
	  "            ^~\n"
	  "  put it in quotes:\n"
	  "    - name: '|a'\n" },
	{ "an empty block",
	  "rules:\n"
	  "  - name: |\n"
	  "    to: /b\n",
	  "f.yaml:2:11: 'name' has no value\n"
	  "    - name: |\n"
	  "            ^\n" },
	{ "exclude: [*.tmp]",
	  "rules:\n"
	  "  - exclude: [*.tmp]\n",
	  "f.yaml:2:15: '*' begins an alias in YAML\n"
	  "    - exclude: [*.tmp]\n"
	  "                ^~~~~\n"
	  "  put it in quotes:\n"
	  "    - exclude: ['*.tmp']\n" },
	{ "all of a list are corrected at once",
	  "rules:\n"
	  "  - exclude: [*.tmp, a, *.{b,c}, *~]\n",
	  "f.yaml:2:15: '*' begins an alias in YAML\n"
	  "    - exclude: [*.tmp, a, *.{b,c}, *~]\n"
	  "                ^~~~~\n"
	  "  put it in quotes:\n"
	  "    - exclude: ['*.tmp', a, '*.{b,c}', '*~']\n" },
	{ "faults of repaired lines keep their columns",
	  "rules:\n"
	  "  - {exclude: [*.tmp, *.bak], nmae: b}\n",
	  "f.yaml:2:16: '*' begins an alias in YAML\n"
	  "    - {exclude: [*.tmp, *.bak], nmae: b}\n"
	  "                 ^~~~~\n"
	  "  put it in quotes:\n"
	  "    - {exclude: ['*.tmp', '*.bak'], nmae: b}\n"
	  "f.yaml:2:31: unknown key 'nmae' in a rule\n"
	  "    - {exclude: [*.tmp, *.bak], nmae: b}\n"
	  "                                ^~~~\n"
	  "  did you mean 'name'?\n" },
	{ "- *.tmp, each on its line",
	  "rules:\n"
	  "  - exclude:\n"
	  "    - *.tmp\n"
	  "    - '*.a'\n"
	  "    - *.bak\n",
	  "f.yaml:3:7: '*' begins an alias in YAML\n"
	  "    - *.tmp\n"
	  "      ^~~~~\n"
	  "  put it in quotes:\n"
	  "    - '*.tmp'\n"
	  "f.yaml:5:7: '*' begins an alias in YAML\n"
	  "    - *.bak\n"
	  "      ^~~~~\n"
	  "  put it in quotes:\n"
	  "    - '*.bak'\n" },
	{ "locations: ~",
	  "rules:\n"
	  "  - locations: ~\n",
	  "f.yaml:2:16: '~' alone means 'nothing' in YAML\n"
	  "    - locations: ~\n"
	  "                 ^\n"
	  "  put it in quotes:\n"
	  "    - locations: '~'\n" },
	{ "- ~",
	  "rules:\n"
	  "  - locations: [/a, ~]\n",
	  "f.yaml:2:21: '~' alone means 'nothing' in YAML\n"
	  "    - locations: [/a, ~]\n"
	  "                      ^\n"
	  "  put it in quotes:\n"
	  "    - locations: [/a, '~']\n" },
	{ "name: null",
	  "rules:\n"
	  "  - name: null\n",
	  "f.yaml:2:11: 'null' alone means 'nothing' in YAML\n"
	  "    - name: null\n"
	  "            ^~~~\n"
	  "  put it in quotes:\n"
	  "    - name: 'null'\n" },
	{ "a second colon",
	  "rules:\n"
	  "  - name: key: value\n",
	  "f.yaml:2:11: a second ': ' in one value\n"
	  "    - name: key: value\n"
	  "            ^~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - name: 'key: value'\n" },
	{ "a second colon, with an apostrophe",
	  "rules:\n"
	  "  - name: it's: so\n",
	  "f.yaml:2:11: a second ': ' in one value\n"
	  "    - name: it's: so\n"
	  "            ^~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - name: 'it''s: so'\n" },
	{ "a second colon in a list",
	  "rules:\n"
	  "  - exclude: [a: b: c]\n",
	  "f.yaml:2:15: a second ': ' in one value\n"
	  "    - exclude: [a: b: c]\n"
	  "                ^~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - exclude: ['a: b: c']\n" },
	{ "a second colon in a map",
	  "rules:\n"
	  "  - {name: b: c, to: /d}\n",
	  "f.yaml:2:12: a second ': ' in one value\n"
	  "    - {name: b: c, to: /d}\n"
	  "             ^~~~\n"
	  "  put it in quotes:\n"
	  "    - {name: 'b: c', to: /d}\n" },
	{ "a list item with a colon",
	  "rules:\n"
	  "  - exclude:\n"
	  "    - foo: bar\n",
	  "f.yaml:3:7: an item of 'exclude' must be text, not a map\n"
	  "    - foo: bar\n"
	  "      ^\n"
	  "  put it in quotes:\n"
	  "    - 'foo: bar'\n" },
	{ "a flow item with a colon",
	  "rules:\n"
	  "  - exclude: [foo: bar, b]\n",
	  "f.yaml:2:15: an item of 'exclude' must be text, not a map\n"
	  "    - exclude: [foo: bar, b]\n"
	  "                ^~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - exclude: ['foo: bar', b]\n" },
	{ "a placeholder at the beginning",
	  "rules:\n"
	  "  - dest: {created.year}/{name}\n",
	  "f.yaml:2:11: '{' begins a map in YAML\n"
	  "    - dest: {created.year}/{name}\n"
	  "            ^~~~~~~~~~~~~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - dest: '{created.year}/{name}'\n" },
	{ "a placeholder alone",
	  "rules:\n"
	  "  - dest: {name}\n",
	  "f.yaml:2:11: 'dest' must be text, not a map\n"
	  "    - dest: {name}\n"
	  "            ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    - dest: '{name}'\n" },
	{ "a placeholder in a list",
	  "rules:\n"
	  "  - exclude: [{name}.pdf, b]\n",
	  "f.yaml:2:15: '{' begins a map in YAML\n"
	  "    - exclude: [{name}.pdf, b]\n"
	  "                ^~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - exclude: ['{name}.pdf', b]\n" },
	{ "a pattern with brackets",
	  "rules:\n"
	  "  - exclude: [a-z]*.tmp\n",
	  "f.yaml:2:14: '[' begins a list in YAML\n"
	  "    - exclude: [a-z]*.tmp\n"
	  "               ^~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - exclude: '[a-z]*.tmp'\n" },
	{ "a pattern that is a list to YAML",
	  "rules:\n"
	  "  - name: [a-z]\n",
	  "f.yaml:2:11: 'name' must be text, not a list\n"
	  "    - name: [a-z]\n"
	  "            ^~~~~\n"
	  "  put it in quotes:\n"
	  "    - name: '[a-z]'\n" },
	{ "quotes around a part",
	  "rules:\n"
	  "  - dest: \"~/x\"/{name}\n",
	  "f.yaml:2:11: text behind the closing quote\n"
	  "    - dest: \"~/x\"/{name}\n"
	  "            ^~~~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - dest: '~/x/{name}'\n" },
	{ "an apostrophe in quotes",
	  "rules:\n"
	  "  - name: 'it's'\n",
	  "f.yaml:2:11: text behind the closing quote\n"
	  "    - name: 'it's'\n"
	  "            ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    - name: 'it''s'\n" },
	{ "a backslash in double quotes",
	  "rules:\n"
	  "  - name: \"\\d+ \\\"x\\\"\"\n",
	  "f.yaml:2:12: in double quotes a backslash begins a special character, an"
	  "d there is none like this\n"
	  "    - name: \"\\d+ \\\"x\\\"\"\n"
	  "             ^~\n"
	  "  put it in single quotes:\n"
	  "    - name: '\\d+ \"x\"'\n" },
	{ "an exclamation mark",
	  "rules:\n"
	  "  - exclude: [!important.txt]\n",
	  "f.yaml:2:15: '!' begins a tag in YAML\n"
	  "    - exclude: [!important.txt]\n"
	  "                ^~~~~~~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - exclude: ['!important.txt']\n" },
	{ "a tag nobody declared",
	  "rules:\n"
	  "  - name: !a!b\n",
	  "f.yaml:2:11: '!' begins a tag in YAML\n"
	  "    - name: !a!b\n"
	  "            ^~~~\n"
	  "  put it in quotes:\n"
	  "    - name: '!a!b'\n" },
	{ "an ampersand",
	  "rules:\n"
	  "  - name: & co\n",
	  "f.yaml:2:11: '&' begins an anchor in YAML\n"
	  "    - name: & co\n"
	  "            ^~~~\n"
	  "  put it in quotes:\n"
	  "    - name: '& co'\n" },
	{ "a question mark",
	  "rules:\n"
	  "  - name: ? what\n",
	  "f.yaml:2:11: '?' begins a key in YAML\n"
	  "    - name: ? what\n"
	  "            ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    - name: '? what'\n" },
	{ "a comma at the beginning",
	  "rules:\n"
	  "  - name: ,v\n",
	  "f.yaml:2:11: no text begins with ',' in YAML\n"
	  "    - name: ,v\n"
	  "            ^~\n"
	  "  put it in quotes:\n"
	  "    - name: ',v'\n" },
	{ "what follows a number sign",
	  "rules:\n"
	  "  - password: #secret\n",
	  "f.yaml:2:15: '#' begins a comment in YAML, and 'password' has no value\n"
	  "    - password: *******\n"
	  "                ^~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - password: *********\n" },
	{ "a comment is only a comment",
	  "rules:\n"
	  "  - name: # none yet\n",
	  "f.yaml:2:5: 'name' has no value\n"
	  "    - name: # none yet\n"
	  "      ^~~~\n" },
	{ "a list item that goes on with the text above",
	  "rules:\n"
	  "  - exclude: a\n"
	  "      - b\n",
	  "f.yaml:3:7: YAML takes this list item for more of the text above\n"
	  "    - b\n"
	  "    ^\n"
	  "  expected: no value on the line of a key that has a list below it\n" },
	{ "no blank behind the colon",
	  "rules:\n"
	  "  - name:a\n",
	  "f.yaml:2:5: an item of 'rules' must be a map, not text\n"
	  "    - name:a\n"
	  "      ^~~~~~\n"
	  "  put a blank behind the colon:\n"
	  "    - name: a\n" },
	{ "no blank behind the colon of a map",
	  "rules: [{name:[a]}]\n",
	  "f.yaml:1:14: a blank is missing behind this colon\n"
	  "    rules: [{name:[a]}]\n"
	  "                 ^\n"
	  "  put one there:\n"
	  "    rules: [{name: [a]}]\n"
	  "f.yaml:1:15: 'name' must be text, not a list\n"
	  "    rules: [{name:[a]}]\n"
	  "                  ^~~\n"
	  "  put it in quotes:\n"
	  "    rules: [{name: '[a]'}]\n" },
	{ "a non-breaking space in the indentation",
	  "rules:\n"
	  "  - name: a\n"
	  "  \xc2\xa0 to: /b\n",
	  "f.yaml:3:3: a non-breaking space where YAML wants a blank\n"
	  "    \xc2\xa0 to: /b\n"
	  "    ^\n"
	  "  put a plain one there:\n"
	  "      to: /b\n" },
	{ "a non-breaking space before a key",
	  "rules:\n"
	  "  -\n"
	  "    name: a\n"
	  "    \xc2\xa0to: /b\n",
	  "f.yaml:4:5: unknown key '\xc2\xa0to' in a rule\n"
	  "    \xc2\xa0to: /b\n"
	  "    ^~~\n"
	  "  expected: a plain blank, not a non-breaking one\n" },
	{ "more text behind an alias",
	  "x-a: &a b\n"
	  "rules:\n"
	  "  - name: *a c\n",
	  "f.yaml:3:14: this does not belong to the value before it\n"
	  "    - name: *a c\n"
	  "               ^\n"
	  "  put the whole value in quotes\n" },
	{ "wide letters before the caret",
	  "rules:\n"
	  "  - name: \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e: x\n",
	  "f.yaml:2:11: a second ': ' in one value\n"
	  "    - name: \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e: x\n"
	  "            ^~~~~~~~~\n"
	  "  put it in quotes:\n"
	  "    - name: '\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e: x'\n" },
	{ "faults before and behind a repaired line",
	  "rulez: 1\n"
	  "schedule: *:0/15\n"
	  "logg: {}\n",
	  "f.yaml:1:1: unknown key 'rulez' in the configuration\n"
	  "    rulez: 1\n"
	  "    ^~~~~\n"
	  "  did you mean 'rules'?\n"
	  "f.yaml:2:11: '*' begins an alias in YAML\n"
	  "    schedule: *:0/15\n"
	  "              ^~~~~~\n"
	  "  put it in quotes:\n"
	  "    schedule: '*:0/15'\n"
	  "f.yaml:3:1: unknown key 'logg' in the configuration\n"
	  "    logg: {}\n"
	  "    ^~~~\n"
	  "  did you mean 'log'?\n" },
	{ NULL, NULL, NULL },
};
