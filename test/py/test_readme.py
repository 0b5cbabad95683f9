"""The first page is true: its configuration has no fault, its commands are there."""
import os
import re

from conftest import ROOT


def readme():
    with open(os.path.join(ROOT, "README.md")) as f:
        return f.read()


def test_its_configuration_has_no_fault(box):
    box.put(".config/fettle/home.key", "s")
    os.chmod(box.path(".config/fettle/home.key"), 0o600)
    box.conf(re.search(r"```yaml\n(.*?)```", readme(), re.S)[1])
    assert "no faults; 6 jobs" in box.ok("config", "check").err


def test_its_commands_are_there(box):
    known = set(box.ok("help", "--list").out.split())
    named = set(re.findall(r"(?:`|\$ )fettle ([a-z]+)", readme()))
    assert len(named) > 8 and named <= known
