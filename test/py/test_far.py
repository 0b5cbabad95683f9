"""Backups to places that are not on this machine: OpenSSH's own server, started
without ssh between.  What lines do that break is in test/interop/test_far_sftp.py."""
import json
import os
import shutil
import time

import pytest

from box import wait_for
from test_daemon import daemon

SERVER = "/usr/lib/openssh/sftp-server"
pytestmark = pytest.mark.skipif(not os.access(SERVER, os.X_OK), reason="needs OpenSSH's sftp-server")

CONFIG = """
backups:
  - name: home
    paths: ~/src
    repository: sftp:me@far:%(far)s
    options: ["sftp.command=%(server)s"]
    password_file: ~/key
    keep: {last: 2}
    also_to: stick
  - name: stick
    paths: ~/src
    repository: ~/stick/r
    password_file: ~/key
    schedule: never
"""


@pytest.fixture
def far(box, tmp_path):
    box.far = str(tmp_path / "far")
    box.put("src/a.txt", b"one")
    box.put("key", b"secret\n")
    os.chmod(os.path.join(box.home, "key"), 0o600)
    os.makedirs(os.path.join(box.home, "stick"))
    box.conf(CONFIG % {"far": box.far, "server": SERVER})
    return box


def snapshots(box, name):
    r = box.run("-b", name, "--json", "snapshots")
    assert r.rc == 0, r.err
    return json.loads(r.out)


def make(box):
    for name in ("home", "stick"):
        r = box.run("-b", name, "init")
        assert r.rc == 0, r.err


def test_never_made_is_a_failure_with_the_line_to_type(far):
    r = far.run("run", "--yes", "home")
    assert r.rc in (1, 10) and "fettle -b home init" in r.err + r.out
    assert not os.path.exists(far.far)


def test_run_plan_status(far):
    make(far)
    r = far.run("plan", "home")
    assert r.rc == 0 and "also to stick" in r.out, r.out
    r = far.run("run", "--yes", "home")
    assert r.rc == 0, r.err
    assert len(snapshots(far, "home")) == 1
    r = far.run("status")
    assert "other machine" in r.out
    os.remove(os.path.join(far.home, "src/a.txt"))
    r = far.run("get", "~/src/a.txt".replace("~", far.home))
    assert r.rc == 0, r.err
    assert far.read("src/a.txt") == b"one"


def test_by_the_clock_and_beside_a_daemon(far):
    """What is far is claimed by its name: the daemon's worker, and a run beside it, took
    it for a path of this machine and ended by signal 11."""
    make(far)
    far.conf(CONFIG % {"far": far.far, "server": SERVER}
             + "schedule: {at: '*:*:0/1', jitter: 0s}\n")
    with daemon(far) as d:
        assert wait_for(lambda: os.listdir(far.far + "/snapshots"), d.p)
        r = far.run("run", "--yes", "--wait", "home")
        assert r.rc == 0, r.err
        d.stop()


def test_gone_is_failed_not_waiting(far):
    make(far)
    assert far.run("run", "--yes", "home").rc == 0
    shutil.move(far.far, far.far + ".away")
    r = far.run("--json", "run", "--yes", "home")
    last = json.loads(r.out.splitlines()[-1])
    assert last["failed"] >= 1 and last["waiting"] == 0, r.out
    assert "not there any more" in r.out + r.err


def test_also_to_waits_and_catches_up(far):
    make(far)
    assert far.run("run", "--yes", "home").rc == 0
    assert len(snapshots(far, "stick")) == 1
    stick = os.path.join(far.home, "stick")
    shutil.move(stick, stick + ".drawer")
    for i in range(2):
        far.put("src/b%d" % i, b"more")
        r = far.run("--json", "run", "--yes", "home")
        assert r.rc == 0, r.err
        assert json.loads(r.out.splitlines()[-1])["waiting"] == 1
    shutil.move(stick + ".drawer", stick)
    assert far.run("run", "--yes", "home").rc == 0
    got = snapshots(far, "stick")
    # keep holds there, too: of the two that were missed the second, and the newest.
    assert len(got) == 2
    assert got[-1]["original"] == snapshots(far, "home")[-1]["id"]


def test_keep_holds_at_the_second_place_too(far):
    """3-2-1 does not grow for ever."""
    make(far)
    plan = far.run("plan", "home")
    assert "`keep` there, too" in plan.out, plan.out
    for i in range(3):
        far.put("src/b%d" % i, os.urandom(200000))
        if i:
            os.remove(os.path.join(far.home, "src/b%d" % (i - 1)))
        r = far.run("run", "--yes", "home")
        assert r.rc == 0, r.err
    with open(os.path.join(far.state, "fettle.log")) as f:
        assert "1 snapshot forgotten in stick" in f.read()
    there, here = snapshots(far, "stick"), snapshots(far, "home")
    assert [s["original"] for s in there] == [s["id"] for s in here] and len(there) == 2
    for name in ("home", "stick"):
        r = far.run("-b", name, "check")
        assert r.rc == 0, r.err


def test_what_is_not_to_be_pruned_is_not_forgotten_either(far):
    far.conf((CONFIG % {"far": far.far, "server": SERVER}).replace("schedule: never", "schedule: never\n    prune: never"))
    make(far)
    for i in range(3):
        far.put("src/b%d" % i, b"more")
        assert far.run("run", "--yes", "home").rc == 0
    assert len(snapshots(far, "home")) == 2 and len(snapshots(far, "stick")) == 3


def test_a_failed_also_to_is_partial_and_named(far):
    make(far)
    with open(os.path.join(far.home, "stick/r/config"), "r+b") as f:
        f.write(b"broken")
    r = far.run("run", "--yes", "home")
    assert r.rc == 3, (r.rc, r.err)
    assert "stick/r" in r.err
    assert len(snapshots(far, "home")) == 1


@pytest.mark.parametrize("key,says", [
    ("also_to: nobody", "no backup of this name"),
    ("also_to: home", "itself"),
    ("limit_upload: fast", "limit"),
    ("limit_upload: 1MiB 8-18", "08:00-18:00"),
    ("options: [sftp.nothing=1]", "not known"),
])
def test_faults(far, key, says):
    text = CONFIG % {"far": far.far, "server": SERVER}
    if key.startswith(("also_to", "options")):
        text = "\n".join(x for x in text.splitlines() if not x.strip().startswith(key.split(":")[0])) + "\n"
    text = text.replace("    keep: {last: 2}\n", "    keep: {last: 2}\n    %s\n" % key, 1)
    far.conf(text)
    r = far.run("config", "check")
    assert r.rc == 2 and says in r.err + r.out, r.err + r.out


def test_a_limit_of_the_entry_is_kept(far):
    far.conf((CONFIG % {"far": far.far, "server": SERVER}).replace(
        "    also_to: stick\n", "    limit_upload: 1MiB\n"))
    make(far)
    far.put("src/big", os.urandom(2 << 20))
    began = time.time()
    assert far.run("run", "--yes", "home").rc == 0
    assert time.time() - began > 1.5


@pytest.mark.parametrize("name", ["home", "stick"])
def test_what_is_written_beside_is_not_swept(far, name):
    """What a crash left goes; what another machine writes now stays, though our clock is
    days ahead of the server's."""
    make(far)
    place = far.far if name == "home" else os.path.join(far.home, "stick/r")
    begun, left = (os.path.join(place, "snapshots/fettle-tmp-%016x" % n) for n in (1, 2))
    for n in (begun, left):
        with open(n, "wb") as f:
            f.write(b"half")
    os.utime(left, (time.time() - 2 * 86400,) * 2)
    for i in range(2):
        far.put("src/b%d" % i, b"more")
        r = far.at("+%dd" % (3 + i), "-b", name, "backup", os.path.join(far.home, "src"))
        assert r.rc == 0, r
    assert os.path.exists(begun) and not os.path.exists(left)
