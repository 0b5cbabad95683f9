"""No more requests than restic's: each program works off the same list behind a proxy that
counts, through the same server.  Each has a cache of its own."""
import os
import shutil

import pytest

from far import SERVERS
from far_http import Far, RestServer
from repository import KIB, MIB, can_judge, put, rand

import sys
sys.path.insert(0, SERVERS)
from http_count import Counting   # noqa: E402

pytestmark = pytest.mark.skipif(not can_judge() or shutil.which("rclone") is None,
                                reason="needs restic, rclone and backup-drive")


LONGER = ("the next", "snapshots", "check of the data", "restore", "check without a cache", "backup of less", "prune")


@pytest.fixture
def rest(tmp_path):
    s = RestServer(tmp_path / "served")
    c = Counting(s.port)
    yield c
    c.stop()
    s.kill()


def work(r, run, count):
    """What each step of a repository's life asked for; each costs a second, so half of them wait for FETTLE_SLOW."""
    out, told = os.path.join(r.top, "out"), {}

    def step(name, *args):
        if name in LONGER and os.environ.get("FETTLE_SLOW") != "1":
            return
        count.take()
        run(*args)
        told[name] = count.take()

    for d in range(3):
        for i in range(20):
            put("%s/%d/f%d" % (r.src, d, i), rand(20 * KIB, "%d-%d" % (d, i)))
    put(r.src + "/large", rand(20 * MIB, "large"))
    step("init", "init")
    step("backup", "backup", r.src)
    put(r.src + "/more", rand(KIB, "more"))
    step("the next", "backup", r.src)
    step("snapshots", "snapshots")
    step("check", "check")
    step("check of the data", "check", "--read-data")
    step("restore", "restore", "latest", "--target", out)
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(r.env["RESTIC_CACHE_DIR"])
    step("restore without a cache", "restore", "latest", "--target", out)
    shutil.rmtree(out)
    shutil.rmtree(r.env["RESTIC_CACHE_DIR"])
    step("check without a cache", "check")
    os.remove(r.src + "/large")
    step("backup of less", "backup", r.src)
    step("forget", "forget", "--keep-last", "1", "--prune")
    step("prune", "prune")
    shutil.rmtree(r.src)
    return told


def test_not_above_restics(tmp_path, rest):
    told = {}
    for name in ("fettle", "restic"):
        r = Far(tmp_path / name, "rest:http://127.0.0.1:%d/%s/" % (rest.port, name))
        told[name] = work(r, getattr(r, name), rest)
    for step, ours in told["fettle"].items():
        theirs = told["restic"][step]
        # Where the config is gone we look for a key, and for a snapshot, before we make a new one.
        more = 1 if step == "init" else 0
        if step == "check of the data":     # the packs of trees are read from there, not from what it has of them
            more = 2
        assert ours["HEAD data"] == 0, step
        assert sum(ours.values()) <= sum(theirs.values()) + more, "%s: %s, restic: %s" % (step, dict(ours), dict(theirs))
