"""Hostile lines: every text becomes an event, in time that grows with its length and no faster."""

import json
from collections.abc import Callable
from random import Random
from time import process_time
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.line_events import event_of
from watchfloor.normalise.catalogue import SOURCES

HEAD: Final = "<86>Mar  2 11:58:01 web01 "
STARTS: Final = [
    "",
    HEAD,
    HEAD + "sshd[1]: Failed password for ",
    HEAD + "sudo: a : TTY=x ; USER=",
    HEAD + "su: (to ",
    HEAD + "CRON[1]: (root) CMD (",
    HEAD + "kernel: IN=a SRC=1 DST=",
    '<34>1 2026-03-02T11:58:01Z h a p m [a b="',
    "type=EXECVE msg=audit(1.5:2): a0=",
    "node=a type=SYSCALL msg=audit(9999999999999:2): syscall=",
    "CEF:0|a|b|c|d|e|f|",
    "type=AUOMS_EXECVE audit(1.1:2): cmdline=",
    "LEEF:2.0|a|b|c|d|",
    "logid=1 devid=2 type=event eventtime=",
    "%ASA-6-1:",
    '1.2.3.4 - - [02/Mar/2026:11:58:01 +0000] "GET ',
    HEAD + "sysmon: <Event>Linux-Sysmon<EventID>1</EventID><EventData>",
]
PIECES: Final = [
    '"',
    "'",
    "\\",
    '\\"',
    "=",
    "a=",
    "a0=",
    "a1[0]=",
    "saddr=0A00",
    "saddr=0200",
    "proctitle=",
    "00",
    "FF",
    "4142",
    "|",
    "\\|",
    "^",
    " ; ",
    "COMMAND=",
    " from ",
    " port ",
    "rhost=",
    '<Data Name="',
    '">',
    "</Data>",
    "&amp;",
    "]",
    '] "',
    ' HTTP/1.1" 200 5 "-" "-"',
    "%00",
    "%ff%2e",
    "\x00",
    "\ud800",
    "\u202e",
    "\x1d",
    "\n",
    " type=PATH msg=audit(1:1): ",
    "9" * 25,
    "{",
    "}",
    "(",
    ")",
    "rt=",
    "src=",
    "dst=",
    "request=http://",
    "://",
    "@",
    "uid=0",
    "Hashes",
    "²",
    "٣",
]


def joined(start: str, pieces: list[str]) -> str:
    return start + "".join(pieces)


lines: st.SearchStrategy[str] = st.builds(
    joined, st.sampled_from(STARTS), st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=24)
)
NAMES: Final = [
    "event_type", "timestamp", "src_ip", "dest_ip", "flow_id", "http", "url", "dns", "queries", "answers",
    "rrname", "tls", "fileinfo", "alert", "ts", "_path", "@stream", "uid", "id", "id.orig_h", "id_orig_h",
    "orig_h", "uri", "query", "cipher", "certificate_serial", "tx_hosts", "hostIdentifier", "name", "columns",
    "snapshot", "decorations", "cmdline", "path", "unixTime", "counter", "transaction", "request", "response",
    "audit_data", "messages", "headers", "client_ip", "time", "remote_address", "unix_timestamp", "status",
    "details", "data", "tags", "RayID", "ClientIP", "Action", "Source", "Datetime", "EdgeStartTimestamp",
    "ClientRequestURI", "message", "MESSAGE", "SYSLOG_IDENTIFIER", "host", "log", "event", "original",
    "__REALTIME_TIMESTAMP", "EventID", "Channel", "Hashes", "UtcTime", "remote_port", "target_path", "action",
]  # fmt: skip
TYPES: Final = [
    "dns", "http", "conn", "x509", "Linux-Sysmon/Operational", "1772452681", "²²", "02/Mar/2026:11:58:01 +0000"
]  # fmt: skip
scalars: st.SearchStrategy[object] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | lines
    | st.sampled_from(TYPES)
)


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    keys = st.sampled_from(NAMES) | st.text(max_size=4)
    return st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=8)


values: st.SearchStrategy[object] = st.recursive(scalars, nested, max_leaves=10)
SEEDS: Final[list[dict[str, object]]] = [
    {"event_type": "dns", "timestamp": "x", "src_ip": "1"},
    {"ts": 1, "_path": "http"},
    {"ts": 1, "uid": "x", "id.orig_h": "y"},
    {"hostIdentifier": "h", "name": "n", "columns": {}},
    {"transaction": {"client_ip": "x"}},
    {"RayID": "x", "ClientIP": "y"},
    {"transaction": {"remote_address": "x"}, "request": {}},
    {"SYSLOG_IDENTIFIER": "sshd"},
    {},
    {"EventID": 1, "Channel": "Linux-Sysmon/Operational"},
]


def seeded(seed: dict[str, object], more: dict[str, object]) -> dict[str, object]:
    return {**more, **seed} if len(more) % 2 else {**seed, **more}


objects: st.SearchStrategy[dict[str, object]] = st.builds(
    seeded, st.sampled_from(SEEDS), st.dictionaries(st.sampled_from(NAMES), values, max_size=10)
)


def check(body: str) -> None:
    event = event_of(body)
    assert b"\\u0000" not in msgspec.json.encode(event.fields).replace(b"\\\\", b"")
    assert event.summary.isprintable()
    assert 1 <= len(event.summary) <= 300
    if event.source in SOURCES:
        assert set(event.logsources) <= set(SOURCES[event.source])


def as_body(line: str) -> str:
    return line.encode("utf-8", errors="replace").decode() or "x"


quick = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def has_text(line: str) -> bool:
    return line.strip() != ""


printable = lines.filter(has_text)


@quick
@given(line=printable)
def test_any_line_becomes_an_event(line: str) -> None:
    check(as_body(line))


@quick
@given(value=objects)
def test_any_object_becomes_an_event(value: dict[str, object]) -> None:
    check(json.dumps(value))


# Ten thousand are made with plain dice, a hundred from one throw of hypothesis: drawing costs it more than parsing us.
@pytest.mark.slow
@thorough
@given(random=st.integers(0, 2**32).map(Random))
def test_any_line_becomes_an_event_ten_thousand_times(random: Random) -> None:
    for _ in range(100):
        line = made_line(random)
        check(as_body(line if has_text(line) else "x"))


@pytest.mark.slow
@thorough
@given(random=st.integers(0, 2**32).map(Random))
def test_any_object_becomes_an_event_ten_thousand_times(random: Random) -> None:
    for _ in range(100):
        more = {random.choice(NAMES): made_value(random, depth=3) for _ in range(random.randrange(11))}
        check(json.dumps(seeded(random.choice(SEEDS), more)))


def made_text(random: Random, longest: int) -> str:
    """Text with letters of all kinds in it, control characters and surrogates among them."""
    ranges = ((32, 127), (32, 127), (0, 32), (127, 0x250), (0x2000, 0x2100), (0xD800, 0xE000), (0x10000, 0x11000))
    return "".join(chr(random.randrange(*random.choice(ranges))) for _ in range(random.randrange(longest + 1)))


def made_line(random: Random) -> str:
    """As `lines` draws them."""
    pieces = (
        random.choice(PIECES) if random.randrange(3) else made_text(random, 6) for _ in range(random.randrange(25))
    )
    return joined(random.choice(STARTS), list(pieces))


def made_value(random: Random, *, depth: int) -> object:
    """As `values` draws them."""
    kind = random.randrange(9 if depth else 7)
    made: list[Callable[[], object]] = [
        lambda: None,
        lambda: random.random() < 0.5,
        lambda: random.choice((0, -1, 1_772_452_681, 2**31, 2**53 + 1, -(2**63), 10**30, random.randrange(10**6))),
        lambda: random.choice((0.0, -0.5, 1e300, 5e-324, 1_772_452_681.25, random.random())),
        lambda: made_text(random, 12),
        lambda: made_line(random),
        lambda: random.choice(TYPES),
        lambda: [made_value(random, depth=depth - 1) for _ in range(random.randrange(5))],
        lambda: {
            random.choice(NAMES) if random.randrange(2) else made_text(random, 4): made_value(random, depth=depth - 1)
            for _ in range(random.randrange(9))
        },
    ]
    return made[kind]()


FLOODS: Final[list[tuple[str, str]]] = [
    ("type=EXECVE msg=audit(1.1:2): ", 'a="'),
    ("type=EXECVE msg=audit(1.1:2): ", "a='b=\""),
    ('type=EXECVE msg=audit(1.1:2): a="', '\\"'),
    ("type=EXECVE msg=audit(1.1:2): ", "x"),
    ("", "type=A msg=audit(1:1): "),
    ("type=AUOMS_EXECVE audit(1.1:2): ", ' cmdline="'),
    ("CEF:0|a|b|c|d|e|f|", "k="),
    ("CEF:", "\\|"),
    ("LEEF:2.0|a|b|c|d|^|", "a=b^"),
    ('1.2.3.4 - - [02/Mar/2026:11:58:01 +0000] "GET /', "%41"),
    ('1.2.3.4 - - [02/Mar/2026:11:58:01 +0000] "', '\\"'),
    ("<34>1 2026-03-02T11:58:01Z h a p m ", '[a b="c"]'),
    ("<34>1 2026-03-02T11:58:01Z h a p m [a", ' b="c"'),
    (HEAD + "sshd[1]: Failed password for", " from "),
    (HEAD + "sshd[1]: pam_unix(sshd:auth): authentication failure;", " rhost="),
    (HEAD + "sudo: a : ", "PWD="),
    (HEAD + "sudo: a : ", "PWD=a ; "),
    (HEAD + "sysmon: <Event>Linux-Sysmon<EventID>1</EventID><EventData>", '<Data Name="'),
    (HEAD, "%A"),
    ("logid=1 devid=2 type=event ", 'a="'),
    (HEAD + "kernel: IN=a SRC=1 DST=2 ", "["),
    (HEAD + "useradd[1]: ", "for user "),
]


@pytest.mark.parametrize(("start", "piece"), FLOODS)
def test_no_line_takes_longer_than_its_length(start: str, piece: str) -> None:
    body = start + piece * ((256_000 - len(start)) // len(piece))
    began = process_time()
    event_of(body)
    # The slowest takes a tenth of that; a pattern that is quadratic in one of these floods takes seconds to minutes.
    assert process_time() - began < 0.5
