"""The action xattr: where it cannot be done the file is told and the rest goes on, and an
undo touches no more than the attributes it set."""
import errno
import os
import shutil
import subprocess

import pytest

from box import STRACE, can_mount, needs_root_reason

TAGS = "user.xdg.tags"


@pytest.fixture
def bare(tmp_path):
    """A file system that has no attributes of users."""
    if not can_mount():
        pytest.skip(needs_root_reason("a file system without attributes"))
    d = tmp_path / "bare"
    d.mkdir()
    if subprocess.run(["mount", "-t", "ramfs", "none", d], capture_output=True).returncode != 0:
        pytest.skip("no ramfs here")
    try:
        (d / "probe").write_text("")
        try:
            os.setxattr(d / "probe", TAGS, b"x")
            pytest.skip("this ramfs holds attributes")
        except OSError as e:
            assert e.errno == errno.ENOTSUP
        (d / "probe").unlink()
        yield str(d)
    finally:
        subprocess.run(["umount", d], check=True)


def test_file_system_without_attributes(box, bare):
    box.put("D/a.txt", "a")
    with open(bare + "/b.txt", "w") as f:
        f.write("b")
    box.conf("""rules:
  - {name: r, locations: [%s, ~/D], actions: [{xattr: {tags: [seen]}}, {move: ~/T/}]}
""" % bare)
    ops, total = box.ops("run", rc=3)
    bad = [o for o in ops if o["state"] == "failed"]
    assert [o["from"] for o in bad] == [bare + "/b.txt"], ops
    assert "holds no attributes" in bad[0]["error"]
    assert os.path.exists(bare + "/b.txt"), "what follows is not done where it failed"
    assert os.getxattr(box.path("T/a.txt"), TAGS) == b"seen"


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_all_or_none(box):
    """The file system says no at the second attribute: the first is put back, and that told."""
    box.put("D/a.txt", "a")
    os.setxattr(box.path("D/a.txt"), TAGS, b"before")
    box.conf("rules:\n  - {name: r, locations: ~/D, actions: [{xattr: {set: {xdg.tags: after, second: x}}}, {move: ~/T/}]}\n")
    full = (*STRACE, "-o", "/dev/null", "-e", "trace=fsetxattr", "-e", "inject=fsetxattr:error=ENOSPC:when=2")
    ops, total = box.ops("run", rc=3, prefix=full)
    assert [o["state"] for o in ops] == ["failed", "skipped"] or [o["state"] for o in ops][0] == "failed", ops
    assert "user.second" in ops[0]["error"], ops
    where = box.path("D/a.txt") if os.path.exists(box.path("D/a.txt")) else box.path("T/a.txt")
    assert os.getxattr(where, TAGS) == b"before" and os.listxattr(where) == [TAGS]


def test_undo_leaves_new_content(box):
    """What was written to the file since stays; only the attribute goes back."""
    box.put("D/a.txt", "a")
    box.conf("rules:\n  - {name: r, locations: ~/D, actions: [xattr: {tags: [one, two]}]}\n")
    box.ops("run")
    with open(box.path("D/a.txt"), "a") as f:
        f.write(" and more")
    box.ok("undo")
    assert box.read("D/a.txt") == b"a and more" and os.listxattr(box.path("D/a.txt")) == []


def test_bytes_that_are_no_text_come_back(box):
    box.put("D/a.txt", "a")
    os.setxattr(box.path("D/a.txt"), "user.raw", b"\0\xff\n\0")
    box.conf("rules:\n  - {name: r, locations: ~/D, actions: [xattr: {set: {raw: text}}]}\n")
    box.ops("run")
    assert os.getxattr(box.path("D/a.txt"), "user.raw") == b"text"
    ops, _ = box.ops("undo")
    assert ops[0]["text"] == "raw=0x00ff0a00"
    assert os.getxattr(box.path("D/a.txt"), "user.raw") == b"\0\xff\n\0"


def test_folders(box):
    box.mkdir("D/one")
    box.put("D/one/a", "a")
    box.conf("rules:\n  - {name: r, locations: ~/D, targets: dirs, actions: [{xattr: {tags: seen}}, {move: ~/T/}]}\n")
    box.ops("run")
    assert os.getxattr(box.path("T/one"), TAGS) == b"seen"
    box.ok("undo")
    assert os.listxattr(box.path("D/one")) == []
