"""Counts how common the needles of public rules are in real events, for the prefilter's choice.

Reads SigmaHQ's rules and public events beside the repository (`../shared/data`, see their licences), and writes the
share of events of each type that have a needle; only the common ones. Of the benchmark's stream (windows-mixed) every
tenth event is counted; the benchmark runs on the other nine.
"""

import gzip
import json
import lzma
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import hyperscan
import msgspec

from watchfloor.detect.condition import AllOf, AnyOf, Condition, Not, Selection
from watchfloor.detect.lists import widen
from watchfloor.detect.load import load_rules
from watchfloor.detect.prefilter.additions import NOTHING
from watchfloor.detect.prefilter.census import LEAST, Census, Counted, kind_of
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.prefilter.necessary import Necessity, refuters_of
from watchfloor.detect.prefilter.program import refuter_expression
from watchfloor.detect.prefilter.rewriting import expression_of
from watchfloor.detect.rule import Rule
from watchfloor.detect.samples import normalise_sample
from watchfloor.normalise.event import LogSource
from watchfloor.normalise.failure import ParseFailed

REPOSITORY: Final = Path(__file__).parents[1]
DATA: Final = REPOSITORY.parent / "shared" / "data"
TARGET: Final = REPOSITORY / "platform/watchfloor/detect/prefilter/census.json"
FEWEST_EVENTS: Final = 20

_FLAGS: Final = hyperscan.HS_FLAG_SINGLEMATCH
_Kind = tuple[tuple[LogSource, ...], int | None]


def main() -> None:
    """Writes the counts."""
    rules = load_rules([DATA / "sigmahq"]).rules
    engine = PrefilteredEngine(rules)
    texts: defaultdict[_Kind, list[bytes]] = defaultdict(list)
    for line in _lines():
        try:
            event = normalise_sample(line)
        except ParseFailed:
            continue
        number = event.fields.get("EventID")
        kind = engine.type_of(event.logsources, number if isinstance(number, int) else None, flat=None)
        texts[kind.logsources, kind.event_id].append(msgspec.json.encode(event.fields))
    counted = {
        kind_of(*kind): _count(engine, kind, found) for kind, found in texts.items() if len(found) >= FEWEST_EVENTS
    }
    useful = {name: count for name, count in sorted(counted.items()) if count.common}
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(useful), indent=0) + b"\n")
    sys.stdout.write(
        f"{sum(map(len, texts.values()))} events, {len(useful)} of {len(texts)} types have common needles\n"
    )


def _count(engine: PrefilteredEngine, kind: _Kind, texts: list[bytes]) -> Counted:
    patterns: dict[str, tuple[bytes, int]] = {}
    for rule in _covering(engine, kind[0]):
        _collect(widen(rule.condition), patterns)
    names = list(patterns)
    if not names:
        return Counted(len(texts), {})
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[patterns[name][0] for name in names],
        ids=list(range(len(names))),
        elements=len(names),
        flags=[patterns[name][1] for name in names],
    )
    hits: Counter[str] = Counter()
    for text in texts:
        database.scan(text, lambda number, *_: hits.update((names[number],)))
    common = {name: round(1000 * hits[name] / len(texts)) for name in sorted(hits) if hits[name] >= LEAST * len(texts)}
    return Counted(len(texts), common)


def _covering(engine: PrefilteredEngine, logsources: tuple[LogSource, ...]) -> list[Rule]:
    return [rule for _, rule in engine.covering(logsources)]


def _collect(condition: Condition, patterns: dict[str, tuple[bytes, int]]) -> None:
    """Adds all needles and refuters that a program could look for."""
    for refuter in refuters_of(condition):
        patterns[refuter.label] = refuter_expression(refuter), _FLAGS
    match condition:
        case AllOf() | AnyOf():
            for item in condition.items:
                _collect(item, patterns)
        case Not() | Selection():
            _collect(condition.item, patterns)
        case _:
            for clause in Necessity(Census(None), NOTHING).test_clauses(condition):
                for needle in clause:
                    patterns[needle] = expression_of(needle), _FLAGS | hyperscan.HS_FLAG_CASELESS


def _lines() -> Iterator[bytes]:
    mixed = lzma.decompress((DATA / "events/windows-mixed/events.jsonl.xz").read_bytes())
    yield from mixed.splitlines()[::10]
    attacks = gzip.decompress((DATA / "events/windows-attacks/events.jsonl.gz").read_bytes())
    regression = (DATA / "sigmahq-expected/events.jsonl").read_bytes()
    for line in (attacks + regression).splitlines():
        yield msgspec.json.encode(json.loads(line)["event"])
    for file in sorted((DATA / "events/stratus-detonation-logs").glob("*.json")):
        records = json.loads(file.read_bytes())
        yield from (json.dumps(record).encode() for record in (records if isinstance(records, list) else [records]))


if __name__ == "__main__":
    main()
