"""repair: damage of every kind, and what restic says of the repository afterwards."""
import os
import random
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pair import SEED, needs_restic, pair, rand, tree_of, words   # noqa: E402,F401

pytestmark = needs_restic


def fill(p, snapshots=2):
    """Each snapshot has packs and an index file of its own."""
    p.put("one/a", rand(300000, 1))
    p.put("one/b", words(400000, 2))
    p.put("two/c", rand(1000, 3))
    p.ids = [p.backup("--tag", "first")]
    if snapshots > 1:
        p.put("two/deep/d", rand(200000, 4))
        p.put("three/e", words(1000, 5))
        p.ids.append(p.backup())


def before(p):
    return [tree_of(p.restore(i, "before-" + i[:8])) for i in p.ids]


def whole(p, was):
    """All snapshots are what they were."""
    p.check()
    for i, t in zip(p.ids, was):
        assert tree_of(p.restore(i, "after-" + i[:8])) == t


def flip(p, path):
    p.harm(path)


def cut(p, path):
    os.chmod(path, 0o600)
    os.truncate(path, os.path.getsize(path) // 2)
    p.forget_cache()


def cut_end(p, path):
    os.chmod(path, 0o600)
    os.truncate(path, os.path.getsize(path) - 1)
    p.forget_cache()


def empty(p, path):
    os.chmod(path, 0o600)
    os.truncate(path, 0)
    p.forget_cache()


def gone(p, path):
    p.remove(path)


def flip_end(p, path):
    """The header of a pack."""
    p.harm(path, at=os.path.getsize(path) - 30)


# ------------------------------------------------------------------ index

@pytest.mark.parametrize("harm", [flip, cut, empty, gone])
def test_an_index_file(pair, harm):   # noqa: F811
    p = pair()
    fill(p)
    was = before(p)
    harm(p, p.files("index")[0])
    p.fettle("check", rc=1)
    out = p.fettle("--json", "repair", "index").lines()[-1]
    assert out["changed"] and out["packs_added"] == 2 and out["packs_unreadable"] == 0
    assert out["damaged_index_files"] == (0 if harm is gone else 1)
    whole(p, was)
    p.fettle("check", "--read-data")
    assert not p.fettle("--json", "repair", "index").lines()[-1]["changed"]


def test_all_index_files(pair):   # noqa: F811
    p = pair()
    fill(p)
    was = before(p)
    for f in p.files("index"):
        gone(p, f)
    p.fettle("repair", "index")
    whole(p, was)


@pytest.mark.parametrize("all", [False, True])
def test_a_whole_index_stays(pair, all):   # noqa: F811
    p = pair()
    fill(p)
    was, files = before(p), p.files("index")
    out = p.fettle("--json", "repair", "index", *(["--read-all-packs"] if all else [])).lines()[-1]
    assert out["changed"] == all and out["packs_added"] == 0
    assert (p.files("index") == files) == (not all)
    whole(p, was)


def test_old_repositories(pair):   # noqa: F811
    p = pair(version=1)
    fill(p)
    was = before(p)
    for f in p.files("index"):
        flip(p, f)
    p.fettle("repair", "index")
    whole(p, was)


# ------------------------------------------------------------------ packs

def lost(p, was, i):
    """What is different in a snapshot now: names that changed, and names that are gone."""
    now = tree_of(p.restore(i, "now-" + i[:8]))
    assert set(now) <= set(was)
    files = {n for n in now if now[n][3] != was[n][3]}
    for n in files:
        assert len(now[n][3]) < len(was[n][3])
    return files, set(was) - set(now)


def mend_packs(p, ids, rc=0):
    cwd = os.path.join(p.top, "cwd")
    os.makedirs(cwd, exist_ok=True)
    return p.fettle("--json", "repair", "packs", *ids, cwd=cwd, rc=rc), cwd


def new_ids(p):
    return {s["original"]: s["id"] for s in p.snapshots() if "original" in s}


@pytest.mark.parametrize("harm", [flip, cut, cut_end, empty, gone, flip_end])
def test_a_pack_of_data(pair, harm):   # noqa: F811
    p = pair()
    fill(p)
    was = before(p)
    pack = [x for x in p.packs_of("data") if os.path.getsize(p.pack(x)) > 300000][0]
    harm(p, p.pack(pack))
    assert p.fettle("check", "--read-data", rc=1)
    if harm in (gone, empty, cut, cut_end):
        p.fettle("repair", "index", rc=0 if harm is gone else 3)
    r, cwd = mend_packs(p, [pack[:12]], rc=1 if harm is gone else 0)
    if harm is not gone:
        out = r.lines()[-1]
        assert out["packs"] == 1 and not os.path.exists(p.pack(pack))
        kept = os.path.join(cwd, "pack-" + pack)
        assert os.path.exists(kept)
        assert {"flip": 1, "cut": 1, "cut_end": 0, "empty": 0, "flip_end": 0}[harm.__name__] <= out["saved"] + out["lost"]
        if harm in (cut_end, flip_end):
            assert out["lost"] == 0
        elif harm is flip:
            assert out["lost"] == 1
    broken = p.fettle("--json", "repair", "snapshots", "--dry-run").lines()
    assert {s["id"] for s in p.snapshots()} == set(p.ids)
    if harm in (cut_end, flip_end):
        assert broken[-1]["changed_snapshots"] == 0
        whole(p, was)
        return
    p.fettle("repair", "snapshots", "--forget")
    p.check()
    p.fettle("check", "--read-data")
    ids = new_ids(p)
    assert len(p.snapshots()) == 2
    for old, t in zip(p.ids, was):
        if old in ids:
            files, names = lost(p, t, ids[old])
            assert files and not names and all(n.startswith(("one/", "two/c")) for n in files), files
        else:
            assert tree_of(p.restore(old, "x-" + old[:8])) == t


@pytest.mark.parametrize("harm", [flip, cut, gone, flip_end])
def test_a_pack_of_trees(pair, harm):   # noqa: F811
    p = pair()
    p.put("keep/a", b"1" * 1000)
    p.put("lose/b/c", b"2" * 1000)
    one = p.backup()
    trees = p.packs_of("tree")
    p.put("keep/a2", b"3")
    p.put("more/d", b"4" * 50)
    two = p.backup()
    p.ids = [one, two]
    was = before(p)
    harm(p, p.pack(trees[0]))
    p.fettle("check", "--read-data", rc=1)
    p.fettle("repair", "index", rc=0 if harm in (gone, flip, flip_end) else 3)
    if harm is not gone:
        mend_packs(p, trees[:1])
    p.fettle("--json", "repair", "snapshots", "--forget")
    p.check()
    p.fettle("check", "--read-data")
    if harm is flip_end:
        whole(p, was)
        return
    # The second has folders of its own, which are all there.
    i = new_ids(p).get(two, two)
    now = tree_of(p.restore(i, "now"))
    assert now["keep/a2"][3] == b"3" and now["more/d"][3] == b"4" * 50
    assert "lose" in now
    if harm is gone:
        assert "lose/b/c" not in now
        assert one not in {s["id"] for s in p.snapshots()}      # its root is gone


def test_of_a_lost_root_nothing_is_made(pair):   # noqa: F811
    """An empty tree in a pack of its own would lie there unused."""
    p = pair()
    p.put("a/b", b"1")
    p.backup()
    gone(p, p.pack(p.packs_of("tree")[0]))
    p.fettle("repair", "index")
    was = p.files("data"), p.files("index")
    p.fettle("repair", "snapshots", "--forget")
    assert (p.files("data"), p.files("index")) == was and not p.files("snapshots")


def test_a_cache_saves_trees(pair):   # noqa: F811
    p = pair()
    fill(p)
    was = before(p)
    p.fettle("ls", "latest", "-l")
    p.fettle("find", "nothing")
    tree = p.packs_of("tree")
    for x in tree:
        os.chmod(p.pack(x), 0o600)
        with open(p.pack(x), "r+b") as f:
            f.seek(10)
            f.write(b"x" * 100)
    out = mend_packs(p, tree)[0].lines()[-1]
    assert out["lost"] == 0 and out["saved"] > 0
    p.forget_cache()
    whole(p, was)


def test_a_blob_that_lies_twice_is_not_lost(pair):   # noqa: F811
    """Two backups at once, neither of which saw the other's index."""
    p = pair()
    p.put("x", rand(100000, 1))
    p.ids = [p.backup()]
    index = p.files("index")[0]
    aside = p.top + "/aside"
    shutil.move(index, aside)
    p.ids.append(p.backup("--force"))
    shutil.move(aside, index)
    was = before(p)
    packs = p.packs_of("data")
    assert len(packs) == 2
    p.harm(p.pack(packs[0]), at=500)
    out = mend_packs(p, packs[:1])[0].lines()[-1]
    assert (out["lost"], out["elsewhere"]) == (0, 1)
    whole(p, was)


def test_packs_refused(pair):   # noqa: F811
    p = pair()
    fill(p, 1)
    mend_packs(p, [], rc=2)
    mend_packs(p, ["0123456789ab"], rc=1)
    mend_packs(p, ["nonsense"], rc=1)
    p.fettle("repair", rc=2)
    p.fettle("repair", "everything", rc=2)
    p.fettle("repair", "packs", "--forget", "00", rc=2)
    p.fettle("repair", "index", "--dry-run", rc=2)
    p.check()
    # A copy that is there already is not written over.
    pack = p.packs_of("data")[0]
    os.makedirs(p.top + "/cwd", exist_ok=True)
    with open(p.top + "/cwd/pack-" + pack, "w") as f:
        f.write("mine")
    mend_packs(p, [pack], rc=1)
    assert open(p.top + "/cwd/pack-" + pack).read() == "mine" and os.path.exists(p.pack(pack))


# ------------------------------------------------------------------ snapshots

def test_a_snapshot_file(pair):   # noqa: F811
    p = pair()
    fill(p)
    was = before(p)
    flip(p, os.path.join(p.repo, "snapshots", p.ids[0]))
    p.fettle("repair", "snapshots", rc=3)
    p.fettle("repair", "snapshots", p.ids[0], rc=1)
    p.fettle("repair", "snapshots", "--forget", "--dry-run", p.ids[0])
    assert len(p.files("snapshots")) == 2
    p.fettle("repair", "snapshots", "--forget", p.ids[0])
    assert [s["id"] for s in p.snapshots()] == p.ids[1:]
    p.ids, was = p.ids[1:], was[1:]
    whole(p, was)


def test_without_forget_both_stay(pair):   # noqa: F811
    p = pair()
    fill(p)
    pack = [x for x in p.packs_of("data") if os.path.getsize(p.pack(x)) > 300000][0]
    gone(p, p.pack(pack))
    p.fettle("repair", "index")
    dry = p.fettle("--json", "repair", "snapshots", "--dry-run").lines()
    assert dry[-1]["changed_snapshots"] == 2 and len(p.snapshots()) == 2
    p.fettle("repair", "snapshots")
    now = p.snapshots()
    assert len(now) == 4
    mended = [s for s in now if "original" in s]
    assert {s["original"] for s in mended} == set(p.ids)
    assert [sorted(s["tags"]) for s in sorted(mended, key=lambda s: s["time"])] == [["first", "repaired"], ["repaired"]]


def test_a_backup_heals(pair):   # noqa: F811
    """What is still on the disk comes back by a backup, and nothing is lost then."""
    p = pair()
    fill(p)
    was = before(p)
    for x in p.packs_of("data"):
        gone(p, p.pack(x))
    p.fettle("repair", "index")
    p.backup("--force")
    assert p.fettle("--json", "repair", "snapshots").lines()[-1]["changed_snapshots"] == 0
    whole(p, was)


def test_whole_snapshots_stay(pair):   # noqa: F811
    p = pair()
    fill(p)
    was = before(p)
    assert p.fettle("--json", "repair", "snapshots", "--forget").lines()[-1]["changed_snapshots"] == 0
    whole(p, was)
    assert len(p.snapshots()) == 2


# ------------------------------------------------------------------ anything

@pytest.mark.parametrize("n", range(4))
def test_damage_at_random(pair, n):   # noqa: F811
    """The way that check and the help show, whatever it was; restic has nothing to say then."""
    rnd = random.Random("%d-%d" % (SEED, n))
    p = pair()
    fill(p)
    was = dict(zip(p.ids, before(p)))
    for _ in range(rnd.randrange(1, 4)):
        files = p.files("data") + p.files("index") + p.files("snapshots")
        f = rnd.choice(files)
        how = rnd.choice([flip, cut, cut_end, empty, gone, flip_end])
        print("%s of %s, %d bytes" % (how.__name__, f, os.path.getsize(f)))
        if os.path.getsize(f) > 60:
            how(p, f)
    p.fettle("repair", "index", rc=(0, 3))
    broken = p.fettle("--json", "check", "--read-data", rc=(0, 1)).lines()[-1]["broken_packs"]
    if broken:
        mend_packs(p, broken)
    for s in p.files("snapshots"):
        p.fettle("repair", "snapshots", "--forget", os.path.basename(s))
    p.fettle("check", "--read-data")
    if not p.snapshots():
        return
    p.check()
    for s in p.snapshots():
        old = was[s.get("original", s["id"])]
        now = tree_of(p.restore(s["id"], "now-" + s["id"][:8]))
        assert set(now) <= set(old)
        for name, (kind, mode, mtime, data) in now.items():
            assert (kind, mode) == old[name][:2]
            assert data == old[name][3] or len(data) < len(old[name][3])
