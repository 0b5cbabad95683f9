#!/usr/bin/env python3
"""powercut_watch.py feed FETTLE | check FETTLE DISK -- a burst of arrivals in a folder that is
watched, and the power is cut.

feed, in the guest: files are on the disk in S, flushed; the daemon runs; they are renamed into the
watched folders in lumps.  check, on the host: after the cut each content is there; the next run
leaves each file either where the cut found it (S, not arrived) or where its rule says, once;
once the rest has arrived all are there; and undo brings each back, once."""
import collections
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import world

N = 900
T = "/mnt/a/t"
# The folder it arrives in, what is done, and where that leaves file n.
RULES = [
    ("A", "move: T/P/", "P/%s.jpg"),
    ("B", "rename: 'x-{name}.jpg'}, {move: T/Q/new/deep/}, {rename: '{path.stem}-y.jpg'", "Q/new/deep/x-%s-y.jpg"),
    ("C", "move: 'T/R/{path.stem}/'", "R/%s/%s.jpg"),
]


def name(i):
    return "f%06d" % i


def arrives(i):
    return "%s/%s.jpg" % (RULES[i % 3][0], name(i))


def goal(i):
    to = RULES[i % 3][2]
    return to % ((name(i),) * to.count("%s"))


def build():
    for d in "SABCPQR":
        os.makedirs(T + "/" + d)
    for i in range(N):
        world.put("%s/S/%s.jpg" % (T, name(i)), "%d" % i)
    c = T + "/xdg/config/fettle"
    os.makedirs(c, 0o700)
    with open(c + "/fettle.yaml", "w") as f:
        f.write("guard: {max_moves: off, max_deletes: off, max_share: off}\nrules:\n")
        for at, actions, _ in RULES:
            f.write("  - {name: %s, locations: T/%s, watch: {settle: 0s}, actions: [{%s}]}\n".replace("T/", T + "/") %
                    (at, at, actions.replace("T/", T + "/")))
    os.chmod(c + "/fettle.yaml", 0o600)


def arrive(which):
    for i in which:
        os.rename("%s/S/%s.jpg" % (T, name(i)), T + "/" + arrives(i))


def feed(fettle, seed):
    rng = random.Random(seed)
    build()
    os.sync()
    d = subprocess.Popen([fettle, "daemon"], env=world.env(T), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    arrive([0])
    while not os.path.exists(T + "/" + goal(0)):
        if d.poll() is not None:
            sys.exit("the daemon ended %d" % d.returncode)
        time.sleep(0.01)
    print("READY", flush=True)
    i = 1
    while i < N:
        n = min(N, i + rng.choice((1, 5, 20, 60)))
        arrive(range(i, n))
        i = n
        time.sleep(rng.choice((0, 0.02, 0.1)))
    d.wait()


def where_each_is():
    """Of each file its places, by what is in it."""
    there = collections.defaultdict(list)
    for top, dirs, files in os.walk(T):
        if top == T:
            dirs.remove("xdg")
        for n in files:
            with open(os.path.join(top, n)) as f:
                text = f.read()
            there[int(text) if text else "empty"].append(os.path.relpath(os.path.join(top, n), T))
    return there


def given_back(there):
    """btrfs may give a file its old name back beside the new one: in S nobody but us knows of it.
    How many."""
    n = 0
    for v in there.values():
        old = [p for p in v if p[0] == "S"]
        if len(v) == 2 and len(old) == 1 and os.path.samefile(*(T + "/" + p for p in v)):
            os.unlink(T + "/" + old[0])
            n += 1
    return n


def pending():
    with tempfile.TemporaryDirectory() as d:
        for end in ("", "-wal"):
            if os.path.exists(T + "/xdg/state/fettle/catalog.db" + end):
                shutil.copy(T + "/xdg/state/fettle/catalog.db" + end, d + "/catalog.db" + end)
        db = sqlite3.connect(d + "/catalog.db")
        n = db.execute("SELECT count(*) FROM batch WHERE phase < 2").fetchone()[0]
        db.close()
        return n


def fail(why, *more):
    print(why, *more, sep="\n")
    sys.exit(1)


def run(fettle, *args):
    r = world.run(fettle, T, *args)
    if r.returncode != 0:
        fail("%s ended %d" % (" ".join(args), r.returncode), r.stdout[-2000:], r.stderr[-2000:])
    return r


def look(when, where):
    """Each file once, where it is to be."""
    there = where_each_is()
    wrong = {i: there.get(i) for i in range(N) if there.get(i) not in ([p] for p in where(i))}
    if wrong or len(there) != N:
        fail("%s: %d files are not where they are to be" % (when, len(wrong)), list(wrong.items())[:5],
             set(there) - set(range(N)))


def check(fettle, disk):
    os.makedirs("/mnt/a", exist_ok=True)
    subprocess.run(["mount", "--bind", disk, "/mnt/a"], check=True)
    there = where_each_is()
    if lost := [i for i in range(N) if i not in there]:
        fail("after the cut %d contents are lost" % len(lost), lost[:5])
    at = collections.Counter(p[0] for v in there.values() for p in v)
    print("cut with %d of %d arrived, %d of them done, %d batches without results" %
          (N - at["S"], N, at["P"] + at["Q"] + at["R"], pending()))
    cut = {i for i in range(N) if there[i] == ["S/%s.jpg" % name(i)]}
    told = run(fettle, "run", "--yes").stderr
    # An arrival that the cut took back has its file in S again: that one is elsewhere.
    for n in re.findall(r"f(\d+).*somebody else", told):
        if int(n) not in cut:
            fail("somebody else is blamed for %s" % n, told)
    if n := given_back(where_each_is()):
        print("%d names in S were given back by the file system" % n)
    look("after the next run", lambda i: ["S/%s.jpg" % name(i)] if i in cut else [goal(i)])
    arrive(sorted(cut))
    run(fettle, "run", "--yes")
    look("when all had arrived", lambda i: [goal(i)])
    runs = run(fettle, "runs", "--json").stdout
    for n in sorted({int(x) for x in re.findall(r'"run": ?(\d+)', runs)}, reverse=True):
        world.run(fettle, T, "undo", str(n), "--yes")
    look("after undo", lambda i: [arrives(i)])


if sys.argv[1] == "feed":
    feed(sys.argv[2], int(sys.argv[3]))
else:
    check(sys.argv[2], sys.argv[3])
