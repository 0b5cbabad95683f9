"""Watching: what arrives is handled by the rules over its folder, once it has settled,
once, and whatever happens meanwhile to the file, the folder, the daemon or its worker."""
import collections
import contextlib
import os
import random
import re
import shutil
import signal
import sqlite3
import time

import pytest

from box import wait_for
from conftest import SEED
from test_daemon import daemon

OFF = "guard: {max_moves: off, max_deletes: off, max_share: off}\n"


def rule(name="pics", at="~/D", ext="jpg", to="~/P/", watch="{settle: 0s}", more=""):
    return ("  - name: %s\n    locations: %s\n    watch: %s\n    filters: [{extension: %s}]\n"
            "    actions: [{move: %s}]\n%s" % (name, at, watch, ext, to, more))


def conf(box, *rules, top=OFF):
    box.conf("log: {level: debug}\n" + top + "rules:\n" + "".join(rules))


def names(box, rel):
    try:
        return sorted(os.listdir(box.path(rel)))
    except FileNotFoundError:
        return []


def moved(d):
    """How often each file was moved, by the log; and never twice."""
    n = collections.Counter(re.findall(r":INFO:moved (\S+) to", d.log()))
    assert not [p for p, k in n.items() if k > 1], "moved more than once"
    return n


def in_place(box, d, rel, want, limit=60):
    want = sorted(want)
    assert wait_for(lambda: names(box, rel) == want, d.p, limit), \
        (len(names(box, rel)), sorted(set(want) ^ set(names(box, rel)))[:5], d.words())


def quiet(d, n):
    """The runs that moved n files have ended."""
    ended = lambda: sum(map(int, re.findall(r":INFO:run \d+: (\d+) done", d.log())))
    assert wait_for(lambda: ended() >= n, d.p), d.log()


# Bursts.


def burst(box, n, folder="D", first=0):
    made = []
    for i in range(first, first + n):
        box.put("%s/f%06d.jpg" % (folder, i), "%d" % i)
        made.append("f%06d.jpg" % i)
    return made


@pytest.mark.parametrize("n", [2000, pytest.param(20000, marks=pytest.mark.slow)])
def test_a_burst(box, n):
    """Files in bursts: each is moved once, a burst is one run, and undo takes it back."""
    box.mkdir("D")
    conf(box, rule())
    with daemon(box) as d:
        made = burst(box, n // 2)
        time.sleep(0.1)
        made += burst(box, n - n // 2, first=n // 2)
        in_place(box, d, "P", made, 240)
        assert names(box, "D") == []
        quiet(d, n)
        d.stop()
        assert len(moved(d)) == n
    runs = box.json("runs")
    assert all(r["trigger"] == "watch" for r in runs)
    assert sum(r["done"] for r in runs) == n and len(runs) <= 5, runs
    assert all(box.read("P/f%06d.jpg" % i) == b"%d" % i for i in range(0, n, 97))
    if n < 5000:
        for r in runs:
            box.ok("undo", str(r["run"]))
        assert names(box, "D") == made


def test_folders_made_and_filled_at_once(box):
    """Trees that are made, filled, moved in and moved about: every file is found."""
    rng = random.Random(SEED)
    box.mkdir("D")
    box.mkdir("X")
    conf(box, rule(more="    subfolders: true\n"))
    want = []
    with daemon(box) as d:
        for i in range(60):
            deep = "/".join("n%d" % rng.randrange(4) for _ in range(rng.randrange(1, 6)))
            where = "X" if i % 3 == 0 else "D"
            for k in range(5):
                name = "t%d-%d.jpg" % (i, k)
                box.put("%s/b%d/%s/%s" % (where, i, deep, name), name)
                want.append(name)
            if where == "X":
                os.rename(box.path("X/b%d" % i), box.path("D/b%d" % i))
            if i % 4 == 0:
                os.rename(box.path("D/b%d" % i), box.path("D/c%d" % i))
        in_place(box, d, "P", want)
        d.stop()
        moved(d)


def test_what_was_there_before(box):
    """What lies there when the daemon starts is handled; a folder that comes later too."""
    box.put("D/a.jpg", "a")
    conf(box, rule(), rule("late", "~/later", "txt", "~/T/"))
    with daemon(box) as d:
        in_place(box, d, "P", ["a.jpg"])
        box.put("later/x.txt", "x")
        in_place(box, d, "T", ["x.txt"])
        box.put("later/y.txt", "y")
        in_place(box, d, "T", ["x.txt", "y.txt"])
        d.stop()


# Settling.


def test_a_slow_writer(box):
    """Written in pieces, closed and opened again, held open: moved once, whole."""
    box.mkdir("D")
    conf(box, rule(watch="{settle: 700ms}"))
    whole = b""
    with daemon(box) as d:
        for i in range(5):
            with open(box.path("D/s.jpg"), "ab") as f:
                f.write(b"%d" % i * 1000)
            whole += b"%d" % i * 1000
            time.sleep(0.2)
        with open(box.path("D/s.jpg"), "ab") as f:
            time.sleep(1)
            f.write(b"end")
            assert names(box, "P") == []
        in_place(box, d, "P", ["s.jpg"])
        assert box.read("P/s.jpg") == whole + b"end"
        d.stop()
        assert len(moved(d)) == 1


def test_status_says_why_one_waits(box):
    """`status` names what waits and why, as text and as JSON; it goes when it may."""
    box.mkdir("D")
    conf(box, rule())
    with daemon(box) as d:
        with open(box.path("D/open.jpg"), "w") as f:
            f.write("x")
            box.put("D/part.jpg.part", "x")
            box.put("D/side.jpg.aria2", "x")
            box.put("D/side.jpg", "x")
            waits = lambda: {os.path.basename(o["file"]): o["why"] for o in box.json("status") if "file" in o}
            assert wait_for(lambda: len(waits()) == 4, d.p), waits()
            w = waits()
            assert "open for writing" in w["open.jpg"] and "side file" in w["side.jpg"]
            assert "partial download" in w["part.jpg.part"]
            out = box.ok("status").out
            assert re.search(r"waiting +\S*/D/open.jpg: still being written", out), out
        os.rename(box.path("D/part.jpg.part"), box.path("D/part.jpg"))
        os.unlink(box.path("D/side.jpg.aria2"))
        in_place(box, d, "P", ["open.jpg", "part.jpg", "side.jpg"])
        assert waits() == {}
        d.stop()


def test_editors(box):
    """vim's and others' ways to save: what is moved is the new text, once."""
    box.mkdir("D")
    conf(box, rule(ext="txt", watch="{settle: 400ms}"))
    with daemon(box) as d:
        for i in range(3):      # vim: a probe, a backup, the new file, the backup goes
            box.put("D/.v.txt.swp", "s")
            box.put("D/4913", "")
            os.unlink(box.path("D/4913"))
            if i:
                os.rename(box.path("D/v.txt"), box.path("D/v.txt~"))
            box.put("D/v.txt", "vim %d" % i)
            if i:
                os.unlink(box.path("D/v.txt~"))
            os.unlink(box.path("D/.v.txt.swp"))
            box.put("D/.r.txt.XyZ", "replaced %d" % i)     # atomic replace
            os.rename(box.path("D/.r.txt.XyZ"), box.path("D/r.txt"))
            time.sleep(0.1)
        in_place(box, d, "P", ["r.txt", "v.txt"])
        assert box.read("P/v.txt") == b"vim 2" and box.read("P/r.txt") == b"replaced 2"
        d.stop()
        assert len(moved(d)) == 2


def test_after(box):
    """after: not before it has been there so long, however it is touched."""
    box.mkdir("D")
    conf(box, rule(watch="{settle: 0s, after: 1500ms}"))
    with daemon(box) as d:
        t = time.monotonic()
        box.put("D/a.jpg", "a")
        in_place(box, d, "P", ["a.jpg"])
        assert time.monotonic() - t >= 1.4
        d.stop()


# Which rules, and whose moves.


def test_all_rules_over_the_folder_in_order(box):
    """If one watches, all over that folder are tried in order; what one renamed, the next sees."""
    box.mkdir("D")
    conf(box,
         "  - name: first\n    locations: ~/D\n    filters: [{name: {startswith: a}}]\n    actions: [{rename: 'b-{name}.jpg'}]\n",
         rule(), "  - name: elsewhere\n    locations: ~/E\n    actions: [{move: ~/P/}]\n")
    with daemon(box) as d:
        box.put("E/e.jpg", "e")
        box.put("D/a.jpg", "a")
        box.put("D/c.jpg", "c")
        in_place(box, d, "P", ["b-a.jpg", "c.jpg"])
        assert names(box, "E") == ["e.jpg"]
        d.stop()


def test_our_own_moves_trigger_nothing(box):
    """What fettle brings into a watched folder (moved, copied, undone, run by hand) stays."""
    box.mkdir("D")
    box.mkdir("P")
    conf(box, rule(), rule("on", "~/P", "jpg", "~/Q/"),
         "  - name: twice\n    locations: ~/C\n    actions: [{copy: ~/P/}]\n")
    with daemon(box) as d:
        box.put("D/a.jpg", "a")
        in_place(box, d, "P", ["a.jpg"])
        box.put("C/c.jpg", "c")
        box.ok("run", "twice")
        in_place(box, d, "P", ["a.jpg", "c.jpg"])
        box.ok("undo", "1")
        in_place(box, d, "D", ["a.jpg"])
        time.sleep(0.5)
        assert names(box, "Q") == [] and names(box, "P") == ["c.jpg"] and names(box, "D") == ["a.jpg"]
        box.put("P/mine.jpg", "m")      # somebody else's does
        in_place(box, d, "Q", ["mine.jpg"])
        d.stop()


def test_the_configuration_changes_what_is_watched(box):
    """A rule that comes begins to watch, one that goes ends."""
    box.mkdir("D")
    box.mkdir("E")
    conf(box, rule())
    with daemon(box) as d:
        box.put("D/a.jpg", "a")
        in_place(box, d, "P", ["a.jpg"])
        conf(box, rule(at="~/E"))
        d.wait_log("took the new configuration")
        box.put("D/b.jpg", "b")
        box.put("E/c.jpg", "c")
        in_place(box, d, "P", ["a.jpg", "c.jpg"])
        assert names(box, "D") == ["b.jpg"]
        d.stop()


# Guards.


def test_guard_by_the_hour(box):
    """Limits count by the hour: past one the rule is held, others go on; approve lets it go on."""
    box.mkdir("D")
    conf(box, rule(), rule("texts", ext="txt", to="~/T/"), top="guard: {max_moves: 5}\n")
    with daemon(box) as d:
        for i in range(4):
            box.put("D/a%d.jpg" % i, "a")
        in_place(box, d, "P", ["a%d.jpg" % i for i in range(4)])
        for i in range(3):
            box.put("D/b%d.jpg" % i, "b")
        d.wait_log("is held: ")
        box.put("D/t.txt", "t")
        in_place(box, d, "T", ["t.txt"])
        assert len(names(box, "P")) <= 5
        quiet(d, 5)
        held = [r for r in box.json("runs") if r["state"] == "held"]
        assert held and held[-1]["trigger"] == "watch", box.json("runs")
        box.ok("approve", str(held[-1]["run"]))
        d.stop()
    with daemon(box) as d:              # what came meanwhile, after the approval
        in_place(box, d, "P", ["a%d.jpg" % i for i in range(4)] + ["b%d.jpg" % i for i in range(3)])
        d.stop()


def test_guard_share_of_what_was_there(box):
    """A rule that would take most of what lay there before is held; what arrives is not counted so."""
    for i in range(120):
        box.put("D/a%d.jpg" % i, "a")
    conf(box, rule(), top="")
    with daemon(box) as d:
        d.wait_log("guard.max_share")
        assert len(names(box, "D")) == 120
        box.ok("reject")
        d.stop()
    conf(box, rule(at="~/E"), top="")
    box.mkdir("E")
    with daemon(box) as d:
        made = burst(box, 150, "E")
        in_place(box, d, "P", made)
        d.stop()


# Whatever happens.


def test_the_queue_overflows(box):
    """More happens than the kernel remembers: all is read anew, nothing is left behind."""
    with open("/proc/sys/fs/inotify/max_queued_events") as f:
        most = int(f.read())
    if most > 50000:
        pytest.skip("the queue is too long here")
    box.mkdir("D")
    conf(box, rule())
    with daemon(box) as d:
        d.signal(signal.SIGSTOP)
        box.put("D/x.dat", "x")
        a, b = box.path("D/x.dat"), box.path("D/y.dat")
        for _ in range(most // 4 + 10):
            os.rename(a, b)
            os.rename(b, a)
        made = burst(box, 300)
        d.signal(signal.SIGCONT)
        in_place(box, d, "P", made)
        d.wait_log("all is read anew")
        made += burst(box, 10, first=1000)
        in_place(box, d, "P", made)
        d.stop()
        moved(d)


@pytest.mark.parametrize("n", [600, pytest.param(20000, marks=pytest.mark.slow)])
def test_killed_in_the_middle(box, n):
    """The daemon, or its worker, is killed while files come, again and again: each file is in
    place once."""
    rng = random.Random(SEED)
    box.mkdir("D")
    conf(box, rule())
    made, talk = [], ""
    for part in range(4):
        with daemon(box) as d:
            made += burst(box, n // 4, first=part * (n // 4))
            assert wait_for(lambda: len(names(box, "P")) > len(made) - n // 4, d.p, 240)
            time.sleep(rng.random() * 0.05)
            if part % 2:
                d.p.kill()
                d.p.wait()
            else:
                pids = [int(p) for p in os.listdir("/proc/%d/task/%d" % (d.pid, d.pid)) if p.isdigit()]
                with open("/proc/%d/task/%d/children" % (d.pid, d.pid)) as f:
                    pids = [int(p) for p in f.read().split()]
                for p in pids:
                    try:
                        os.kill(p, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                in_place(box, d, "P", made, 240)
                d.stop()
    with daemon(box) as d:
        in_place(box, d, "P", made, 240)
        assert names(box, "D") == []
        assert all(box.read("P/f%06d.jpg" % i) == b"%d" % i for i in range(0, n, 17))
        d.stop()


def pending(box):
    """How many batches of the journal have no results yet."""
    with contextlib.closing(sqlite3.connect("file:%s/catalog.db?mode=ro" % box.state, uri=True)) as db:
        return db.execute("SELECT count(*) FROM batch WHERE phase < 2").fetchone()[0]


def kill_between(box, d):
    """The worker and the daemon, while what was moved has no results yet: frozen first, so
    that neither writes them when the other is gone."""
    with open("/proc/%d/task/%d/children" % (d.pid, d.pid)) as f:
        pids = [int(p) for p in f.read().split()] + [d.pid]
    for p in pids:
        os.kill(p, signal.SIGSTOP)
    for p in pids:
        os.kill(p, signal.SIGKILL)
    d.p.wait()
    return pending(box)


def where_each_is(box):
    """Of the files of burst() the path, by the name they came with."""
    there = {}
    for d, _, files in os.walk(box.home):
        for n in files:
            with open(os.path.join(d, n)) as f:
                came = "f%06d.jpg" % int(f.read())
            assert came not in there, "two of one file"
            there[came] = os.path.join(d, n)
    return there


ARRIVE = {
    "one": ["move: ~/P/"],
    "chain": ["rename: 'x-{name}.jpg'", "move: ~/P/new/deep/", "rename: '{path.stem}-y.jpg'"],
    "by folder": ["move: '~/P/{path.stem}/'"],
}


@pytest.mark.parametrize("case", ARRIVE)
def test_killed_between_moves_and_their_results(box, case):
    """Results of a burst are written once a second: killed before, every file that was moved
    is told by `where`, and comes back with `undo` of the run that was cut."""
    rng = random.Random(SEED)
    box.mkdir("D")
    box.mkdir("P")
    conf(box, "  - {name: pics, locations: ~/D, watch: {settle: 0s}, actions: [{%s}]}\n" % "}, {".join(ARRIVE[case]))
    made, unwritten, part = [], 0, -1
    while part < 2 or (unwritten == 0 and part < 15):
        part += 1
        with daemon(box) as d:
            made += burst(box, 40, first=part * 100)
            left = rng.randrange(5, 39)
            assert wait_for(lambda: len([n for n in names(box, "D") if n[0] == "f"]) <= left, d.p)
            unwritten += kill_between(box, d)
        box.ok("run")               # recovers, and does what is left
        assert pending(box) == 0
        assert names(box, "D") == []
    assert unwritten > 0, "no kill hit the time between moves and results"
    there = where_each_is(box)
    assert sorted(there) == made
    if case == "chain":             # one that was cut was put back, and begun again whole
        assert [there[n] for n in made] == [box.path("P", "new", "deep", "x-%s-y.jpg" % n[:-4]) for n in made]
    for n in made:
        if n in made[::16]:
            assert box.json("where", box.path("D", n))[-1]["to"] == there[n]
    assert set(there.values()) <= {o["to"] for o in box.json("where", "*.jpg") if "to" in o}
    runs = [r for r in box.json("runs") if r["done"]]
    assert [r for r in runs if r["state"] == "crashed"], runs
    assert sum(r["done"] for r in runs) >= len(made)
    for r in runs:
        box.ok("undo", str(r["run"]))
    assert names(box, "D") == made and sorted(where_each_is(box)) == made


def test_a_location_goes_and_comes(box):
    """The watched folder is replaced by another of its name: that one is watched."""
    box.mkdir("D")
    conf(box, rule())
    with daemon(box) as d:
        os.rename(box.path("D"), box.path("old"))
        box.put("D/a.jpg", "a")
        in_place(box, d, "P", ["a.jpg"])
        box.put("old/b.jpg", "b")
        box.put("D/c.jpg", "c")
        in_place(box, d, "P", ["a.jpg", "c.jpg"])
        assert names(box, "old") == ["b.jpg"]
        shutil.rmtree(box.path("D"))
        d.stop()


# What is told of a rule that only watches.


def test_watching_is_told(box):
    """It did not fail to run: it waits for files, if somebody watches for it."""
    box.mkdir("D")
    conf(box, rule())
    assert re.search(r"^pics: when files arrive$", box.ok("next").out, re.M)
    assert box.json("next")[0]["watching"] is True
    r = box.ok("status")
    assert "never    pics" in r.out and "as long as the daemon runs, and none does" in r.out, r.out
    with daemon(box) as d:
        assert wait_for(lambda: "watching pics: " in box.run("status").out, d.p), box.run("status").out
        assert "next when files arrive" in box.ok("status").out
        made = burst(box, 1)
        in_place(box, d, "P", made)
        quiet(d, 1)
        assert wait_for(lambda: "ok       pics: " in box.run("status").out, d.p), box.run("status").out
