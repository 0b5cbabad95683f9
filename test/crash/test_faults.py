"""Faults of the machine that no system call's error shows: memory that runs out, a
process that was stopped for long, a file system in the way, a full quota.  What must
hold: every content that was there is there still, and the next run does the rest."""
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import pytest

SEED = int(os.environ.get("FETTLE_SEED") or random.randrange(1 << 32))

RULES = """
rules:
  - name: sort
    locations: ~/Mess
    actions:
      - sort: by-type
backups:
  - name: keep
    paths: ~/Mess
    copies: ~/Copies
archives:
  - name: old
    locations: ~/Mess
    subfolders: true
    older_than: 30 days
    to: ~/Archive
"""


def mess(box, n=60):
    for i in range(n):
        box.put("Mess/f%d.%s" % (i, ("jpg", "pdf", "mp3", "zip", "c")[i % 5]), "content %d" % i * (i + 1),
                age=(60 if i % 7 == 0 else 1) * 86400)
    box.conf(RULES)


def rests(box):
    """The same end as of a run that met nothing."""
    box.run("run", "--yes")
    assert box.json("plan")[-1]["planned"] <= 1      # a backup is always planned
    assert sum(1 for n in box.names("Mess") if n.startswith("f")) == 0


def test_memory_runs_out(box):
    """Fault 20: with less and less memory a run fails in words or is ended, and loses nothing."""
    if "build-check" in box.fettle:
        pytest.skip("a build with sanitizers needs terabytes of addresses: FETTLE=a release build")
    mess(box)
    before = box.bytes_there(box.home)
    r = random.Random(SEED)
    for mib in sorted(r.sample(range(4, 80), 12)):
        limit = mib << 20
        p = subprocess.run([box.fettle, "run", "--yes"], env=box.environment(), capture_output=True, timeout=120,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        assert p.returncode in (0, 1, 2, 3, 127, -6, -9, -11, -7), (mib, p.returncode, p.stderr)
        assert before <= box.bytes_there(box.home), "with %d MiB (seed %d)" % (mib, SEED)
    rests(box)
    assert before <= box.bytes_there(box.home)


def all_stand_still(pid):
    """The signal has reached every thread; until then one may still move a file."""
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/stat" % (pid, task)) as f:
            if f.read().rpartition(")")[2].split()[0] not in "TZX":
                return False
    return True


def test_stopped_for_long(box):
    """Fault 26: stopped in the middle, things changed meanwhile, and let go on."""
    mess(box, 400)
    p = box.start("run", "--yes")
    while not os.path.isdir(box.path("Mess/Images")) and p.poll() is None:
        time.sleep(0.001)
    os.kill(p.pid, signal.SIGSTOP)
    while p.poll() is None and not all_stand_still(p.pid):
        time.sleep(0.001)
    left = [n for n in box.names("Mess") if n.startswith("f")]
    for n in left[::2]:
        box.put("Mess/" + n, "changed while it slept: " + n)
    for n in left[1::4]:
        os.rename(box.path("Mess/" + n), box.path("Mess/moved " + n))
    changed = box.bytes_there(box.home)
    os.kill(p.pid, signal.SIGCONT)
    p.communicate(timeout=120)
    assert changed <= box.bytes_there(box.home)
    rests(box)
    assert changed <= box.bytes_there(box.home)


def test_folders_of_one_disk_that_cannot_be_renamed_across(box):
    """Fault 12: a bind mount has the same device, and yet rename says EXDEV: it is copied."""
    box.mkdir("Mess/Images")
    box.mkdir("elsewhere")
    if subprocess.run(["mount", "--bind", box.path("elsewhere"), box.path("Mess/Images")],
                      capture_output=True).returncode != 0:
        pytest.skip("mounts: only root may do this, or this machine forbids it")
    try:
        mess(box)
        before = box.bytes_there(box.home)
        times = {n: os.stat(box.path("Mess/" + n)).st_mtime_ns for n in box.names("Mess") if n.endswith(".jpg")}
        box.ok("sort", box.path("Mess"), "--yes")
        for n, at in times.items():
            assert os.stat(box.path("elsewhere/" + n)).st_mtime_ns == at
        assert before == box.bytes_there(box.home)
        box.ok("undo", "--yes")
        assert before == box.bytes_there(box.home)
        assert all(os.path.exists(box.path("Mess/" + n)) for n in times)
    finally:
        subprocess.run(["umount", "-l", box.path("Mess/Images")], check=True)


@pytest.fixture
def quota(tmp_path):
    """A btrfs with a subvolume of 8 MiB at most."""
    image, at = str(tmp_path / "disk"), str(tmp_path / "btrfs")
    if not shutil.which("mkfs.btrfs") or os.geteuid() != 0:
        pytest.skip("needs root and btrfs-progs")
    with open(image, "wb") as f:
        f.truncate(256 << 20)
    os.mkdir(at)
    subprocess.run(["mkfs.btrfs", "-q", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, at], capture_output=True).returncode != 0:
        pytest.skip("this machine mounts no btrfs")
    for c in (["quota", "enable", at], ["subvolume", "create", at + "/sv"],
              ["qgroup", "limit", "8M", at + "/sv"]):
        subprocess.run(["btrfs", *c], check=True, capture_output=True)
    yield at + "/sv"
    subprocess.run(["umount", at], check=True)


def test_quota(box, quota):
    """Fault 5: a quota that is reached is told as one, and everything stays where it was."""
    box.conf("""
rules:
  - name: away
    locations: ~/Mess
    actions:
      - move: %s/in/
""" % quota)
    for i in range(12):
        with open(box.path("big"), "wb") as f:
            f.write(os.urandom(2 << 20))
        box.mkdir("Mess")
        os.rename(box.path("big"), box.path("Mess/%d.bin" % i))
    before = box.bytes_there(box.home)
    r = box.run("run", "--yes")
    assert r.rc in (1, 3), r
    assert "quota" in (r.out + r.err).lower(), r
    assert before <= box.bytes_there(box.home) | box.bytes_there(quota)
    assert len(box.names("Mess")) >= 8
    assert not [n for n in os.listdir(quota + "/in") if n.startswith(".")]
