"""What is printed with --json is as the installed schema says, line by line."""
import json
import pathlib

import pytest

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((pathlib.Path(__file__).parents[2] /
                     "data/fettle-output.schema.json").read_text())

CONFIG = """\
    rules:
      - name: gone
        locations: [~/nowhere, ~/D]
        filters: [{extension: gif}]
        actions: [{echo: '{path}'}]
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
    archives:
      - name: old
        locations: ~/D
        older_than: 30 days
        to: ~/A
    backups:
      - name: stick
        paths: ~/D
        copies: ~/S
      - name: home
        paths: ~/D
        repository: ~/R
        password_file: ~/key
        schedule: every day at 01:00
"""


def is_as(name, out):
    """Each line is of this shape, or an error; none is left to chance."""
    schema = {"anyOf": [{"$ref": "#/$defs/" + name}, {"$ref": "#/$defs/error"}],
              "$defs": SCHEMA["$defs"]}
    judge = jsonschema.Draft202012Validator(schema)
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines, name
    for line in lines:
        faults = [f.message for f in judge.iter_errors(line)]
        assert not faults, (name, line, faults)
    return lines


@pytest.fixture
def lived(box):
    """A box in which all kinds of things have happened."""
    box.put("D/a.jpg", "a")
    box.put("D/x.gif", "g")
    box.put("D/b.txt", "b", age=90)
    box.put("D/" + "caf\udce9.png", "c")
    box.put("key", "secret", mode=0o600)
    box.conf(CONFIG)
    assert box.run("-b", "home", "init").rc == 0
    return box


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_each_command(lived):
    def out(*args):
        return lived.run("--json", *args).out

    is_as("plan", out("plan"))
    assert any("from_bytes" in o for o in is_as("plan", out("run", "--yes")))
    is_as("runs", out("runs"))
    shown = out("runs", "show", "1").splitlines()
    is_as("runs", shown[0])
    states = {o["state"] for o in is_as("runs-show", "\n".join(shown[1:]))}
    assert states == {"done", "failed"}
    events = {o["event"] for o in is_as("where", out("where", "a.jpg"))}
    assert events >= {"moved", "backed_up"}
    is_as("why", out("why", lived.path("D/Images/a.jpg")))
    is_as("status", out("status"))
    is_as("next", out("next"))
    is_as("next", out("next", "--at", "hourly"))
    is_as("report", out("report"))
    is_as("config", out("config", "check"))
    is_as("config", out("config", "show"))
    is_as("version", out("version"))
    is_as("cron", out("cron"))
    is_as("plan", out("undo"))
    is_as("error", out("undo", "999"))
    is_as("error", out("where", "nothing"))
    is_as("error", out("apply", "nothing"))
