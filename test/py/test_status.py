"""status: is all well?  One sentence, and what somebody would ask next; a line
under every command on a terminal while something is wrong."""
import contextlib
import json
import os
import pty
import sqlite3
import subprocess
import time

SORT = """\
    %s
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
    backups:
      - name: stick
        paths: ~/D
        copies: ~/B
        min_free: 1MiB
"""
HELD = "guard: {max_moves: 1}"


def on_a_terminal(box, *args, err_only=False):
    """What a command says on a terminal; of err_only, only its talk goes there."""
    mine, its = pty.openpty()
    p = subprocess.Popen(box.command(args), env=box.environment(), start_new_session=True,
                         stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL if err_only else its, stderr=its)
    os.close(its)
    talk = b""
    with contextlib.suppress(OSError):		# a terminal that is gone
        while piece := os.read(mine, 4096):
            talk += piece
    os.close(mine)
    p.wait(60)
    return talk.decode()


def test_well(box):
    """All is well, since when, and where things go."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % "schedule: every day at 01:00")
    box.ok("run", "--yes")
    out = box.ok("status").out.splitlines()
    assert out[0] == "all is well"
    assert any("sorter: last success" in line and " ago, next " in line for line in out)
    assert any(line.startswith("space ") and "/B/stick: " in line and " free" in line
               for line in out)
    o = {s["job"]: s for s in box.json("status")}
    assert o["stick"]["place"].endswith("/B/stick") and 0 < o["stick"]["free"] <= o["stick"]["total"]
    assert o["stick"]["full_at"] is None and o["sorter"]["place"] is None
    assert o["sorter"]["last_success"] and o["sorter"]["next"] and o["sorter"]["retry"] is None


def test_not_well(box):
    """What is held is named first, with what to type; exit 1."""
    for i in range(3):
        box.put("D/%d.jpg" % i, str(i))
    box.conf(SORT % HELD)
    box.ok("run", "sorter", rc=4)
    r = box.ok("status", rc=1)
    assert r.out.splitlines()[0] == "not all is well: sorter is held"
    assert "fettle approve 1" in r.out and "all is well\n" not in r.out[10:]
    box.ok("approve", "1")
    assert box.ok("status").out.splitlines()[0] == "all is well"


def test_a_line_on_a_terminal(box):
    """While something is wrong every command on a terminal says so, once; not in a
    pipe, not with -q, not with --json, and not when it is well again."""
    for i in range(3):
        box.put("D/%d.jpg" % i, str(i))
    box.conf(SORT % HELD)
    box.ok("run", "sorter", rc=4)
    line = "not all is well: sorter is held; see fettle status"
    for args in (["runs"], ["plan"], ["next"], ["where", "1.jpg"]):
        assert on_a_terminal(box, *args).count(line) == 1, args
    assert on_a_terminal(box, "runs", err_only=True).count(line) == 1
    assert line not in on_a_terminal(box, "-q", "runs")
    assert line not in on_a_terminal(box, "--json", "runs")
    assert line not in on_a_terminal(box, "status")
    assert line not in box.run("runs").err
    box.ok("reject", "1")
    assert "not all is well" not in on_a_terminal(box, "runs")


def test_full_at_this_rate(box):
    """From what was free on other days it says when nothing will be."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % "log: {level: info}")
    box.ok("run", "--yes")
    here = os.statvfs(box.path("B"))
    left, total = here.f_bavail * here.f_frsize, here.f_blocks * here.f_frsize
    points = [(-20, left * 2), (-15, left * 7 // 4), (-10, left * 3 // 2), (-5, left * 5 // 4)]
    set_room(box, box.path("B/stick"), points, total)
    (o,) = [s for s in box.json("status") if s["job"] == "stick"]
    assert o["full_at"] is not None
    assert "at this rate" in box.ok("status").out


def set_room(box, place, points, total):
    """Put points (day, bytes free) into the catalog, as room.c packs them."""
    def u64(n):
        out = b""
        while n > 0x7f:
            out += bytes([n & 0x7f | 0x80])
            n >>= 7
        return out + bytes([n])

    def i64(n):
        return u64(n * 2 if n >= 0 else -n * 2 - 1)
    now = int(time.time() * 1e6)
    data = u64(len(points)) + b"".join(
        i64(now + day * 86400 * 10**6) + u64(free) + u64(total) for day, free in points)
    db = sqlite3.connect(os.path.join(box.state, "catalog.db"))
    n = db.execute("update kv set data=? where space=? and name=?",
                   (data, b"room", os.fsencode(place))).rowcount
    db.commit()
    db.close()
    assert n == 1


def test_schema_of_the_objects(box):
    """Each object of status --json is what the manual says, null included."""
    box.conf(SORT % "log: {level: info}")
    for line in box.ok("--json", "status").out.splitlines():
        o = json.loads(line)
        assert set(o) >= {"v", "job", "kind", "state", "run", "last_run", "last_success",
                          "next", "retry", "why", "place"}
        assert o["state"] == "never" and o["last_success"] is None


def test_a_key_that_dies_with_the_disk(box, mount):
    """A backup on another disk whose password lies only on the one it protects is
    warned of; on a third disk, on the backup's own, or for copies, there is no word."""
    other, third = mount(size="40m"), mount(size="4m")
    box.put("D/a", "a")
    box.put("key", "secret", mode=0o600)
    with open(os.path.join(third, "key"), "w") as f:
        f.write("secret")
    os.chmod(os.path.join(third, "key"), 0o600)

    def why(key, where):
        box.conf("""\
            backups:
              - {name: home, paths: ~/D, repository: %s/repo, password_file: %s, min_free: 1MiB}
            """ % (where, key))
        if not os.path.exists(where + "/repo"):
            box.ok("-b", "home", "init")
        box.ok("run", "home", "--yes")
        return box.json("status", rc=(0, 1))[0]["why"]

    assert "key lies only on the disk that it protects" in why("~/key", other)
    assert why(os.path.join(third, "key"), other) == "other disk: survives a dead disk"
    assert why("~/key", box.home).startswith("same disk")
