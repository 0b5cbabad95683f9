"""What the daemon's workers can change: what their jobs work on, and no more."""
import ctypes
import os
import re

import pytest

from box import wait_for
from control import Control
from test_daemon import daemon

CONF = """\
    log: {level: debug}
    %s
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
      - name: elsewhere
        locations: ~/D
        filters: [{extension: txt}]
        actions: [{move: "{path.parent.parent}/T/{path.stem}/"}]
      - name: waste
        locations: ~/W
        actions: [delete]
      - name: teller
        locations: ~/S
        actions: [{shell: 'touch %%HOME%%/touched'}]
    backups:
      - name: stick
        paths: ~/D
        copies: ~/B
        min_free: 1MiB
      - name: home
        paths: ~/D
        repository: ~/repo
        password_file: ~/key
        min_free: 1MiB
        also_to: second
      - name: second
        paths: ~/D
        repository: ~/other/repo
        password_file: ~/key
        min_free: 1MiB
    archives:
      - name: old
        locations: ~/O
        older_than: 30 days
        to: ~/A
        min_free: 1MiB
"""


def abi():
    return ctypes.CDLL(None).syscall(444, None, 0, 1)


pytestmark = pytest.mark.skipif(abi() < 2, reason="this kernel has no Landlock")


def run_all(box, d, jobs, word):
    c = Control(box)
    for j in jobs:
        ended = re.compile(re.escape(j) + r" \(pid \d+\) ended with 0")
        n = len(ended.findall(d.log()))
        assert c.json("run " + j)["ok"], j
        assert wait_for(lambda: len(ended.findall(d.log())) > n, d.p), d.log()
        assert "%s %s" % (j, word) in d.log(), d.log()
    c.close()


def test_every_kind_of_job_works_inside(box):
    """Each kind of job does all that it does without a fence: new folders, places,
    the trash, a target that only the plan knows; and no warning is in the log."""
    box.put("key", "secret", mode=0o600)
    box.put("D/a.jpg", "a")
    box.put("D/b.txt", "b")
    box.put("W/w", "w")
    box.put("O/o.doc", "o", age=90)
    box.mkdir("S")
    box.conf(CONF % "")
    box.ok("-b", "home", "init")
    box.mkdir("other")
    box.ok("-b", "second", "init")
    with daemon(box) as d:
        run_all(box, d, ["elsewhere", "sorter", "waste", "old"], "is fenced in")
        run_all(box, d, ["stick", "home", "stick", "home"], "is fenced in")
        d.stop()
    assert "WARNING" not in d.log() and "ERROR" not in d.log(), d.log()
    got = set(box.files())
    assert {"D/Images/a.jpg", "T/b/b.txt"} <= got and "W/w" not in got
    assert any(f.startswith("A/") and f.endswith("o.doc") for f in got)
    assert len(os.listdir(box.path("repo/snapshots"))) == 2
    assert len(os.listdir(box.path("other/repo/snapshots"))) == 2


def test_commands_run_outside(box):
    """A job with a command has no fence, or the command would inherit it."""
    box.put("S/s", "s")
    box.conf(CONF % "")
    with daemon(box) as d:
        run_all(box, d, ["teller"], "has no fence: it runs commands")
        d.stop()
    assert os.path.exists(box.path("touched"))


def test_off(box):
    """fence: off is none."""
    box.put("D/a.jpg", "a")
    box.conf(CONF % "daemon: {fence: off}")
    with daemon(box) as d:
        run_all(box, d, ["sorter"], "has no fence: it is off")
        d.stop()
