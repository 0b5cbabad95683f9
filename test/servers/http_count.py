"""A proxy on loopback that passes HTTP on as it is, and keeps what was asked: counts tells
how many requests of each method and kind of file went through, so that two programs can be
laid side by side.  For tests and the bench."""
import asyncio
import collections
import re
import threading

KINDS = ("config", "keys", "data", "index", "snapshots", "locks")


def kind_of(target):
    """"data" for /bucket/r/data/4f/4f2a... and /r/data/4f2a..., "list" for what lists."""
    path, _, query = target.partition("?")
    if re.search(r"(^|&)(prefix|list-type|delimiter)=", query) or re.search(r"/(%s)/$" % "|".join(KINDS), path):
        return "list"
    found = [x for x in path.split("/") if x in KINDS]
    return found[-1] if found else "place"


class Counting:
    def __init__(self, port):
        self.target, self.counts, self.seen = port, collections.Counter(), []
        self.loop = asyncio.new_event_loop()
        up = threading.Event()
        threading.Thread(target=self._run, args=(up,), daemon=True).start()
        up.wait()

    def _run(self, up):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20))
        self.port = self.server.sockets[0].getsockname()[1]
        up.set()
        self.loop.run_forever()

    def stop(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)

    def take(self):
        """What was counted since the last time."""
        got, self.counts, self.seen = self.counts, collections.Counter(), []
        return got

    async def _serve(self, r, w):
        try:
            r2, w2 = await asyncio.open_connection("127.0.0.1", self.target, limit=1 << 20)
        except OSError:
            return w.transport.abort()
        back = asyncio.ensure_future(self._back(r2, w))
        try:
            while True:
                await self._request(r, w2)
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            pass
        w2.close()
        await back

    async def _back(self, r, w):
        try:
            while b := await r.read(1 << 18):
                w.write(b)
                await w.drain()
        except (ConnectionError, OSError):
            pass
        w.close()

    async def _request(self, r, w):
        head = await r.readuntil(b"\r\n\r\n")
        method, target = head.split(b" ", 2)[:2]
        self.counts[method.decode() + " " + kind_of(target.decode())] += 1
        self.seen.append(head.split(b"\r\n", 1)[0].decode())
        w.write(head)
        if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
            await self._chunks(r, w)
        else:
            m = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            await self._bytes(r, w, int(m[1]) if m else 0)
        await w.drain()

    async def _bytes(self, r, w, n):
        while n > 0:
            b = await r.read(min(n, 1 << 18))
            if not b:
                raise ConnectionError
            w.write(b)
            await w.drain()
            n -= len(b)

    async def _chunks(self, r, w):
        while True:
            line = await r.readuntil(b"\r\n")
            w.write(line)
            n = int(line.split(b";")[0], 16)
            await self._bytes(r, w, n + 2)
            if n == 0:
                return
