"""Repositories behind a real sshd: by us and by restic in turn, over lines that lag, are
cut, hang; with clients and servers that are killed.  What comes of it, restic judges."""
import os
import random
import shutil
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from box import can_mount, needs_root_reason   # noqa: E402
from conftest import SEED   # noqa: E402
from far import Chaos, Server, Sftp, can_sshd   # noqa: E402
from repository import KIB, MIB, can_judge, described, put, rand   # noqa: E402

pytestmark = pytest.mark.skipif(not can_judge() or not can_sshd(), reason="needs restic, sshd and backup-drive")
ROUNDS = 100 if os.environ.get("FETTLE_SLOW") == "1" else 4


@pytest.fixture(scope="module")
def sshd():
    s = Server("sftp-sshd.sh")
    yield s
    s.stop()


@pytest.fixture
def r(tmp_path, sshd):
    r = Sftp(tmp_path, sshd)
    r.init()
    yield r
    shutil.rmtree(r.repo, ignore_errors=True)


@pytest.fixture
def chaos(sshd):
    c = Chaos(sshd.facts["SFTP_PORT"])
    yield c
    c.stop()


def fill(r, size, what):
    for i in range(8):
        put("%s/%s/f%d" % (r.src, what, i), rand(size // 8, "%s-%d" % (what, i)))


def test_in_turn_with_restic(r, tmp_path):
    fill(r, 6 * MIB, "one")
    shutil.rmtree(r.repo)
    r.fettle("init")
    first = r.backup()["snapshot_id"]
    fill(r, MIB, "two")
    r.restic_far("backup", r.src)
    put(r.src + "/small", b"by us again")
    r.backup()
    assert len(r.snapshots()) == 3
    out = str(tmp_path / "out")
    r.fettle("restore", "latest", "--target", out)
    assert {os.path.relpath(os.path.join(d, n), out + "/src" if os.path.isdir(out + "/src") else out + r.src)
            for d, _, names in os.walk(out) for n in names} >= {"small", "two/f1", "one/f7"}
    assert r.restored("latest") == described(r.src)
    r.fettle("check", "--read-data")
    r.fettle("forget", first, "--prune")
    assert len(r.snapshots()) == 2
    r.restic_far("check", "--read-data")
    r.judged()
    assert r.files("locks") == []
    assert r.temporaries() == []


def test_copy_between_near_and_far(r, tmp_path):
    fill(r, MIB, "one")
    r.backup()
    near = str(tmp_path / "near")
    far = r.far_args()
    from repository import FETTLE
    r._run([FETTLE, "-r", near, "init"], 0)
    r._run([FETTLE, "-r", near, *far[2:], "copy", "--from-repo", r.place], 0,
           env={"RESTIC_FROM_PASSWORD": "x"})
    shutil.rmtree(r.repo)
    r.fettle("init")
    r._run([FETTLE, *far, "copy", "--from-repo", near], 0, env={"RESTIC_FROM_PASSWORD": "x"})
    assert len(r.snapshots()) == 1
    r.judged()


def test_a_write_is_durable_before_it_is_told(r, tmp_path):
    """Every file gets its name between two flushes of its own; the server says so."""
    server = "/usr/lib/openssh/sftp-server"
    if not os.access(server, os.X_OK) or not shutil.which("strace"):
        pytest.skip("needs strace and OpenSSH's sftp-server")
    trace = str(tmp_path / "trace")
    from repository import FETTLE
    put(r.src + "/f", rand(MIB, "durable"))
    r._run([FETTLE, "-r", r.place, "-o", "sftp.connections=1", "-o",
            "sftp.command=strace -f -qq -o %s -e trace=openat,open,fsync,rename,close %s" % (trace, server),
            "backup", r.src], 0)
    with open(trace) as f:
        lines = [x.split(None, 1)[1] for x in f if "+++" not in x]
    renames = [i for i, x in enumerate(lines) if x.startswith("rename(")]
    assert len(renames) >= 4        # two packs, index, snapshot, lock
    for i in renames:
        assert lines[i - 1].startswith("fsync("), lines[i - 3:i + 3]
        assert lines[i + 1].startswith("fsync(") and " = 0" in lines[i + 1], lines[i - 3:i + 3]
        if "/locks/" not in lines[i]:
            # And the folder that holds it.
            assert lines[i + 2].startswith("fsync(") and " = 0" in lines[i + 2], lines[i - 3:i + 4]


# ---- killed ----

def test_killed_client_and_server(r):
    """kill -9 of the one or the other at any instant: nothing that is indexed is missing."""
    random.seed("%d-kill" % SEED)
    took = 1.0
    for i in range(ROUNDS):
        fill(r, 12 * MIB, "round")
        put(r.src + "/round/new", rand(3 * MIB, "kill %d" % i))
        began = time.time()
        p = r.start_fettle("backup", "--force", r.src)
        who = random.choice(("client", "server"))
        time.sleep(random.random() * took)
        if who == "client":
            p.kill()
        else:
            r.server.kill_sessions()
        out, err = p.communicate(timeout=120)
        if p.returncode == 0:
            took = min(max(0.3, time.time() - began), 3)
        else:
            assert who == "client" or p.returncode in (1, 3, 11), err
        if who == "server":
            # It comes back by itself, for it was but a line that broke.
            assert p.returncode == 0, (i, err)
        r.restic("unlock")
        r.judged()
    r.fettle("backup", r.src)
    r.fettle("prune")
    r.judged()


# ---- bad lines ----

def test_lines_that_are_cut_are_mended(r, chaos):
    fill(r, 10 * MIB, "cut")
    r.to_port(chaos.port)
    for words in ("up-cut=%d once" % (2 * MIB), "up-rst=%d every=2" % MIB, "down-cut=%d every=2" % (20 * KIB),
                  "down-flip=%d every=2" % (9 * KIB), "up-stall=%d every=3" % MIB):
        chaos.say(words)
        r.fettle("--stuck-request-timeout", "6s", "backup", "--force", r.src)
        chaos.say("pass")
        r.judged()


def test_a_restore_over_lines_that_are_cut(r, chaos, tmp_path):
    fill(r, 10 * MIB, "cut")
    r.backup()
    r.to_port(chaos.port)
    chaos.say("down-cut=%d every=2" % (3 * MIB))
    out = str(tmp_path / "out")
    r.fettle("restore", "latest", "--target", out)
    found = [os.path.join(d, n) for d, _, names in os.walk(out) for n in names]
    assert len(found) == 8
    for p in found:
        with open(p, "rb") as f, open(os.path.join(r.src, "cut", os.path.basename(p)), "rb") as g:
            assert f.read() == g.read()


def test_away_for_a_while(r, chaos):
    """All lines break, and for seconds there is no way there: it goes on where it was."""
    fill(r, 16 * MIB, "away")
    r.to_port(chaos.port)
    r.options = ["--limit-upload", "4MiB"]
    p = r.start_fettle("backup", r.src)
    # It is on its way, however busy this machine is.
    while p.poll() is None and not any(names for _, _, names in os.walk(r.repo + "/data")):
        time.sleep(0.02)
    chaos.say("refuse")
    r.server.kill_sessions()
    time.sleep(3)
    assert p.poll() is None
    chaos.say("pass")
    out, err = p.communicate(timeout=100)
    assert p.returncode == 0, err
    r.judged()


def test_a_server_that_never_answers(r, chaos):
    r.to_port(chaos.port)
    chaos.say("hang")
    began = time.time()
    e = r.fettle("--stuck-request-timeout", "2s", "snapshots", rc=1)
    assert "no answer for 2 s" in e.err
    assert time.time() - began < 30


def test_nobody_there(r, chaos):
    r.to_port(chaos.port)
    chaos.say("refuse")
    e = r.fettle("snapshots", rc=1)
    assert "reach sftp:t:" in e.err


def test_a_limit_is_kept(r):
    put(r.src + "/f", rand(4 * MIB, "limit"))
    r.options = ["--limit-upload", "2048"]
    began = time.time()
    r.backup()
    assert time.time() - began > 1.7
    r.options = ["--limit-download", "2MiB", "--no-cache"]
    began = time.time()
    r.fettle("check", "--read-data")
    assert time.time() - began > 1.7


# ---- refused ----

def test_another_host_key(r, sshd, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    with open(tmp_path / "other.pub") as f:
        key = f.read()
    with open(tmp_path / "known_hosts", "w") as f:
        f.write("[127.0.0.1]:%s %s" % (sshd.facts["SFTP_PORT"], key))
    began = time.time()
    e = r.fettle("snapshots", rc=1)
    assert "ost key verification failed" in e.err
    assert time.time() - began < 30


def test_read_only(tmp_path):
    s = Server("sftp-sshd.sh", MODE="ro")
    try:
        r = Sftp(tmp_path, s)
        r.init()
        put(r.src + "/f")
        e = r.fettle("backup", r.src, rc=1)
        assert "ermission denied" in e.err
        r.fettle("--no-lock", "snapshots")
    finally:
        s.stop()


def test_a_full_disk(r, mount):
    if not can_mount():
        pytest.skip(needs_root_reason("mounts"))
    shutil.rmtree(r.repo)
    mount(where=r.repo, size="6m")
    r.fettle("init")
    fill(r, 12 * MIB, "full")
    e = r.fettle("backup", r.src, rc=1)
    assert "full" in e.err
    assert r.snapshots() == []
    assert r.temporaries() == []
    r.fettle("prune")
    r.judged()


# ---- servers that mean harm ----

HOSTILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "servers", "hostile_sftp.py")


@pytest.mark.parametrize("how", ["banner", "version-9", "long", "zero", "wrong-id", "more-data", "short-forever",
                                 "climb", "names-forever", "empty-forever", "many-names", "handle-long", "escape",
                                 "early-end", "silent"])
def test_hostile_answers(r, how):
    put(r.src + "/f", b"x")
    r.backup()
    began = time.time()
    from repository import FETTLE
    e = r._run([FETTLE, "-r", r.place, "--no-lock", "--no-cache",
                "--stuck-request-timeout", "2s", "-o", "far.retry=5s",
                "-o", "sftp.command=%s %s %s" % (sys.executable, HOSTILE, how), "list", "packs"], None, timeout=60)
    assert e.rc not in (0, 99) and e.rc > 0, str(e)
    assert "fettle: " in e.err and "\x1b" not in e.err
    assert time.time() - began < 40
