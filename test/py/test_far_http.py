"""Backups to a bucket, as jobs: by the configuration, with S3's keys from a file."""
import json
import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "servers"))
from s3_strict import Strict   # noqa: E402

CONFIG = """
backups:
  - name: home
    paths: ~/src
    repository: %(place)s
    options: ["s3.profile=work", "s3.region=eu-test-1"]
    password_file: ~/key
    keep: {last: 2}
    also_to: stick
  - name: stick
    paths: ~/src
    repository: ~/stick/r
    password_file: ~/key
    schedule: never
"""


@pytest.fixture
def bucket(box):
    s = Strict(page=1000)
    box.server = s
    box.put("src/a.txt", b"one")
    box.put("key", b"secret\n")
    os.chmod(os.path.join(box.home, "key"), 0o600)
    box.put(".aws/credentials", ("[default]\naws_access_key_id=no\naws_secret_access_key=no\n[work]\naws_access_key_id=%s\n"
                                 "aws_secret_access_key=%s\n" % (s.key, s.secret)).encode())
    os.makedirs(os.path.join(box.home, "stick"))
    box.conf(CONFIG % {"place": "s3:%s/bucket/home" % s.url})
    yield box
    s.stop()


def test_run_status_and_a_second_place(bucket):
    for name in ("home", "stick"):
        r = bucket.run("-b", name, "init")
        assert r.rc == 0, r.err
    r = bucket.run("run", "--yes", "home")
    assert r.rc == 0, r.err
    for name in ("home", "stick"):
        r = bucket.run("-b", name, "--json", "snapshots")
        assert r.rc == 0 and len(json.loads(r.out)) == 1, (r.out, r.err)
    assert "other machine" in bucket.run("status").out
    assert not [x for x in bucket.server.refused if "NoSuchKey" not in x]
    kinds = {k.split("/")[3] for k in bucket.server.files}
    assert kinds == {"config", "keys", "data", "index", "snapshots"}, "and no lock is left"


def test_a_bucket_that_is_away_is_a_failure(bucket):
    assert bucket.run("-b", "home", "init").rc == 0
    bucket.server.secret = "another"
    r = bucket.run("run", "--yes", "home")
    assert r.rc in (1, 10) and "secret key is wrong" in r.out + r.err
    assert bucket.server.key not in r.err and "the/se+cret=" not in r.out + r.err
    bucket.server.files.clear()
    r = bucket.run("run", "--yes", "home")
    assert r.rc in (1, 10)


@pytest.mark.parametrize("place,words", [
    ("s3:https://host", "s3:https://HOST/BUCKET"), ("s3:https://me:hush@host/bucket", "AWS_ACCESS_KEY_ID"),
    ("rest:ftp://host/", "rest:https://"), ("rclone:", "rclone:REMOTE:PATH"), ("s3:host/../bucket", "BUCKET")])
def test_places_that_are_none(bucket, place, words):
    bucket.conf(CONFIG % {"place": '"%s"' % place})
    r = bucket.run("config", "check")
    assert r.rc == 2 and words in r.err, r.err
    assert "hush" not in r.out + r.err
