"""Calendars against systemd's own, against cron's rule, and against zoneinfo.

systemd-analyze is the oracle for everything it can say: for thousands of
generated expressions the normal form, the instants, and what is refused must
be the same, on the days on which clocks are set as well.  A failing case is
found again with FETTLE_SEED=<the seed printed>; CALENDAR_CASES sets how many.
"""

import calendar
import datetime
import os
import pathlib
import random
import re
import shutil
import subprocess
import zoneinfo

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FETTLE_BUILD", ROOT / "build"))
HELPER = BUILD / "src" / "calendar-main"
SEED = int(os.environ.get("FETTLE_SEED") or random.randrange(10**9))
CASES = int(os.environ.get("CALENDAR_CASES", 3000))
BATCH = 60
ITERATIONS = 6
UTC = datetime.timezone.utc

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")

# Zones with every oddity there is: half hours, gaps and overlaps at midnight,
# daylight saving that is "winter", a skipped day, rules only in the footer.
ZONES = """UTC Europe/Berlin Europe/Dublin Europe/Lisbon Europe/Moscow Europe/Kyiv
America/New_York America/Los_Angeles America/St_Johns America/Sao_Paulo
America/Havana America/Nuuk America/Caracas America/Scoresbysund
Asia/Kathmandu Asia/Tehran Asia/Gaza Asia/Beirut Asia/Pyongyang Asia/Tokyo
Africa/Cairo Africa/Casablanca Africa/Monrovia Atlantic/Azores
Australia/Lord_Howe Australia/Adelaide Pacific/Apia Pacific/Auckland
Pacific/Chatham Pacific/Kiritimati Antarctica/Troll EST5EDT""".split()

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
LONG = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SHORT_HAND = """minutely hourly daily weekly monthly quarterly semiannually
semi-annually biannually bi-annually annually yearly anually""".split()


@pytest.fixture(autouse=True)
def tell_the_seed():
    print(f"FETTLE_SEED={SEED}")


def ask(lines, zone):
    """[(expression, from, n)] -> [(normal, [(us, text)], never)] or an error."""
    text = "".join(f"{e}\t{f}\t{n}\n" for e, f, n in lines)
    done = subprocess.run([HELPER], input=text, capture_output=True, text=True,
                          env={**os.environ, "TZ": zone}, timeout=600)
    assert done.returncode == 0, done.stderr
    answers = []
    for line in done.stdout.splitlines():
        normal, *rest = line.split("\t")
        if normal == "error":
            answers.append(("error", rest[0]))
            continue
        never = bool(rest) and rest[-1] == "never"
        pairs = [r.split("=", 1) for r in rest if r != "never"]
        answers.append((normal, [(int(us), t) for us, t in pairs], never))
    assert len(answers) == len(lines)
    return answers


def parse_time(text, zone):
    """'Thu 1972-01-06 15:19:59 MMT' as seconds.  systemd leaves the line in UTC
    away where the zone is at UTC today, though it was not always."""
    stamp = datetime.datetime.strptime(text[4:23], "%Y-%m-%d %H:%M:%S")
    name = text[23:].split(" ")[-1]
    if name == "UTC":
        return int(stamp.replace(tzinfo=UTC).timestamp())
    info = zoneinfo.ZoneInfo(zone)
    first, second = (stamp.replace(tzinfo=info, fold=f) for f in (0, 1))
    return int((second if second.tzname() == name != first.tzname() else first).timestamp())


def systemd(expressions, base, zone, iterations=ITERATIONS):
    """What systemd-analyze says: for each None (refused) or
    (normal, [(seconds, local text)], stuck)."""
    done = subprocess.run(
        ["systemd-analyze", "calendar", f"--iterations={iterations}",
         f"--base-time=@{base}", "--", *expressions],
        capture_output=True, text=True, timeout=600,
        env={**os.environ, "TZ": zone, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"})
    refused = set(re.findall(r"calendar specification '(.*)': ", done.stderr))
    blocks = done.stdout.split("Normalized form: ")[1:]
    taken = [e for e in expressions if e not in refused]
    if len(blocks) != len(taken) and len(expressions) > 1:
        return [systemd([e], base, zone, iterations)[0] for e in expressions]
    if len(blocks) != len(taken):
        # It loops and notices, where adding a step led it in a circle.
        assert "Resource deadlock avoided" in done.stderr, done.stderr
        return [(None, [], True)]
    found = {}
    for expression, block in zip(taken, blocks):
        normal, *lines = block.splitlines()
        instants = []
        for line in lines:
            key, _, value = line.strip().partition(": ")
            if key == "(in UTC)":
                instants[-1] = (parse_time(value, "UTC"), instants[-1][1])
            elif (key == "Next elapse" or key.startswith("Iter.")) and value != "never":
                instants.append((parse_time(value, zone), value))
        found[expression] = (normal, instants, False)
    return [found.get(e) for e in expressions]


# Expressions.

def part(r, low, high, width=2):
    a, b = sorted((r.randint(low, high), r.randint(low, high)))
    form = r.randrange(6)
    if form <= 2:
        return f"{a:0{width}d}"
    if form == 3:
        return f"{a}..{b}"
    if form == 4:
        return f"{a}/{r.randint(1, max(1, (high - a) or 1))}"
    return f"{a}..{b}/{r.randint(1, max(1, (b - a) or 1))}"


def field(r, low, high, star=0.4):
    if r.random() < star:
        return "*"
    return ",".join(part(r, low, high) for _ in range(r.choice((1, 1, 1, 2, 3))))


def seconds(r):
    if r.random() < 0.6:
        return field(r, 0, 59, 0.1)
    whole = f"{r.randint(0, 59)}.{r.randint(0, 9999999):0{r.randint(1, 7)}d}"
    return whole + r.choice(("", "", f"/{r.randint(0, 9)}.{r.randint(1, 99):02d}"))


def weekdays(r):
    parts = []
    for _ in range(r.choice((1, 1, 2, 3))):
        a, b = sorted((r.randrange(7), r.randrange(7)))
        names = r.choice((WEEKDAYS, LONG, [w.lower() for w in WEEKDAYS]))
        parts.append(names[a] if r.random() < 0.6 else
                     f"{names[a]}{r.choice(('..', '-'))}{names[b]}")
    return ",".join(parts) + r.choice(("", "", ","))


def date(r, years):
    month_day = field(r, 1, 12) + r.choice(("-", "-", "-", "~"))
    month_day += field(r, 1, 28 if "~" in month_day else 31, 0.5)
    if r.random() < 0.4:
        return month_day
    year = "*" if r.random() < 0.6 else part(r, *years, width=4)
    return f"{year}-{month_day}"


def time(r):
    hour = field(r, 0, 23) if r.random() < 0.5 else field(r, 0, 4, 0.3)
    text = f"{hour}:{field(r, 0, 59)}"
    return text if r.random() < 0.6 else f"{text}:{seconds(r)}"


def expression(r, years):
    form = r.random()
    if form < 0.04:
        return r.choice(SHORT_HAND)
    if form < 0.06:
        return f"@{r.randrange(2**32)}"
    parts = []
    if r.random() < 0.35:
        parts.append(weekdays(r))
    if r.random() < 0.6:
        parts.append(date(r, years))
    if r.random() < 0.75 or not parts:
        parts.append(time(r))
    if r.random() < 0.2:
        parts.append(r.choice(ZONES + ["utc"]))
    return " ".join(parts)


def clock_change(r, zone):
    """An instant some hours around a change of that zone's clock, or any."""
    info = zoneinfo.ZoneInfo(zone)
    t = r.randrange(3600 * 24 * 365, 2**32)

    def offset(at):
        return datetime.datetime.fromtimestamp(at, UTC).astimezone(info).utcoffset()

    low, high = t, t + 86400 * 300
    if offset(low) == offset(high):
        return t
    while high - low > 1:
        mid = (low + high) // 2
        low, high = (mid, high) if offset(mid) == offset(low) else (low, mid)
    return high - r.randint(-7200, 3600 * 30)


def twice(ours, theirs):
    """The same face of the clock, of which we tell the first and systemd the
    second time.  systemd does so when, on its way, it leapt into the day on
    which the clock is set back without seeing the offset before."""
    return (ours[1][:23] == theirs[1][:23] and ours[0] // 10**6 < theirs[0]
            and theirs[0] - ours[0] // 10**6 <= 3 * 3600)


def chain_holds(text, value, high, backwards=None):
    """Does a field of the normal form hold this value?  Nothing of fettle's."""
    if text == "*":
        return True
    for p in text.split(","):
        span, _, step = p.partition("/")
        first, dots, last = span.partition("..")
        first, last, step = micro(first), micro(last or first), micro(step or "1")
        if backwards is not None:
            end = (backwards + 1) * 10**6
            first, last = end - (last if dots else first), end - first
        if "/" in p and not dots:
            last = (high if backwards is None else backwards) * 10**6 + 999999
        if first <= value <= last and (value - first) % step == 0:
            return True
    return False


def micro(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**6 + int(fraction.ljust(6, "0"))


def local_time(normal, us, zone):
    last = normal.split(" ")[-1]
    info = zoneinfo.ZoneInfo(last if last in ZONES else zone)
    return datetime.datetime.fromtimestamp(us // 10**6, UTC).astimezone(info)


def holds(normal, us, zone):
    """Is this instant one of the expression's, by the manual's words?"""
    words = [w for w in normal.split(" ") if w not in ZONES]
    days = words.pop(0) if len(words) == 3 else "Mon..Sun"
    year, month, separator, day = re.fullmatch(
        r"([^-]*)-([^-~]*)([-~])(.*)", words[0]).groups()
    t = local_time(normal, us, zone)
    length = calendar.monthrange(t.year, t.month)[1]
    hour, minute, second = words[1].split(":")
    in_week = False
    for p in days.split(","):
        first, _, last = p.partition("..")
        in_week |= WEEKDAYS.index(first) <= t.weekday() <= WEEKDAYS.index(last or first)
    return (in_week and chain_holds(year, t.year * 10**6, 2199)
            and chain_holds(month, t.month * 10**6, 12)
            and chain_holds(day, t.day * 10**6, 31, length if separator == "~" else None)
            and chain_holds(hour, t.hour * 10**6, 23)
            and chain_holds(minute, t.minute * 10**6, 59)
            and chain_holds(second, t.second * 10**6 + us % 10**6, 59))


def skipped(normal, ours, theirs, zone):
    """An instant that the manual promises and systemd misses.  It adds an open
    step (7/15, 02/40) until it is past its field and lets mktime make of 24:02
    or of 37 o'clock what comes out; where that carries on into the next field
    but one, it misses what comes before.  And after odd gaps (two hours, at
    half past, into "winter" time) it goes on from where mktime lands, which is
    not always where the gap ends.  The face of the clock must not have been
    shown before: what comes twice happens once."""
    return (ours[0] // 10**6 < theirs[0] and holds(normal, ours[0], zone)
            and not local_time(normal, ours[0], zone).fold)


def compare(expressions, base, zone, counts):
    ours = ask([(e, base, ITERATIONS) for e in expressions], zone)
    theirs = systemd(expressions, base, zone)
    for e, a, b in zip(expressions, ours, theirs):
        where = f"TZ={zone} base @{base} expression {e!r}: {a} / {b}"
        counts["expressions"] += 1
        if b is None and re.search(r"~\S*,", a[0]):
            # systemd 252 lowers the limit of 28 by 3 for each part of a list
            # that counts from the month's end; we keep it at 28.
            counts["long list"] += 1
            continue
        if b is None:
            counts["refused"] += 1
            assert a[0] == "error", where
            continue
        assert a[0] != "error", where
        assert b[2] or a[0] == b[0], where
        assert all(holds(a[0], us, zone) for us, _ in a[1]), where
        if b[2]:
            counts["stuck"] += 1
            continue
        for i, theirs_i in enumerate(b[1]):
            assert i < len(a[1]), where
            us, text = a[1][i]
            if theirs_i[0] < base:
                # Asked from within the second time, in a zone whose winter
                # is "daylight saving", systemd answers with the first.
                counts["back in time"] += 1
                break
            if twice((us, text), theirs_i):
                counts["second time"] += 1
                break
            if us // 10**6 != theirs_i[0] and skipped(a[0], a[1][i], theirs_i, zone):
                counts["skipped"] += 1
                break
            if (theirs_i[0] < us // 10**6 and "." not in a[0]
                    and not holds(a[0], theirs_i[0] * 10**6, zone)):
                # Its count from the month's end is out by a day there.
                counts["wrong day"] += 1
                break
            assert us // 10**6 == theirs_i[0], where
            counts["instants"] += 1
            # systemd shows the local zone, we the expression's own.
            if a[0].split(" ")[-1][0].isdigit() or a[0][-1] == "*":
                assert re.sub(r"\.\d{6}", "", text) == theirs_i[1], where
        else:
            # systemd gives up after 1000 steps, or where the year begins in a
            # gap; asked a minute before, it finds what we have found.
            if len(b[1]) < ITERATIONS and len(a[1]) != len(b[1]):
                counts["looked on"] += 1
                nxt = systemd([e], a[1][len(b[1])][0] // 10**6 - 60, zone, 1)
                assert nxt[0][1], where


def report(counts):
    print({k: n for k, n in counts.items() if n})


def assert_few_differ(counts):
    """Each way to differ is explained above and rare; more would be a fault."""
    few = 5 + counts["expressions"] / 100
    assert all(counts[k] < few for k in ("skipped", "second time", "stuck", "looked on",
                                         "long list", "back in time", "wrong day")), counts


def counter():
    return dict.fromkeys(("expressions", "instants", "refused", "stuck",
                          "second time", "looked on", "long list",
                          "skipped", "back in time", "wrong day"), 0)


@needs_systemd
def test_same_as_systemd_around_clock_changes():
    r = random.Random(SEED)
    counts = counter()
    while counts["expressions"] < CASES:
        zone = r.choice(ZONES)
        base = clock_change(r, zone)
        year = datetime.datetime.fromtimestamp(base, UTC).year
        batch = {expression(r, (year, min(year + 9, 2199))) for _ in range(BATCH)}
        compare(sorted(batch), base, zone, counts)
    report(counts)
    assert counts["instants"] > CASES
    assert_few_differ(counts)


@needs_systemd
def test_same_as_systemd_at_any_time():
    r = random.Random(SEED + 1)
    counts = counter()
    while counts["expressions"] < CASES / 2:
        zone = r.choice(ZONES)
        base = r.randrange(86400 * 400, 7258000000)
        batch = {expression(r, (1970, 2199)) for _ in range(BATCH)}
        compare(sorted(batch), base, zone, counts)
    report(counts)
    assert_few_differ(counts)


def damage(r, text):
    """One slip of the finger."""
    i = r.randrange(len(text) + 1)
    form = r.randrange(4)
    if form == 0:
        return text[:i] + text[i + 1:]
    if form == 1:
        return text[:i] + r.choice("0123456789*-~/:.,@") + text[i:]
    if form == 2:
        return text[:i] + r.choice("0123456789*-~/:.,@") + text[i + 1:]
    return text[:i] + text[i:i + 1] * 2 + text[i + 1:]


@needs_systemd
def test_refuses_what_systemd_refuses():
    r = random.Random(SEED + 2)
    counts = counter()
    while counts["expressions"] < CASES / 2:
        base = r.randrange(86400 * 400, 2**32)
        batch = {damage(r, expression(r, (2000, 2050))) for _ in range(BATCH)}
        # Blanks at the ends are no fault here; words and cron are more than
        # systemd takes.
        batch = sorted(e for e in batch if e == e.strip() and "  " not in e)
        ours = ask([(e, base, 1) for e in batch], "UTC")
        batch = [e for e, a in zip(batch, ours) if not is_ours_alone(e, a)]
        compare(batch, base, "UTC", counts)
    report(counts)
    assert counts["refused"] > CASES / 10


def is_ours_alone(e, answer):
    return answer[0] != "error" and (
        len(e.split(" ")) == 5 or re.search(r"[a-z], |^@[a-z]", e) is not None)


# Words: what they mean is said in systemd's terms.

WORDS = {
    "every day at 01:00": "*-*-* 01:00",
    "every 15 minutes": "*:0/15",
    "every monday at 09:30": "Mon 09:30",
    "every weekday at 7:15": "Mon..Fri 07:15",
    "weekends at noon": "Sat,Sun 12:00",
    "every month on the 1st at 03:00": "*-*-01 03:00",
    "every hour": "hourly",
    "every 2 hours": "0/2:00",
    "every hour at :15 and :45": "*:15,45",
    "every mon, wed and fri at 6:30 pm": "Mon,Wed,Fri 18:30",
    "every first monday of the month at 10:00": "Mon *-*-1..7 10:00",
    "on the last friday of the month at 17:00": "Fri *-*~7/1 17:00",
    "every month on the last day at 23:00": "*-*~1 23:00",
    "every quarter": "quarterly",
    "every 3 months at 4:00": "*-1/3-1 4:00",
    "every year on december 24 at 18:00": "*-12-24 18:00",
    "every 30 seconds": "*:*:0/30",
    "every day at 1:00, 2:00 and 13:00": "1,2,13:00",
    "every day in july and august at 6am": "*-7,8-* 6:00",
    "friday to monday at midnight": "Fri..Sun,Mon 0:00",
    "weekly on sunday at 3:00 Europe/Berlin": "Sun 3:00 Europe/Berlin",
    "at 9am": "9:00",
}


@needs_systemd
def test_words_mean_what_systemd_says_in_its_own():
    for base in (1774000000, 1793000000, 1711800000):
        ours = ask([(w, base, 8) for w in WORDS], "Europe/Berlin")
        theirs = systemd(list(WORDS.values()), base, "Europe/Berlin", 8)
        for (words, _), a, b in zip(WORDS.items(), ours, theirs):
            assert b is not None, words
            assert [us // 10**6 for us, _ in a[1]] == [t for t, _ in b[1]], words


# Cron: a model that tries every minute.

def cron_field(r, low, high):
    if r.random() < 0.35:
        return "*" if r.random() < 0.7 else f"*/{r.randint(1, high)}"
    parts = []
    for _ in range(r.choice((1, 1, 2, 3))):
        a, b = sorted((r.randint(low, high), r.randint(low, high)))
        parts.append(r.choice((f"{a}", f"{a}-{b}", f"{a}-{b}/{r.randint(1, high)}")))
    return ",".join(parts)


def cron_set(text, low, high):
    values = set()
    for p in text.split(","):
        span, _, step = p.partition("/")
        first, _, last = (low, "-", high) if span == "*" else span.partition("-")
        first = int(first)
        last = first if last == "" else int(last)
        values |= set(range(first, last + 1, int(step or 1)))
    return values


def cron_model(line, base, n, days):
    minute, hour, dom, month, dow = line.split()
    sets = [cron_set(minute, 0, 59), cron_set(hour, 0, 23), cron_set(dom, 1, 31),
            cron_set(month, 1, 12), {d % 7 for d in cron_set(dow, 0, 6 if dow[0] == "*" else 7)}]
    found = []
    day = datetime.datetime.fromtimestamp(base, UTC).replace(hour=0, minute=0, second=0)
    for _ in range(days):
        in_month, in_week = day.day in sets[2], day.isoweekday() % 7 in sets[4]
        either = dom[0] != "*" and dow[0] != "*"
        if day.month in sets[3] and (in_month or in_week if either else in_month and in_week):
            for h in sorted(sets[1]):
                for m in sorted(sets[0]):
                    t = int(day.timestamp()) + h * 3600 + m * 60
                    if t > base:
                        found.append(t)
                        if len(found) == n:
                            return found
        day += datetime.timedelta(days=1)
    return found


def test_cron_lines_match_a_model_that_tries_every_day():
    r = random.Random(SEED + 3)
    lines = []
    for _ in range(CASES // 4):
        line = " ".join((cron_field(r, 0, 59), cron_field(r, 0, 23), cron_field(r, 1, 31),
                         cron_field(r, 1, 12), cron_field(r, 0, 7)))
        lines.append((line, r.randrange(10**9, 2**32), 5))
    print(len(lines), "cron lines")
    for (line, base, n), a in zip(lines, ask(lines, "UTC")):
        assert a[0] != "error", (line, a)
        model = cron_model(line, base, n, 1500)
        got = [us // 10**6 for us, _ in a[1]]
        assert got[:len(model)] == model, (line, base)
        assert len(model) == n or len(got) == len(model) or got[len(model)] > base + 86400 * 1499


# Zones: the local time of any instant, against Python's own reading.

def test_local_time_of_any_instant_is_pythons():
    r = random.Random(SEED + 4)
    for zone in ZONES:
        info = zoneinfo.ZoneInfo(zone)
        asked = [("*-*-* *:*:*", r.choice((r.randrange(7 * 10**9), clock_change(r, zone))), 1)
                 for _ in range(60)]
        for (_, base, _), a in zip(asked, ask(asked, zone)):
            us, text = a[1][0]
            local = datetime.datetime.fromtimestamp(us // 10**6, UTC).astimezone(info)
            assert text == local.strftime("%a %Y-%m-%d %H:%M:%S ") + local.tzname(), (zone, us)
            assert us // 10**6 >= base + 1
