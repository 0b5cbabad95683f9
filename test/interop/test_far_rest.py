"""Repositories behind restic's REST protocol, and behind whatever rclone reaches."""
import os
import random
import shutil
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conftest import SEED   # noqa: E402
from far_http import Far, RestServer, in_turn   # noqa: E402
from repository import FETTLE, MIB, can_judge, described, put, rand   # noqa: E402

pytestmark = pytest.mark.skipif(not can_judge() or shutil.which("rclone") is None,
                                reason="needs restic, rclone and backup-drive")
ROUNDS = 100 if os.environ.get("FETTLE_SLOW") == "1" else 4


@pytest.fixture
def rest(tmp_path):
    made = []

    def make(*options):
        made.append(RestServer(tmp_path / ("served%d" % len(made)), *options))
        return made[-1]

    yield make
    for s in made:
        s.pause(False)
        s.kill()


def filler(r, size=2 * MIB):
    def fill(what):
        for i in range(6):
            put("%s/%s/f%d" % (r.src, what, i), rand(size // 6, "%s-%d" % (what, i)))
    return fill


def test_in_turn_with_restic(tmp_path, rest):
    s = rest()
    r = Far(tmp_path, s.place())
    in_turn(r, filler(r), described)
    assert r.fettle("init", rc=None).rc != 0
    # What we wrote lies there as restic wants it.
    left = [n for _, _, names in os.walk(s.folder) for n in names]
    assert "config" in left and not [n for n in left if "tmp" in n]


def test_an_append_only_server(tmp_path, rest):
    r = Far(tmp_path, rest("--append-only").place())
    r.init()
    filler(r)("one")
    snapshot = r.backup()["snapshot_id"]
    e = r.fettle("forget", snapshot, rc=None)
    assert e.rc != 0 and "append-only" in e.err
    assert r.fettle("list", "locks").out.strip() == "", "its own locks may go"
    r.judged()


def test_a_password(tmp_path, rest):
    s = rest("--user", "me", "--pass", "hush/SECRET@x")
    r = Far(tmp_path, s.place(user="me:hush%2FSECRET%40x@"))
    r.secrets = ["SECRET", "aHVzaC9T"]
    r.init()
    filler(r)("one")
    r.backup()
    assert "***" in r.fettle("init", rc=None).err
    r.repo = s.place()
    e = r.fettle("snapshots", rc=None)
    assert e.rc != 0 and "password" in e.err
    r.fettle("snapshots", env={"RESTIC_REST_USERNAME": "me", "RESTIC_REST_PASSWORD": "hush/SECRET@x"})


def test_a_server_that_comes_and_goes(tmp_path, rest):
    s = rest()
    r = Far(tmp_path, s.place())
    r.init()
    filler(r, 8 * MIB)("one")
    p = r.start(FETTLE, "--limit-upload", "3MiB", "--json", "backup", r.src)
    time.sleep(1.2)
    s.kill()
    time.sleep(1)
    s.start()
    time.sleep(0.5)
    s.pause()
    time.sleep(1)
    s.pause(False)
    out, err = p.communicate(timeout=120)
    assert p.returncode == 0, err
    assert r.restored("latest") == described(r.src)
    r.judged()


def test_kills_at_any_moment(tmp_path, rest):
    print("seed", SEED)
    chance = random.Random(SEED)
    s = rest()
    r = Far(tmp_path, s.place())
    r.init()
    for i in range(ROUNDS):
        filler(r)("round%d" % i)
        p = r.start(FETTLE, "backup", r.src)
        time.sleep(chance.uniform(0.05, 1.2))
        if i % 2 == 0:
            p.kill()
            p.communicate()
        else:
            s.kill()
            s.start()
            out, err = p.communicate(timeout=120)
            assert p.returncode == 0, err
    r.fettle("unlock", "--remove-all")
    r.judged()
    r.backup()
    r.fettle("check", "--read-data")
    assert r.restored("latest") == described(r.src)


def test_rclone_is_started_and_stopped(tmp_path):
    os.mkdir(tmp_path / "t")
    r = Far(tmp_path, "rclone:" + str(tmp_path / "there"), TMPDIR=str(tmp_path / "t"))
    r.fettle("init")
    filler(r)("one")
    r.backup()
    r.fettle("check", "--read-data")
    near = Far(tmp_path, str(tmp_path / "there"))
    near.judged()
    e = r.fettle("-o", "rclone.program=/no/such/rclone", "snapshots", rc=None)
    assert e.rc != 0 and "/no/such/rclone" in e.err
    r.repo = "rclone:nosuchremote:x"
    e = r.fettle("snapshots", rc=None)
    assert e.rc != 0 and "rclone ended" in e.err
    left = subprocess.run(["pgrep", "-f", str(tmp_path / "there")], capture_output=True, text=True).stdout
    assert left == "", "rclone is stopped with us"
    assert os.listdir(r.env["TMPDIR"]) == []
