"""Rules' actions that need more than a case: a terminal, a signal, many files."""
import os
import pty
import select
import subprocess
import time

import pytest


def on_terminal(box, args, answers):
    """Run it on a terminal; answers go to the questions as they come."""
    leader, follower = pty.openpty()
    p = subprocess.Popen(box.command(args), env=box.environment({"TERM": "dumb"}), cwd=box.home,
                         stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
    os.close(follower)
    out, end = b"", time.monotonic() + 60
    answers = list(answers)
    seen = 0
    while time.monotonic() < end:
        if leader in select.select([leader], [], [], 0.2)[0]:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            out += piece
        if out.count(b"/n] ") + out.count(b"/N] ") > seen and answers:
            seen = out.count(b"/n] ") + out.count(b"/N] ")
            os.write(leader, answers.pop(0).encode() + b"\n")
        if p.poll() is not None and leader not in select.select([leader], [], [], 0)[0]:
            break
    rc = p.wait(timeout=10)
    os.close(leader)
    return rc, out.decode(errors="replace")


CONFIRM = """
rules:
  - name: careful
    locations: ~/D
    actions:
      - confirm: {msg: "Delete {name}?", default: %s}
      - trash
      - echo: "{name} is gone"
"""


@pytest.mark.parametrize("default,answers,left", [
    ("true", ["y", "y", "n", "y"], ["b"]),
    ("true", ["y", "", "", ""], []),
    ("false", ["y", "", "y", ""], ["a", "c"]),
])
def test_confirm_asks_for_each_file(box, default, answers, left):
    """yes does what follows, no leaves the file, an empty line means the default."""
    for n in "abc":
        box.put("D/" + n, n)
    box.conf(CONFIRM % default)
    rc, out = on_terminal(box, ["run"], answers)
    assert rc == 0, out
    assert sorted(os.listdir(box.path("D"))) == left, out
    assert out.count("Delete ") >= 3


def test_a_question_shows_a_name_as_one_line(box):
    """A file's name cannot forge the terminal."""
    box.put("D/a\x1b[2J\nforged", "x")
    box.conf(CONFIRM % "true")
    rc, out = on_terminal(box, ["run"], ["y", "n"])
    assert rc == 0
    assert "\x1b[2J" not in out and "\nforged" not in out.replace("\r", "")


def alive(group):
    """Processes of a group that are more than a name."""
    out = []
    for n in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % n) as f:
                fields = f.read().rpartition(")")[2].split()
        except (OSError, NotADirectoryError):
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            out.append(n)
    return out


def test_a_command_ends_with_the_run(box):
    """A run that is interrupted ends its command, with what that started."""
    box.put("D/a", "x")
    box.conf("rules: [{name: r, locations: ~/D, actions: [shell: "
             "'echo $$ >%HOME%/pid; sleep 60 & sleep 60; wait', move: ~/M/]}]\n")
    p = box.start("run")
    end = time.monotonic() + 30
    while not os.path.exists(box.path("pid")) and time.monotonic() < end:
        time.sleep(0.05)
    p.send_signal(2)
    assert p.wait(timeout=30) == 130
    p.stdout.close()
    p.stderr.close()
    assert os.path.exists(box.path("D/a"))
    group = int(box.read("pid"))
    assert not alive(group)


def test_many_lines_into_one_file(box):
    """A line a file, and away again."""
    n = 5000
    for i in range(n):
        box.put("D/%05d" % i, "")
    box.put("list", "first\n")
    box.conf("guard: {max_moves: off}\n"
             "rules: [{name: r, locations: ~/D, actions: [write: {outfile: ~/list, text: '{name}'}]}]\n")
    box.ok("run")
    lines = box.read("list").decode().splitlines()
    assert lines[0] == "first"
    assert sorted(lines[1:]) == ["%05d" % i for i in range(n)]
    box.ok("undo")
    assert box.read("list") == b"first\n"
    box.ok("undo", "2")
    assert len(box.read("list").splitlines()) == n + 1


def test_a_command_prints_a_lot(box):
    """What a command prints is no matter, however much it is."""
    box.put("D/a", "x")
    box.conf("rules: [{name: r, locations: ~/D, actions: [shell: 'yes | head -c 50000000', move: ~/M/]}]\n")
    box.ok("run")
    assert os.path.exists(box.path("M/a"))


def test_companions_stay_if_one_cannot_go(box):
    """What was planned to go together does so, or not at all, whatever comes in between."""
    for n in ("a.mkv", "a.en.srt", "a.srt", "b.mkv", "b.srt"):
        box.put("D/" + n, n)
    box.conf("rules: [{name: r, locations: ~/D, filters: [extension: mkv], companions: [srt], "
             "actions: [move: ~/X/]}]\n")
    box.ok("plan", "--save", box.path("plan"))
    box.put("X/a.srt", "in between")
    box.ok("apply", box.path("plan"), rc=3)
    assert sorted(os.listdir(box.path("D"))) == ["a.en.srt", "a.mkv", "a.srt"]
    assert sorted(os.listdir(box.path("X"))) == ["a.srt", "b.mkv", "b.srt"]
    assert box.read("X/a.srt") == b"in between"
    box.ok("undo")
    assert sorted(os.listdir(box.path("D"))) == ["a.en.srt", "a.mkv", "a.srt", "b.mkv", "b.srt"]
