#!/usr/bin/env python3
"""embed.py -- the dashboard's files as one C file.

embed.py --npm NPM UI OUT WORK   build UI in the folder WORK (npm ci, npm run build)
                                 and write its dist folder to OUT
embed.py --dist DIST OUT         write a dist folder that is there already
embed.py --list UI               the files that a build depends on

Each file goes in twice, as it is and compressed. A name with eight or more
hexadecimal digits before its ending tells the contents, so browsers may keep it.
"""
import gzip
import hashlib
import mimetypes
import os
import re
import shutil
import subprocess
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
    ".json": "application/json", ".ico": "image/x-icon", ".png": "image/png",
    ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
LEFT_OUT = {"node_modules", "dist", ".git"}
LIMIT = 80 * 1000       # bytes, compressed, all together


def sources(top):
    for d, dirs, files in os.walk(top):
        dirs[:] = sorted(n for n in dirs if n not in LEFT_OUT)
        for n in sorted(files):
            yield os.path.join(d, n)


def build(npm, ui, work):
    work = os.path.abspath(work)
    shutil.rmtree(os.path.join(work, "ui"), ignore_errors=True)
    os.makedirs(work, exist_ok=True)
    top = shutil.copytree(ui, os.path.join(work, "ui"),
                          ignore=shutil.ignore_patterns(*LEFT_OUT))
    env = dict(os.environ, CI="1")
    for words in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm] + words, cwd=top, env=env, check=True,
                       stdout=subprocess.DEVNULL)
    return os.path.join(top, "dist")


def literal(data):
    lines = []
    for i in range(0, len(data), 20):
        lines.append("\t" + ",".join("%d" % b for b in data[i:i + 20]) + ",")
    return "\n".join(lines) or "\t0"


def write(dist, out):
    entries, total = [], 0
    text = ["/* Written by tools/embed.py. */", '#include "web/assets.h"', ""]
    for n, path in enumerate(sources(dist)):
        name = "/" + os.path.relpath(path, dist)
        ending = os.path.splitext(name)[1]
        with open(path, "rb") as f:
            data = f.read()
        small = gzip.compress(data, 9, mtime=0)
        total += min(len(small), len(data))
        if len(small) >= len(data):
            small = b""
        tag = hashlib.sha256(data).hexdigest()[:16]
        text += ["static const unsigned char data%d[] = {" % n, literal(data), "};",
                 "static const unsigned char gzip%d[] = {" % n, literal(small), "};"]
        keep = bool(re.search(r"[-.][0-9A-Za-z_-]{8,}\.\w+$", name)) and ending != ".html"
        entries.append('\t{ "%s", "%s", "\\"%s\\"", data%d, gzip%d, %d, %d, %d },' % (
            name, TYPES.get(ending) or mimetypes.guess_type(name)[0] or
            "application/octet-stream", tag, n, n, len(data), len(small), keep))
    text += ["", "const struct asset assets[] = {"] + entries + [
        "\t{ .path = 0 }", "};", ""]
    if total > LIMIT:
        sys.exit("embed.py: the dashboard is %d bytes compressed, over %d" % (total, LIMIT))
    with open(out, "w") as f:
        f.write("\n".join(text))


def main(argv):
    if argv[0] == "--list":
        print("\n".join(sources(argv[1])))
    elif argv[0] == "--dist":
        write(argv[1], argv[2])
    else:
        write(build(argv[1], argv[2], argv[4]), argv[3])


if __name__ == "__main__":
    main(sys.argv[1:])
