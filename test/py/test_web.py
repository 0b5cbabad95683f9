"""The dashboard's server: its API as doc/api/openapi.yaml tells it, what it does, and
what it refuses."""
import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import tarfile
import threading
import time
import zipfile

import pytest

from box import TIMEOUT, judge, wait_for
from conftest import ROOT
from web import Browser

CONF = """\
    web: {listen: unix}
    guard: {max_moves: 5}
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
      - name: many
        locations: ~/M
        actions: [{sort: by-type}]
    backups:
      - name: home
        paths: ~/Documents
        repository: %TOP%/repo
        password_file: %TOP%/key
      - name: plain
        paths: ~/Documents
        copies: %TOP%/copies
    archives:
      - name: old
        locations: ~/D
        older_than: 30 days
        to: %TOP%/archive
"""


@contextlib.contextmanager
def daemon(box, env=None, **popen):
    """`fettle daemon` with its dashboard."""
    talk = os.path.join(box.top, "talk")
    with open(talk, "wb") as err:
        p = subprocess.Popen(box.command(["daemon"]), cwd=box.home,
                             env=box.environment(env), stdin=subprocess.DEVNULL,
                             stdout=err, stderr=err, **popen)
        try:
            def words():
                with open(talk) as f:
                    return f.read()
            assert wait_for(lambda: "the daemon has started" in words(), p), words()
            p.words = words
            yield p
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
            rc = p.wait(TIMEOUT)
            judge(["daemon"], 0, words().encode())
            assert rc == 0, words()
        finally:
            if p.poll() is None:
                p.kill()
            p.wait()


def furnish(box):
    """Something of everything: files, runs, snapshots, a held plan."""
    for i in range(3):
        box.put("D/p%d.jpg" % i, "%d" % i)
    box.put("Documents/report.pdf", "one")
    box.put("Documents/deep/er/x.txt", "x" * 5000)
    box.put("Documents/deep/twin.txt", "x" * 5000)
    box.put("Documents/Grüße & co.txt", "ü")
    box.put(b"Documents/\xff\xfe.bin", b"raw")
    box.put("Documents/-rf <img onerror=1>.txt", "bad name")
    for i in range(8):
        box.put("M/q%d.png" % i, "%d" % i)
    with open(os.path.join(box.top, "key"), "w") as f:
        f.write("secret\n")
    os.chmod(f.name, 0o600)
    box.conf(CONF.replace("%TOP%", box.top))
    box.ok("-b", "home", "init")
    box.ok("run", rc=4)
    box.put("Documents/report.pdf", "two, longer")
    box.put("Documents/new.txt", "new")
    box.ok("run", "home", "plain")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    from box import Box
    b = Box(str(tmp_path_factory.mktemp("web")))
    furnish(b)
    with daemon(b) as p:
        browser = Browser(b)
        browser.daemon = p
        yield browser.enter()


# ---- the API is what its description says ----

def description():
    import yaml
    with open(os.path.join(ROOT, "doc", "api", "openapi.yaml")) as f:
        return yaml.safe_load(f)


def closed(schema):
    """As JSON Schema: nullable becomes a type, and no object has other members."""
    if isinstance(schema, list):
        return [closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    s = {k: closed(v) for k, v in schema.items()}
    if s.pop("nullable", False) and isinstance(s.get("type"), str):
        s["type"] = [s["type"], "null"]
    if s.get("type") in ("object", ["object", "null"]) and isinstance(s.get("properties"), dict):
        s.setdefault("additionalProperties", False)
    return s


def check_answer(doc, path, method, answer):
    import jsonschema
    responses = doc["paths"][path][method]["responses"]
    r = responses.get(str(answer.status)) or doc["components"]["responses"]["Error"]
    if "$ref" in r:
        r = doc["components"]["responses"][r["$ref"].rsplit("/", 1)[1]]
    schema = r["content"]["application/json"]["schema"]
    full = dict(closed(schema), components=closed(doc["components"]))
    jsonschema.Draft4Validator(full).validate(answer.json)


def latest(b, backup="home"):
    return b.ok("/api/backups/snapshots", backup=backup)["snapshots"][-1]["id"]


def test_every_answer_is_as_described(house):
    b, doc = house, description()
    box = b.box
    snaps = [s["id"] for s in b.ok("/api/backups/snapshots", backup="home")["snapshots"]]
    held = b.ok("/api/held")["held"][0]["run"]
    run = next(r["run"] for r in b.ok("/api/runs")["runs"] if r["changes"])
    doc_path = box.path("Documents")
    home = {"backup": "home", "snapshot": snaps[-1]}
    asked = {
        "/healthz": {}, "/api/session": {}, "/api/today": {}, "/api/runs": {"limit": 2},
        "/api/run": {"run": run}, "/api/run/operations": {"run": run}, "/api/held": {},
        "/api/held/operations": {"run": held}, "/api/files": {"q": "report.pdf"},
        "/api/files/why": {"path": box.path("D/x.jpg")}, "/api/backups": {},
        "/api/backups/snapshots": {"backup": "home"},
        "/api/backups/tree": dict(home, path=doc_path),
        "/api/backups/diff": {"backup": "home", "from": snaps[0], "to": snaps[1]},
        "/api/space": {"backup": "home", "path": "/", "depth": 6},
        "/api/space/growth": {"backup": "home"}, "/api/space/duplicates": {"backup": "home"},
        "/api/rules": {}, "/api/rules/test": {"path": box.path("D/x.jpg")},
        "/api/errands": {}, "/api/errand": {"id": 999},
    }
    for path, query in asked.items():
        a = b.get(path, **query)
        assert a.status == (404 if path == "/api/errand" else 200), (path, a.body)
        check_answer(doc, path, "get", a)
    posts = {"/api/jobs/start": {"job": "sorter"}, "/api/backups/check": {"backup": "home"},
             "/api/jobs/stop": {"job": "nobody"}, "/api/run/undo": {"run": 99999},
             "/api/held/approve": {"run": 99999}, "/api/held/reject": {"run": 99999},
             "/api/files/get": {}, "/api/backups/restore": {"backup": "home"},
             "/api/errand/stop": {"id": 999}, "/api/login": {"password": "no"}}
    for path, body in posts.items():
        a = b.ask("POST", path, body)
        check_answer(doc, path, "post", a)
        assert a.status == 202 if path in ("/api/jobs/start", "/api/backups/check") \
            else 400 <= a.status < 500, (path, a.body)
    others = {"/metrics", "/enter", "/api/live", "/api/backups/download", "/api/logout"}
    assert set(doc["paths"]) == set(asked) | set(posts) | others


def test_today(house):
    t = house.ok("/api/today")
    assert not t["well"] and "many is held" in t["sentence"] and t["held"] == 1
    jobs = {j["job"]: j for j in t["jobs"]}
    assert jobs["many"]["state"] == "held" and jobs["sorter"]["state"] == "ok"
    assert any("home" in s["jobs"] and s["free"] > 0 for s in t["space"])
