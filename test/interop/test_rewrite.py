"""rewrite and recover: what they leave is whole, and what it says it is."""
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pair import needs_restic, pair, rand, tree_of, words   # noqa: E402,F401

pytestmark = needs_restic


def fill(p):
    p.put("keep/a", words(3000, 1))
    p.put("keep/big", rand(200000, 2))
    p.put("drop/x.tmp", b"x")
    p.put("deep/er/y.tmp", b"y")
    p.put("deep/er/Z.TMP", b"z")
    p.ids = [p.backup("--tag", "one")]
    p.put("more", b"m")
    p.ids.append(p.backup("--host", "other"))


def names(t):
    return {n for n, v in t.items() if v[3] is not None}


def now(p, id):
    return tree_of(p.restore(id, "now-" + id[:8]))


def made(p, old):
    found = [s for s in p.snapshots() if s.get("original") == old]
    assert len(found) == 1
    return found[0]


def test_excludes(pair):   # noqa: F811
    p = pair()
    fill(p)
    was = [now(p, i) for i in p.ids]
    out = p.fettle("--json", "rewrite", "--exclude", "*.tmp", "--iexclude", "z.*").lines()
    assert out[-1]["changed_snapshots"] == 2
    assert len(p.snapshots()) == 4
    for i, t in zip(p.ids, was):
        s = made(p, i)
        assert "rewrite" in s["tags"]
        want = {n: v for n, v in t.items() if not n.lower().endswith(".tmp")}
        assert now(p, s["id"]) == want
        assert now(p, i) == t
    p.check()
    # Doing it again changes only what still holds some.
    again = p.fettle("--json", "rewrite", "--exclude", "*.tmp", "--tag", "rewrite").lines()
    assert again[-1]["changed_snapshots"] == 0


def test_forget_replaces(pair):   # noqa: F811
    p = pair()
    fill(p)
    p.fettle("rewrite", "--forget", "--exclude", "/drop", "--exclude-larger-than", "100k")
    after = p.snapshots()
    assert {s["original"] for s in after} == set(p.ids) and len(after) == 2
    assert [s.get("tags") for s in after] == [["one"], None]
    for s in after:
        t = names(now(p, s["id"]))
        assert "keep/a" in t and "keep/big" not in t and "drop/x.tmp" not in t and "deep/er/y.tmp" in t
    p.check()
    p.restic("prune")
    p.check()


def test_dry_run_changes_nothing(pair):   # noqa: F811
    p = pair()
    fill(p)
    files = p.files("data") + p.files("index") + p.files("snapshots")
    out = p.fettle("--json", "rewrite", "-n", "--forget", "-e", "*.tmp").lines()
    assert out[-1]["changed_snapshots"] == 2
    assert p.files("data") + p.files("index") + p.files("snapshots") == files


def test_includes(pair):   # noqa: F811
    p = pair()
    fill(p)
    p.fettle("rewrite", "--include", "/deep/**/y*", "--iinclude", "a", p.ids[0])
    t = now(p, made(p, p.ids[0])["id"])
    assert names(t) == {"deep/er/y.tmp", "keep/a"} and "drop" not in t
    # A pattern that matches nothing forgets nothing.
    p.fettle("rewrite", "--forget", "--include", "nothing", p.ids[1])
    assert len(p.snapshots()) == 3 and p.ids[1] in {s["id"] for s in p.snapshots()}
    p.check()


def test_from_files(pair):   # noqa: F811
    p = pair()
    fill(p)
    with open(p.top + "/list", "w") as f:
        f.write("# comment\n\n*.tmp\n$WHAT\n")
    p.fettle("rewrite", "--exclude-file", p.top + "/list", p.ids[0], env={"WHAT": "big"})
    assert names(now(p, made(p, p.ids[0])["id"])) == {"keep/a", "deep/er/Z.TMP"}


def test_host_and_time(pair):   # noqa: F811
    p = pair()
    fill(p)
    p.fettle("rewrite", "--forget", "--new-host", "elsewhere", "--new-time", "1999-01-02 03:04:05", p.ids[0])
    s = made(p, p.ids[0])
    assert s["hostname"] == "elsewhere" and s["time"].startswith("1999-01-02T03:04:05")
    assert s["tree"] == p.restic("cat", "snapshot", s["id"]).json()["tree"]
    assert len(p.snapshots()) == 2
    p.check()


def test_summary(pair):   # noqa: F811
    p = pair()
    fill(p)
    p.fettle("rewrite", "--forget", "-s", p.ids[0])
    s = p.fettle("cat", "snapshot", made(p, p.ids[0])["id"]).json()     # restic 0.14 does not show it
    assert s["summary"]["total_files_processed"] == 5
    assert s["summary"]["total_bytes_processed"] == 203003
    # And it is kept right by what is left out.
    p.fettle("rewrite", "--forget", "-e", "big", made(p, p.ids[0])["id"])
    last = [x for x in p.snapshots() if x["id"] != p.ids[1]][0]
    s = p.fettle("cat", "snapshot", last["id"]).json()
    assert s["summary"]["total_bytes_processed"] == 3003


def test_one_that_is_damaged_keeps_no_other(pair):   # noqa: F811
    p = pair()
    p.put("a/x.tmp", b"1")
    one = p.backup()
    trees = p.packs_of("tree")
    p.put("a/x.tmp", b"2")
    two = p.backup()
    p.harm(p.pack(trees[0]), at=30)
    p.fettle("rewrite", "-e", "*.tmp", rc=3)
    assert made(p, two) and not [s for s in p.snapshots() if s.get("original") == one]


@pytest.mark.parametrize("args", [[], ["--exclude", "a", "--include", "b"], ["--exclude", "a[b"], ["-e", "a", "latest:/x"],
                                  ["--new-time", "whenever"], ["--exclude-larger-than", "much"],
                                  ["--exclude-file", "/nowhere/x"]])
def test_refused(pair, args):   # noqa: F811
    p = pair()
    fill(p)
    p.fettle("rewrite", *args, rc=(1, 2))
    assert len(p.snapshots()) == 2


# ------------------------------------------------------------------ recover

def test_recover(pair):   # noqa: F811
    p = pair()
    fill(p)
    was = [now(p, i) for i in p.ids]
    assert p.fettle("--json", "recover").lines()[-1]["roots"] == 0
    p.restic("forget", p.ids[0])
    os.unlink(os.path.join(p.repo, "index", os.path.basename(p.files("index")[0])))
    p.forget_cache()
    out = p.fettle("--json", "recover").lines()[-1]
    assert out["roots"] == 1
    new = [s for s in p.snapshots() if s["id"] == out["snapshot_id"]][0]
    assert new["tags"] == ["recovered"] and new["paths"] == ["/recover"]
    p.check()
    t = now(p, new["id"])
    top = [n for n in t if "/" not in n]
    assert len(top) == 1 and len(top[0]) == 8
    assert {n[len(top[0]) + 1:]: v for n, v in t.items() if n != top[0]} == was[0]
    assert p.fettle("--json", "recover").lines()[-1]["roots"] == 0


def test_recover_what_a_damaged_snapshot_held(pair):   # noqa: F811
    p = pair()
    fill(p)
    for i in p.ids:
        p.harm(os.path.join(p.repo, "snapshots", i))
    out = p.fettle("--json", "recover").lines()[-1]
    assert out["roots"] == 2
    for i in p.ids:
        p.fettle("repair", "snapshots", "--forget", i)
    p.check()
    shutil.rmtree(p.src)
    t = names(now(p, out["snapshot_id"]))
    assert sum(n.endswith("keep/big") for n in t) == 2 and sum(n.endswith("/more") for n in t) == 1


def test_recover_refused(pair):   # noqa: F811
    p = pair()
    p.fettle("recover", "x", rc=2)
    p.fettle("recover", "--no-lock", rc=2)


def test_what_has_the_tag_already(pair):   # noqa: F811
    """The tag 'rewrite' before another one was once the end of the program."""
    p = pair()
    p.put("a.tmp", b"a")
    p.put("b", b"b")
    old = p.backup("--tag", "rewrite,zoo")
    p.fettle("rewrite", "--exclude", "*.tmp")
    assert made(p, old)["tags"] == ["rewrite", "zoo"]
