"""A history that is damaged or gone comes back from the copy that a backup holds."""
import os
import shutil
import subprocess

import pytest


RULES = """
rules:
  - name: sort
    locations: ~/Mess
    actions:
      - sort: by-type
backups:
  - name: keep
    paths: ~/Mess
    %s
"""


def damage(box):
    with open(os.path.join(box.state, "catalog.db"), "r+b") as f:
        f.seek(4096)
        f.write(os.urandom(8192))
    for n in ("catalog.db-wal",):
        try:
            os.unlink(os.path.join(box.state, n))
        except FileNotFoundError:
            pass


@pytest.fixture(params=["copies", "repository"])
def world(request, box):
    if request.param == "repository":
        box.put("key", "secret\n", mode=0o600)
        box.conf(RULES % "repository: ~/Repo\n    password_file: ~/key")
        box.ok("-b", "keep", "init")
    else:
        box.conf(RULES % "copies: ~/Copies")
    box.put("Mess/a.jpg", "a")
    box.ok("run", "--yes")
    box.put("Mess/b.jpg", "b")
    # Each night the catalog is copied; into a repository from the second one on.
    box.at("+1d", "run", "--yes")
    box.at("+2d", "run", "--yes")
    return box


def test_back_from_the_copy(world):
    """Runs before the copy are known again and can be undone; later numbers are not reused."""
    world.put("Mess/c.jpg", "c")
    world.at("+2d", "run", "--yes")      # the same night: no copy of it
    last = world.newest_run()
    damage(world)
    r = world.run("runs")
    assert r.rc == 1 and "catalog rebuild" in r.err, r
    r = world.ok("catalog", "rebuild")
    assert "from the backup 'keep'" in r.out, r
    assert [n for n in os.listdir(world.state) if n.startswith("catalog.db.old")]
    assert "a.jpg" in world.ok("where", "a.jpg").out
    runs = [x["run"] for x in world.json("runs") if "run" in x]
    assert 1 in runs and last not in runs
    world.put("Mess/d.jpg", "d")
    world.ok("run", "--yes")
    assert world.newest_run() == last + 1
    world.ok("undo", "1", "--yes")
    assert os.path.exists(world.path("Mess/a.jpg"))


def test_whole_is_left_alone(world):
    """What is whole is not replaced unasked, and then it is kept."""
    before = world.json("runs")
    r = world.ok("catalog", "rebuild")
    assert "whole" in r.err
    assert world.json("runs") == before
    world.ok("catalog", "rebuild", "--anyway")
    assert [n for n in os.listdir(world.state) if n.startswith("catalog.db.old")]


def test_a_copy_that_is_damaged_too(box):
    """The next one is taken; with none the history is empty, and it is said."""
    box.conf(RULES % "copies: ~/Copies")
    box.put("Mess/a.jpg", "a")
    box.ok("run", "--yes")
    copy = box.path("Copies/keep/.fettle/catalog.db")
    with open(copy, "r+b") as f:
        f.seek(4096)
        f.write(os.urandom(8192))
    damage(box)
    r = box.ok("catalog", "rebuild")
    assert "keep: " in r.err and "no backup holds a copy" in r.out, r
    assert box.ok("run", "--yes").rc == 0
    assert box.newest_run() == 2


def test_somebody_is_at_work(box):
    """Never under a daemon's feet."""
    box.conf(RULES % "copies: ~/Copies")
    p = box.start("daemon")
    try:
        while not box.lock_held():
            assert p.poll() is None
        assert box.run("catalog", "rebuild").rc == 11
    finally:
        p.terminate()
        p.communicate(timeout=60)


def test_restic_brings_the_copy_back(world):
    """Nothing is locked in: the copy in a repository is a snapshot as any other."""
    if not os.path.isdir(world.path("Repo")) or not shutil.which("restic"):
        pytest.skip("for repositories, and with restic")
    env = {**os.environ, "RESTIC_REPOSITORY": world.path("Repo"), "RESTIC_PASSWORD_FILE": world.path("key"),
           "RESTIC_CACHE_DIR": world.path("cache")}
    out = subprocess.run(["restic", "dump", "--tag", "fettle:catalog", "latest", "/catalog.db"],
                         env=env, capture_output=True, check=True).stdout
    assert out.startswith(b"SQLite format 3\0")
    subprocess.run(["restic", "check"], env=env, capture_output=True, check=True)


def test_only_three_stay(world):
    """Copies in a repository do not pile up."""
    if not os.path.isdir(world.path("Repo")):
        pytest.skip("for repositories")
    for d in range(3, 9):
        world.put("Mess/%d.jpg" % d, "%d" % d)
        r = world.at("+%dd" % d, "run", "--yes")
        assert r.rc == 0, r
    lines = world.ok("-b", "keep", "snapshots", "--json", "--tag", "fettle:catalog").out
    assert lines.count('"short_id"') == 3, lines
