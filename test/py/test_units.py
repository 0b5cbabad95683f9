"""The units for systemd: systemd reads them without a word, and finds them as
tight as they can be."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None,
                                reason="no systemd-analyze here")
# Tenths of systemd's exposure level.  A user's manager has no right to narrow the
# bounding set, which alone is 2.5 of them: a unit that does does not start.
MOST = {"system": 20, "user": 64}


@pytest.fixture(params=["system", "user"])
def unit(request, tmp_path):
    """A unit as it is installed, with a program where it says."""
    with open(os.path.join(ROOT, "data", "systemd",
                           "fettle-%s.service.in" % request.param)) as f:
        text = f.read()
    program = tmp_path / "bin" / "fettle"
    program.parent.mkdir()
    shutil.copy(os.environ["FETTLE"], program)
    path = tmp_path / "fettle.service"
    path.write_text(text.replace("@bindir@", str(program.parent)))
    return request.param, path


def keys(path):
    out = {}
    for line in path.read_text().splitlines():
        if re.match(r"[A-Z]\w*=", line):
            k, _, v = line.partition("=")
            out.setdefault(k, []).append(v)
    return out


def test_it_verifies(unit):
    """systemd-analyze verify has nothing to say."""
    who, path = unit
    p = subprocess.run(["systemd-analyze", "verify", "--man=no", "--%s" % who, str(path)],
                       env={**os.environ, "XDG_RUNTIME_DIR": str(path.parent)},
                       capture_output=True, text=True)
    said = [line for line in p.stderr.splitlines() if "fettle" in line]
    assert p.returncode == 0 and not said, p.stderr


def test_it_is_tight(unit):
    """systemd-analyze security stays below the level that was reached once."""
    who, path = unit
    p = subprocess.run(["systemd-analyze", "security", "--offline=true",
                        "--threshold=%d" % MOST[who], str(path)],
                       capture_output=True, text=True)
    assert p.returncode == 0, p.stdout[-2000:]


def test_a_user_can_start_it(unit):
    """What only a manager with capabilities can do is not asked of a user's: with
    CapabilityBoundingSet= it ends with 218 before it begins (test/service)."""
    who, path = unit
    if who == "user":
        assert not {"CapabilityBoundingSet", "PrivateDevices", "ProtectSystem"} & set(keys(path))


def test_as_whom(unit):
    """Root's rules act as the owner of a folder: the unit lets it be him."""
    who, path = unit
    if who == "user":
        return
    k = keys(path)
    caps = " ".join(k["CapabilityBoundingSet"]).split()
    assert {"CAP_SETUID", "CAP_SETGID"} <= set(caps)
    assert "setfsuid" in " ".join(k["SystemCallFilter"]).split()


def test_passwords_may_be_credentials(unit):
    """How a password comes by LoadCredential is told where it is typed."""
    _, path = unit
    assert "#LoadCredential=" in path.read_text()


@pytest.mark.parametrize("who", ["system", "user"])
def test_the_socket_verifies(who, tmp_path):
    """The socket of the dashboard is one systemd takes, for its owner alone."""
    data = os.path.join(ROOT, "data", "systemd")
    shutil.copy(os.path.join(data, "fettle-%s.socket" % who), tmp_path / "fettle.socket")
    with open(os.path.join(data, "fettle-%s.service.in" % who)) as f:
        (tmp_path / "fettle.service").write_text(f.read().replace("@bindir@", "/bin").replace(
            "/bin/fettle daemon", "/bin/true"))
    p = subprocess.run(["systemd-analyze", "verify", "--man=no", "--%s" % who,
                        str(tmp_path / "fettle.socket")],
                       env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
                       capture_output=True, text=True)
    assert p.returncode == 0 and "fettle" not in p.stderr, p.stderr
    assert keys(tmp_path / "fettle.socket")["SocketMode"] == ["0600"]


def test_what_it_must_say(unit):
    """How it is told of, ended and restarted, and what reading a configuration
    with faults must not do."""
    _, path = unit
    k = keys(path)
    assert k["Type"] == ["notify"] and k["ExecStart"][0].endswith("/fettle daemon")
    assert k["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert k["RestartPreventExitStatus"] == ["2"]
    assert k["KillMode"] == ["mixed"] and "WatchdogSec" in k
    for yes in ("NoNewPrivileges", "LockPersonality", "MemoryDenyWriteExecute",
                "RestrictSUIDSGID", "RestrictNamespaces"):
        assert k[yes] == ["yes"], yes
    assert k["UMask"] == ["0077"] and k["LimitCORE"] == ["0"]
    assert "@chown" in k["SystemCallFilter"]	# copies give back owners
    calls = " ".join(k["SystemCallFilter"]).split()
    for call in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
                 "seccomp", "setpriority", "ioprio_set"):
        assert call in calls		# a worker's fence and manners
