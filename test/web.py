"""A browser of sorts: what tests need to talk to the dashboard."""
import http.client
import json
import os
import re
import socket
import time
import urllib.parse

from box import wait_for


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        d = os.open(os.path.dirname(self.path), os.O_PATH)
        try:                    # a path may be too long for an address
            self.sock.connect("/proc/self/fd/%d/%s" % (d, os.path.basename(self.path)))
        finally:
            os.close(d)


class Answer:
    def __init__(self, r, body):
        self.status, self.body, self.headers = r.status, body, r.headers

    @property
    def json(self):
        return json.loads(self.body)


class Browser:
    """One that is in has a cookie and a CSRF value."""

    def __init__(self, box, port=None):
        self.box, self.port = box, port
        self.socket = os.path.join(box.state, "web.sock")
        self.cookie = self.csrf = None

    def connection(self):
        if self.port:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return UnixConnection(self.socket)

    def host(self):
        return "127.0.0.1:%d" % self.port if self.port else "localhost"

    def ask(self, method, target, body=None, headers=None, bare=False):
        c = self.connection()
        h = {"Host": self.host()}
        if self.cookie and not bare:
            h["Cookie"] = "fettle=" + self.cookie
        if method == "POST" and not bare:
            h["Content-Type"] = "application/json"
            if self.csrf:
                h["X-Fettle-CSRF"] = self.csrf
        h.update(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        try:
            c.request(method, target, body=body, headers=h)
            r = c.getresponse()
            return Answer(r, r.read())
        finally:
            c.close()

    def get(self, path, /, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        return self.ask("GET", path)

    def ok(self, path, /, **query):
        a = self.get(path, **query)
        while a.status == 429:          # tests ask faster than people
            time.sleep(0.2)
            a = self.get(path, **query)
        assert a.status == 200, (path, a.status, a.body)
        return a.json

    def post(self, path, /, status=None, **body):
        a = self.ask("POST", path, body)
        assert status is None or a.status == status, (path, a.status, a.body)
        return a.json

    def errand(self, path, /, **body):
        """Start one and wait until it has ended."""
        e = self.post(path, status=202, **body)

        def over():
            return self.ok("/api/errand", id=e["id"])["state"] != "going"
        assert wait_for(over)
        return self.ok("/api/errand", id=e["id"])

    def token(self):
        """A one-time token, as `fettle web` asks for it."""
        p = self.box.start("web")
        try:
            link = p.stdout.readline().decode().strip()
        finally:
            p.terminate()
            p.communicate()
        m = re.fullmatch(r"http://[^/]+/enter\?token=([0-9a-f]{64})", link)
        assert m, link
        return m.group(1)

    def enter(self):
        a = self.ask("GET", "/enter?token=" + self.token())
        assert a.status == 303, (a.status, a.body)
        self.cookie = re.match(r"fettle=([0-9a-f]{64});", a.headers["Set-Cookie"]).group(1)
        self.csrf = self.ok("/api/session")["csrf"]
        return self
