"""What fettle says about itself: `help`, the manual and the answer to a wrong option
tell of the same commands and options."""
import os
import re

from conftest import ROOT

MANUAL = os.path.join(ROOT, "doc", "man", "fettle.1")


def sections(text, head):
    """{title: [line, ...]} of a text whose titles are what head finds."""
    out, at = {}, None
    for line in text.splitlines():
        m = re.match(head, line)
        if m:
            at = out.setdefault(m[1], [])
        elif at is not None:
            at.append(line)
    return out


def help_commands(box):
    """{group: [command, ...]}, as `fettle help` lists them."""
    groups = sections(box.ok("help").out, r"([A-Z][\w ]+\w)(?: \(.*\))?$")
    groups.pop("Options")
    return {g: [m[1] for m in map(re.compile(r"  ([a-z]+)\b").match, lines) if m]
            for g, lines in groups.items()}


def manual_commands():
    groups = sections(open(MANUAL).read(), r"\.S[sh] (.+)$")
    out = {}
    for title, lines in groups.items():
        for line in lines:
            if not re.match(r"\.It .*\bCm\b|\.It Cm", line):
                continue
            for piece in line[len(".It "):].split(" , "):
                m = re.search(r"\bCm (\w+)", piece) or re.match(r"(\w+)", piece)
                out.setdefault(title, set()).add(m[1])
    return out


def test_the_manual_has_every_command_that_help_lists(box):
    listed = help_commands(box)
    assert sorted(sum(listed.values(), [])) == sorted(box.ok("help", "--list").out.split())
    assert {g: set(names) for g, names in listed.items()} == manual_commands()


def test_the_manual_has_every_global_option_that_help_lists(box):
    lines = sections(box.ok("help").out, r"(Options)$")["Options"]
    of_help = {m[2]: (m[1], (m[3] or "").lower()) for m in map(re.compile(
        r"  (?:-(\w), |    )--([\w-]+)(?: ([A-Z]+))?").match, lines) if m}
    lines = sections(open(MANUAL).read(), r"\.S[sh] (.+)$")["Options"]
    of_manual = {m[2]: (m[1], m[3] or "") for m in map(re.compile(
        r"\.It Fl (?:(\w) , )?\\-([\w-]+)(?: Ar (\w+))?").match, lines) if m}
    assert "config" in of_help and of_help == of_manual


def test_a_wrong_option_is_answered_with_the_way_to_help(box):
    """Of every command, and before any: exit 2, nothing on stdout, the line to type."""
    for name in box.ok("help", "--list").out.split():
        for wrong in ("--blah", "-Z"):
            r = box.ok(name, wrong, rc=2)
            assert not r.out and r.err.rstrip().endswith("ee fettle %s --help" % name), r.err
            assert "there is no option " + wrong in r.err
    r = box.ok("--blah", "sort", rc=2)
    assert r.err.rstrip().endswith("; see fettle --help")
    assert "did you mean --yes? See fettle run --help" in box.ok("run", "--yess", rc=2).err
    assert "--save wants FILE; see fettle plan --help" in box.ok("plan", "--save", rc=2).err


def test_an_option_behind_the_command_that_belongs_before_it(box):
    for words in (["-c", "x"], ["--config", "x"], ["--config=x"]):
        assert "-c (--config) stands before the command" in box.ok("plan", *words, rc=2).err
    assert "-W (--working-dir) stands before" in box.ok("run", "-W", "/", rc=2).err


def test_each_command_tells_what_it_is_for(box):
    for name in box.ok("help", "--list").out.split():
        lines = box.ok(name, "--help").out.splitlines()
        assert lines[0].startswith("usage: fettle " + name) and lines[1] == ""
        assert lines[2][0].isupper() and lines[2][-1] in ".?", lines[2]
