"""Asking whoever owns the catalog, as the dashboard's child does: the frames of
src/catalog/frame.h."""
import json
import os
import socket
import struct
import subprocess

LIVE = 1		# enum verb


def u64(n):
    out = b""
    while n > 0x7f:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def text(s):
    s = s.encode() if isinstance(s, str) else s
    return u64(len(s)) + s


class Control:
    """A connection to state/control; it only asks."""

    def __init__(self, box):
        version = subprocess.run([box.fettle, "--version"], capture_output=True,
                                 text=True, env=box.environment()).stdout.split()[1]
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(60)
        here = os.getcwd()
        os.chdir(box.state)		# socket names are short
        try:
            self.s.connect("control")
        finally:
            os.chdir(here)
        greeting = self.call(text("fettle catalog") + text(version) + u64(0) + text("a test"))
        assert greeting[0] == 0, greeting

    def call(self, frame):
        self.s.sendall(struct.pack("<I", len(frame)) + frame)
        (n,) = struct.unpack("<I", self.exactly(4))
        return self.exactly(n)

    def exactly(self, n):
        out = b""
        while len(out) < n:
            piece = self.s.recv(n - len(out))
            assert piece, "the owner hung up"
            out += piece
        return out

    def ask(self, question):
        """The answer, or None if there is none."""
        a = self.call(bytes([LIVE]) + text(question))
        return a[1:] if a[0] < 2 else None

    def json(self, question):
        a = self.ask(question)
        assert a is not None, question
        return json.loads(a)

    def close(self):
        self.s.close()
