"""What users of restic 0.17 and later rely on, found by going through that program's own tests."""
import re

import pytest

from pair import needs_restic, pair  # noqa: F401

pytestmark = needs_restic


def tags(p, *args, **kw):
    return [s.get("tags") for s in p.fettle("--json", "snapshots", *args, **kw).json()]


@pytest.fixture
def three(pair):   # noqa: F811
    p = pair()
    p.put("f")
    for i, (host, tag) in enumerate([("one", "a"), ("two", "b"), ("two", "c")]):
        p.fettle("backup", "--host", host, "--tag", tag, "--time", "2024-01-0%d 00:00:00" % (i + 1), ".", cwd=p.src)
    return p


def test_a_mistyped_tag_loses_nothing(three):
    """A policy that keeps nothing of a group is refused, and nothing of any group goes."""
    three.fettle("forget", "--keep-tag", "mistyped", rc=1)
    r = three.fettle("forget", "--keep-tag", "a", rc=1)
    assert "two" in r.err
    assert len(three.snapshots()) == 3
    three.fettle("forget", "--keep-tag", "c", "--host", "two")
    assert tags(three) == [["a"], ["c"]]


def test_host_of_the_environment(three):
    env = {"RESTIC_HOST": "two"}
    assert tags(three, env=env) == [["b"], ["c"]]
    assert tags(three, "--host", "one", env=env) == [["a"]]
    assert len(tags(three, "--host", "", env=env)) == 3
    assert three.fettle("--json", "ls", "latest", env={"RESTIC_HOST": "one"}).lines()[0]["tags"] == ["a"]


def test_latest_of_each_group(three):
    groups = three.fettle("--json", "snapshots", "--latest", "1", "--group-by", "paths").json()
    assert [[s["tags"] for s in g["snapshots"]] for g in groups] == [[["c"]]]
    groups = three.fettle("--json", "snapshots", "--latest", "1", "--group-by", "host").json()
    assert sorted(s["tags"][0] for g in groups for s in g["snapshots"]) == ["a", "c"]


def test_names_in_a_pipe_are_the_names(pair):   # noqa: F811
    p = pair()
    for name in ("two words", "a*b", "it's", "uml\u00e4ut", "new\nline"):
        p.put(name)
    p.backup()
    ours = p.fettle("ls", "latest").out.splitlines()
    assert len(ours) == 5 and {"/a*b", "/it's", "/two words", "/uml\u00e4ut"} <= set(ours)
    long = p.fettle("ls", "-l", "latest").out.splitlines()
    assert re.fullmatch(r"-rw-r--r-- +\d+ +\d+      1 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d /a\*b", long[0])
    assert p.fettle("-q", "find", "two*").out == "/two words\n"
    assert p.fettle("-q", "find", "nothing").out == ""


def test_diff_in_the_words_that_scripts_read(pair):   # noqa: F811
    p = pair()
    p.put("gone")
    one = p.backup()
    p.put("new", b"new")
    p.put("d/new", b"other")
    two = p.backup()
    out = p.fettle("diff", one, two).out
    for line in (r"\+ +/new", r"\+ +/d/", r"Files: +2 new, +0 removed, +0 changed", r"Dirs: +1 new, +0 removed",
                 r"Data Blobs: +2 new, +0 removed", r"Tree Blobs: +\d new, +\d removed", r"  Added:   [0-9.]+ (Ki)?B",
                 r"  Removed: [0-9.]+ (Ki)?B"):
        assert re.search("(?m)^" + line, out), (line, out)
