"""What tests of the prefiltered engine share: one question put to every engine, in every way events come to them.

An event of Windows comes as an `Event` from the normaliser, and as a line of JSON that was written in one of several
ways. Whatever the way, the answer must be that of the plain engine.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from tests.unit.overlay_cases import make_rule
from watchfloor.detect.engine import Matches, PlainEngine
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.prefilter.lines import LineMatcher
from watchfloor.detect.rule import Rule
from watchfloor.detect.samples import normalise_sample
from watchfloor.detect.translation import translate
from watchfloor.normalise.event import LogSource

Fields = Mapping[str, object]
Pairs = set[tuple[int, int]]
"""Numbers of events and rules."""

WINDOWS: Final = LogSource("windows")
SYSMON: Final = "Microsoft-Windows-Sysmon/Operational"
DEFENDER: Final = "Microsoft-Windows-Windows Defender/Operational"
POWERSHELL: Final = "Microsoft-Windows-PowerShell/Operational"

Kind = tuple[int, str]
"""An event's number and channel."""

PROCESS: Final[Kind] = (1, SYSMON)
KINDS: Final[tuple[Kind, ...]] = (
    PROCESS,
    (12, SYSMON),
    (13, SYSMON),
    (4688, "Security"),
    (4657, "Security"),
    (4624, "Security"),
    (1116, DEFENDER),
    (4104, POWERSHELL),
)


def canonical(fields: Fields) -> bytes:
    """Compact, in UTF-8, with as few escapes as there can be. What has no such form is written in another."""
    try:
        return msgspec.json.encode(fields)
    except OverflowError:
        return blank(fields)


def blank(fields: Fields) -> bytes:
    """With a blank after each colon and comma."""
    return json.dumps(fields, ensure_ascii=False).encode()


def escaped(fields: Fields) -> bytes:
    """In ASCII: all other letters as escapes."""
    return json.dumps(fields, separators=(",", ":")).encode()


def slashed(fields: Fields) -> bytes:
    r"""With `\/` for `/`, as PHP and others write it."""
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/").encode()


def turned(fields: Fields) -> bytes:
    """With what names the event's type at the end."""
    return canonical(dict(reversed(list(fields.items()))))


WAYS: Final[tuple[Callable[[Fields], bytes], ...]] = (canonical, blank, escaped, slashed, turned)


def pairs(matches: Matches) -> Pairs:
    """Matches as a set; none may be told twice."""
    found = list(zip(matches.event, matches.rule, strict=True))
    assert found == sorted(set(found))
    return set(found)


def agreed(rules: Sequence[Rule], lines: Sequence[bytes], engine: PrefilteredEngine | None = None) -> Pairs:
    """What rules match on lines, which must be the same for all engines."""
    engine = engine or PrefilteredEngine(rules)
    events = [normalise_sample(line) for line in lines]
    expected = pairs(PlainEngine(rules).match(events))
    assert pairs(engine.match(events)) == expected
    straight, failures = LineMatcher(engine, normalise_sample).match(lines)
    assert failures == []
    assert pairs(straight) == expected
    return expected


def windows_rule(search: object, condition: str = "s", logsource: LogSource = WINDOWS, **more: object) -> Rule:
    """A rule with the search identifier `s`, and others."""
    return make_rule(1, translate({"s": search, **more, "condition": condition}, {}), logsource=logsource)


def of_kind(kind: Kind, fields: Fields) -> dict[str, object]:
    """An event of a kind, with these fields."""
    return {"EventID": kind[0], "Channel": kind[1], **fields}


def fires(rule: Rule, fields: Fields, kind: Kind = PROCESS) -> bool:
    """Whether a rule fires on an event, in all ways in which it may be written alike."""
    event = of_kind(kind, fields)
    lines = [way(event) for way in WAYS]
    found = agreed([rule], lines)
    assert found in (set(), {(number, 0) for number in range(len(lines))})
    return bool(found)
