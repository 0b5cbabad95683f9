"""The command line, a file a case: test/cli/*.case.

A case begins with the promise it guards (lines beginning with #) and has parts:

  --- setup		a shell script in the home; put FILE [TEXT], old FILE DAYS [TEXT]
  --- config		the configuration (%HOME% is the home); mode: 0644 may come first
  --- run WORDS		fettle with these words, as a shell would split them
  --- sh		a shell script between two runs
  --- tree [FOLDER]	the files below it now, one a line; if one of them is a
			folder (with a slash), all empty folders as well
  --- file NAME		its bytes now

Below `run` stand what must hold: `exit N [N...]` (0 if absent), `out`, `err`
(a regular expression found in it, lines apart), `no out`, `no err`, `empty out`,
`json {...}` (an object printed has these members; text with * or ? is a glob),
`no json {...}`, `count N {...}`.  HOME stands for the home in all of them.
A line `# xfail: REASON` marks a case that the program is known to fail.
"""
import fnmatch
import json
import os
import pathlib
import re
import shlex
import subprocess

import pytest

CASES = sorted((pathlib.Path(__file__).parent / "cli").glob("*.case"))
HELP = r'''set -eu
put() { mkdir -p -- "$(dirname -- "$1")"; printf '%s' "${2-$1}" >"$1"; }
old() { put "$1" "${3-$1}"; touch -d "$2 days ago" -- "$1"; }
'''


def parse(path):
    parts, promise = [], []
    for n, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("--- "):
            head, _, rest = line[4:].partition(" ")
            parts.append((head, rest, [], n))
        elif parts:
            parts[-1][2].append(line)
        elif line.startswith("#"):
            promise.append(line[1:].strip())
    assert promise, "%s: the promise is missing" % path.name
    assert any(p[0] == "run" for p in parts), "%s: nothing is run" % path.name
    return parts


def matches(want, got):
    """Whether got has all that want has; texts are globs."""
    if isinstance(want, dict):
        return isinstance(got, dict) and all(
            k in got and matches(v, got[k]) for k, v in want.items())
    if isinstance(want, str):
        return isinstance(got, str) and fnmatch.fnmatchcase(got, want)
    return want == got


def objects(out):
    return [json.loads(line) for line in out.splitlines() if line]


def expect(line, r, home, say):
    word, _, rest = line.strip().partition(" ")
    no = word == "no"
    if no:
        word, _, rest = rest.partition(" ")
    rest = rest.strip().replace("HOME", home)
    if word == "exit":
        assert str(r.rc) in rest.split(), say("exit %d, wanted %s" % (r.rc, rest))
    elif word in ("out", "err"):
        text = r.out if word == "out" else r.err
        found = re.search(rest.replace(home, re.escape(home)), text, re.M) is not None
        assert found != no, say("%s %s" % ("found in" if no else "not found in", line))
    elif word == "empty":
        assert (r.out if rest == "out" else r.err) == "", say(line)
    elif word == "json":
        some = any(matches(json.loads(rest), o) for o in objects(r.out))
        assert some != no, say(line)
    elif word == "count":
        n, _, want = rest.partition(" ")
        have = sum(matches(json.loads(want), o) for o in objects(r.out))
        assert have == int(n), say("%d times %s" % (have, want))
    else:
        raise AssertionError("unknown expectation: " + line)


def do_run(box, words, lines):
    args = [a.replace("HOME", box.home) for a in shlex.split(words)]
    r = box.run(*args)

    def say(what):
        return "%s\n$ fettle %s\n-- out\n%s-- err\n%s" % (what, words, r.out, r.err)

    lines = [x for x in lines if x.strip()]
    if not any(x.split()[0] == "exit" for x in lines):
        assert r.rc == 0, say("exit %d, wanted 0" % r.rc)
    for line in lines:
        expect(line, r, box.home, say)


def do_config(box, lines):
    mode = 0o600
    if lines and lines[0].startswith("mode: "):
        mode = int(lines.pop(0)[6:], 8)
    box.conf("\n".join(lines) + "\n", mode)


def do_tree(box, rel, lines):
    want = sorted(x for x in lines if x)
    top = box.path(rel) if rel else box.home
    have, folders = [], any(x.endswith("/") for x in want)
    for d, dirs, files in os.walk(top):
        r = os.path.relpath(d, top)
        links = [n for n in dirs if os.path.islink(os.path.join(d, n))]
        if folders and not dirs and not files and r != ".":
            have.append(r + "/")
        have += [os.path.normpath(os.path.join(r, n)) for n in files + links]
    assert sorted(have) == want, "%s:\nhave %s\nwant %s" % (rel, sorted(have), want)


def param(path):
    known = re.search(r"^# xfail: (.+)$", path.read_text(), re.M)
    marks = pytest.mark.xfail(strict=True, reason=known[1]) if known else ()
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", map(param, CASES))
def test_case(path, box):
    for head, rest, lines, n in parse(path):
        if head in ("setup", "sh"):
            subprocess.run(["bash", "-c", HELP + "\n".join(lines)], cwd=box.home,
                           env={**box.env, "FETTLE": box.fettle, "CONFIG": box.config},
                           check=True)
        elif head == "config":
            do_config(box, lines)
        elif head == "run":
            do_run(box, rest, lines)
        elif head == "tree":
            do_tree(box, rest, lines)
        elif head == "file":
            want = "\n".join(lines).strip("\n")
            assert box.read(rest).decode().strip("\n") == want, "%s line %d" % (path.name, n)
        else:
            raise AssertionError("%s:%d: unknown part %s" % (path.name, n, head))


def test_there_are_enough_cases():
    assert len(CASES) >= 60
