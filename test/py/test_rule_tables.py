"""Tables: every filter in both senses of `not`, on files and on folders; every action on
files and on folders; every conflict mode against everything that can have the name, done
and taken back."""
import os

import pytest

from box import difference
from test_organize_examples import docx, jpeg

FILES = ["a.txt", "B.TXT", "big.bin", "empty", "film.tar.gz", "note.md", "old.txt", "photo.jpg", "plain.jpg",
         "twin.txt", "word.docx", ".hidden"]


@pytest.fixture
def zoo(box):
    """One of each kind: FILES."""
    box.put("Z/a.txt", "alpha 12\n")
    box.put("Z/B.TXT", "beta")
    box.put("Z/big.bin", b"\0" * 5000)
    box.put("Z/empty", "")
    box.put("Z/film.tar.gz", b"\x1f\x8b\x08 no gzip")
    box.put("Z/note.md", "# alpha")
    box.put("Z/old.txt", "old", age=400)
    box.put("Z/photo.jpg", jpeg(b"D90"))
    box.put("Z/plain.jpg", b"\xff\xd8\xff\xd9")
    box.put("Z/twin.txt", "alpha 12\n")
    box.put("Z/.hidden", ".")
    docx(box.path("Z/word.docx"), "alpha in a word")
    os.setxattr(box.path("Z/note.md"), "user.xdg.tags", b"work,later")
    assert sorted(box.files("Z")) == sorted(FILES)
    return box


FILTERS = [
    ("created: {days: 1}", []),
    ("created: {days: 1, mode: newer}", FILES),
    ("created", FILES),
    ("lastmodified: {months: 6}", ["old.txt"]),
    ("lastmodified: {years: 1, mode: newer}", [f for f in FILES if f != "old.txt"]),
    ("lastmodified: {weeks: 100, days: 3, hours: 2, minutes: 1, seconds: 9}", []),
    ("date_added: {minutes: 1}", []),
    ("date_added: {hours: 1, mode: newer}", FILES),
    ("date_lastused: {days: 100}", ["old.txt"]),
    ("duplicate", ["twin.txt"]),
    ("duplicate: -name", ["a.txt"]),
    ("empty", ["empty"]),
    ("exif", ["photo.jpg"]),
    ("exif: image.model", ["photo.jpg"]),
    ("exif: [image, gps.gpsdate]", ["photo.jpg"]),
    ("exif: {image.model: 'd*'}", ["photo.jpg"]),
    ("exif: {image.model: 'e*'}", []),
    ("extension", FILES),
    ("extension: txt", ["a.txt", "B.TXT", "old.txt", "twin.txt"]),
    ("extension: [.JPG, md]", ["photo.jpg", "plain.jpg", "note.md"]),
    ("extension: tar.gz", ["film.tar.gz"]),
    ("extension: gz", ["film.tar.gz"]),
    ("filecontent: alpha", ["a.txt", "note.md", "twin.txt", "word.docx"]),
    ("filecontent: '^(?P<n>beta)$'", ["B.TXT"]),
    ("hash", FILES),
    ("mimetype: text", ["a.txt", "B.TXT", "note.md", "old.txt", "twin.txt"]),
    ("mimetype: [image/jpeg, 'application/vnd']", ["photo.jpg", "plain.jpg", "word.docx"]),
    ("name: photo", ["photo.jpg"]),
    ("name: '*o*'", ["photo.jpg", "note.md", "old.txt", "word.docx"]),
    ("name: {startswith: [b, p]}", ["big.bin", "photo.jpg", "plain.jpg"]),
    ("name: {startswith: b, case_sensitive: no}", ["B.TXT", "big.bin"]),
    ("name: {contains: lai, endswith: n}", ["plain.jpg"]),
    ("name: {endswith: tar}", ["film.tar.gz"]),
    ("regex: '^[a-p]+\\.txt$'", ["a.txt", "old.txt"]),
    ("regex: 'TXT|md'", ["B.TXT", "note.md"]),
    ("size: 0", ["empty"]),
    ("size: '>= 5k'", ["big.bin"]),
    ("size: ['> 2', '<= 4']", ["B.TXT", "old.txt", "plain.jpg"]),
    ("xattr", ["note.md"]),
    ("xattr: {tags: later}", ["note.md"]),
    ("xattr: {tags: never}", []),
    ("any: [empty, extension: md]", ["empty", "note.md"]),
    ("all: [extension: txt, name: a]", ["a.txt"]),
    ("none: [extension: [txt, jpg], name: '*.*', name: word, empty, size: '>100']", ["note.md"]),
]

DIRS = ["full", "Full of it", "void", "old"]
DIR_FILTERS = [
    ("created: {hours: 1, mode: newer}", DIRS), ("date_added: {days: 1}", []), ("date_lastused", DIRS),
    ("empty", ["void"]), ("lastmodified: {days: 30}", ["old"]), ("name: full", ["full"]),
    ("name: {startswith: full, case_sensitive: no}", ["full", "Full of it"]), ("regex: '^.{4}$'", ["full", "void"]),
    ("size: '>5'", ["full", "Full of it"]), ("size: 0", ["void"]), ("xattr", ["full"]),
    ("any: [empty, name: old]", ["void", "old"]),
]


def both_senses(box, table, everything, targets):
    """Each filter, and `not` before it, must divide all there is between them."""
    rules = []
    for i, (f, _) in enumerate(table):
        for word in ("", "not "):
            text = '{path.name}'
            rules.append("  - {name: %d%s, locations: ~/Z, targets: %s, filters: [{%s}], actions: [{echo: '%s'}]}" % (
                i, word and " not", targets, '"%s%s"' % (word, f) if ":" not in f else
                '"%s%s": %s' % (word, f.split(":", 1)[0], f.split(":", 1)[1].strip()), text))
    box.conf("rules:\n" + "\n".join(r.replace('"}]', '": null}]') for r in rules))
    got = {}
    for o in box.ops("run")[0]:
        assert o["state"] == "done", o
        got.setdefault(o["job"], set()).add(o["text"])
    wrong = []
    for i, (f, want) in enumerate(table):
        yes, no = got.get("%d" % i, set()), got.get("%d not" % i, set())
        if yes != set(want) or no != set(everything) - set(want):
            wrong.append((f, sorted(yes ^ set(want)), sorted(no ^ (set(everything) - set(want)))))
    assert not wrong


def test_every_filter_in_both_senses(zoo):
    both_senses(zoo, FILTERS, FILES, "files")


def test_every_filter_of_folders_in_both_senses(box):
    box.put("Z/full/x", "12345678")
    box.put("Z/Full of it/deep/x", "12345678")
    box.put("Z/old/x", "1")
    box.mkdir("Z/void")
    os.setxattr(box.path("Z/full"), "user.colour", b"red")
    os.utime(box.path("Z/old"), (1, 1))
    both_senses(box, DIR_FILTERS, DIRS, "dirs")


# ---- actions ----

ACTIONS = {	# on f.txt, on the folder d: what is below T then; None: refused
    "copy: ~/T/out/": (["f.txt", "out/f.txt"], ["d/x", "out/d/x"]),
    "copy: {dest: ~/T/new.txt}": (["f.txt", "new.txt"], ["d/x", "new.txt/x"]),
    "copy: {dest: ~/T/plain, autodetect_folder: no}": (["f.txt", "plain"], ["d/x", "plain/x"]),
    "move: ~/T/out": (["out/f.txt"], ["out/d/x"]),
    "move: {dest: ~/T/plain, autodetect_folder: no}": (["plain"], ["plain/x"]),
    "rename: g.txt": (["g.txt"], ["g.txt/x"]),
    "hardlink: ~/T/out/": (["f.txt", "out/f.txt"], None),
    "symlink: ~/T/out/": (["f.txt", "out/f.txt"], ["d/x", "out/d"]),
    "archive: ~/T/away": (["away/f.txt"], ["away/d/x"]),
    "write: {text: '{name}', outfile: ~/T/log.txt}": (["f.txt", "log.txt"], ["d/x", "log.txt"]),
    "echo: '{path}'": (["f.txt"], ["d/x"]),
    "confirm: 'Sure?'": (["f.txt"], ["d/x"]),
    "shell: 'cp -r {path} {path}.bak'": (["f.txt", "f.txt.bak"], ["d.bak/x", "d/x"]),
    "sort: by-type": (["Documents/f.txt"], None),
    "trash": ([], []),
    "delete": ([], []),
    "delete: {permanently: yes}": ([], []),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_every_action(box, action, kind):
    """What it leaves behind, and (but for shell and what goes for good) undo of it."""
    box.put("T/f.txt" if kind == "file" else "T/d/x", "text")
    before = box.tree()
    want = ACTIONS[action][kind == "folder"]
    box.conf("rules: [{locations: ~/T, targets: %s, actions: [%s]}]" % (
        "files" if kind == "file" else "dirs", action if ":" not in action else "{%s}" % action))
    if want is None:
        assert "is not for folders" in box.ok("run", rc=2).err
        assert not difference(before, box.tree())
        return
    box.ops("plan")
    assert not difference(before, box.tree()), "a plan changed something"
    box.ops("run", rc=(0, 4) if "confirm" in action else 0)
    assert box.files("T") == want
    if "shell" in action or "permanently" in action:
        return
    if box.json("runs")[0]["changes"] > 0:
        box.ok("undo")
    assert not difference(before, box.tree()), difference(before, box.tree())


# ---- conflicts ----

MODES = ["skip", "overwrite", "trash", "deduplicate", "rename_new", "rename_existing", "keep_newer", "keep_larger"]
KINDS = ["other", "older", "smaller", "same", "folder", "symlink", "dangling", "inode", "nothing"]


def what_happens(mode, kind):
    """stays, goes, numbered, replaces, gives way or fails."""
    if kind == "nothing":
        return "goes"
    if kind == "inode" or mode == "skip" or (mode == "deduplicate" and kind == "same"):
        return "stays"
    if mode in ("rename_new", "deduplicate"):
        return "numbered"
    if kind == "folder":
        return "fails"
    if mode.startswith("keep"):
        return "replaces" if (mode, kind) in (("keep_newer", "older"), ("keep_larger", "smaller")) else "stays"
    return "gives way" if mode == "rename_existing" else "replaces"


def make_target(box, i, kind):
    at = "T%d/out/f.tar.gz" % i
    box.put("T%d/in/f.tar.gz" % i, "OURS %03d" % i, age=3)
    box.mkdir("T%d/out" % i)
    if kind in ("other", "older", "smaller"):
        box.put(at, "THEIR%03d" % i if kind != "smaller" else "T%03d" % i, age=9 if kind == "older" else 3)
    elif kind == "same":
        box.put(at, "OURS %03d" % i, age=1)
    elif kind == "folder":
        box.put(at + "/deep/precious", "precious %d" % i)
    elif kind == "symlink":
        os.symlink("../in/f.tar.gz", box.path(at))
    elif kind == "dangling":
        os.symlink("nowhere", box.path(at))
    elif kind == "inode":
        os.link(box.path("T%d/in/f.tar.gz" % i), box.path(at))


def look(path):
    """What lies there, in a word."""
    if os.path.islink(path):
        return "link " + os.readlink(path)
    if os.path.isdir(path):
        return "folder"
    with open(path, "rb") as f:
        return "file " + f.read().decode()


@pytest.mark.parametrize("action", ["move", "copy", "hardlink", "symlink", "rename"])
def test_every_conflict_mode_against_everything(box, action):
    """Nothing is lost, no folder is ever replaced, and undo gives all of it back."""
    rows = [(m, k) for m in MODES for k in KINDS]
    conf = ["guard: {max_moves: off, max_deletes: off, max_share: off}", "rules:"]
    for i, (mode, kind) in enumerate(rows):
        make_target(box, i, kind)
        if action == "rename":		# within one folder
            os.rename(box.path("T%d/in/f.tar.gz" % i), box.path("T%d/out/g" % i))
            if kind == "symlink":
                os.remove(box.path("T%d/out/f.tar.gz" % i))
                os.symlink("g", box.path("T%d/out/f.tar.gz" % i))
        conf.append("  - {name: '%d', locations: ~/T%d/%s, %sactions: [%s: {%s, on_conflict: %s}]}" % (
            i, i, "out" if action == "rename" else "in", "filters: [name: g], " if action == "rename" else "",
            action, "new_name: f.tar.gz" if action == "rename" else "dest: ~/T%d/out/" % i, mode))
    box.conf("\n".join(conf))
    before, there = box.tree(), box.bytes_there()
    ops, _ = box.ops("run", rc=3)
    wrong = []
    for i, (mode, kind) in enumerate(rows):
        out = box.path("T%d/out" % i)
        source = os.path.join(out, "g") if action == "rename" else box.path("T%d/in/f.tar.gz" % i)
        ours = "file OURS %03d" % i
        if action == "symlink":
            ours = "link " + box.path("T%d/in/f.tar.gz" % i)
        theirs = {"other": "file THEIR%03d" % i, "older": "file THEIR%03d" % i, "smaller": "file T%03d" % i,
                  "same": "file OURS %03d" % i, "folder": "folder", "dangling": "link nowhere",
                  "symlink": "link g" if action == "rename" else "link ../in/f.tar.gz",
                  "inode": "file OURS %03d" % i, "nothing": None}[kind]
        how = what_happens(mode, kind)
        want = {"stays": {"f": theirs}, "fails": {"f": theirs}, "goes": {"f": ours},
                "numbered": {"f": theirs, "f 2": ours}, "replaces": {"f": ours},
                "gives way": {"f": ours, "f 2": theirs}}[how]
        got = {n[:-7]: look(os.path.join(out, n)) for n in os.listdir(out) if n != "g"}
        leaves = action in ("move", "rename") and how not in ("stays", "fails")
        if got != want or os.path.lexists(source) == leaves:
            wrong.append((mode, kind, how, got, os.path.lexists(source)))
        state = {"stays": "skipped", "fails": "failed"}.get(how, "done")
        mine = [o["state"] for o in ops if o["job"] == str(i)]
        if state not in mine:
            wrong.append((mode, kind, how, mine))
    assert not wrong
    assert not there - box.bytes_there()
    box.ok("undo")
    assert not difference(before, box.tree()), difference(before, box.tree())
