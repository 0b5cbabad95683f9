#!/usr/bin/env python3
"""sample.py DIR [SEED] -- a folder as people have it: some hundred files of real
types with real contents, some old, some with awkward names.  The same seed makes
the same folder."""
import base64, gzip, io, json, os, random, struct, sys, tarfile, time, wave, zipfile, zlib

DAY = 86400
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkI"
    "CQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAI"
    "AQEAAD8A0s8g/9k=")


def png(r):
    w, h = r.randint(4, 40), r.randint(4, 40)
    rows = b"".join(b"\0" + r.randbytes(3 * w) for _ in range(h))
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def jpg(r):
    note = b"taken by nobody, no. %d" % r.randint(1, 9999)
    return JPEG[:2] + b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note + JPEG[2:]


def gif(r):
    return (b"GIF89a\x01\0\x01\0\x80\0\0" + r.randbytes(6) +
            b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;")


def pdf(r):
    text = "Invoice no. %d" % r.randint(1000, 9999)
    body = "BT /F1 24 Tf 72 720 Td (%s) Tj ET" % text
    objs = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R >> >> >>",
            "<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, at = "%PDF-1.4\n", []
    for i, o in enumerate(objs):
        at.append(len(out))
        out += "%d 0 obj\n%s\nendobj\n" % (i + 1, o)
    x = len(out)
    out += "xref\n0 6\n0000000000 65535 f \n" + "".join("%010d 00000 n \n" % a for a in at)
    return (out + "trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % x).encode()


WORDS = "the of and a house file keeps order old new photo letter invoice garden year".split()


def txt(r):
    return ("\n".join(" ".join(r.choices(WORDS, k=10)) for _ in range(r.randint(2, 60))) + "\n").encode()


def zipped(members):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data)
    return b.getvalue()


def docx(r):
    t = txt(r).decode().replace("\n", " ")
    return zipped([
        ("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'),
        ("word/document.xml", '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:body></w:document>' % t)])


def mp4(r):
    return (struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp41") +
            struct.pack(">I4s", 8 + 4096, b"mdat") + r.randbytes(4096))


def wav(r):
    b = io.BytesIO()
    with wave.open(b, "wb") as w:
        w.setnchannels(1), w.setsampwidth(1), w.setframerate(8000)
        w.writeframes(r.randbytes(2000))
    return b.getvalue()


def tgz(r):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        data = txt(r)
        i = tarfile.TarInfo("notes/readme.txt")
        i.size = len(data)
        t.addfile(i, io.BytesIO(data))
    return gzip.compress(b.getvalue(), mtime=0)


def csv(r):
    return ("date,amount\n" + "".join("2026-%02d-%02d,%d.%02d\n" % (r.randint(1, 12), r.randint(1, 28),
            r.randint(1, 900), r.randint(0, 99)) for _ in range(30))).encode()


KINDS = [
    (png, ["Screenshot %d.png", "diagram-%d.PNG", "icon_%d.png"], 50),
    (jpg, ["IMG_%04d.jpg", "DSC%05d.JPG", "holiday %d.jpeg"], 60), (gif, ["reaction-%d.gif"], 12),
    (pdf, ["invoice-%d.pdf", "Letter %d.pdf", "manual_%d.PDF"], 45), (docx, ["Report %d.docx"], 20),
    (txt, ["notes-%d.txt", "todo %d.md", "readme-%d.txt"], 35), (csv, ["bank-%d.csv"], 12),
    (mp4, ["VID_%06d.mp4", "clip %d.mov", "film-%d.avi"], 15), (wav, ["memo-%d.wav"], 10),
    (tgz, ["source-%d.tar.gz"], 10),
    (lambda r: zipped([("a.txt", txt(r))]), ["download (%d).zip"], 12),
    (lambda r: b"#!/usr/bin/env python3\nprint(%d)\n" % r.randint(0, 99), ["script_%d.py"], 8),
    (lambda r: json.dumps({"n": r.randint(0, 999)}).encode(), ["data-%d.json"], 8),
    (lambda r: r.randbytes(300), ["unknown-%d.xyz", "noextension%d"], 6),
]
AWKWARD = ["-rf.txt", "two\nlines.txt", "tab\there.pdf", "$HOME.txt", "{x}.png", "it's \"quoted\".txt", " leading space.jpg",
           "trailing space .jpg", "naïve café.pdf", "日本語.txt", "semi;colon & ampersand.png", "emoji 🎉.gif", "a" * 240 + ".txt",
           "archive.tar.gz", "UPPER.JPG", ".hidden.txt", "percent%20encoded.pdf", "star*.png", "back\\slash.txt", "dots...txt"]


def put(path, data, age):
    with open(path, "wb") as f:
        f.write(data)
    t = time.time() - age
    os.utime(path, (t, t))


def main():
    top, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    r = random.Random(seed)
    os.makedirs(top)
    for make, names, n in KINDS:
        for i in range(n):
            name = r.choice(names) % (i + 1)
            put(os.path.join(top, name), make(r), r.choice([0.02, 1, 3, 12, 29, 31, 60, 200, 700]) * DAY)
    makers = {"txt": txt, "pdf": pdf, "jpg": jpg, "JPG": jpg, "png": png, "gif": gif, "gz": tgz}
    for name in AWKWARD:
        put(os.path.join(top, name), makers[name.rsplit(".", 1)[1]](r), 2 * DAY)
    with open(os.path.join(top.encode(), b"not utf8 \xff\xfe.txt"), "wb") as f:
        f.write(txt(r))
    put(os.path.join(top, "film.mkv.part"), r.randbytes(5000), 60)
    put(os.path.join(top, "empty.txt"), b"", DAY)
    os.symlink("IMG_0001.jpg", os.path.join(top, "a link.jpg"))
    os.mkdir(os.path.join(top, "a folder"))
    put(os.path.join(top, "a folder", "inside.txt"), txt(r), 5 * DAY)


main()
