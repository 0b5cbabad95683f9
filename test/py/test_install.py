"""The service: install writes and enables units and starts nothing unasked,
uninstall takes them away again, cron prints a line that a shell reads right."""
import contextlib
import os
import pty
import re
import shutil
import subprocess

import pytest

from box import is_root

CONF = """\
    schedule: every day at 01:00
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
"""
MARK = "# Written by 'fettle install'"


@pytest.fixture
def told(box):
    """A box where systemctl and loginctl only write down what they are told."""
    bin_ = box.mkdir("bin")
    for name, more in (("systemctl", ""), ("loginctl", "echo no")):
        path = os.path.join(bin_, name)
        with open(path, "w") as f:
            f.write('#!/bin/sh\necho "%s $*" >>%s/told\n%s\n' % (name, box.top, more))
        os.chmod(path, 0o755)
    box.env["PATH"] = bin_ + ":" + box.env["PATH"]
    box.conf(CONF)

    def told():
        try:
            with open(os.path.join(box.top, "told")) as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []
    return box, told


def unit_of(box):
    return os.path.join(box.top, "config", "systemd", "user", "fettle.service")


def test_user(told):
    """--user writes the unit of this very program, enables it, starts nothing."""
    box, said = told
    r = box.ok("install", "--user")
    with open(unit_of(box)) as f:
        text = f.read()
    assert text.startswith(MARK) and "@bindir@" not in text
    assert "ExecStart=%s daemon" % box.fettle in text
    assert os.path.exists(unit_of(box).replace(".service", ".socket"))
    assert said() == ["systemctl --user daemon-reload",
                      "systemctl --user enable fettle.service",
                      "loginctl show-user --property=Linger --value self"]
    assert "systemctl --user start fettle" in r.err and "enable-linger" in r.err


def test_user_now(told):
    """--now starts it, --linger keeps it, both only then; again is no harm."""
    box, said = told
    box.ok("install", "--user")
    n = len(said())
    box.ok("install", "--user", "--now", "--linger")
    assert said()[n + 2:] == ["systemctl --user restart fettle.service",
                              "loginctl show-user --property=Linger --value self",
                              "loginctl enable-linger"]


def test_asked_on_a_terminal(told):
    """On a terminal both are questions: to start is yes, to linger no, unless
    somebody says otherwise."""
    box, said = told
    mine, its = pty.openpty()
    p = subprocess.Popen(box.command(["install", "--user"]), env=box.environment(),
                         stdin=its, stdout=its, stderr=its, start_new_session=True)
    os.close(its)
    os.write(mine, b"\n\n")
    talk = b""
    with contextlib.suppress(OSError):		# a terminal that is gone
        while piece := os.read(mine, 4096):
            talk += piece
    os.close(mine)
    assert p.wait(60) == 0
    assert b"start it now? [Y/n]" in talk and b"not logged in? [y/N]" in talk
    assert "systemctl --user restart fettle.service" in said()
    assert "loginctl enable-linger" not in said()


def test_anothers_unit_is_left(told):
    """A unit that fettle did not write is neither replaced nor removed."""
    box, said = told
    os.makedirs(os.path.dirname(unit_of(box)))
    with open(unit_of(box), "w") as f:
        f.write("[Service]\n")
    assert "not ours" in box.ok("install", "--user", rc=1).err
    assert said() == []
    assert "not ours" in box.ok("uninstall", "--user", rc=1).err
    with open(unit_of(box)) as f:
        assert f.read() == "[Service]\n"


def test_uninstall(told):
    """uninstall leaves nothing of install, and everything else."""
    box, said = told
    box.ok("install", "--user")
    n = len(said())
    box.ok("uninstall", "--user")
    assert said()[n:] == ["systemctl --user disable --now fettle.service fettle.socket",
                          "systemctl --user daemon-reload"]
    assert not os.path.exists(unit_of(box))
    assert os.path.exists(box.config)


def test_refused(told):
    """Neither or both of the two, another configuration, faults in it."""
    box, said = told
    assert "--user" in box.ok("install", rc=2).err
    assert "--user" in box.ok("install", "--user", "--system", rc=2).err
    assert "-c" in box.ok("-c", box.config, "install", "--user", rc=2).err
    box.conf("rules: 5\n")
    box.ok("install", "--user", rc=2)
    assert said() == []


def test_no_systemd(told):
    """Without systemd it says what to do instead."""
    box, _ = told
    r = box.ok("install", "--user", rc=1, env={"PATH": "/nonexistent"})
    assert "fettle cron" in r.err


@pytest.mark.skipif(not is_root() or shutil.which("systemctl") is None,
                    reason="wants root and systemctl")
@pytest.mark.parametrize("who,wants", [("system", "multi-user.target.wants"),
                                       ("user", "default.target.wants")])
def test_into_a_tree(box, tmp_path, who, wants):
    """--root DIR with the real systemctl: enabled there, and gone again."""
    root = tmp_path / "image"
    (root / "etc").mkdir(parents=True)
    box.ok("install", "--" + who, "--root", str(root))
    at = root / "etc/systemd" / who
    assert (at / "fettle.service").read_text().startswith(MARK)
    assert os.path.islink(at / wants / "fettle.service")
    box.ok("uninstall", "--" + who, "--root", str(root))
    assert not os.path.lexists(at / wants / "fettle.service")
    assert not os.path.exists(at / "fettle.service")


def test_cron(box):
    """The line is one a shell takes, with what says where things lie."""
    box.conf(CONF)
    box.put("D/a.jpg", "a")
    lines = box.ok("cron").out.splitlines()
    assert lines[0].startswith("#") and len(lines) == 2
    when, command = re.match(r"(\S+ \S+ \S+ \S+ \S+) (.*)", lines[1]).groups()
    assert when == "*/5 * * * *"
    p = subprocess.run(["sh", "-c", command], env={"HOME": box.home, "PATH": "/usr/bin:/bin"},
                       capture_output=True, text=True)
    assert p.returncode == 0 and p.stderr == "" and p.stdout == ""


def test_cron_with_a_strange_name(box):
    """A percent sign is a newline to cron, so it is escaped; -c is kept."""
    box.conf(CONF)
    other = os.path.join(os.path.dirname(box.config), "100% mine.yaml")
    shutil.copy(box.config, other)
    line = box.ok("-c", other, "cron").out.splitlines()[1]
    assert "100\\% mine.yaml' run --due" in line
