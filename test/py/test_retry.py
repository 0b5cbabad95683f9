"""A job that failed is tried again, later each time, and not for ever; a job
waits where the network costs money."""
import os
import re

from test_daemon import HOURLY, daemon, seen_before

# The repository was never made, so each run of this fails.
FAILS = """\
    log: {level: debug}
    backups:
      - name: home
        paths: ~/D
        repository: ~/nowhere/repo
        password_file: ~/key
        schedule: %s
        retry: %s
"""


# Far from every change of day and hour that a test does not make itself.
DAY = "2031-06-17"
DAILY = "every day at 11:00"
# A daemon has the clock of the machine: the first of January is mostly far.
YEARLY = "'*-01-01 00:00:00'"


def due(box, time):
    r = box.at(DAY + " " + time, "run", "--due")
    return 0 if "nothing is due" in r.err else 1


def fails(box, schedule, retry):
    box.put("D/a", "a")
    box.put("key", "secret", mode=0o600)
    box.conf(FAILS % (schedule, retry))


def test_tried_again_later_each_time(box):
    """retry: 2 every 10min is one run when due, one 10 minutes later, one 20
    minutes after that, and no more."""
    fails(box, DAILY, "2 every 10min")
    assert due(box, "09:00:00") == 0
    assert due(box, "11:20:00") == 1
    assert due(box, "11:29:00") == 0
    assert due(box, "11:31:00") == 1
    assert due(box, "11:42:00") == 0
    assert due(box, "11:52:00") == 1
    assert due(box, "13:00:00") == 0
    assert len(box.json("runs")) == 3


def test_without_it_it_is_not(box):
    """Without retry a failed job waits for its next instant."""
    fails(box, DAILY, "0")
    assert due(box, "09:00:00") == 0
    assert due(box, "11:20:00") == 1
    assert due(box, "11:31:00") == 0


def test_a_new_instant_counts_anew(box):
    """What is due meanwhile is no retry, and has all of its own."""
    fails(box, "'*-*-* *:00:00'", "1 every 50min")
    assert due(box, "09:30:00") == 0
    assert due(box, "11:05:00") == 1
    assert due(box, "12:06:00") == 1	# the hour, not the retry
    assert due(box, "12:08:00") == 0
    assert len(box.json("runs")) == 2


def test_the_daemon_tries_again(box):
    """Through the daemon as well; its status says what it waits for."""
    fails(box, YEARLY, "2 every 1s")
    seen_before(box, "-400d")
    with daemon(box) as d:
        d.wait_log("home (pid ", 1)
        d.wait_log("home has begun", 3)
        d.ended("home", 10)
        d.stop()
    assert len(re.findall("home has begun", d.log())) == 3


def test_a_metered_network(box):
    """on_metered: pause keeps a far backup waiting, and nothing else."""
    bin_ = box.mkdir("bin")
    busctl = os.path.join(bin_, "busctl")
    with open(busctl, "w") as f:
        f.write("#!/bin/sh\necho u 1\n")
    os.chmod(busctl, 0o755)
    box.put("D/a.jpg", "a")
    box.put("key", "secret", mode=0o600)
    box.conf("""\
        daemon: {on_metered: pause}
        schedule: %s
        rules:
          - name: sorter
            locations: ~/D
            actions: [{sort: by-type}]
        backups:
          - name: away
            paths: ~/D
            repository: local:%%HOME%%/repo
            password_file: ~/key
        """ % HOURLY)
    env = {"PATH": bin_ + ":" + box.env["PATH"]}
    assert "nothing is due" in box.at("-3h", "run", "--due", env=env).err
    r = box.run("run", "--due", env=env)
    assert "D/Images/a.jpg" in box.files()
    assert "waits:" not in r.err		# local: is near
