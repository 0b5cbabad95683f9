"""Hooks: before, on_error and after, in this order; a failing before stops the job."""
import os
import signal
import time

from box import wait_for

JOB = """\
    backups:
      - name: home
        paths: ~/D
        copies: ~/copies
        before: [%s]
        on_error: {shell: 'echo on_error $FETTLE_STATUS $FETTLE_ERROR >> %%HOME%%/told'}
        after: {shell: 'echo after $FETTLE_STATUS $FETTLE_RUN $FETTLE_JOB $FETTLE_KIND >> %%HOME%%/told'}
"""


def told(box):
    try:
        return box.read("told").decode().splitlines()
    except FileNotFoundError:
        return []


def test_order(box):
    box.put("D/a", "a")
    box.conf(JOB % "{shell: 'echo before $FETTLE_STATUS >> %HOME%/told'}, "
             "{run: [touch, '%HOME%/a b; c']}")
    box.ok("run")
    assert told(box) == ["before going", "after success 1 home backup"]
    assert os.path.exists(box.path("a b; c"))
    assert os.path.isdir(box.path("copies"))


def test_before_fails(box):
    """The job is failed and named, nothing of it is done, the next hooks of before are
    not run; on_error runs, and after last."""
    box.put("D/a", "a")
    box.conf(JOB % "{shell: 'echo no mount; exit 3'}, {shell: 'echo second >> %HOME%/told'}")
    r = box.ok("run", rc=1)
    assert "home" in r.out + r.err and "no mount" in r.out + r.err
    assert not os.path.exists(box.path("copies"))
    lines = told(box)
    assert len(lines) == 2
    assert lines[0].startswith("on_error failed before 'echo no mount")
    assert "ended with 3: no mount" in lines[0]
    assert lines[1] == "after failed 1 home backup"
    assert box.json("status", rc=1)[0]["state"] == "failed"


def test_command_not_there(box):
    box.put("D/a", "a")
    box.conf(JOB % "no-such-command")
    r = box.ok("run", rc=1)
    assert "no-such-command" in r.out + r.err
    assert not os.path.exists(box.path("copies"))


def test_after_fails(box):
    """The backup is made, and the run tells: 3."""
    box.put("D/a", "a")
    box.conf(JOB % "'true'")
    box.conf(open(box.config).read().replace("echo after", "false; exit 4; echo after"))
    r = box.ok("run", rc=3)
    assert "ended with 4" in r.out + r.err
    assert os.path.isdir(box.path("copies"))


def test_takes_too_long(box):
    """Ended with all that it started."""
    box.put("D/a", "a")
    box.conf(JOB % "{shell: 'sleep 1234567 & sleep 1234567', timeout: 1s}")
    begun = time.monotonic()
    r = box.ok("run", rc=1)
    assert time.monotonic() - begun < 20
    assert "too long" in r.out + r.err
    assert "1234567" not in os.popen("ps -eo args").read()


def test_stopped(box):
    """Told to end, it ends; after still runs, so that nothing stays mounted."""
    box.put("D/a", "a")
    box.conf(JOB % "sleep 1234568")
    p = box.start("run")
    wait_for(lambda: "sleep 1234568" in os.popen("ps -eo args").read(), p)
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=60)
    assert p.returncode == 130
    assert told(box) == ["after stopped 1 home backup"]


def test_before_mounts_the_disk(box):
    """What before puts there is seen by the backup that was planned as waiting."""
    box.put("D/a", "a")
    box.mkdir("disks")
    box.conf((JOB % "{run: [mkdir, '%HOME%/disks/one']}").replace(
        "~/copies", "~/disks/one/copies"))
    box.ok("run")
    assert os.path.isdir(box.path("disks/one/copies"))


def test_rules_and_archives_have_them(box):
    box.put("D/a.jpg", "a")
    box.put("old", "x", age=100)
    box.conf("""\
        rules:
          - name: r
            locations: ~/D
            actions: [{sort: by-type}]
            after: {shell: 'echo $FETTLE_KIND $FETTLE_STATUS $FETTLE_DONE >> %HOME%/told'}
        archives:
          - name: a
            locations: ~/
            older_than: 30 days
            to: ~/Archive
            after: {shell: 'echo $FETTLE_KIND $FETTLE_STATUS $FETTLE_DONE >> %HOME%/told'}
        """)
    box.ok("run")
    assert told(box) == ["rule success 1", "archive success 1"]


def test_not_by_undo_and_plan(box):
    box.put("D/a.jpg", "a")
    box.conf("""\
        rules:
          - name: r
            locations: ~/D
            actions: [{sort: by-type}]
            before: {shell: 'echo $FETTLE_RUN >> %HOME%/told'}
        """)
    box.ok("plan")
    assert told(box) == []
    box.ok("run")
    box.ok("undo")
    assert told(box) == ["1"]


def test_faults(box):
    """What only a shell could do is told, with its place."""
    for bad, words in (("'a | b'", "'|' needs a shell"), ("'echo $X'", "'$' needs a shell"),
                       ("{shell: a, run: b}", "it must say what to run, once"),
                       ("{shell: a, timeout: 30}", "unit"), ("'a \"b'", "a quote has no end"),
                       ("{rnu: a}", "did you mean 'run'")):
        box.conf(JOB % bad)
        r = box.ok("config", "check", rc=2)
        assert words in r.err, r.err
        assert "fettle.yaml:5:" in r.err
