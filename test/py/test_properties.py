"""What must hold for any folder and any rules, on generated ones.

A failing example is printed whole; FETTLE_SEED=<the seed printed at the end>
finds it again.
"""
import hashlib
import os
import shutil
import tempfile

from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from box import Box, difference, far_folder, far_gone, far_trash_bytes, name_of

EXAMPLES = settings().max_examples

STEMS = ["a", "b", "report", "Report", "IMG_0001", "x 2", "x 3", "$HOME", "{x}", "{name}", "-rf",
         "two\nlines", "na\u00efve", "nai\u0308ve", "\u65e5\u672c", "~", "it's", 'q"q', "back\\slash",
         " lead", "trail ", "%41", "star*", "tab\t", "n" * 60, "..dots", "\udcff\udcfe"]
EXTENSIONS = ["", ".jpg", ".JPG", ".png", ".pdf", ".txt", ".tar.gz", ".mp4", ".py", ".xyz", ".bak"]
CONTENTS = {"empty": b"", "same": b"same", "AAAA": b"AAAA", "BBBB": b"BBBB", "large": b"c" * 2000,
            "binary": b"\0\1\2"}
FOLDERS = ["", "", "sub", "sub/deep", "Images", "other"]
MODES = [0o644, 0o600, 0o640, 0o755, 0o444]

names = st.tuples(st.sampled_from(STEMS), st.sampled_from(EXTENSIONS)).map("".join)
entries = st.fixed_dictionaries({
    "place": st.sampled_from(["D", "D", "D", "E"]),
    "folder": st.sampled_from(FOLDERS), "name": names, "data": st.sampled_from(["same"] + sorted(CONTENTS)),
    "mode": st.sampled_from(MODES), "age": st.sampled_from([0, 1, 20, 31, 400]),
    "kind": st.sampled_from(["file"] * 8 + ["symlink", "hardlink", "fifo"]),
})
trees = st.lists(entries, min_size=1, max_size=14)

filters = st.lists(st.sampled_from([
    "extension: [jpg, png]", "extension: txt", "name: {contains: 'e'}", "size: '>3'",
    "size: '<2k'", "not empty", "empty", "lastmodified: {days: 30}",
    "regex: '^(?P<first>.)'", "any: [extension: jpg, name: {startswith: r}]",
    "not any: [extension: [jpg, txt], empty]", "none: [empty, size: '>1k']",
    "all: [not empty, any: [name: a, extension: bak]]", "duplicate", "not duplicate",
    "duplicate: {detect_original_by: -lastmodified}", "duplicate: name", "hash: sha1",
    "filecontent: '(?P<word>[A-Z]+)'", "not filecontent: same", "mimetype: [image, text]",
    "not mimetype", "exif", "not exif", "created: {days: 1, mode: newer}",
    "date_added: {hours: 1, mode: newer}", "date_lastused", "not xattr", "name: '{stem}'",
    "regex: '(?P<digits>\\d+)'", "not regex: '[a-z]'"]), max_size=2)
dir_filters = st.sampled_from(["name: {contains: e}", "name: sub", "name: Images", "empty", "not empty",
                               "size: '<5'", "lastmodified: {days: 1, mode: newer}"])
conflicts = st.sampled_from(["rename_new", "skip", "overwrite", "deduplicate", "rename_existing",
                             "trash", "keep_newer", "keep_larger"])
destinations = st.sampled_from(["~/F/", "~/E/", "~/D/sub/", "~/F/{extension}/", "~/F/one.txt",
                                "~/G/{name}/", "~/E/{size.bytes}/", "~/D/", "%FAR%/x/",
                                "%FAR%/{extension}/"])


@st.composite
def actions(draw, where=destinations, dirs=False):
    kind = draw(st.sampled_from(["move", "move", "copy", "rename", "rename", "trash", "delete", "echo",
                                 "symlink", "write", "archive"] +
                                ([] if dirs else ["sort", "sort", "hardlink", "confirm"])))
    if kind == "sort":
        return "{sort: by-type}"
    if kind in ("move", "copy", "hardlink", "symlink"):
        more = draw(st.sampled_from(["", "", ", autodetect_folder: no", ", rename_template: '{name}_{counter}{extension}'"]))
        if kind == "copy":
            more += draw(st.sampled_from(["", ", continue_with: original"]))
        return "{%s: {dest: '%s', on_conflict: %s%s}}" % (kind, draw(where), draw(conflicts), more)
    if kind == "archive":
        return "{archive: {to: ~/H, on_conflict: %s}}" % draw(conflicts)
    if kind == "rename":
        new = draw(st.sampled_from(["renamed", "same", "{name}-old.{extension}", "b", "a", "{path.stem}"]))
        new = new.replace(".{extension}", "") if dirs else new
        return "{rename: {new_name: '%s', on_conflict: %s}}" % (new, draw(conflicts))
    if kind == "write":
        return "{write: {text: '{name}', outfile: '%s', mode: %s, clear_before_first_write: %s}}" % (
            draw(st.sampled_from(["~/W/all.txt", "~/W/all.txt", "~/W/{name}.log"] +
                                 (["~/E/b.txt"] if where is destinations else []))),
            draw(st.sampled_from(["append", "prepend", "overwrite"])), draw(st.sampled_from(["yes", "no"])))
    if kind == "echo":
        return "{echo: '{name} was seen'}"
    return kind


@st.composite
def rules(draw, where=destinations):
    out = ["guard: {max_moves: off, max_deletes: off, max_share: off}", "rules:"]
    for i in range(draw(st.integers(1, 3))):
        dirs = draw(st.sampled_from([False] * 5 + [True]))
        out.append("  - name: rule %d" % i)
        out.append("    locations: %s" % draw(st.sampled_from(["~/D", "~/E", "[~/D, ~/E]"])))
        out.append("    subfolders: %s" % draw(st.sampled_from(["true", "false"])))
        out.append("    stop: %s" % draw(st.sampled_from(["no", "no", "yes"])))
        if dirs:
            out.append("    targets: dirs")
            out.append("    filters: [%s]" % draw(dir_filters))
        else:
            out.append("    companions: %s" % draw(st.sampled_from(["no", "no", "no", "yes", "[txt, pdf, bak]"])))
            chosen = draw(filters)
            out.append("    filter_mode: %s" % draw(st.sampled_from(["all"] * 4 + ["any", "none"])))
            if "extension" not in "".join(chosen):
                chosen.append("extension" if "filter_mode: none" not in out[-1] else "not extension")
            out.append("    filters:")
            out += ["      - %s" % f for f in chosen]
        out.append("    actions:")
        acts = draw(st.lists(actions(where, dirs), min_size=1, max_size=3))
        for gone in ("trash", "delete"):	# nothing can follow these
            if gone in acts:
                acts = acts[:acts.index(gone) + 1]
        out += ["      - %s" % a for a in acts]
    return "\n".join(out) + "\n"


@st.composite
def everything(draw):
    """Rules, copies and archives together."""
    text = draw(rules())
    if draw(st.booleans()):
        text += ("backups:\n  - {name: disk, paths: [~/D, ~/E], copies: {path: ~/B}, "
                 "keep: {last: %d}}\n" % draw(st.integers(1, 3)))
    if draw(st.booleans()):
        text += ("archives:\n  - {name: away, locations: ~/D, subfolders: true, "
                 "older_than: 30 days, to: ~/A, empty_folders: remove%s}\n" %
                 draw(st.sampled_from(["", ", bundle: tar.zst"])))
    return text


class Temporary:
    """A box of its own for each example."""

    def __init__(self, files, conf):
        self.top = tempfile.mkdtemp(prefix="fettle-prop.")
        self.box = Box(self.top)
        note(conf)
        note("\n".join("%(kind)s %(place)s/%(folder)s/%(name)r %(data)s %(mode)o %(age)dd" % f for f in files))
        for d in ("D", "E"):
            os.makedirs(self.box.path(d))
        for f in files:
            self.make(f)
        # Another file system, if there is one; else just another folder.
        self.box.far = far_folder() if "%FAR%" in conf else None
        self.box.conf(conf.replace("%FAR%", self.box.far or self.box.path("F")))

    def make(self, f):
        rel = os.path.join(f["place"], f["folder"], f["name"])
        path = self.box.path(rel)
        if os.path.lexists(path) or f["name"] in ("", ".", ".."):
            return
        at = os.path.dirname(path)
        os.makedirs(at, exist_ok=True)
        files = [e.path for e in os.scandir(at) if e.is_file(follow_symlinks=False)]
        if f["kind"] == "symlink":
            os.symlink("nowhere" if not files else os.path.basename(sorted(files)[0]), path)
        elif f["kind"] == "fifo":
            os.mkfifo(path)
        elif f["kind"] == "hardlink" and files:
            os.link(sorted(files)[0], path)
        else:
            self.box.put(rel, CONTENTS[f["data"]], age=f["age"], mode=f["mode"])

    def __enter__(self):
        return self.box

    def __exit__(self, *error):
        if self.box.far is not None:
            far_gone(self.box.far)
        shutil.rmtree(self.top, ignore_errors=True)


def told(op):
    """An operation without what only a run can know."""
    return {k: v for k, v in op.items() if k not in ("state", "error", "snapshot")}


def place_of_copy(ops):
    """A copy's folder carries the time at which it is made."""
    for o in ops:
        if o["op"] == "backup":
            o["to"] = os.path.dirname(o["to"].rstrip("/"))
    return ops


@given(trees, everything())
def test_plan_equals_run(files, conf):
    """A plan followed at once by a run gives the same operations, and changes nothing."""
    with Temporary(files, conf) as box:
        before = box.tree()
        planned, _ = box.ops("plan", rc=(0, 3, 4))
        assert not difference(before, box.tree()), "the plan changed something"
        done, _ = box.ops("run", rc=(0, 3, 4))
        a = [told(o) for o in place_of_copy(planned)]
        b = [told(o) for o in place_of_copy(done)]
        assert a == b
        for p, d in zip(planned, done):
            assert p["state"] == "planned" or p["state"] == d["state"], (p, d)
            assert d["state"] != "planned", d


def picture(box):
    """What lies in the home; which names are one file cannot survive another file system."""
    return {n: e._replace(links=None) if box.far else e for n, e in box.tree().items()}


@given(trees, rules())
def test_run_undo_is_as_before(files, conf):
    """run, undo: names, bytes, times and modes as before."""
    with Temporary(files, conf) as box:
        before = picture(box)
        done, _ = box.ops("run", rc=(0, 3, 4))
        changes = box.json("runs")[0]["changes"]
        if changes == 0:
            assert not difference(before, picture(box)), difference(before, picture(box))
            return
        for o in done + box.ops("undo")[0]:
            note("%(op)s %(from)s -> %(to)s %(state)s" % o)
        assert not difference(before, picture(box)), difference(before, picture(box))
        assert not box.far or not os.listdir(box.far)


def made_again(tree, conf):
    """Without the times of what is another file when it is made again: symlinks, and
    what was written."""
    return {n: e._replace(mtime=0) if e.type == "symlink" or "{write:" in conf else e
            for n, e in tree.items()}


@given(trees, rules())
def test_undo_of_undo(files, conf):
    """The undo of an undo is the run again; and that can be taken back, too."""
    with Temporary(files, conf) as box:
        before = picture(box)
        for o in box.ops("run", rc=(0, 3, 4))[0]:
            note("%(op)s %(from)s -> %(to)s %(state)s" % o)
        after = made_again(picture(box), conf)
        assume(box.json("runs")[0]["changes"] > 0)
        box.ok("undo")
        assert not difference(before, picture(box)), difference(before, picture(box))
        box.ok("undo", "2")
        now = made_again(picture(box), conf)
        assert not difference(after, now), difference(after, now)
        box.ok("undo", "3")
        assert not difference(before, picture(box)), difference(before, picture(box))


elsewhere = st.sampled_from(["~/F/", "~/F/{extension}/", "~/F/one.txt", "~/G/{name}/"])


@given(trees, rules(where=elsewhere))
def test_second_run_does_nothing(files, conf):
    """Doing it twice is doing it once, if what is made does not feed the rules."""
    with Temporary(files, conf) as box:
        # A rule may find later what a later rule put in its folder: run until it rests.
        for i in range(4):
            box.ops("run", rc=(0, 3, 4))
        rested = box.tree()
        _, total = box.ops("run", rc=(0, 3, 4))
        echoes = "echo:" in conf or "write:" in conf
        assert total["done"] == 0 or echoes, "it never rests"
        assert not difference(rested, box.tree()), difference(rested, box.tree())


@given(trees, st.sampled_from(["sort: by-type", "move: ~/F/", "copy: ~/F/",
                               "move: {dest: ~/F/, on_conflict: skip}",
                               "rename: 'new name.{extension}'"]))
def test_one_rule_twice_is_once(files, action):
    """One rule: the second run at once does nothing at all."""
    conf = "rules: [{name: r, locations: ~/D, filters: [extension], actions: [{%s}]}]\n" % action
    with Temporary(files, conf) as box:
        box.ops("run", rc=(0, 3, 4))
        rested = box.tree()
        ops, total = box.ops("run", rc=(0, 3, 4))
        assert total["done"] == 0, ops
        assert not difference(rested, box.tree()), difference(rested, box.tree())


def beginnings(box):
    """Of the files that the rules write to, all that they could have held before."""
    out = []
    for d, _, files in os.walk(box.home):
        for n in files:
            path = os.path.join(d, n)
            if not os.path.isfile(path) or os.path.getsize(path) > 10000:
                continue
            with open(path, "rb") as f:
                data = f.read()
            out += [data[:i + 1] for i, c in enumerate(data) if c == 10]
            out += [data[:i] for i in (4, 2000) if i < len(data)]	# CONTENTS
    return out


steps = st.lists(st.sampled_from(["run", "run", "again", "undo", "undo 1", "new", "get"]),
                 min_size=2, max_size=6)


@given(trees, everything(), steps)
def test_no_content_disappears(files, conf, what):
    """After any runs, undos, runs again, copies and archives each content that was
    there is in the tree, the trash, a copy or an archive; what a rule wrote to, with
    what was written behind."""
    written = set()
    with Temporary(files, conf) as box:
        there = box.bytes_there()
        for i, step in enumerate(what):
            if step == "run":
                box.ok("run", rc=(0, 3, 4))
            elif step == "again":
                box.ok("run", "--again", rc=(0, 3, 4))
            elif step == "new":
                for rel in ("D/new %d.txt" % i, "D/a.jpg", "E/a.txt"):
                    if not os.path.lexists(box.path(rel)):
                        text = "new %d %s" % (i, rel)
                        box.put(rel, text, age=i * 20)
                        there.add(hashlib.sha256(text.encode()).hexdigest())
            elif step == "get":
                box.ok("get", "a.txt", rc=(0, 1, 3))
            else:
                box.ok(*step.split(), rc=(0, 1, 2, 3))
            written |= {hashlib.sha256(part).hexdigest() for part in beginnings(box)}
            trash = far_trash_bytes(box.far) if box.far else set()
            lost = there - box.bytes_there(*[box.far] if box.far else []) - trash - written
            assert not lost, (i, step, lost)
