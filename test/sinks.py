"""Servers that news is sent to: a real SMTP server (aiosmtpd) and an HTTP one, each on
a free port of loopback, and each able to misbehave."""
import asyncio
import contextlib
import email
import email.policy
import http.server
import os
import socket
import ssl
import subprocess
import threading

import pytest


class Mail:
    """One mail as it came."""

    def __init__(self, envelope, peer_tls, user):
        self.sender, self.to = envelope.mail_from, envelope.rcpt_tos
        self.raw = envelope.content
        self.tls, self.user = peer_tls, user
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)
        self.subject = str(self.message["subject"])
        self.text = self.message.get_content()


class MailSink:
    """fault: 451 or 550 (after DATA), drop, slow (never answers); may be changed.
    tls: a certificate for STARTTLS; smtps: the same from the first byte.
    users: name -> password, then AUTH is demanded."""

    def __init__(self, host="127.0.0.1", tls=None, smtps=None, users=None):
        aiosmtpd = pytest.importorskip("aiosmtpd.smtp")
        self.mails, self.fault, self.refused, self.seen = [], "", 0, 0
        self.host = host
        context = None
        if tls or smtps:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls or smtps)
        sink = self

        def may(server, session, envelope, mechanism, data):
            ok = users.get(data.login.decode()) == data.password.decode()
            if not ok:
                sink.refused += 1
            session.fettle_user = data.login.decode() if ok else None
            return aiosmtpd.AuthResult(success=ok, handled=False)

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                sink.seen += 1
                if sink.fault == "drop":
                    server.transport.abort()
                    return "421 bye"
                if sink.fault == "slow":
                    await asyncio.sleep(3600)
                if sink.fault in ("451", "550"):
                    return sink.fault + " not now"
                sink.mails.append(Mail(envelope, session.ssl is not None or bool(smtps),
                                       getattr(session, "fettle_user", None)))
                return "250 stored"

        def factory():
            return aiosmtpd.SMTP(
                Handler(), hostname="sink.test", loop=self.loop,
                tls_context=context if tls else None, require_starttls=bool(tls),
                authenticator=may if users else None, auth_required=bool(users),
                auth_require_tls=False)

        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(self.loop.create_server(
            factory, host, 0, ssl=context if smtps else None))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return "smtp://%s:%d" % (self.host, self.port)

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class HttpSink:
    """way: ok, 500, hang, endless, redirect; may be changed.  requests: what came."""

    def __init__(self):
        self.requests, self.way = [], "ok"
        self.open = threading.Event()	# lets those go that hang
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                body = b""
                if self.headers.get("Transfer-Encoding", "") == "chunked":
                    while True:
                        n = int(self.rfile.readline(), 16)
                        body += self.rfile.read(n)
                        self.rfile.readline()
                        if n == 0:
                            break
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                sink.requests.append((self.command, self.path, dict(self.headers), body))
                if sink.way == "hang":
                    sink.open.wait(120)
                    self.close_connection = True
                    return
                if sink.way == "endless":
                    self.send_response(200)
                    self.send_header("Content-Type", "text/plain")
                    self.end_headers()
                    with contextlib.suppress(OSError):
                        while not sink.open.is_set():
                            self.wfile.write(b"x" * 65536)
                    self.close_connection = True
                    return
                if sink.way == "redirect":
                    self.send_response(302)
                    self.send_header("Location", "http://127.0.0.1:%d/other" % sink.port)
                else:
                    self.send_response(500 if sink.way == "500" else 200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_GET = do_POST = do_PUT = do

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def paths(self):
        return [r[1] for r in self.requests]

    def close(self):
        self.open.set()
        self.server.shutdown()
        self.server.server_close()


def certificate(folder, host):
    """A certificate and its key for an address, in one file."""
    path = os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=sink", "-addext", "subjectAltName=IP:" + host,
                    "-keyout", path + ".key", "-out", path + ".crt"],
                   check=True, stderr=subprocess.DEVNULL)
    with open(path, "w") as out:
        for part in (".key", ".crt"):
            with open(path + part) as f:
                out.write(f.read())
    return path


def closed_port():
    """A port where nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
