"""Repositories in a bucket: Ceph's RADOS gateway, and a server that checks each of our
signatures itself.  By us and by restic in turn, over lines that are cut and refuse."""
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conftest import SEED   # noqa: E402
from far import SERVERS, Chaos   # noqa: E402
from far_http import Bucket, Far, can_ceph, can_swift, in_turn   # noqa: E402
from repository import FETTLE, KIB, MIB, can_judge, described, put, rand   # noqa: E402

sys.path.insert(0, SERVERS)
from s3_strict import Strict   # noqa: E402

pytestmark = pytest.mark.skipif(not can_judge(), reason="needs restic and backup-drive")


def needs_ceph(f):
    """By one worker of several, so that there is one Ceph."""
    return pytest.mark.xdist_group("ceph")(
        pytest.mark.skipif(not can_ceph(), reason="needs root and ceph's packages")(f))


count = 0


def filler(r, size=2 * MIB):
    def fill(what):
        for i in range(6):
            put("%s/%s/f%d" % (r.src, what, i), rand(size // 6, "%s-%d" % (what, i)))
    return fill


# ------------------------------------------------------------------ signatures

@pytest.fixture
def strict(tmp_path):
    made = []

    def make(prefix="a", options=(), env={}, **kw):
        s = Strict(**kw)
        made.append(s)
        r = Far(tmp_path, "s3:%s/bucket/%s" % (s.url, prefix), AWS_ACCESS_KEY_ID=s.key, AWS_SECRET_ACCESS_KEY=s.secret,
                AWS_DEFAULT_REGION=s.region, **env)
        r.server = s
        return r

    yield make
    for s in made:
        s.stop()


def test_every_signature_is_right(strict):
    r = strict("é/%20(x)!*'$&,;:@/a%2Bb~x-y_z.")
    r.init()
    put(r.src + "/f", rand(100 * KIB, "f"))
    r.backup()
    r.fettle("check", "--read-data")
    r.fettle("forget", "latest", "--prune")
    assert len(r.server.requests) > 20
    for prefix in ("", "plain", "a/b/c", "a+b=c"):
        r.repo = "s3:%s/bucket/%s" % (r.server.url, prefix)
        assert "no repository" in r.fettle("snapshots", rc=None).err
    wrong = [x for x in r.server.refused if "NoSuchKey" not in x]
    assert wrong == []


def test_archive_classes_are_for_packs_of_data_alone(strict, tmp_path):
    """What is read at every backup stays where it can be read; what is not says why."""
    r = strict()
    r.env["RESTIC_CACHE_DIR"] = ""
    cold = ["-o", "s3.storage-class=DEEP_ARCHIVE", "--no-cache"]
    r.init()
    for i in range(2):
        put("%s/f%d" % (r.src, i), rand(100 * KIB, "cold%d" % i))
        r.fettle(*cold, "backup", r.src)
    packs = {k: c for k, c in r.server.classes.items() if "/data/" in k}
    assert sorted(set(packs.values())) == ["DEEP_ARCHIVE", "STANDARD"]
    assert {c for k, c in r.server.classes.items() if k not in packs} == {"STANDARD"}
    e = r.fettle(*cold, "restore", "latest", "--target", str(tmp_path / "out"), rc=(1, 3))
    assert "lies in an archive" in e.err and "have the service restore it" in e.err, e.err
    frozen = [k.rsplit("/", 1)[-1] for k, c in packs.items() if c == "DEEP_ARCHIVE"]
    assert any(k[:8] in e.err for k in frozen), e.err
    os.remove(r.src + "/f0")
    r.fettle(*cold, "backup", r.src)
    r.fettle(*cold, "forget", "--keep-last", "1", "--prune", "--max-unused", "0")
    r.fettle(*cold, "check")
    assert sorted(set(r.server.classes[k] for k in r.server.files if "/data/" in k)) == ["DEEP_ARCHIVE", "STANDARD"]
    for k in r.server.classes:      # restored by the service
        r.server.classes[k] = "STANDARD"
    r.fettle("check", "--read-data")


def test_a_session_token_is_signed(strict):
    r = strict(token="tok/en+of=a session".replace(" ", ""))
    r.env["AWS_SESSION_TOKEN"] = r.server.token
    r.init()
    assert not [x for x in r.server.refused if "NoSuchKey" not in x]


def test_keys_from_a_file(strict):
    r = strict()
    os.makedirs(r.top + "/.aws")
    with open(r.top + "/.aws/credentials", "w") as f:
        f.write("[default]\naws_access_key_id=other\naws_secret_access_key=other\n"
                "[work]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
                % (r.env.pop("AWS_ACCESS_KEY_ID"), r.env.pop("AWS_SECRET_ACCESS_KEY")))
    e = r.fettle("init", rc=1)
    assert "not allow" in e.err or "InvalidAccessKeyId" in e.err
    r.fettle("-o", "s3.profile=work", "init")
    r.env["AWS_PROFILE"] = "work"
    r.fettle("snapshots")


class Machine(http.server.BaseHTTPRequestHandler):
    """EC2's service for a machine's own keys (IMDSv2), and a container's."""

    def say(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_PUT(self):
        self.say("a-token" if self.path == "/latest/api/token" else "")

    def do_GET(self):
        self.server.asked.append(self.path)
        keys = json.dumps({"Code": "Success", "AccessKeyId": self.server.key, "SecretAccessKey": self.server.secret,
                           "Token": self.server.token, "Expiration": "2100-01-01T00:00:00Z"})
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.path == "/container" and self.headers.get("Authorization") == "Bearer x":
            self.say(keys)
        elif self.headers.get("X-aws-ec2-metadata-token") != "a-token":
            self.send_error(401)
        else:
            self.say("my-role\n" if self.path == roles else keys if self.path == roles + "my-role" else "")

    def log_message(self, *a):
        pass


def test_keys_of_the_machine_itself(strict):
    r = strict(token="session/token=")
    m = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Machine)
    m.key, m.secret, m.token, m.asked = r.server.key, r.server.secret, r.server.token, []
    threading.Thread(target=m.serve_forever, daemon=True).start()
    del r.env["AWS_ACCESS_KEY_ID"], r.env["AWS_SECRET_ACCESS_KEY"]
    at = "http://127.0.0.1:%d" % m.server_address[1]
    r.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = at
    r.fettle("init")
    assert len(m.asked) == 2, "they are asked for once"
    e = r.fettle("snapshots", rc=2, env={"AWS_EC2_METADATA_DISABLED": "true"})
    assert "no keys" in e.err
    r.fettle("snapshots", env={"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONTAINER_CREDENTIALS_FULL_URI": at + "/container",
                               "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer x"})
    m.shutdown()
    m.server_close()


def test_wrong_keys_are_told_at_once(strict):
    r = strict()
    r.init()
    began = time.time()
    e = r.fettle("snapshots", rc=1, env={"AWS_SECRET_ACCESS_KEY": "wrong"})
    assert "secret key is wrong" in e.err
    e = r.fettle("snapshots", rc=1, env={"AWS_ACCESS_KEY_ID": "wrong"})
    assert "does not know the key" in e.err
    e = r.fettle("snapshots", rc=2, env={"AWS_ACCESS_KEY_ID": ""})
    assert "AWS_SECRET_ACCESS_KEY is set" in e.err
    assert time.time() - began < 30


# ------------------------------------------------------------------ TLS

def certificates(top):
    """A CA, a server's and a client's certificate: paths."""
    run = lambda *a: subprocess.run(["openssl", *a], cwd=top, check=True, capture_output=True)   # noqa: E731
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
        "ca.pem", "-subj", "/CN=test CA", "-days", "30")
    for who, more in (("server", "subjectAltName=IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")):
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", who + ".key", "-out",
            who + ".csr", "-subj", "/CN=" + who)
        with open(os.path.join(top, who + ".ext"), "w") as f:
            f.write(more + "\n")
        run("x509", "-req", "-in", who + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            who + ".crt", "-days", "30", "-extfile", who + ".ext")
        with open(os.path.join(top, who + ".pem"), "w") as f:
            for part in (who + ".crt", who + ".key"):
                f.write(open(os.path.join(top, part)).read())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_certificates_are_checked(strict, tmp_path):
    top = str(tmp_path / "tls")
    os.mkdir(top)
    certificates(top)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(top + "/server.pem")
    tls.load_verify_locations(top + "/ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.maximum_version = ssl.TLSVersion.TLSv1_2     # so that a refusal comes in the handshake
    r = strict(tls=tls)
    began = time.time()
    e = r.fettle("init", rc=1)
    assert "certificate" in e.err
    e = r.fettle("--cacert", "/no/such", "init", rc=2)
    assert "/no/such" in e.err
    assert time.time() - began < 30, "what cannot become better is not tried again"
    r.fettle("--cacert", top + "/ca.pem", "--tls-client-cert", top + "/client.pem", "init")
    r.env.update(RESTIC_CACERT=top + "/ca.pem", RESTIC_TLS_CLIENT_CERT=top + "/client.pem")
    r.fettle("snapshots")
    # By another name it is another server.
    r.repo = r.repo.replace("127.0.0.1", "localhost")
    e = r.fettle("snapshots", rc=1)
    assert "certificate" in e.err
    assert r.server.requests and not [x for x in r.server.refused if "NoSuchKey" not in x]


# ------------------------------------------------------------------ Ceph

@pytest.fixture(scope="module")
def ceph():
    c = Bucket("ceph-rgw.sh")
    yield c
    c.stop()


@pytest.fixture
def chaos(ceph):
    c = Chaos(ceph.port)
    yield c
    c.stop()


def fresh(tmp_path, ceph, port=None):
    global count
    count += 1
    return Far(tmp_path, ceph.place("p%d/x" % count, port), **ceph.env)


@needs_ceph
def test_in_turn_with_restic(tmp_path, ceph):
    r = fresh(tmp_path, ceph)
    in_turn(r, filler(r), described)
    e = r.fettle("init", rc=None)
    assert e.rc != 0 and "already" in e.err


@needs_ceph
def test_a_new_bucket_is_made(tmp_path, ceph):
    r = fresh(tmp_path, ceph)
    r.repo = r.repo.replace("/" + ceph.facts["S3_BUCKET"], "/another-bucket")
    e = r.fettle("snapshots", rc=None)
    assert e.rc != 0 and "bucket" in e.err
    r.init()
    r.judged()


@needs_ceph
@pytest.mark.parametrize("words", ["status=503 every=3", "down-cut=900 every=4", "up-rst=70000 every=3",
                                   "refuse every=2"])
def test_a_bad_line_is_gone_round(tmp_path, ceph, chaos, words):
    print("seed", SEED)
    r = fresh(tmp_path, ceph, chaos.port)
    chaos.say("pass")
    r.init()
    filler(r)("one")
    chaos.say(words)
    r.backup()
    chaos.say("pass")
    assert r.restored("latest") == described(r.src)
    r.judged()


@needs_ceph
def test_the_network_is_away_for_a_while(tmp_path, ceph, chaos):
    r = fresh(tmp_path, ceph, chaos.port)
    chaos.say("pass")
    r.init()
    filler(r, 8 * MIB)("one")
    p = r.start(FETTLE, "--limit-upload", "3MiB", "--json", "backup", r.src)
    time.sleep(1.5)
    chaos.say("refuse")
    time.sleep(4)
    chaos.say("pass")
    out, err = p.communicate(timeout=120)
    assert p.returncode == 0, err
    assert r.restored("latest") == described(r.src)
    r.judged()


@pytest.mark.skipif(not can_swift() or os.environ.get("FETTLE_FAR") != "1",
                    reason="needs root, swift's packages, and FETTLE_FAR=1")
def test_on_swift(tmp_path):
    """restic signs its uploads in pieces, which Swift does not know; so it judges a copy."""
    swift = Bucket("swift-s3.sh")
    try:
        r = fresh(tmp_path, swift)
        fill = filler(r)
        r.init()
        fill("one")
        r.backup()
        fill("two")
        shutil.rmtree(r.src + "/one")
        r.backup()
        r.fettle("forget", "--keep-last", "1", "--prune")
        r.fettle("check", "--read-data")
        near = Far(tmp_path, str(tmp_path / "near"), **swift.env)
        near.init()
        near.fettle("copy", "--from-repo", r.repo, env={"RESTIC_FROM_PASSWORD": "x"})
        near.judged()
        assert near.restored("latest") == described(r.src)
    finally:
        swift.stop()


@needs_ceph
@pytest.mark.skipif(os.environ.get("FETTLE_FAR") != "1", reason="takes a minute; FETTLE_FAR=1 runs it")
def test_a_full_quota_is_told(tmp_path, ceph):
    r = fresh(tmp_path, ceph)
    r.init()
    filler(r)("one")
    try:
        ceph.admin("quota", "set", "--quota-scope=user", "--uid=t", "--max-size=1")
        ceph.admin("quota", "enable", "--quota-scope=user", "--uid=t")
        began = time.time()
        e = r.fettle("backup", r.src, rc=None, timeout=300)
        assert e.rc != 0 and "quota" in e.err
        assert time.time() - began < 120
    finally:
        ceph.admin("quota", "disable", "--quota-scope=user", "--uid=t")
    r.backup()
    r.judged()
