#!/usr/bin/env python3
"""Pictures of every page of the dashboard, to be looked at: screenshots.py FOLDER.

A daemon of its own has something of everything, also what is awkward: long names, names
that are no text, a job that fails, one that waits.  Each page is taken at the width of a
phone and of a desk, light and dark, and so are those of a house without jobs, of one with
a faulty configuration, the way in, and what is seen when the daemon is gone.
FETTLE is the program; ONLY=WORD takes the pages whose name has it."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "py")]
from box import Box                                              # noqa: E402
from test_web import daemon, free_port                           # noqa: E402
from web import Browser                                          # noqa: E402

LONG = "a rather long name of a file as scanners and browsers make them, page 2 of 3"
CONF = """\
web: {listen: "127.0.0.1:%(port)d"}
guard: {max_moves: 30}
rules:
  - name: sorter
    locations: ~/Downloads
    actions: [{sort: by-type}]
  - name: everything-that-the-scanner-of-the-second-floor-leaves
    locations: ~/Scans
    filters: [{extension: pdf}]
    actions: [{move: "~/Documents/Scanned/{created.year}/"}]
  - name: many
    locations: ~/Photos
    actions: [{sort: by-type}]
  - name: thumbnails
    locations: ~/Downloads
    filters: [{extension: nothing}]
    actions: [{shell: "exit 3"}]
backups:
  - name: home
    paths: ~/Documents
    repository: %(top)s/repo
    password_file: %(top)s/key
    min_free: 1MiB
  - name: plain
    paths: ~/Documents
    copies: %(top)s/copies
    min_free: 1MiB
  - name: stick
    paths: ~/Documents
    copies: {path: copies, label: BLUESTICK}
archives:
  - name: old
    locations: ~/Downloads
    older_than: 30 days
    to: %(top)s/archive
    min_free: 1MiB
schedule: every day at 02:00
"""


def furnish(box, port):
    for i in range(5):
        box.put("Downloads/p%d.jpg" % i, "%d" % i)
    box.put("Downloads/%s.pdf" % LONG, "long")
    box.put("Downloads/old.txt", "old", age=90)
    box.put("Scans/%s.pdf" % LONG.replace(" ", "_"), "s")
    for i in range(42):
        box.put("Photos/IMG_%04d.jpg" % i, "%d" % i)
    for i in range(12):
        box.put("Documents/letters/2026-%02d.odt" % (i + 1), "l" * 900 * i)
        box.put("Documents/music/track %d.flac" % i, os.urandom(40000 + 9000 * i))
    box.put("Documents/report.pdf", "one")
    box.put("Documents/deep/er/and/deeper/still/x.txt", "x" * 5000)
    box.put("Documents/deep/twin.txt", "x" * 5000)
    box.put("Documents/%s.pdf" % LONG, "y" * 70000)
    box.put("Documents/" + "w" * 200 + ".txt", "w")
    box.put("Documents/Grüße & co.txt", "ü")
    box.put("Documents/two\nlines.txt", "2")
    box.put(b"Documents/\xff\xfe.bin", b"raw")
    box.put(b"Documents/caf\xe9/menu.txt", b"menu")
    box.put(b"Documents/caf\xe9/men\xfc.txt", b"menu")
    with open(os.path.join(box.top, "key"), "w") as f:
        f.write("secret\n")
    os.chmod(f.name, 0o600)
    box.conf(CONF % {"top": box.top, "port": port})
    box.ok("-b", "home", "init")
    box.run("run")
    box.put("Documents/report.pdf", "two, longer")
    box.put("Documents/new.txt", "new")
    os.unlink(box.path("Documents/letters/2026-03.odt"))
    box.run("run", "home", "plain", "stick")
    box.put("Downloads/one.jpg", "one")
    box.put("Downloads/broken.nothing", "b")
    box.run("run", "sorter", "thumbnails")


def pages(w):
    runs = w.ok("/api/runs")["runs"]
    last, first = runs[0]["run"], runs[-1]["run"]
    held = w.ok("/api/held")["held"]
    snaps = [s["id"] for s in w.ok("/api/backups/snapshots", backup="home")["snapshots"]]
    docs = w.box.path("Documents")
    tree = "/backups/tree?backup=%s&snapshot=latest&path=" + docs
    return {
        "today": "/", "runs": "/runs", "run": "/runs/%d" % first, "run-last": "/runs/%d" % last,
        "run-none": "/runs/%d?q=nobody" % first, "run-unknown": "/runs/999",
        "held": "/held", "plan": "/held/%d" % held[0]["run"],
        "files": "/files", "file": "/files?q=report.pdf", "file-path": "/files?q=%s/report.pdf" % docs,
        "file-gone": "/files?q=nobody.txt", "file-long": "/files?q=*scanners*",
        "backups": "/backups", "snapshots": "/backups/of?backup=home",
        "tree": tree % "home", "tree-plain": tree % "plain",
        "tree-bytes": "/backups/tree?backup=home&snapshot=latest&path_bytes=" + base64url(
            os.fsencode(docs) + b"/caf\xe9"),
        "tree-deep": (tree % "home") + "/deep/er/and/deeper/still", "tree-none": (tree % "home") + "&q=nobody",
        "tree-unknown": (tree % "home") + "/nowhere",
        "differences": "/backups/differences?backup=home&from=%s&to=%s" % (snaps[0], snaps[-1]),
        "same": "/backups/differences?backup=home&from=%s&to=%s" % (snaps[0], snaps[0]),
        "space": "/space", "space-folder": "/space?path=" + docs,
        "rules": "/rules", "rule": "/rules?path=" + w.box.path("Downloads/new.jpg"),
        "nowhere": "/nowhere",
    }


def base64url(b):
    import base64
    import urllib.parse
    return urllib.parse.quote(base64.b64encode(b).decode(), safe="")


def picture(tool, w, out, prefix, paths, token=None, **given):
    """One walk through the pages a width and scheme."""
    only = os.environ.get("ONLY", "")
    paths = {prefix + n: p for n, p in paths.items() if only in prefix + n}
    if not paths:
        return 0
    link = "http://127.0.0.1:%d/enter?token=%s" % (w.port, token or w.token())
    r = subprocess.run(["node", tool, "pictures", link, json.dumps({"paths": paths, "to": out, **given})],
                       stdout=subprocess.PIPE, timeout=600)
    a = json.loads(r.stdout)
    for f in a["faults"]:
        print("%s%s: %s" % (prefix, given, f))
    return len(a["faults"])


LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]


def both(tool, w, out, prefix, paths, tokens=(None,) * len(LOOKS), **given):
    return sum(picture(tool, w, out, prefix, paths, token=t, width=width, scheme=scheme, **given)
               for (width, scheme), t in zip(LOOKS, tokens))


def house(top, name, text=None):
    box, port = Box(os.path.join(top, name)), free_port()
    if text is None:
        furnish(box, port)
    else:
        box.conf(text % port)
    return box, port


def main():
    out = os.path.abspath(sys.argv[1])
    os.makedirs(out, exist_ok=True)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="fettle-pictures.") as top:
        for n in ("package.json", "package-lock.json", ".npmrc", "browse.mjs"):
            shutil.copy(os.path.join(HERE, n), top)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=top, check=True,
                       stdout=subprocess.DEVNULL)
        tool = os.path.join(top, "browse.mjs")
        box, port = house(top, "home")
        with daemon(box) as d:
            w = Browser(box, port).enter()
            bad += both(tool, w, out, "", pages(w))
            bad += both(tool, w, out, "", {"enter": "/"}, tokens=["0" * 64] * len(LOOKS), outside=True)
            # The daemon's faults and its end come to pages that are open.
            tokens = [w.token() for _ in LOOKS]
            box.conf(CONF % {"top": box.top, "port": port} + "ruels: []\nlog: {level: loud}\n")
            d.send_signal(1)
            bad += both(tool, w, out, "faulty-", {"today": "/", "rules": "/rules"}, tokens=tokens)
        box, port = house(top, "new", "web: {listen: \"127.0.0.1:%d\"}\n")
        with daemon(box):
            w = Browser(box, port).enter()
            bad += both(tool, w, out, "new-", {n: "/" + n for n in (
                "", "runs", "held", "files", "backups", "space", "rules")})
            bad += both(tool, w, out, "gone-", {"today": "/", "runs": "/runs", "tree": "/backups/tree?backup=home&path=/"}, gone=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
