"""A job that failed is tried again, later each time, and not for ever; a job
waits where the network costs money."""
import datetime
import os
import re
import zoneinfo

from test_daemon import HOURLY, MINUTE, daemon, seen_before

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


def daily():
    """Every day at an hour that has just begun or ended, in the box's zone: the next
    one is far away."""
    now = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin"))
    return "every day at %02d:00" % ((now.hour - 1) % 24)


def due(box, offset):
    r = box.at(offset, "run", "--due")
    return 0 if "nothing is due" in r.err else 1


def fails(box, schedule, retry):
    box.put("D/a", "a")
    box.put("key", "secret", mode=0o600)
    box.conf(FAILS % (schedule, retry))


def test_tried_again_later_each_time(box):
    """retry: 2 every 10min is one run when due, one 10 minutes later, one 20
    minutes after that, and no more."""
    fails(box, daily(), "2 every 10min")
    seen_before(box, "-26h")
    assert due(box, "+0s") == 1
    assert due(box, "+9m") == 0
    assert due(box, "+11m") == 1
    assert due(box, "+22m") == 0
    assert due(box, "+32m") == 1
    assert due(box, "+80m") == 0
    assert len(box.json("runs")) == 3


def test_without_it_it_is_not(box):
    """Without retry a failed job waits for its next instant."""
    fails(box, daily(), "0")
    seen_before(box, "-26h")
    assert due(box, "+0s") == 1
    assert due(box, "+11m") == 0


def test_a_new_instant_counts_anew(box):
    """What is due meanwhile is no retry, and has all of its own."""
    fails(box, HOURLY, "1 every 50min")
    seen_before(box, "-3h")
    # Five minutes past the instant.
    five = (MINUTE - datetime.datetime.now().minute) % 60 + 5
    assert due(box, "+%dm" % five) == 1
    assert due(box, "+%dm" % (five + 61)) == 1	# the hour, not the retry
    assert due(box, "+%dm" % (five + 63)) == 0
    assert len(box.json("runs")) == 2


def test_the_daemon_tries_again(box):
    """Through the daemon as well; its status says what it waits for."""
    fails(box, daily(), "2 every 1s")
    seen_before(box, "-26h")
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
