"""What a running daemon is asked over its control socket: how far its jobs are,
a job now, the end of one, a held plan, an undo."""
import os
import signal

import pytest

from box import wait_for
from control import Control
from test_daemon import MANY, daemon, many_files, seen_before, sorted_so_far

NEVER = """\
    log: {level: debug}
    guard: {max_moves: %s, max_share: off}
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
"""


@pytest.fixture
def asked(box):
    """A daemon with nothing on its clock, and somebody to ask it."""
    box.conf(NEVER % "off")
    with daemon(box) as d:
        d.ended("the house-keeping")
        c = Control(box)
        yield box, d, c
        c.close()
        d.stop()


def ok(answer):
    assert answer == {"v": 1, "ok": True}, answer


def refused(answer, word):
    assert answer["ok"] is False and word in answer["error"], answer


def test_idle(asked):
    """A daemon with nothing to do says so."""
    _, d, c = asked
    p = c.json("progress")
    assert p["v"] == 1 and p["running"] == [] and p["waiting"] == []
    assert p["daemon"]["pid"] == d.pid and p["daemon"]["faults"] is False
    assert p["daemon"]["next"].split("T")[1].startswith("03:00:00")
    assert c.ask("running") == b""


def test_run_now(asked):
    """A job that is asked for is run, as by hand."""
    box, d, c = asked
    box.put("D/a.jpg", "a")
    ok(c.json("run sorter"))
    assert wait_for(lambda: box.files() == ["D/Images/a.jpg"], d.p)
    d.ended()
    assert box.json("runs")[0]["trigger"] == "hand"


def test_run_all(asked):
    """Without a name, all jobs are."""
    box, d, c = asked
    box.put("D/a.jpg", "a")
    ok(c.json("run"))
    assert wait_for(lambda: box.files() == ["D/Images/a.jpg"], d.p)


def test_undo(asked):
    """A run is taken back, and the undo is a run itself."""
    box, d, c = asked
    box.put("D/a.jpg", "a")
    ok(c.json("run sorter"))
    d.ended()
    ok(c.json("undo 1"))
    d.ended("undo 1'")
    assert box.files() == ["D/a.jpg"]
    assert box.json("runs")[0]["trigger"] == "undo"


def test_nonsense_is_refused(asked):
    """Who asks for what is not there is told, and nothing is done."""
    _, _, c = asked
    refused(c.json("run nobody"), "there is no job")
    refused(c.json("undo all"), "the number of a run")
    refused(c.json("undo -1"), "the number of a run")
    refused(c.json("undo 99999999999999999999"), "the number of a run")
    refused(c.json("stop sorter"), "not at work")
    assert c.ask("dance") is None
    assert c.ask("") is None
    assert c.ask("progress now") is None


def frozen(box, d, c):
    many_files(box)
    ok(c.json("run sorter"))
    assert wait_for(lambda: sorted_so_far(box) > 0, d.p)
    pid = c.json("progress")["running"][0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    assert sorted_so_far(box) < MANY, "it was done before it could be stopped"
    return pid


def test_progress_and_stop(asked):
    """A job at work is seen with its run, and ends when it is told to, whole."""
    box, d, c = asked
    pid = frozen(box, d, c)
    (r,) = c.json("progress")["running"]
    assert r["job"] == "sorter" and r["what"] == "run" and r["pid"] == pid
    assert r["run"] == 1 and r["phase"] == "do" and r["total_files"] == MANY
    assert r["since"] and r["rate"] is not None
    assert c.ask("running") == b"sorter\n"
    refused(c.json("run sorter"), "already")
    assert "sorter" in box.run("status").out
    ok(c.json("stop sorter"))
    os.kill(pid, signal.SIGCONT)
    d.ended(status=130)
    assert box.json("runs")[0]["state"] == "stopped"
    assert len(box.files()) == MANY
    p = c.json("progress")
    assert p["running"] == [] and p["waiting"] == []


def test_what_was_stopped_is_not_begun_again(box):
    """A due job that somebody stopped waits for its next instant."""
    many_files(box)
    box.conf(NEVER % "off" + "        schedule: '*-*-* *:00:00'\n")
    seen_before(box)
    with daemon(box) as d:
        pid = d.worker()
        assert wait_for(lambda: sorted_so_far(box) > 0, d.p)
        os.kill(pid, signal.SIGSTOP)
        assert box.run("stop", "sorter").rc == 0
        os.kill(pid, signal.SIGCONT)
        d.ended(status=130)
        c = Control(box)
        assert c.json("progress")["waiting"] == []
        c.close()
        d.stop()
    assert "nothing is due" in box.ok("run", "--due").err


def test_approve_and_reject(box):
    """What a guard held is done, or dropped, through the daemon."""
    for i in range(4):
        box.put("D/%d.jpg" % i, "x%d" % i)
    box.conf(NEVER % "2")
    with daemon(box) as d:
        c = Control(box)
        ok(c.json("run sorter"))
        d.wait_log("ended with 4")
        assert len(box.files("D")) == 4 and "held" in box.run("status").out
        ok(c.json("reject 1"))
        d.ended("reject 1'")
        ok(c.json("run sorter"))
        d.wait_log("ended with 4", 2)
        ok(c.json("approve 2"))
        d.wait_log("approve 2' (pid ")
        assert wait_for(lambda: len(box.files("D/Images")) == 4, d.p)
        c.close()
        d.stop()


def test_a_run_by_hand_is_seen(box):
    """A run without a daemon answers how far it is; `stop` has nobody to ask."""
    box.put("D/a.jpg", "a")
    go = box.path("go")
    box.conf("""\
        rules:
          - name: waits
            locations: ~/D
            actions: [{shell: 'touch %s.begun; while [ ! -e %s ]; do sleep 0.05; done'}]
        """ % (go, go))
    p = box.start("run", "--yes")
    try:
        assert wait_for(lambda: os.path.exists(go + ".begun"), p)
        c = Control(box)
        a = c.json("progress")
        assert a["daemon"] is None and a["running"][0]["job"] == "waits"
        assert a["running"][0]["pid"] == p.pid and a["running"][0]["run"] == 1
        assert "waits (pid %d)" % p.pid in box.run("status").out
        assert c.ask("run waits") is None
        c.close()
    finally:
        box.put("go")
        p.communicate(timeout=60)
    assert "no daemon" in box.run("stop", "waits").err
