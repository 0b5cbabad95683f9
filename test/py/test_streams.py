"""The standard streams of a new user's shell: a full disk behind stdout is told in
words and by the exit status, a reader that went away is not scolded, and a run whose
words nobody can read still does and records its work."""
import os
import subprocess

import pytest

SORT = """\
    rules:
      - {name: s, locations: ~/D, actions: [{sort: by-type}]}
"""
LOST = "could not all be written to standard output"


def to_full(box, *args):
    with open("/dev/full", "wb") as full:
        return subprocess.run(box.command(args), env=box.environment(), stdout=full,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("args", [["--version"], ["plan"], ["--json", "plan"], ["runs"],
                                  ["config", "show"], ["next", "--at", "*:0/15"]])
def test_a_full_stdout_is_told(box, args):
    """Exit 1 alone says nothing: the words name what went wrong, once."""
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    box.ok("run", "--yes")
    r = to_full(box, *args)
    assert r.returncode == 1
    assert r.stderr.count(LOST) == 1


def test_a_run_with_full_stdout_is_done(box):
    """What cannot be shown is done and recorded all the same."""
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    r = to_full(box, "run", "--yes")
    assert r.returncode == 1 and LOST in r.stderr
    assert os.path.exists(box.path("D/Images/a.jpg"))
    box.ok("undo", "1")
    assert os.path.exists(box.path("D/a.jpg"))


def test_a_reader_that_left_is_not_scolded(box):
    """`fettle plan | head -1`: no words about the pipe."""
    for i in range(2000):
        box.put("D/%d.jpg" % i, "")
    box.conf(SORT)
    p = subprocess.Popen(box.command(["--json", "plan"]), env=box.environment(),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    p.stdout.readline()
    p.stdout.close()
    talk = p.stderr.read()
    p.stderr.close()
    assert p.wait(60) in (0, 1)
    assert talk == b""


def test_plan_says_what_was_put_back(box):
    """After an undo plan and why tell that a file may have been put back, and the way out."""
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    box.ok("run", "--yes")
    box.ok("undo")
    for args in (["plan"], ["why", box.path("D/a.jpg")]):
        out = box.ok(*args).out
        assert "taken back or not" in out and "run --again" in out
    box.ok("run", "--again", "--yes")
    assert os.path.exists(box.path("D/Images/a.jpg"))
