"""Lines go straight to the rules only where that gives what the normaliser and the plain engine give."""

import json
import lzma
from collections.abc import Sequence
from itertools import islice

import msgspec
import pytest

from tests.unit import sigma_data
from tests.unit.prefilter_cases import PROCESS, SYSMON, Pairs, agreed, canonical, of_kind, pairs, windows_rule
from tests.unit.sigma_data import needs
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.prefilter.lines import LineMatcher
from watchfloor.detect.samples import normalise_sample
from watchfloor.normalise.event import Event, LogSource
from watchfloor.normalise.windows.logsources import LOGSOURCES, event_logsources, logsources_of

EVIL = windows_rule({"f|contains": "evil"})
GOOD_LINE = canonical(of_kind(PROCESS, {"f": "good"}))
EVIL_LINE = canonical(of_kind(PROCESS, {"f": "evil"}))


_DEFENDER = (1006, 1007, 1116)


class Counting:
    """Normalises, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, body: bytes) -> Event:
        self.calls += 1
        return normalise_sample(body)


def test_a_flat_line_is_never_normalised() -> None:
    normalise = Counting()
    matcher = LineMatcher(PrefilteredEngine([EVIL]), normalise)
    matches, failures = matcher.match([GOOD_LINE, EVIL_LINE, GOOD_LINE])
    assert (pairs(matches), failures, normalise.calls) == ({(1, 0)}, [], 0)


def test_other_forms_are_normalised() -> None:
    data = {"#attributes": {"Name": "x"}, "f": "evil"}
    system = {"EventID": 1, "Channel": SYSMON}
    forms = [
        {"Event": {"System": system, "EventData": data}},
        {"winlog": {"event_id": 1, "channel": SYSMON, "event_data": {"f": "evil"}}},
        {**system, "Event": {"System": system, "EventData": data}},
        {"EventID": 3, "Channel": "System", "winlog": {"event_id": 1, "channel": SYSMON, "event_data": {"f": "evil"}}},
        {"EventID": "1", "Channel": SYSMON, "f": "evil"},
        {"EventID": 1, "LogName": SYSMON, "f": "evil"},
        {"EventID": 1, "Channel": f" {SYSMON.upper()} ", "f": "evil"},
    ]
    rule = windows_rule({"f|contains": "evil"}, logsource=LogSource("windows", "process_creation"))
    lines = [written for form in forms for written in (json.dumps(form).encode(), msgspec.json.encode(form))]
    lines.append(b"\xef\xbb\xbf" + EVIL_LINE)
    lines.append(b" \t" + EVIL_LINE + b"\r\n")
    assert agreed([rule], lines) == {(number, 0) for number in range(len(lines))}


@pytest.mark.parametrize("number", [-1, 10**9, 10**30])
def test_a_number_that_no_windows_event_has_makes_no_windows_event(number: int) -> None:
    assert agreed([EVIL], [f'{{"EventID":{number},"Channel":"Security","f":"evil"}}'.encode()]) == set()


def test_sysmon_for_linux_is_not_taken_for_windows() -> None:
    line = canonical({"EventID": 1, "Channel": "Linux-Sysmon/Operational", "f": "evil"})
    linux = windows_rule({"f|contains": "evil"}, logsource=LogSource("linux", "process_creation"))
    assert agreed([EVIL, linux], [line]) == {(0, 1)}


BROKEN = {
    "cut off": (EVIL_LINE[:-2], None),
    "not UTF-8": (EVIL_LINE.replace(b"evil", b"evil\xff"), None),
    "a number beyond all range": (EVIL_LINE.replace(b'"evil"', b'"evil","n":1e999'), "evil"),
    "a lone surrogate": (EVIL_LINE.replace(b"evil", b"evil\\ud800"), "evil"),
    "a NUL": (EVIL_LINE.replace(b"evil", b"evil\\u0000"), "evil"),
    "deep": (EVIL_LINE.replace(b'"evil"', b'"evil","n":' + b"[" * 9_999 + b"]" * 9_999), None),
    "empty": (b"", None),
    "text": (b"evil", None),
    "another object": (b'{"f":"evil"}', None),
    "a list": (b'["evil"]', None),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("known", [False, True], ids=["first of its type", "after others of its type"])
def test_a_line_that_cannot_be_decoded_ends_nothing(name: str, known: bool) -> None:
    line, matching = BROKEN[name]
    matcher = LineMatcher(PrefilteredEngine([EVIL]), normalise_sample)
    if known:
        matcher.match([GOOD_LINE])
    matches, failures = matcher.match([line, EVIL_LINE])
    assert pairs(matches) == ({(0, 0), (1, 0)} if matching else {(1, 0)})
    assert [place for place, _ in failures] in ([], [0])


def test_a_refused_line_keeps_its_place_and_reason() -> None:
    huge = canonical(of_kind(PROCESS, {"f": "evil" * 100_000}))
    _, failures = LineMatcher(PrefilteredEngine([EVIL]), normalise_sample).match([EVIL_LINE, huge, EVIL_LINE])
    assert [(place, failure.reason) for place, failure in failures] == [(1, "too_large")]


def test_the_list_of_types_is_all_that_windows_events_can_be_of() -> None:
    """Programs are prepared by this list: an event of a type that is not in it would wait for its program."""
    listed = event_logsources()
    for logsource in LOGSOURCES:
        for number in (0, *range(1, 30), 255, 400, 600, 800, *_DEFENDER, 4103, 4104, 4657, 4688):
            for action in ("", "createkey", "deletekey", "deletevalue", "setvalue", "renamekey"):
                found = logsources_of(logsource.service, number, action)
                numbers = listed[found]
                assert numbers is None or number in numbers


def lines_of_mixed(count: int) -> list[bytes]:
    """The first lines of the mixed stream."""
    with lzma.open(needs(sigma_data.DATA / "events" / "windows-mixed" / "events.jsonl.xz")) as lines:
        return [line.rstrip(b"\n") for line in islice(lines, count)]


def straight(lines: Sequence[bytes]) -> Pairs:
    """What lines come to when they go straight to the rules."""
    engine = sigma_data.prefiltered()
    matches, failures = LineMatcher(engine, sigma_data.event_of).match(lines)
    assert failures == []
    return pairs(matches)


def test_recorded_attacks_match_as_lines_as_they_do_as_events() -> None:
    events = [event for event, _ in sigma_data.attacks()]
    found = straight([event.raw for event in events])
    assert found == pairs(sigma_data.prefiltered().match(events))
    assert len(found) > 1_500


@pytest.mark.slow
def test_all_lines_of_a_mixed_stream_match_as_their_events_do() -> None:
    lines = lines_of_mixed(10**9)
    assert len(lines) == 175_464
    found = straight(lines)
    engine = sigma_data.prefiltered()
    assert found == {
        (first + index, rule)
        for first in range(0, len(lines), 5_000)
        for index, rule in pairs(engine.match([sigma_data.event_of(line) for line in lines[first : first + 5_000]]))
    }
    tenth = lines[::10]
    plain = PlainEngine(engine.rules).match([sigma_data.event_of(line) for line in tenth])
    assert pairs(plain) == {(index // 10, rule) for index, rule in found if index % 10 == 0}
