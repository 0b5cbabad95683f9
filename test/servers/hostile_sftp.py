#!/usr/bin/env python3
"""An SFTP server on stdin and stdout that means harm, for tests: what is asked of it is
served from the disk, but for the one thing that the word on its command line says."""
import os
import struct
import sys
import time

how = sys.argv[1]
INIT, VERSION, OPEN, CLOSE, READ, OPENDIR, READDIR, STAT, STATUS, HANDLE, DATA, NAME, ATTRS = \
    1, 2, 3, 4, 5, 11, 12, 17, 101, 102, 103, 104, 105
put, get = sys.stdout.buffer, sys.stdin.buffer
handles, count = {}, 0


def u32(v):
    return struct.pack(">I", v & 0xffffffff)


def text(b):
    return u32(len(b)) + b


def send(kind, rid, body):
    p = bytes([kind]) + u32(rid) + body
    put.write(u32(len(p)) + p)
    put.flush()


def status(rid, code, words=b"no"):
    send(STATUS, rid, u32(code) + text(words) + text(b""))


def attrs(st):
    return u32(1 | 4 | 8) + struct.pack(">Q", st.st_size) + u32(st.st_mode) + u32(int(st.st_mtime)) * 2


def take_text(b):
    n = struct.unpack(">I", b[:4])[0]
    return b[4:4 + n], b[4 + n:]


def read(rid, body):
    h, rest = take_text(body)
    off, size = struct.unpack(">QI", rest[:12])
    if how == "more-data":
        return send(DATA, rid, text(b"x" * (size + 1000)))
    if how == "short-forever":
        return send(DATA, rid, text(b"x"))
    if how == "early-end":
        return status(rid, 1)
    if how == "silent":
        time.sleep(3600)
    with open(handles[h], "rb") as f:
        f.seek(off)
        got = f.read(size)
    return send(DATA, rid, text(got)) if got else status(rid, 1)


def names(rid, h):
    entry = lambda n: text(n) + text(b"") + u32(1 | 4) + struct.pack(">Q", 1) + u32(0o100600)
    if how == "climb":
        return send(NAME, rid, u32(1) + entry(b"../../etc/passwd"))
    if how == "empty-forever":
        return send(NAME, rid, u32(0))
    if how == "many-names":
        return send(NAME, rid, u32(0xffffffff))
    if how == "names-forever":
        many = 1500
        body = b"".join(entry(os.urandom(32).hex().encode()) for _ in range(many))
        return send(NAME, rid, u32(many) + body)
    listed = handles.pop(h, None)
    if listed is None:
        return status(rid, 1)
    found = os.listdir(listed)
    return send(NAME, rid, u32(len(found)) + b"".join(
        text(n.encode()) + text(b"") + attrs(os.lstat(os.path.join(listed, n))) for n in found))


def serve(kind, rid, body):
    global count
    count += 1
    if how == "wrong-id":
        rid += 1000
    if how == "escape":
        return status(rid, 3, b"\x1b[2J\x1b]0;owned\x07 no\nno")
    if kind in (OPEN, OPENDIR):
        path, _ = take_text(body)
        if not os.path.exists(path):
            return status(rid, 2)
        h = b"%d" % count
        handles[h] = path.decode()
        if how == "handle-long" and kind == OPENDIR:
            return send(HANDLE, rid, text(b"h" * 100000))
        return send(HANDLE, rid, text(h))
    if kind == READ:
        return read(rid, body)
    if kind == READDIR:
        return names(rid, take_text(body)[0])
    if kind == STAT:
        path, _ = take_text(body)
        return send(ATTRS, rid, attrs(os.stat(path))) if os.path.exists(path) else status(rid, 2)
    return status(rid, 0 if kind == CLOSE else 8)


def main():
    if how == "banner":
        put.write(b"Welcome!\r\n" * 1000)
        put.flush()
    while True:
        head = get.read(4)
        if len(head) < 4:
            return
        p = get.read(struct.unpack(">I", head)[0])
        if p[0] == INIT:
            send(VERSION, 9 if how == "version-9" else 3, b"" if how != "version-9" else text(b"cut")[:5])
            continue
        rid = struct.unpack(">I", p[1:5])[0]
        if how == "long":
            put.write(u32(0xffffffff) + b"x" * 1000)
            put.flush()
        elif how == "zero":
            put.write(u32(0))
            put.flush()
        else:
            serve(p[0], rid, p[5:])


main()
