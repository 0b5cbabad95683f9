#!/usr/bin/env python3
"""sftpcount.py FILE SERVER: passes SFTP on to a server, and at the end adds a line to
FILE with how many requests there were, by type."""
import collections
import os
import struct
import subprocess
import sys

NAMES = {1: "init", 3: "open", 4: "close", 5: "read", 6: "write", 7: "lstat", 8: "fstat", 9: "setstat", 10: "fsetstat",
         11: "opendir", 12: "readdir", 13: "remove", 14: "mkdir", 15: "rmdir", 16: "realpath", 17: "stat",
         18: "rename", 200: "extended"}
server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE)
counts = collections.Counter()
buf = b""
while True:
    got = os.read(0, 1 << 20)
    if not got:
        break
    buf += got
    at = 0
    while len(buf) - at >= 5:
        n = struct.unpack(">I", buf[at:at + 4])[0]
        if len(buf) - at < 4 + n:
            break
        counts[NAMES.get(buf[at + 4], "?")] += 1
        at += 4 + n
    server.stdin.write(got)
    server.stdin.flush()
    buf = buf[at:]
server.stdin.close()
server.wait()
with open(sys.argv[1], "a") as f:
    f.write(" ".join("%s=%d" % x for x in sorted(counts.items())) + "\n")
