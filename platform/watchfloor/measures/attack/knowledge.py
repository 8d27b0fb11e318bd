"""ATT&CK in a period: what alerts showed of it, what the rules can see of it, and what of that is tested.

A technique is seen when a rule that is tagged with it raised an alert; covered when such a rule can fire with the log
sources that came in; tested when such a rule carries samples on which it fires, which are proved with each build.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.alerts.health.figures import switched_off
from watchfloor.detect.attack import Attack, attack
from watchfloor.detect.coverage import Coverage, cover, reach_of_all
from watchfloor.detect.rule import LoadReport
from watchfloor.kernel.db import TenantTx
from watchfloor.measures.attack import queries
from watchfloor.measures.basis import Share, Stock
from watchfloor.measures.period import Period
from watchfloor.measures.reading import Reading, Record, reading
from watchfloor.normalise.event import LogSource

_TAG: Final = "attack."
_TAGS: Final = msgspec.json.Decoder(tuple[str, ...])


class TechniqueLine(msgspec.Struct, frozen=True, kw_only=True):
    """A technique that there are rules for, or that alerts showed. `alerts` are those of the period."""

    id: str
    name: str
    alerts: int
    rules: int
    is_covered: bool
    is_tested: bool


class TacticLine(msgspec.Struct, frozen=True, kw_only=True):
    """A tactic with its techniques, by id. A technique stands in each tactic that it serves."""

    id: str
    name: str
    techniques: tuple[TechniqueLine, ...]


class MissingSource(msgspec.Struct, frozen=True, kw_only=True):
    """A log source that did not come in though a parser reads it, and how many rules wait for it."""

    product: str | None
    category: str | None
    service: str | None
    rules: int


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """ATT&CK in the period, with the rules as they are at the reading."""

    period: Period
    version: int
    rules: int
    ready: int
    tactics: tuple[TacticLine, ...]
    missing: tuple[MissingSource, ...]

    @property
    def techniques(self) -> tuple[TechniqueLine, ...]:
        """Each technique once, by id."""
        found = {one.id: one for tactic in self.tactics for one in tactic.techniques}
        return tuple(found[name] for name in sorted(found))


async def read_knowledge(tx: TenantTx, period: Period, *, at: datetime, loaded: LoadReport) -> Knowledge:
    """What was seen, what is covered and what of that is tested. `loaded` are the installation's rules."""
    known = attack()
    until = min(period.until, at)
    sources = {
        LogSource(product=row.product or None, category=row.category or None, service=row.service or None)
        for row in await queries.select_sources(tx, begin=period.begin, end=until)
    }
    off = await switched_off(tx)
    seen: dict[str, int] = {}
    for row in await queries.select_tags(tx, begin=period.begin, end=period.until):
        for name in _techniques(row.tags, known):
            seen[name] = seen.get(name, 0) + row.alerts
    coverage = cover(loaded.rules, seen=sources, attack=known, off=off)
    reaches = reach_of_all(loaded.rules, seen=sources, off=off)
    proved = [
        rule
        for rule in loaded.rules
        if rule.alerts and reaches[rule.id] == "ready" and rule.id in loaded.samples and loaded.samples[rule.id].fires
    ]
    tested = {one.id for rule in proved for mark in rule.techniques if (one := known.technique(mark)) is not None}
    return Knowledge(
        period=period,
        version=known.version,
        rules=coverage.rules,
        ready=coverage.reaches["ready"],
        tactics=tuple(_tactics(coverage, known, seen=seen, tested=tested)),
        missing=tuple(
            MissingSource(
                product=one.logsource.product,
                category=one.logsource.category,
                service=one.logsource.service,
                rules=one.rules,
            )
            for one in coverage.missing
            if one.readable
        ),
    )


def readings(knowledge: Knowledge) -> Iterator[Reading]:
    """The figures of ATT&CK."""
    lines = knowledge.techniques
    ruled = [line for line in lines if line.rules]
    seen = [line for line in lines if line.alerts]
    yield reading("attack.seen", Stock(number=len(seen)), [_record(knowledge, line, line.alerts) for line in seen])
    yield reading(
        "attack.covered",
        Share(part=sum(line.is_covered for line in ruled), whole=len(ruled)),
        [_record(knowledge, line, counts=line.is_covered) for line in ruled],
    )
    yield reading(
        "attack.tested",
        Share(part=sum(line.is_tested for line in ruled), whole=len(ruled)),
        [_record(knowledge, line, counts=line.is_tested) for line in ruled],
    )


def _techniques(tags: str, known: Attack) -> set[str]:
    marks = (tag.removeprefix(_TAG) for tag in _TAGS.decode(tags) if tag.startswith(_TAG))
    found = (known.technique(mark) for mark in marks if mark[:1] in "tT" and mark[1:2].isdigit())
    return {one.id for one in found if one is not None}


def _tactics(coverage: Coverage, known: Attack, *, seen: dict[str, int], tested: set[str]) -> Iterator[TacticLine]:
    covered = coverage.techniques
    shown = [one for name in sorted({*covered, *seen}) if (one := known.technique(name)) is not None]
    for tactic in known.tactics:
        lines = [
            TechniqueLine(
                id=one.id,
                name=one.name,
                alerts=seen.get(one.id, 0),
                rules=covered[one.id].rules if one.id in covered else 0,
                is_covered=one.id in covered and covered[one.id].ready > 0,
                is_tested=one.id in tested,
            )
            for one in shown
            if tactic.tag in one.tactics
        ]
        if lines:
            yield TacticLine(id=tactic.id, name=tactic.name, techniques=tuple(lines))


def _record(knowledge: Knowledge, line: TechniqueLine, quantity: int = 1, *, counts: bool = True) -> Record:
    return Record(
        kind="technique", id=line.id, at=knowledge.period.begin, label=line.name, quantity=quantity, counts=counts
    )
