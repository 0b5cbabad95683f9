"""An S3 server that believes nothing: it computes every signature anew, by Amazon's
rules and its own code, and answers 403 to what is not exactly right.  Files lie in
memory.  For tests; it serves one bucket, "bucket", which is there."""
import hashlib
import hmac
import http.server
import re
import ssl
import threading
import urllib.parse
import xml.sax.saxutils

EMPTY = hashlib.sha256(b"").hexdigest()


def uri(s):
    return urllib.parse.quote(s, safe="-_.~")


def sign(method, path, query, headers, signed, payload, key, secret, date, region, token=None):
    """Returns the signature of a request as it came over the wire."""
    canonical_path = "/".join(uri(urllib.parse.unquote(x)) for x in path.split("/"))
    pairs = []
    for pair in query.split("&") if query else []:
        k, _, v = pair.partition("=")
        pairs.append((uri(urllib.parse.unquote(k)), uri(urllib.parse.unquote(v))))
    canonical_query = "&".join("=".join(p) for p in sorted(pairs))
    lines = "".join("%s:%s\n" % (h, re.sub(" +", " ", headers[h].strip())) for h in signed)
    canonical = "\n".join([method, canonical_path, canonical_query, lines, ";".join(signed), payload])
    day = date[:8]
    text = "\n".join(["AWS4-HMAC-SHA256", date, "%s/%s/s3/aws4_request" % (day, region),
                      hashlib.sha256(canonical.encode()).hexdigest()])
    k = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request"):
        k = hmac.new(k, part.encode(), hashlib.sha256).digest()
    return hmac.new(k, text.encode(), hashlib.sha256).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        if self.server.tls is not None:      # here, so that nobody waits for another's handshake
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def log_message(self, *a):
        pass

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code):
        s = self.server
        s.refused.append("%s %s: %s" % (self.command, self.path, code))
        self.say(status, ("<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>as it is</Message></Error>" % code).encode())

    def allowed(self, body):
        s, h = self.server, self.headers
        m = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, "
                         r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})", h.get("Authorization", ""))
        if not m:
            return self.error(403, "AccessDenied")
        key, day, region, signed, signature = m.groups()
        signed = signed.split(";")
        payload = h.get("x-amz-content-sha256", "")
        must = {"host", "x-amz-date", "x-amz-content-sha256"} | {k.lower() for k in h if k.lower().startswith("x-amz-")}
        if not must <= set(signed) or signed != sorted(signed):
            return self.error(403, "AccessDenied")
        if key != s.key or h.get("x-amz-security-token") != s.token:
            return self.error(403, "InvalidAccessKeyId")
        path, _, query = self.path.partition("?")
        if region != s.region or sign(self.command, path, query, h, signed, payload, s.key, s.secret, h["x-amz-date"],
                                      region) != signature:
            return self.error(403, "SignatureDoesNotMatch")
        if payload != hashlib.sha256(body).hexdigest():
            return self.error(400, "XAmzContentSHA256Mismatch")
        return True

    def handle_one(self):
        s = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with s.mutex:
            s.requests.append("%s %s" % (self.command, self.path))
            if not self.allowed(body):
                return
            path, _, query = self.path.partition("?")
            key = urllib.parse.unquote(path)
            if key == "/bucket":
                return self.bucket(dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
            if self.command == "PUT":
                if self.headers.get("If-None-Match") == "*" and key in s.files:
                    return self.error(412, "PreconditionFailed")
                s.files[key] = body
                s.classes[key] = self.headers.get("x-amz-storage-class", "STANDARD")
                return self.say(200)
            if self.command == "DELETE":
                s.files.pop(key, None)
                return self.say(204)
            if key not in s.files:
                return self.error(404, "NoSuchKey")
            if self.command == "GET" and s.classes.get(key) in ("GLACIER", "DEEP_ARCHIVE"):
                return self.error(403, "InvalidObjectState")
            return self.give(s.files[key])

    def give(self, data):
        m = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not m:
            return self.say(200, data)
        a, b = int(m[1]), int(m[2])
        if a >= len(data):
            return self.error(416, "InvalidRange")
        part = data[a:b + 1]
        return self.say(206, part, Content_Range="bytes %d-%d/%d" % (a, a + len(part) - 1, len(data)))

    def bucket(self, q):
        s = self.server
        if self.command != "GET":
            return self.say(200)
        prefix, after = "/bucket/" + q.get("prefix", ""), q.get("continuation-token", "")
        keys = [k for k in sorted(s.files) if k.startswith(prefix) and k > after]
        page = keys[:s.page]
        esc = xml.sax.saxutils.escape
        more = len(keys) > len(page)
        out = "<?xml version=\"1.0\"?><ListBucketResult>" + "".join(
            "<Contents><Key>%s</Key><Size>%d</Size></Contents>" % (esc(k[len("/bucket/"):]), len(s.files[k])) for k in page)
        out += "<IsTruncated>%s</IsTruncated>" % str(more).lower()
        if more:
            out += "<NextContinuationToken>%s</NextContinuationToken>" % esc(page[-1])
        return self.say(200, (out + "</ListBucketResult>").encode())

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one


class Strict(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls=None, token=None, region="eu-test-1", page=7):
        super().__init__(("127.0.0.1", 0), Handler)
        self.key, self.secret, self.token, self.region = "AKID", "the/se+cret=", token, region
        self.page, self.files, self.requests, self.refused = page, {}, [], []
        self.classes = {}
        self.mutex = threading.Lock()
        self.tls = tls
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http", self.server_address[1])
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass                                 # handshakes that fail are part of the tests

    def stop(self):
        self.shutdown()
        self.server_close()
