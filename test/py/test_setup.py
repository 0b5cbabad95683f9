"""fettle setup: the first file that a user gets, and never twice."""
import json
import os
import pty
import stat
import subprocess

import pytest

from box import TIMEOUT


def mess(box):
    box.put("Downloads/a.jpg", "a")
    box.put("Documents/b.txt", "b")
    box.mkdir("disk")


def set_up(box, *more, **kw):
    return box.ok("setup", "--mess", box.path("Downloads"), "--important",
                  box.path("Documents"), "--to", box.path("disk/copies"), "--yes",
                  "--plain", *more, **kw)


def test_what_it_writes_is_faultless_and_works(box):
    """Mode 0600, the schema's line for editors, checked without a fault; it starts
    nothing, makes the place for copies, and its jobs do what they say."""
    mess(box)
    r = set_up(box)
    assert "fettle plan" in r.out
    text = open(box.config).read()
    assert text.startswith("# yaml-language-server: $schema=file://")
    assert stat.S_IMODE(os.stat(box.config).st_mode) == 0o600
    assert os.listdir(box.path("disk/copies")) == []
    assert not os.path.exists(os.path.join(box.state, "catalog.db"))
    said = box.ok("config", "check").err
    assert said.count("warning") == 1 and "there is no 'notify'" in said, said
    box.ok("run", "--yes")
    assert "Downloads/Images/a.jpg" in box.files()
    copies = os.listdir(box.path("disk/copies/important"))
    assert [c for c in copies if c[0].isdigit()]


def test_it_never_overwrites(box):
    """A second time is exit 1, naming the file, whatever is given or not."""
    mess(box)
    set_up(box)
    before = open(box.config).read()
    r = set_up(box, rc=1)
    assert box.config in r.err
    assert box.config in box.ok("setup", rc=1).err
    assert open(box.config).read() == before


def test_not_even_a_dangling_symlink(box):
    mess(box)
    os.symlink("nowhere", box.config)
    set_up(box, rc=1)
    assert os.readlink(box.config) == "nowhere"


@pytest.mark.parametrize("missing", ["mess", "important", "to", "yes"])
def test_without_a_terminal_all_must_be_told(box, missing):
    """What is missing is exit 2 and named; nothing is written or made."""
    mess(box)
    args = {"mess": ["--mess", box.path("Downloads")],
            "important": ["--important", box.path("Documents")],
            "to": ["--to", box.path("disk/copies")], "yes": ["--yes"]}
    del args[missing]
    r = box.ok("setup", *sum(args.values(), []), rc=2)
    assert "--" + missing in r.err
    assert not os.path.exists(box.config)
    assert os.listdir(box.path("disk")) == []


def test_one_half_is_enough(box):
    """'' is none: only sorting, or only copies."""
    mess(box)
    box.ok("setup", "--mess", box.path("Downloads"), "--important", "", "--yes")
    text = open(box.config).read()
    assert "rules:" in text and "\nbackups:" not in text
    box.ok("config", "check")
    os.unlink(box.config)
    box.ok("setup", "--mess", "", "--important", box.path("Documents"), "--to",
           box.path("disk/c"), "--yes")
    box.ok("config", "check")
    os.unlink(box.config)
    box.ok("setup", "--mess", "", "--important", "", "--yes", rc=2)


def test_a_disk_by_its_label(box):
    """A word that is no folder is a label; nothing is made for it."""
    mess(box)
    box.ok("setup", "--mess", box.path("Downloads"), "--important",
           box.path("Documents"), "--to", "STICK", "--yes")
    assert 'label: "STICK"' in open(box.config).read()
    box.ok("config", "check")
    ops, total = box.ops("plan")
    assert [o["state"] for o in ops if o["op"] == "backup"] == ["waiting"]


def test_what_cannot_be(box):
    """Folders that are not there, files, a place inside what is copied."""
    mess(box)
    for bad in (["--mess", box.path("gone"), "--important", ""],
                ["--mess", box.path("Downloads/a.jpg"), "--important", ""],
                ["--mess", "", "--important", box.path("Documents"), "--to",
                 box.path("Documents/copies")]):
        r = box.ok("setup", *bad, "--yes", rc=2)
        assert box.home in r.err
        assert not os.path.exists(box.config)
    r = box.ok("setup", "--mess", "", "--important", box.path("Documents"), "--to",
               box.path("not/there/yet"), "--yes", rc=(1, 2))
    assert "not/there" in r.err
    assert not os.path.exists(box.config) and not os.path.exists(box.path("not"))


NAMES = ["with space", "dollar$HOME", "it's", "#hash", "a: b", "- x", "Ümläut", "new\nline",
         "'quoted'", '"double"', "~tilde", "back\\slash", "@at", "&and", "*star", "!bang",
         "%percent", "yes", "null", "1e3", "tab\there", "[list]", "trailing "]


@pytest.mark.parametrize("name", NAMES)
def test_awkward_names_are_written_as_they_are(box, name):
    """The configuration means the very folder that was named."""
    box.put(name + "/a.jpg", "a")
    box.mkdir("to " + name)
    box.ok("setup", "--mess", box.path(name), "--important", box.path(name), "--to",
           box.path("to " + name, "c"), "--plain", "--yes")
    box.ok("config", "check")
    box.ok("run", "--yes")
    assert name + "/Images/a.jpg" in box.files()
    assert os.listdir(box.path("to " + name, "c", "important"))


def test_a_name_that_cannot_be_written(box):
    box.put("a{b}/a.jpg", "a")
    r = box.ok("setup", "--mess", box.path("a{b}"), "--important", "", "--yes", rc=2)
    assert "braces" in r.err and not os.path.exists(box.config)


def test_json(box):
    mess(box)
    r = set_up(box, "--json")
    assert json.loads(r.out)["file"] == box.config


def talk(box, answers, *args):
    """setup on a terminal, with these answers."""
    mine, its = pty.openpty()
    p = subprocess.Popen(box.command(["setup", *args]), env=box.environment(), cwd=box.home,
                         stdin=its, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(its)
    os.write(mine, answers.encode())
    out, err = p.communicate(timeout=TIMEOUT)
    os.close(mine)
    return p.returncode, err.decode()


def test_on_a_terminal_it_asks(box):
    """Enter takes what is usual, ~ is home, a wrong folder is asked again; the file
    is shown before it is written."""
    mess(box)
    rc, err = talk(box, "\n~/gone\n~/Documents\n~/disk/c\ny\n")
    assert rc == 0, err
    assert "gone" in err and "sort: by-type" in err
    text = open(box.config).read()
    assert "- ~/Downloads" in text and "- ~/Documents" in text
    assert os.path.isdir(box.path("disk/c"))
    box.ok("config", "check")


def test_no_is_no(box):
    mess(box)
    rc, err = talk(box, "\n\n~/disk/c\nn\n")
    assert rc == 0 and "nothing was written" in err
    assert not os.path.exists(box.config) and not os.path.exists(box.path("disk/c"))


def test_a_repository_with_a_key_and_a_sheet(box):
    """Without --plain: an encrypted repository is made, its password lies beside the
    configuration for nobody else to read, and the sheet has all that restic needs."""
    mess(box)
    box.ok("setup", "--mess", box.path("Downloads"), "--important", box.path("Documents"),
           "--to", box.path("disk/r"), "--yes")
    folder = os.path.dirname(box.config)
    key = os.path.join(folder, "important.key")
    sheet = os.path.join(folder, "important-recovery.txt")
    for path in (key, sheet):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    password = open(key).read().strip()
    assert len(password) == 39 and password in open(sheet).read()
    assert box.path("disk/r/important") in open(sheet).read()
    assert os.path.exists(box.path("disk/r/important/config"))
    box.ok("run", "--yes")
    shots = json.loads(box.ok("-b", "important", "--json", "snapshots").out)
    assert [s["tags"] for s in shots] == [["fettle:important"]]
    # Key and sheet lie where the files do: with that disk all is gone.  It is told until the sheet was printed.
    assert "its key lies only on the disk that it protects" in box.ok("status").out
    assert {s["job"]: s["key_at_risk"] for s in box.json("status")}["important"] is True
    r = box.ok("-b", "important", "key", "sheet")
    assert password in r.out and "restic -r" in r.out
    assert "its key" not in box.ok("status").out
    assert not any(s["key_at_risk"] for s in box.json("status"))
    # Once more, after the configuration was lost: key and repository stay.
    os.unlink(box.config)
    box.ok("setup", "--mess", "", "--important", box.path("Documents"), "--to",
           box.path("disk/r"), "--yes")
    assert open(key).read().strip() == password
    assert len(json.loads(box.ok("-b", "important", "--json", "snapshots").out)) == 1
