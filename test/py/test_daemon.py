"""The daemon: jobs when they are due, in processes of their own, one at a time in
a folder; it ends at once, takes a new configuration, and sleeps otherwise."""
import contextlib
import datetime
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from box import TIMEOUT, judge, wait_for

MANY = 4000

SECOND = "'*-*-* *:*:*'"
SORT = """\
    log: {level: debug}
    guard: {max_moves: off, max_share: off}
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
        schedule: %s
"""
DAILY = "every day at 01:00"


class Daemon:
    """`fettle daemon` in a box; it has started when this exists."""

    def __init__(self, box, env=None, prefix=(), ready=True):
        self.box = box
        self.talk = os.path.join(box.top, "talk")
        self.err = open(self.talk, "wb")
        before = self.log().count("the daemon has started")
        self.p = subprocess.Popen(box.command(["daemon"], prefix), cwd=box.home,
                                  env=box.environment(env), stdin=subprocess.DEVNULL,
                                  stdout=self.err, stderr=self.err)
        self.pid = self.p.pid
        if ready:
            self.wait_log("the daemon has started", before + 1)

    def log(self):
        try:
            with open(os.path.join(self.box.state, "fettle.log"), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def wait_log(self, text, times=1, limit=60):
        assert wait_for(lambda: self.log().count(text) >= times, self.p, limit), \
            self.words()

    def words(self):
        with open(self.talk) as f:
            return f.read()

    def signal(self, sig):
        self.p.send_signal(sig)

    def worker(self, job="sorter", times=1):
        """The pid of a job's worker once it has begun."""
        self.wait_log("%s has begun (pid " % job, times)
        return int(re.findall(re.escape(job) + r" has begun \(pid (\d+)\)", self.log())[-1])

    def ended(self, job="sorter", status=0):
        what = r"%s \(pid \d+\) ended with %d" % (re.escape(job), status)
        assert wait_for(lambda: re.search(what, self.log()), self.p), self.words()

    def stop(self, rc=0):
        if self.p.poll() is None:
            self.signal(signal.SIGTERM)
        got = self.p.wait(TIMEOUT)
        judge(["daemon"], 0, self.words().encode())
        assert got == rc, self.words()

    def gone(self):
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()
        self.err.close()


@contextlib.contextmanager
def daemon(box, **kw):
    d = Daemon(box, **kw)
    try:
        yield d
    finally:
        d.gone()


def many_files(box, n=MANY):
    for i in range(n):
        box.put("D/f%05d.jpg" % i, "%d" % i)


def sorted_so_far(box):
    try:
        return len(os.listdir(box.path("D/Images")))
    except FileNotFoundError:
        return 0


def frozen_worker(box, d):
    """The worker, stopped in the middle of its moves."""
    pid = d.worker()
    assert wait_for(lambda: sorted_so_far(box) > 0, d.p)
    os.kill(pid, signal.SIGSTOP)
    assert sorted_so_far(box) < MANY, "it was done before it could be stopped"
    return pid


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


# What is due.


def test_a_due_job_runs(box):
    """A job runs when it is due, as a run of its own, started by the schedule."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % SECOND)
    with daemon(box) as d:
        assert wait_for(lambda: box.files() == ["D/Images/a.jpg"], d.p)
        d.wait_log("run 1: 1 done")
        d.stop()
    runs = box.json("runs")
    assert runs[-1]["trigger"] == "schedule" and runs[-1]["done"] == 1
    assert "sorter" in str(runs[-1]["jobs"])


def seen_before(box, ago="-3h"):
    """The schedule was first seen that long ago, when nothing was due."""
    r = box.at(ago, "run", "--due")
    assert r.rc == 0 and "nothing is due" in r.err, r


# Every hour, at a minute that no test comes near: it is half an hour away.
MINUTE = (datetime.datetime.now().minute + 30) % 60
HOURLY = "'*-*-* *:%02d:00'" % MINUTE


def test_what_was_missed_is_caught_up_once(box):
    """Three missed hours are one run, by the daemon; then nothing is due."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % HOURLY)
    seen_before(box)
    with daemon(box) as d:
        assert wait_for(lambda: box.files() == ["D/Images/a.jpg"], d.p)
        d.ended()
        d.stop()
    assert len(box.json("runs")) == 1
    assert "nothing is due" in box.ok("run", "--due").err


def test_run_due_catches_up_once(box):
    """`run --due` without a daemon does the same."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % HOURLY)
    seen_before(box)
    box.ok("run", "--due")
    assert box.files() == ["D/Images/a.jpg"]
    assert "nothing is due" in box.ok("run", "--due").err


def test_catch_up_no(box):
    """catch_up: no passes over what was missed."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % ("{at: %s, catch_up: no}" % "every day at 00:00"))
    seen_before(box, "-26h")
    assert "nothing is due" in box.ok("run", "--due").err
    assert box.files() == ["D/a.jpg"]


def test_nothing_was_missed_before_a_schedule_was_seen(box):
    """A new job, and a schedule that was changed, begin with the next instant."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % HOURLY)
    seen_before(box)
    box.conf(SORT % "'*-*-* *:00,01:00'")
    assert "nothing is due" in box.ok("run", "--due").err
    assert box.files() == ["D/a.jpg"]


def test_a_job_tagged_never_is_not_due(box):
    """The schedule of all is not for a job that only runs when it is named."""
    box.put("D/a.jpg", "a")
    box.conf("""\
        schedule: %s
        rules:
          - name: sorter
            tags: never
            locations: ~/D
            actions: [{sort: by-type}]
        """ % HOURLY)
    seen_before(box)
    assert "nothing is due" in box.ok("run", "--due").err


def test_two_jobs_in_one_folder_never_at_once(box):
    """Jobs that share a folder run one after the other, in their order."""
    many_files(box, 300)
    box.conf("""\
        log: {level: debug}
        guard: {max_moves: off, max_share: off}
        schedule: %s
        rules:
          - name: first
            locations: ~/D
            actions: [{move: ~/E/}]
          - name: second
            locations: ~/E
            actions: [{sort: by-type}]
        """ % HOURLY)
    seen_before(box)
    with daemon(box) as d:
        d.ended("second")
        d.stop()
    log = re.sub(r"first \(pid \d+\) ended with 0", "FIRST", d.log())
    assert len(box.files("E/Images")) == 300
    assert log.index("FIRST") < log.index("second has begun"), log


def test_the_clock_may_jump(box):
    """A clock that was years ahead does not keep a job from running later."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % HOURLY)
    assert box.at("+800d", "run", "--due").rc == 0
    assert box.at("+801d", "run", "--due").rc == 0
    assert box.files() == ["D/Images/a.jpg"]
    box.put("D/b.jpg", "b")
    assert "nothing is due" in box.ok("run", "--due").err
    assert box.at("+2h", "run", "--due").rc == 0
    assert "D/Images/b.jpg" in box.files()


# The end, and other signals.


def ends_within(d, seconds, sig=signal.SIGTERM):
    begin = time.monotonic()
    d.signal(sig)
    d.p.wait(60)
    took = time.monotonic() - begin
    assert took < seconds, "it took %.2f s" % took


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_two_seconds(box, sig):
    """Idle, it ends at once and leaves neither lock nor socket."""
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        ends_within(d, 2, sig)
        d.stop()
    assert not box.lock_held()
    assert not os.path.exists(os.path.join(box.state, "control"))


def test_it_ends_within_two_seconds_while_a_job_runs(box):
    """Even if the worker does not listen; what was left is done later."""
    many_files(box)
    box.conf(SORT % HOURLY)
    seen_before(box)
    with daemon(box) as d:
        pid = frozen_worker(box, d)
        ends_within(d, 2)
        d.stop()
        assert not alive(pid)
    assert not box.lock_held()
    with daemon(box) as d:
        assert wait_for(lambda: sorted_so_far(box) == MANY, d.p)
        d.stop()
    assert len(box.files()) == MANY


def test_a_killed_daemon_takes_its_workers_along(box):
    """kill -9: no worker is left, the next one recovers and catches up."""
    many_files(box)
    box.conf(SORT % HOURLY)
    seen_before(box)
    with daemon(box) as d:
        pid = frozen_worker(box, d)
        d.p.kill()
        d.p.wait()
        assert wait_for(lambda: not alive(pid))
    assert wait_for(lambda: not box.lock_held())
    with daemon(box) as d:
        assert wait_for(lambda: sorted_so_far(box) == MANY, d.p)
        d.ended()
        d.stop()
    assert len(box.files()) == MANY
    assert "nothing is due" in box.ok("run", "--due").err


def test_a_killed_worker_is_recovered_and_caught_up_once(box):
    """The daemon lives on, tells it, and does the rest in a second run."""
    many_files(box)
    box.conf(SORT % HOURLY)
    seen_before(box)
    with daemon(box) as d:
        os.kill(frozen_worker(box, d), signal.SIGKILL)
        d.wait_log("was ended by signal 9")
        assert d.worker(times=2)
        assert wait_for(lambda: sorted_so_far(box) == MANY, d.p)
        d.ended()
        runs = box.json("runs")
        d.stop()
    assert len(box.files()) == MANY
    assert [r["state"] for r in runs] == ["done", "crashed"]


def test_a_worker_that_dies_again_is_not_started_for_ever(box):
    """Twice killed, the instant counts as handled: nothing is due any more."""
    many_files(box)
    box.conf(SORT % HOURLY)
    seen_before(box)
    with daemon(box) as d:
        os.kill(frozen_worker(box, d), signal.SIGKILL)
        pid = d.worker(times=2)
        done = sorted_so_far(box)
        assert wait_for(lambda: sorted_so_far(box) > done, d.p)
        os.kill(pid, signal.SIGKILL)
        d.wait_log("was ended by signal 9", 2)
        assert wait_for(lambda: box.json("status", rc=1)[0]["state"] == "failed", d.p)
        d.stop()
    assert "nothing is due" in box.ok("run", "--due").err


def test_sigusr1_opens_the_log_anew(box):
    box.conf(SORT % DAILY)
    log = os.path.join(box.state, "fettle.log")
    with daemon(box) as d:
        os.rename(log, log + ".old")
        d.signal(signal.SIGUSR1)
        assert wait_for(lambda: os.path.exists(log), d.p)
        d.stop()
    assert "has ended" in d.log()


# The configuration.


def test_sighup_reads_the_configuration_again(box):
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        d.signal(signal.SIGHUP)
        d.wait_log("the configuration is unchanged")
        d.stop()


def test_a_faultless_change_is_taken_by_itself(box):
    """The new schedule holds without a signal."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        box.conf(SORT % SECOND)
        d.wait_log("took the new configuration")
        assert wait_for(lambda: box.files() == ["D/Images/a.jpg"], d.p)
        d.stop()


def test_a_file_put_in_its_place_and_a_new_folder_are_noticed(box):
    """Editors rename; fettle.d may come later."""
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        with open(box.config + "~", "w") as f:
            f.write(open(box.config).read().replace("sorter", "other"))
        os.chmod(box.config + "~", 0o600)
        os.rename(box.config + "~", box.config)
        d.wait_log("took the new configuration: 1 jobs")
        more = os.path.join(os.path.dirname(box.config), "fettle.d")
        os.mkdir(more, 0o700)
        with open(os.path.join(more, "a.yaml"), "w") as f:
            f.write("rules: {name: third, locations: ~/E, actions: {echo: x}}\n")
        d.wait_log("took the new configuration: 2 jobs")
        d.stop()


def test_a_faulty_change_keeps_the_old_one(box):
    """Every fault is told once; jobs go on with the last good configuration."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % HOURLY)
    seen_before(box)
    good = open(box.config).read()
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        bad = good.replace("locations", "lokations")
        for _ in range(2):
            with open(box.config, "w") as f:
                f.write(bad)
            d.signal(signal.SIGHUP)
        d.wait_log("the last good one holds")
        with open(box.config, "w") as f:
            f.write(bad.replace("actions", "aktions"))
        d.wait_log("the last good one holds", 2)
        assert d.log().count("unknown key 'lokations'") == 2
        assert d.log().count("unknown key 'aktions'") == 1
        assert "did you mean 'actions'" in d.words()
        with open(box.config, "w") as f:
            f.write(good)
        d.wait_log("took the new configuration")
        d.stop()


def test_jobs_run_while_the_file_has_faults(box):
    """A worker reads the last good configuration then."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % "'*-*-* *:*:0/2'")
    with daemon(box) as d:
        with open(box.config, "a") as f:
            f.write("nonsense: 1\n")
        d.wait_log("the last good one holds")
        box.put("D/late.pdf", "p")
        assert wait_for(lambda: "D/Documents/late.pdf" in box.files(), d.p)
        d.stop()
    assert box.run("run").rc == 2


def test_jobs_run_while_the_file_is_being_written(box):
    """A worker that read it half-way is no reason to wait a minute."""
    box.conf(SORT % SECOND)
    with daemon(box) as d:
        with open(box.config, "a") as f:
            f.write("nonsense: 1\n")
        box.put("D/late.pdf", "p")

        def is_sorted():
            os.utime(box.config)        # never quiet, so the daemon waits with it
            return "D/Documents/late.pdf" in box.files()
        assert wait_for(is_sorted, d.p, 30), d.words()
        d.stop()


def test_relative_paths_are_refused(box):
    box.conf("rules: {locations: D, actions: {sort: by-type}}\n")
    r = box.ok("daemon", rc=2)
    assert "relative" in r.err or "/" in r.err


def test_without_a_configuration_there_is_no_daemon(box):
    r = box.ok("daemon", rc=2)
    assert "fettle setup" in r.err


# Others beside it.


def test_a_second_daemon_is_refused_by_pid(box):
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        r = box.ok("daemon", rc=11)
        assert "pid %d" % d.pid in r.err
        d.stop()


def test_a_run_by_hand_works_under_the_daemon(box):
    """It attaches, its run has the next number, and undo works as well."""
    box.put("D/a.jpg", "a")
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        box.ok("run")
        assert box.files() == ["D/Images/a.jpg"]
        box.ok("undo", "--yes")
        assert box.files() == ["D/a.jpg"]
        assert [r["trigger"] for r in box.json("runs")] == ["undo", "hand"]
        d.stop()


def test_questions_are_answered_while_a_job_runs(box):
    """status tells what runs, where and why answer, and a run in the same folder
    is refused by pid and job; --wait waits."""
    many_files(box)
    box.put("E/other.jpg", "o")
    box.conf(SORT % HOURLY + """\
      - name: other
        locations: ~/E
        actions: [{sort: by-type}]
        schedule: never
    """)
    seen_before(box)
    with daemon(box) as d:
        pid = frozen_worker(box, d)
        status = box.run("status")
        assert re.search(r"running +sorter \(pid %d\)" % pid, status.out), status
        states = {s["job"]: s["state"] for s in box.json("status", rc=(0, 1))}
        assert states == {"sorter": "running", "other": "never"}
        moved = os.listdir(box.path("D/Images"))[0]
        assert box.run("where", box.path("D", moved)).rc in (0, 1)
        box.ok("next")
        r = box.ok("run", "sorter", rc=11)
        assert "pid %d" % pid in r.err and "sorter" in r.err
        box.ok("run", "other")
        assert "E/Images/other.jpg" in box.files()
        waiting = box.start("run", "--wait", "sorter")
        os.kill(pid, signal.SIGCONT)
        out, err = waiting.communicate(timeout=TIMEOUT)
        judge(["run", "--wait"], waiting.returncode, err)
        assert waiting.returncode == 0, err
        assert sorted_so_far(box) == MANY
        d.stop()


def test_get_and_restore_keep_out_of_a_job(box):
    """What brings files back works in folders as any run does: not in those that a
    job is at work in, unless it waits; elsewhere at once."""
    many_files(box)
    box.put("P/report.txt", "wanted")
    conf = """\
    backups:
      - {name: keep, paths: ~/P, copies: {path: ~/B}, schedule: never}
    """
    box.conf(SORT % DAILY + conf)
    box.ok("run", "keep")
    box.conf(SORT % HOURLY + conf)
    seen_before(box)
    inside = box.path("D/back")
    with daemon(box) as d:
        pid = frozen_worker(box, d)
        for words in (("get", "report.txt", "--to", inside),
                      ("-b", "keep", "restore", "--target", inside)):
            r = box.ok(*words, rc=11)
            assert "pid %d" % pid in r.err and "sorter" in r.err
            assert not os.path.exists(inside)
        box.ok("get", "report.txt", "--to", box.path("out"))
        assert box.read("out/report.txt") == b"wanted"
        box.ok("-b", "keep", "restore", "--target", box.path("all"))
        assert box.read("all/report.txt") == b"wanted"
        waiting = box.start("get", "--wait", "report.txt", "--to", inside)
        os.kill(pid, signal.SIGCONT)
        out, err = waiting.communicate(timeout=TIMEOUT)
        judge(["get"], waiting.returncode, err)
        assert waiting.returncode == 0, err
        assert box.read("D/back/report.txt") == b"wanted"
        assert [r["state"] for r in box.json("runs")].count("failed") == 0
        d.stop()


def test_a_job_waits_for_a_run_by_hand(box):
    """What is due in the folder of a run by hand begins when that has ended."""
    many_files(box)
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        hand = box.start("run")
        assert wait_for(lambda: sorted_so_far(box) > 0, hand)
        os.kill(hand.pid, signal.SIGSTOP)
        box.put("D/late.pdf", "p")
        box.conf(SORT % SECOND)
        d.wait_log("sorter waits: somebody else is at work there")
        assert "D/late.pdf" in box.files()
        os.kill(hand.pid, signal.SIGCONT)
        out, err = hand.communicate(timeout=TIMEOUT)
        judge(["run"], hand.returncode, err)
        assert hand.returncode == 0, err
        assert wait_for(lambda: "D/Documents/late.pdf" in box.files(), d.p)
        d.stop()


def test_a_killed_run_by_hand_is_recovered_by_the_daemon(box):
    """Nobody else would, as long as the daemon lives."""
    many_files(box)
    box.conf(SORT % DAILY)
    with daemon(box) as d:
        hand = box.start("run")
        assert wait_for(lambda: sorted_so_far(box) > 0, hand)
        hand.kill()
        hand.communicate()
        assert wait_for(lambda: box.json("runs")[0]["state"] == "crashed", d.p)
        assert len(box.files()) == MANY
        box.ok("run")
        assert sorted_so_far(box) == MANY
        d.stop()


def test_systemd_is_told(box):
    """READY=1, RELOADING=1, WATCHDOG=1 and STOPPING=1, as sd_notify(3) says."""
    box.conf(SORT % DAILY)
    path = os.path.join(box.top, "notify")
    heard = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(30)

        def hear(what):
            while not any(what in h for h in heard):
                heard.append(s.recv(4096).decode())

        with daemon(box, env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}) as d:
            hear("READY=1")
            hear("WATCHDOG=1")
            d.signal(signal.SIGHUP)
            hear("RELOADING=1\nMONOTONIC_USEC=")
            heard.clear()
            hear("READY=1")
            d.signal(signal.SIGTERM)
            hear("STOPPING=1")
            d.stop()


# How light it is.


def switches(pid):
    with open("/proc/%d/status" % pid) as f:
        return re.search(r"^voluntary_ctxt_switches:\s+(\d+)", f.read(), re.M).group(1)


def test_idle_it_does_not_wake_up(box):
    """With nothing due, two seconds pass without it being scheduled once."""
    box.mkdir("D")
    box.conf(SORT % DAILY)
    box.ok("run")		# and the house-keeping of today
    with daemon(box) as d:
        box.ok("status", rc=(0, 1))
        before = [switches(d.pid)]

        def quiet():
            before.append(switches(d.pid))
            return before[-1] == before[-2]

        wait_for(quiet, d.p)
        begin, now = time.monotonic(), switches(d.pid)
        while time.monotonic() < begin + 2:	# the time is what is measured
            time.sleep(0.2)
        assert switches(d.pid) == now
        d.stop()


def is_sanitized(path):
    with open(path, "rb") as f:
        return b"__asan_init" in f.read()


def test_idle_it_is_small(box):
    """Below 10 MiB resident, after a job ran and questions were asked."""
    if is_sanitized(box.fettle):
        pytest.skip("a build with sanitizers is larger: FETTLE=a release build")
    box.put("D/a.jpg", "a")
    box.conf(SORT % HOURLY)
    seen_before(box)
    with daemon(box) as d:
        d.ended()
        box.ok("status")
        box.ok("where", "a.jpg")
        with open("/proc/%d/status" % d.pid) as f:
            rss = int(re.search(r"^VmRSS:\s+(\d+) kB", f.read(), re.M).group(1))
        assert rss < 10 * 1024, "%d KiB" % rss
        d.stop()


# The house-keeping.


def test_trash_of_ours_is_emptied_after_its_time(box):
    """Past trash.keep what fettle trashed goes, with its .trashinfo; what somebody
    else put there stays, and so does what is younger."""
    box.conf("""\
        trash: {keep: 10 days}
        rules:
          - name: away
            locations: ~/D
            actions: [trash]
        """)
    box.put("D/old.txt", "old")
    assert box.at("-12d", "run").rc == 0
    box.put("D/young.txt", "young")
    assert box.at("-9d", "run").rc == 0
    files, info = (os.path.join(box.trash, n) for n in ("files", "info"))
    assert sorted(os.listdir(files)) == ["old.txt", "young.txt"]
    with open(os.path.join(files, "mine.txt"), "w") as f:
        f.write("not fettle's")
    box.ok("run")
    assert sorted(os.listdir(files)) == ["mine.txt", "young.txt"]
    assert os.listdir(info) == ["young.txt.trashinfo"]
    where = box.json("where", "old.txt")
    assert [w["event"] for w in where] == ["trashed", "deleted"]


def test_what_came_out_of_the_trash_is_not_emptied(box):
    """A file that was taken back, and one that took its name there, stay."""
    box.conf("""\
        trash: {keep: 10 days}
        rules:
          - name: away
            locations: ~/D
            actions: [trash]
        """)
    box.put("D/a.txt", "a")
    assert box.at("-12d", "run").rc == 0
    box.ok("undo", "--yes")
    place = os.path.join(box.trash, "files", "a.txt")
    assert not os.path.exists(place)
    with open(place, "w") as f:
        f.write("another")
    box.conf("""\
        trash: {keep: 10 days}
        rules:
          - name: nothing
            locations: ~/D
            filters: [{extension: none}]
            actions: [trash]
        """)
    box.ok("run")
    assert open(place).read() == "another"
    assert box.files() == ["D/a.txt"]


def test_the_catalog_is_copied_beside_the_backup(box):
    """A whole database lies in the backup's own folder, once a day."""
    box.put("Documents/a.txt", "a")
    box.mkdir("disk")
    box.conf("""\
        backups:
          - name: docs
            paths: ~/Documents
            copies: ~/disk/b
        """)
    box.ok("run")
    copy = box.path("disk/b/docs/.fettle/catalog.db")
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % copy, uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM run").fetchone()[0] >= 1
    assert os.stat(copy).st_mode & 0o777 == 0o600
    assert not os.path.exists(os.path.join(box.state, "catalog-copy.db"))
    first = os.stat(copy).st_ino
    box.ok("run")
    assert os.stat(copy).st_ino == first, "twice a day is too often"
    assert box.at("+25h", "run").rc == 0
    assert os.stat(copy).st_ino != first


def test_history_is_forgotten_after_its_time(box):
    box.conf("""\
        history: {keep: 40 days}
        rules:
          - name: sorter
            locations: ~/D
            actions: [{sort: by-type}]
        """)
    box.put("D/a.jpg", "a")
    assert box.at("-60d", "run").rc == 0
    box.put("D/b.jpg", "b")
    assert box.at("-20d", "run").rc == 0
    box.ok("run")
    assert [r["run"] for r in box.json("runs")] == [3, 2]


def test_the_daemon_keeps_house_by_itself(box):
    """No job is due, and still the night's work is done."""
    box.conf("""\
        log: {level: debug}
        trash: {keep: 10 days}
        rules:
          - name: away
            locations: ~/D
            actions: [trash]
        """)
    box.put("D/old.txt", "old")
    assert box.at("-12d", "run").rc == 0
    with daemon(box) as d:
        files = os.path.join(box.trash, "files")
        assert wait_for(lambda: os.listdir(files) == [], d.p)
        d.ended("the house-keeping")
        d.stop()
