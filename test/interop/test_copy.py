"""copy: into another repository, where restic finds it whole."""
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pair import Pair, needs_restic, pair, rand, tree_of, words   # noqa: E402,F401

pytestmark = needs_restic


def fill(p):
    p.put("text/a", words(900000, 1))
    p.put("text/b", words(5000, 2))
    p.put("rand/x", rand(3 << 20, 3))
    p.put("rand/small", rand(100, 4))
    p.put("empty", b"")
    p.put("zero", bytes(2 << 20))
    os.symlink("a", p.src + "/text/link")
    p.ids = [p.backup("--tag", "one,two", "--exclude", "nothing")]
    p.put("text/c", words(70000, 5))
    p.ids.append(p.backup("--host", "other"))
    p.put("rand/y", rand(1 << 20, 6))
    p.ids.append(p.backup())


def copy(to, p, *args, rc=0, env=None):
    return to.fettle("--json", "copy", "--from-repo", p.repo, *args, rc=rc,
                     env={"RESTIC_FROM_PASSWORD": "x", **(env or {})})


def same(to, p, old):
    """What was copied is what there was, but for parent and original."""
    new = [s for s in to.snapshots() if s.get("original") == old]
    assert len(new) == 1
    a, b = p.restic("cat", "snapshot", old).json(), to.restic("cat", "snapshot", new[0]["id"]).json()
    a.pop("parent", None)
    b.pop("original")
    assert a == b and "parent" not in b
    mine, theirs = to.restore(new[0]["id"], "to-" + old[:8]), p.restore(old, "from-" + old[:8])
    assert tree_of(mine) == tree_of(theirs)


def test_all_and_then_nothing(pair):   # noqa: F811
    p, to = pair("from"), pair("to")
    fill(p)
    out = copy(to, p).lines()
    assert out[-1]["copied"] == 3 and out[-1]["failed"] == 0
    to.check()
    for old in p.ids:
        same(to, p, old)
    # Frames are not compressed anew.
    assert abs(sum(map(os.path.getsize, to.files("data"))) -
               sum(map(os.path.getsize, p.files("data")))) < 4000
    packs = to.files("data")
    again = copy(to, p).lines()
    assert again[-1] == {"message_type": "summary", "copied": 0, "skipped": 3, "failed": 0, "blobs": 0, "bytes": 0}
    assert to.files("data") == packs and len(to.snapshots()) == 3
    # restic sees the same: it copies nothing either.
    to.restic("copy", "--from-repo", p.repo, env={"RESTIC_FROM_PASSWORD": "x"})
    assert to.files("data") == packs and len(to.snapshots()) == 3


def test_some_then_the_rest(pair):   # noqa: F811
    p, to = pair("from"), pair("to")
    fill(p)
    assert copy(to, p, "--tag", "one,two").lines()[-1]["copied"] == 1
    assert copy(to, p, p.ids[2][:10]).lines()[-1]["copied"] == 1
    last = copy(to, p).lines()
    assert last[-1]["copied"] == 1 and last[-1]["skipped"] == 2
    to.check()
    for old in p.ids:
        same(to, p, old)


def test_what_restic_copied_is_there(pair):   # noqa: F811
    p, to = pair("from"), pair("to")
    fill(p)
    to.restic("copy", "--from-repo", p.repo, env={"RESTIC_FROM_PASSWORD": "x"})
    assert copy(to, p).lines()[-1]["skipped"] == 3


def test_other_tags_are_another_snapshot(pair):   # noqa: F811
    p, to = pair("from"), pair("to")
    fill(p)
    copy(to, p, p.ids[0])
    p.restic("tag", "--add", "three", p.ids[0])
    new = [s["id"] for s in p.snapshots() if s.get("original") == p.ids[0]][0]
    out = copy(to, p, new).lines()[-1]
    assert (out["copied"], out["blobs"]) == (1, 0)


@pytest.mark.parametrize("mode,cmp", [("max", -1), ("off", 1)])
def test_a_compression_that_is_asked_for(pair, mode, cmp):   # noqa: F811
    p, to = pair("from"), pair("to")
    fill(p)
    to.fettle("--compression", mode, "copy", "--from-repo", p.repo, env={"RESTIC_FROM_PASSWORD": "x"})
    to.check()
    a, b = (sum(map(os.path.getsize, x.files("data"))) for x in (to, p))
    assert (a - b) * cmp > 0
    same(to, p, p.ids[2])


@pytest.mark.parametrize("a,b", [(1, 2), (2, 1)])
def test_between_versions(pair, a, b):   # noqa: F811
    p, to = pair("from", version=a), pair("to", version=b)
    fill(p)
    assert copy(to, p).lines()[-1]["copied"] == 3
    to.check()
    for old in p.ids:
        same(to, p, old)


def test_one_key_keeps_the_seal(pair):   # noqa: F811
    """A repository that began as a copy of the other's files."""
    p = pair("from")
    to = pair("to")
    shutil.rmtree(to.repo)
    shutil.copytree(p.repo, to.repo)
    fill(p)
    assert copy(to, p).lines()[-1]["copied"] == 3
    to.check()
    for old in p.ids:
        same(to, p, old)


def test_a_damaged_one_keeps_nobody(pair):   # noqa: F811
    p, to = pair("from"), pair("to")
    p.put("a", rand(1000, 1))
    one = p.backup()
    packs = p.packs_of("data")
    os.unlink(p.src + "/a")
    p.put("b", rand(1000, 2))
    two = p.backup()
    p.harm(p.pack(packs[0]), at=40)
    r = copy(to, p, rc=1)
    assert "snapshot %s is not copied" % one[:8] in r.err
    assert [x["source_snapshot_id"] for x in r.lines() if x.get("message_type") == "copied"] == [two]
    to.check()
    same(to, p, two)


def test_refused(pair):   # noqa: F811
    p, to = pair("from"), pair("to")
    fill(p)
    to.fettle("copy", rc=2)
    copy(to, p, env={"RESTIC_FROM_PASSWORD": "wrong"}, rc=12)
    copy(to, p, "0123456789", rc=1)
    copy(to, p, "latest:/text", rc=2)
    to.fettle("copy", "--from-repo", p.top + "/nowhere", env={"RESTIC_FROM_PASSWORD": "x"}, rc=10)
    assert to.snapshots() == []
