"""Whatever is sent to a parser: an event comes out, or `ParseFailed`, in bounded time and of bounded size.

Each parser is given samples of its own with parts put in place of others: parts that are hostile, and parts of other
samples. The dice are thrown with a seed a parser, so that a failure can be had again.
"""

import json
import re
from collections import defaultdict
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from random import Random
from time import process_time
from typing import Final

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from tests.unit.cloud_events import RECEIVED, body_event
from tests.unit.ocsf_schema import faults
from tests.unit.parser_samples import BATCHES, LINES, MARKS, OBJECTS
from watchfloor import normalise
from watchfloor.detect.load import load_shared_rules
from watchfloor.kernel.ids import BatchId, FeedId, new_uuid
from watchfloor.normalise.batch import normalise_batch
from watchfloor.normalise.catalogue import LOGSOURCES, SOURCES
from watchfloor.normalise.cloudtrail import split_records
from watchfloor.normalise.event import UNPARSED, Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.ocsf.document import line_of
from watchfloor.normalise.raw import RawEvent
from watchfloor.normalise.shapes import shape_of

CASES: Final = 10_000
FEW: Final = 200
SLOWEST: Final = 0.5
"""Seconds of computing for one case: far more than any takes, far less than a quadratic pattern does."""

LARGEST_SAMPLE: Final = 1_500
A_PARSER: Final = 12
"""Samples that a parser is given at most."""

TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+\-]*|true|false|null|\w+|[^\s\w]')
VALUES: Final = [
    b"null", b"{}", b"[]", b"[{}]", b"[[[[1]]]]", b'""', b'"\\ud800"', b'"\\u0000"', b"1e999", b"-0", b"9" * 25,
    b"true",
    b'{"a":{"b":[null]}}', b'"-"', b'"{\\"a\\":[1]}"', b'"0x1F"', b'"9999-12-31T23:59:59-14:00"', b'"\\u202e\\u00b2"',
    b'"/Date(99999999999999999)/"', b'"::ffff:10.0.0.1%x"', b'"arn:aws:iam::1:user/x"', b"1772439267381", b'"[[[["',
    b'"MD5=,SHA256=x,="', b'"a\\\\b"', b'"' + b"x" * 600 + b'"', b'["a","b"]', b"0.5", b'"4688"', b'"Security"',
]  # fmt: skip
PARTS: Final = [
    b'"', b"'", b"\\", b'\\"', b"=", b"|", b"\\|", b"\x00", b"\xff\xfe", b"\t", b"<", b">", b"</Data>", b"&#x110000;",
    b"9" * 30, b"%00%ff", b"[", b"]", b"{", b"}", b"(", b")", b" type=PATH msg=audit(1:1): ", b"a0=00FF", b"saddr=0A00",
    b"CEF:0|", b" src=", b" dst=10.0.0.1", b"rt=", b",", b",,,,", b":", b"-", b"\x1d", b"\n", b"#fields\t",
    "²٣".encode(), b"<Event>", b"%ASA-6-1:", b' HTTP/1.1" 200 5 "-" "-"', b"::1", b"0x", b"http://", b"x" * 400,
]  # fmt: skip


def every_parser() -> list[str]:
    """The parsers that the modules declare."""
    found: set[str] = set()
    for module in walk_packages(normalise.__path__, f"{normalise.__name__}."):
        declared = vars(import_module(module.name))
        found |= {str(value) for name, value in declared.items() if name.startswith("PARSER")}
    return sorted(found)


@cache
def samples() -> dict[str, list[bytes]]:
    """Samples by the parser that reads them."""
    own = [line.encode() for lines in (*LINES.values(), *BATCHES.values()) for line in lines]
    own += [json.dumps(fields).encode() for group in OBJECTS.values() for fields in group]
    own += [json.dumps(fields).encode() for fields in MARKS.values()]
    rules = load_shared_rules().samples.values()
    shared = [body for sample in rules for body in (*sample.fires, *sample.silent) if len(body) <= LARGEST_SAMPLE]
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for body in (*own, b'{"some": "thing"}', b"some text", *Random(5).sample(shared, len(shared))):
        try:
            known = found[body_event(body).parser]
        except ParseFailed:
            continue
        if len(known) < A_PARSER:
            known.append(body)
    return found


class Mutations:
    """Makes hostile bodies of samples."""

    def __init__(self, seed: str, bodies: list[bytes]) -> None:
        self._dice = Random(seed)
        self._bodies = [(body, [found.span() for found in TOKEN.finditer(body)]) for body in bodies]

    def next(self) -> bytes:
        """A sample with one to four of its parts put right for others."""
        body, spans = self._dice.choice(self._bodies)
        places = sorted({int(self._dice.random() * len(spans)) for _ in range(1 + int(self._dice.random() * 4))})
        pieces: list[bytes] = []
        at = 0
        for place in places:
            begin, end = spans[place]
            pieces += (body[at:begin], self._part(body[begin:end]))
            at = end
        pieces.append(body[at:])
        return b"".join(pieces)

    def _part(self, old: bytes) -> bytes:
        roll = self._dice.random()
        if roll < 0.5:
            return self._dice.choice(VALUES)
        if roll < 0.8:
            return self._dice.choice(PARTS)
        if roll < 0.9:
            return b""
        other, spans = self._dice.choice(self._bodies)
        begin, end = self._dice.choice(spans)
        return old * 3 if roll < 0.93 else other[begin:end]


def check(event: Event, body: bytes) -> None:
    """What holds for every event, whoever wrote it."""
    assert len(event.key) == 16
    assert event.raw == body
    assert event.summary.isprintable()
    assert 1 <= len(event.summary) <= 300
    encoded = msgspec.json.encode(event.fields)
    assert b"\\u0000" not in encoded.replace(b"\\\\", b"")
    assert len(encoded) <= 30 * len(body) + 5_000
    assert len(event.entities) <= 1_000
    for entity in event.entities:
        assert 0 < len(entity.value) <= 1_024
    # Wazuh's alerts carry events of others, and have their log sources.
    listed = LOGSOURCES if event.source == "wazuh" else SOURCES.get(event.source, LOGSOURCES)
    assert set(event.logsources) <= set(listed)


def check_views(event: Event) -> None:
    """What is made of an event later."""
    assert faults(msgspec.json.decode(line_of(event, with_raw=True))) == []
    if event.source == UNPARSED:
        assert len(shape_of(event).sketch) <= 500


def fuzz(parser: str, cases: int) -> None:
    mutations = Mutations(parser, samples()[parser])
    slowest = 0.0
    for case in range(cases):
        body = mutations.next()
        begun = process_time()
        try:
            event = body_event(body)
        except ParseFailed:
            continue
        finally:
            slowest = max(slowest, process_time() - begun)
        check(event, body)
        if case % 25 == 0:
            check_views(event)
    assert slowest < SLOWEST


each_parser = pytest.mark.parametrize("parser", every_parser())


@each_parser
def test_every_parser_has_samples(parser: str) -> None:
    assert samples()[parser]


@each_parser
def test_whatever_comes_becomes_an_event_or_a_named_failure(parser: str) -> None:
    fuzz(parser, FEW)


@pytest.mark.slow
@each_parser
def test_whatever_comes_becomes_an_event_or_a_named_failure_ten_thousand_times(parser: str) -> None:
    fuzz(parser, CASES)


@pytest.mark.parametrize("source", BATCHES)
def test_whatever_stands_in_a_batch_becomes_events(source: str) -> None:
    mutations = Mutations(source, [line.encode() for line in BATCHES[source]])
    dice = Random(source)
    for _ in range(FEW):
        bodies = [line.encode() if dice.random() < 0.7 else mutations.next() for line in BATCHES[source]]
        if dice.random() < 0.3:
            bodies = [b"\n".join(bodies)]
        elif dice.random() < 0.1:
            bodies.append(b'{"records": [' + b",".join(b'{"a": 1}' for _ in range(dice.randrange(9))) + b"]}")
        reading = normalise_batch(
            [RawEvent(body=body) for body in bodies],
            feed_id=FeedId(new_uuid()),
            batch_id=BatchId(new_uuid()),
            source_hint=dice.choice([None, None, "text", "json"]),
            received_at=RECEIVED,
        )
        for event in reading.events:
            check(event, event.raw)
        assert len({event.key for event in reading.events}) <= len(reading.events)


records = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=5)


@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=200)
    | st.lists(records, max_size=3).map(lambda made: json.dumps({"Records": made}).encode())
)
def test_splitting_gives_records_or_a_named_failure(body: bytes) -> None:
    try:
        found = split_records(body)
    except ParseFailed:
        return
    assert all(record in body for record in found)


HEAD: Final = "<86>Mar  2 11:58:01 web01 "
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
    ("<Event><System><EventID>1</EventID><Channel>Security</Channel></System>", "<Data Name='a'>"),
    ("<Event><System>", "<a b='c' "),
    ("<Event>", "<System>"),
    ("<Event><System><EventID>1</EventID><Channel>x</Channel></System>", "<a"),
    ("1,2026/03/02 11:00:00,1,THREAT,", '"a",'),
    ("1,2026/03/02 11:00:00,1,THREAT,", '"'),
    ("1,2026/03/02 11:00:00,1,THREAT,url", ",(1)"),
    ("<166>%ASA-6-1: Built inbound TCP connection 1 for ", "a:1.1.1.1/1 ("),
    ("<166>%ASA-6-1: AAA user authentication Rejected ", ": user = "),
    ('msg_id="1" Deny ', "a "),
    ('CheckPoint 1 - [action:"x"; ', 'a:"'),
    (HEAD + "filterlog[1]: 5,,,1,a,b,block,in,4", ",1.1.1.1"),
    ("RT_FLOW_SESSION_DENY ", 'source-address="'),
    ("x src=1.1.1.1 dst=1.1.1.2 ", "src=1:"),
    ("2026-03-02 11:00:00 ", "1 "),
    ("#fields\t", "a\t"),
    ("version srcaddr ", "dstaddr "),
]  # fmt: skip


@pytest.mark.parametrize(("start", "piece"), FLOODS)
def test_no_line_takes_longer_than_its_length(start: str, piece: str) -> None:
    body = (start + piece * ((256_000 - len(start)) // len(piece))).encode()
    began = process_time()
    event = body_event(body)
    shape_of(event)
    # The slowest takes a tenth of that; a pattern that is quadratic in one of these floods takes seconds to minutes.
    assert process_time() - began < SLOWEST


def test_the_samples_stand_beside_the_parsers_that_they_are_for() -> None:
    wrong = {
        source: event.source
        for source, lines in LINES.items()
        for line in lines
        if (event := body_event(line.encode())).source != source
    }
    assert wrong == {}
    assert {source: body_event(json.dumps(mark).encode()).source for source, mark in MARKS.items()} == {
        source: source for source in MARKS
    }
