"""Undo of what rules do: whatever was overwritten, trashed, renamed in chains, carried to
another file system or bundled comes back; the undo of that does it again; and where a file
is no longer the same, or its place is taken, it is left with a plain reason."""
import os
import shutil

import pytest

from box import difference, far_trash_bytes


RULE = "rules:\n  - {name: r, locations: ~/D, actions: [%s]}\n"
CASES = {	# what is done: the configuration
    "overwritten": RULE % "{move: {dest: ~/T/, on_conflict: overwrite}}",
    "trashed for it": RULE % "{copy: {dest: ~/T/, on_conflict: trash, continue_with: original}}",
    "gave way": RULE % "{move: {dest: ~/T/, on_conflict: rename_existing}}",
    "newer": RULE % "{move: {dest: ~/T/, on_conflict: keep_newer}}",
    "trash": RULE % "trash",
    "delete": RULE % "delete",
    "a to b to a": """rules:
  - {name: one, locations: ~/D, filters: [name: a], actions: [{rename: 'b.txt'}]}
  - {name: two, locations: ~/D, filters: [name: b], actions: [{rename: 'a.txt'}]}
""",
    "chain": RULE % "{rename: 'x_{path.name}'}, {move: ~/T/new/deep/}, {rename: '{path.name[2:]}'}, {copy: ~/C/}, {move: ~/E/}",
    "swap": """rules:
  - {name: one, locations: ~/D, filters: [name: a], actions: [{rename: 'tmp'}]}
  - {name: two, locations: ~/D, filters: [name: b], actions: [{rename: 'a.txt'}]}
  - {name: three, locations: ~/D, filters: [name: tmp], actions: [{rename: 'b.txt'}]}
""",
    "links": RULE % "{hardlink: ~/L/}, {symlink: ~/S/}, {move: ~/T/M/}",
    "linked, both on": """rules:
  - {name: one, locations: ~/D, subfolders: true, actions: [{hardlink: ~/D/sub/}]}
  - {name: two, locations: ~/D, subfolders: true, actions: [{move: ~/E/}, {copy: ~/F/}]}
""",
    "linked over each other": RULE % "{symlink: {dest: ~/S/one, on_conflict: overwrite}}, {symlink: {dest: %FAR%/one, on_conflict: rename_existing}}",
    "linked, then there": RULE % "{symlink: ~/S/}, {move: {dest: ~/S/, on_conflict: overwrite}}",
    "far": RULE % "{move: %FAR%/x/}",
    "far and on": RULE % "{move: %FAR%/x/}, {rename: '{path.name}.bak'}, {copy: %FAR%/y/}",
    "far and back": RULE % "{move: %FAR%/x/}, {move: ~/T/back/}",
    "copied, then far": RULE % "{copy: {dest: ~/C/, continue_with: original}}, {rename: 'x {path.name}'}, {move: %FAR%/x/}",
    "linked, then far": RULE % "{hardlink: ~/L/}, {symlink: ~/S/}, {move: %FAR%/x/}",
    "folders": "rules:\n  - {name: r, locations: ~/, targets: dirs, filters: [name: D], actions: [{move: ~/T/}, {rename: DD}]}\n",
    "folders far": "rules:\n  - {name: r, locations: ~/, targets: dirs, filters: [name: D], actions: [{move: %FAR%/}]}\n",
    "within folders far": """rules:
  - {name: one, locations: ~/D, filters: [extension: txt], actions: [{rename: 'x {path.name}'}]}
  - {name: two, locations: ~/T, actions: [{move: ~/D/}]}
  - {name: three, locations: ~/, targets: dirs, filters: [name: D], actions: [{move: %FAR%/}]}
""",
    "folders trashed": "rules:\n  - {name: r, locations: ~/, targets: dirs, filters: [name: D], actions: [trash]}\n",
    "archived": RULE % "{archive: ~/A}",
    "bundled": "archives:\n  - {name: old, locations: ~/D, older_than: 1 days, to: ~/A, bundle: tar.zst}\n",
    "put away": "archives:\n  - {name: old, locations: ~/D, older_than: 1 days, to: ~/A, empty_folders: remove}\n",
    "written": RULE % "{write: {text: '{path.name}', outfile: ~/W/log.txt}}, {write: {text: x, outfile: ~/T/a.txt, mode: overwrite}}",
    "copied and written": RULE % "{copy: ~/C/}, {write: {text: '{path.name}', outfile: ~/W/log.txt}}",
    "together": "rules:\n  - {name: r, locations: ~/D, companions: [txt], filters: [extension: nef], actions: [{move: ~/P/}]}\n",
    "marked": RULE % "{xattr: {tags: [x, '{path.stem}'], set: {colour: blue, n: '{size.bytes}'}}}, {move: ~/T/M/}, {xattr: {tags: last, remove: [n]}}",
    "marked far": RULE % "{xattr: {tags: x}}, {move: %FAR%/x/}, {xattr: {tags: y, remove_tags: x, remove: [colour]}}, {copy: ~/C/}, {xattr: {tags: z}}",
    "sorted": RULE % "{sort: by-type}",
}


def start(box, name, far):
    box.put("D/a.txt", "first", age=20)
    box.put("D/b.txt", "second", age=30, mode=0o640)
    box.put("D/a.nef", "raw", age=40)
    box.put("T/a.txt", "was there", age=50)
    box.put("T/b.txt", "was there, too", age=1)
    os.setxattr(box.path("D/a.txt"), "user.colour", b"red")
    box.conf("guard: {max_moves: off, max_deletes: off, max_share: off}\n" + CASES[name].replace("%FAR%", far))


def all_of(box, far):
    """Both file systems; without what tells an archive's destination, which stays."""
    return {n: e for n, e in {**box.tree(), **{b"FAR/" + n: e for n, e in box.tree(far).items()}}.items()
            if n != b"A" and not n.startswith(b"A/.fettle")}


def alike(tree):
    """Without the times of what may be another file when it is made again."""
    return {n: e._replace(mtime=0) if e.type == "symlink" or n.startswith((b"W/", b"A/")) or n == b"T/a.txt" else e
            for n, e in tree.items()}


@pytest.mark.parametrize("name", CASES)
def test_back_and_forth(box, far, name):
    """run, undo, undo of the undo, undo of that."""
    start(box, name, far)
    before = all_of(box, far)
    box.ops("run")
    after = all_of(box, far)
    assert name == "a to b to a" or difference(before, after)
    box.ok("undo")
    assert not difference(before, all_of(box, far)), difference(before, all_of(box, far))
    if name == "bundled":		# made again it is another bundle
        box.ok("undo", "2")
        assert set(all_of(box, far)) == set(after)
    else:
        box.ok("undo", "2")
        assert not difference(alike(after), alike(all_of(box, far))), difference(alike(after), alike(all_of(box, far)))
    box.ok("undo", "3")
    assert not difference(before, all_of(box, far)), difference(before, all_of(box, far))


# Where the content of D/a.txt lies then.
ENDS = {"overwritten": "~/T/a.txt", "gave way": "~/T/a.txt", "chain": "~/T/new/deep/a.txt", "far": "%FAR%/x/a.txt",
        "far and on": "%FAR%/x/a.txt.bak", "archived": "~/A/a.txt", "sorted": "~/D/Documents/a.txt",
        "trash": "%TRASH%/files/a.txt", "put away": "~/A/a.txt", "links": "~/T/M/a.txt"}


REASONS = {"changed": "it changed since", "gone": "it is no longer where it was put", "taken": "its old name is taken",
           "other": "it changed since", "folder": "it changed since"}


@pytest.mark.parametrize("harm", REASONS)
@pytest.mark.parametrize("name", ENDS)
def test_refused_with_a_reason(box, far, name, harm):
    """One file was touched in the meantime: that one stays as it is, and is told why; all
    others come back."""
    start(box, name, far)
    before = all_of(box, far)
    box.ops("run")
    there = ENDS[name].replace("~", box.home).replace("%FAR%", far).replace("%TRASH%", box.trash)
    with open(there, "rb") as f:
        assert f.read() == b"first"
    if harm == "taken":
        box.put("D/a.txt", "a new one")
    elif harm == "changed":
        with open(there, "ab") as f:
            f.write(b" and more")
    else:
        shutil.move(there, box.path("aside"))
        if harm == "other":
            with open(there, "wb") as f:
                f.write(b"first")
        elif harm == "folder":
            os.mkdir(there)
    contents = box.bytes_there(far) | far_trash_bytes(far)
    ops, total = box.ops("undo", rc=3)
    refused = [o for o in ops if o["state"] == "skipped"]
    assert refused and total["skipped"] == len(refused), ops
    reasons = {o["error"] for o in refused}
    # What the chain's inverses behind it meet is a consequence.
    assert REASONS[harm] in reasons or (name == "trash" and harm != "taken"), reasons
    assert box.read("D/b.txt") == b"second" and box.read("D/a.nef") == b"raw"
    lost = contents - box.bytes_there(far) - far_trash_bytes(far)
    assert not lost, "the undo lost a content"
    if harm == "taken":
        assert box.read("D/a.txt") == b"a new one"
    else:
        assert not os.path.lexists(box.path("D/a.txt"))
    # Put right, what is left comes back as well.
    if harm == "taken":
        os.remove(box.path("D/a.txt"))
        box.ok("undo", "1", rc=(0, 3))
        assert box.read("D/a.txt") == b"first"
        now = {n: e._replace(links=None) for n, e in all_of(box, far).items() if n.startswith(b"D/")}
        assert not difference({n: e for n, e in before.items() if n.startswith(b"D/")}, now)


def test_copy_is_not_made_again_of_another_file(box, far):
    """The original came back from the other file system, and then somebody replaced it:
    no copy is made of that, also if it is as long and as old."""
    start(box, "copied, then far", far)
    box.ops("run")
    box.ok("undo")
    was = os.stat(box.path("D/a.txt"))
    box.put("D/new", "other")
    os.replace(box.path("D/new"), box.path("D/a.txt"))
    os.utime(box.path("D/a.txt"), ns=(was.st_atime_ns, was.st_mtime_ns))
    ops, _ = box.ops("undo", "2", rc=3)
    refused = [o for o in ops if o["state"] == "skipped"]
    assert "it changed since" in {o["error"] for o in refused}, refused
    assert not os.path.exists(box.path("C/a.txt")) and box.read("C/b.txt") == b"second"
    assert box.read("D/a.txt") == b"other"


def test_an_undo_that_found_nothing_is_not_named(box, far):
    """runs show names the undo that took the run back, not the next, which had nothing to do."""
    start(box, "sorted", far)
    box.ops("run")
    box.ok("undo", "1")
    assert {r["run"]: r["undone_by"] for r in box.json("runs")}[1] == 2
    box.ok("undo", "1", rc=(0, 3))
    runs = {r["run"]: r for r in box.json("runs")}
    assert runs[1]["undone_by"] == 2, runs


def test_within_a_folder_that_came_back(box, far):
    """Its files are other files by then: the rules leave them alone as ever, and what somebody
    changed at the other place keeps the name that it had there."""
    start(box, "within folders far", far)
    box.ops("run")
    with open(far + "/D/x b.txt", "a") as f:
        f.write(", and more")
    r = box.ok("undo", rc=3)
    assert "x b.txt': it changed since" in r.out + r.err
    assert box.read("D/a.txt") == b"first" and box.read("D/x b.txt") == b"second, and more"
    again = [o for o in box.ops("run")[0] if o["from"].endswith("/a.txt")]
    assert again and all("taken back or not" in o["error"] for o in again), again
