"""stats: restic's numbers, in each of its ways of counting."""
import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pair import Pair, needs_restic, pair, rand, words   # noqa: E402,F401

pytestmark = needs_restic
MODES = ["restore-size", "files-by-contents", "blobs-per-file", "raw-data"]


@pytest.fixture(scope="module")
def p():
    top = tempfile.mkdtemp(prefix="fettle-stats.")
    p = Pair(top)
    p.put("a/one", words(700000, 1))
    p.put("a/same", words(700000, 1))
    p.put("a/b/other", rand(50000, 2))
    p.put("a/b/empty", b"")
    p.put("zeroes", bytes(3 << 20))
    os.symlink("one", p.src + "/a/link")
    os.mkfifo(p.src + "/fifo")
    p.put("linked/x", rand(1000, 3))
    os.makedirs(p.src + "/elsewhere/deep")
    os.link(p.src + "/linked/x", p.src + "/linked/y")
    os.link(p.src + "/linked/x", p.src + "/elsewhere/deep/z")
    p.ids = [p.backup("--tag", "first")]
    p.put("new/file", rand(20000, 4))
    p.ids.append(p.backup("--host", "other"))
    shutil.rmtree(p.src + "/a/b")
    p.ids.append(p.backup("--tag", "third"))
    yield p
    shutil.rmtree(top)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("which", [[], ["latest"], ["--tag", "first"], ["--host", "other"], ["0", "2"]])
def test_as_restic(p, mode, which):
    args = [p.ids[int(a)] if a in ("0", "1", "2") else a for a in which]
    ours, theirs = p.both("stats", "--mode", mode, *args)
    assert {k: ours.get(k, 0) for k in theirs} == theirs
    if mode == "raw-data":
        assert ours["total_uncompressed_size"] > ours["total_size"] and 1 < ours["compression_ratio"]
        assert 0 < ours["compression_progress"] <= 100 and 0 < ours["compression_space_saving"] < 100


def test_a_snapshot_counts_once(p):
    assert p.fettle("--json", "stats", p.ids[0], p.ids[0][:8]).json()["snapshots_count"] == 1


def test_hard_links_count_once_a_snapshot(p):
    """Also where the folder that holds them was met in an earlier one."""
    one = p.fettle("--json", "stats", p.ids[0]).json()["total_size"]
    two = p.fettle("--json", "stats", p.ids[1]).json()["total_size"]
    both = p.fettle("--json", "stats", p.ids[0], p.ids[1]).json()["total_size"]
    assert two == one + 20000 and both == one + two


def test_text(p):
    out = p.fettle("stats", "--mode", "raw-data").out
    assert "raw-data" in out and "without compression:" in out


def test_an_old_repository_knows_no_compression(pair):   # noqa: F811
    p = pair(version=1)
    p.put("x", words(10000))
    p.backup()
    ours, theirs = p.both("stats", "--mode", "raw-data")
    assert {k: ours.get(k, 0) for k in theirs} == theirs
    assert "total_uncompressed_size" not in ours


def test_damage_is_a_failure(pair):   # noqa: F811
    p = pair()
    p.put("x/y", b"1")
    p.backup()
    p.harm(p.pack(p.packs_of("tree")[0]), at=5)
    for mode in MODES:
        p.fettle("stats", "--mode", mode, rc=1)


def test_refused(p):
    assert "no way of counting" in p.fettle("stats", "--mode", "magic", rc=2).err
    assert "whole snapshots" in p.fettle("stats", "latest:/a", rc=2).err
