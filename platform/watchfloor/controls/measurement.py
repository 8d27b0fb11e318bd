"""What was counted, before anybody holds it against a number: a population, member by member.

A metric's function gives measurements and knows neither control nor threshold. A share is counted over its members, so
that the number and the list behind it cannot differ.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.controls.entries.entry import Entry
from watchfloor.controls.library import Library
from watchfloor.controls.result import Deviation, DeviationCode, Gap, GapCode, Period
from watchfloor.detect.rule import Rule
from watchfloor.measures.basis import quantile
from watchfloor.paging.rota import Override, Rota

_SAMPLE: Final = 25


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a population. Without codes it is good."""

    id: str
    codes: tuple[DeviationCode, ...] = ()
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it counts as good."""
        return not self.codes


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """The number of one metric. `value` None is no data. For a figure `denominator` is how many were measured."""

    kind: str
    metric: str
    population: str
    value: float | None
    numerator: int | None = None
    denominator: int | None = None
    members: tuple[Member, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def deviations(self) -> list[Deviation]:
        """All that is not good, in the order of the ids."""
        return [
            Deviation(id=member.id, code=code, detail=member.detail) for member in self.members for code in member.codes
        ]

    @property
    def sample(self) -> tuple[str, ...]:
        """Ids spread evenly over the population; the same ones for the same population."""
        step = max(1, -(-len(self.members) // _SAMPLE))
        return tuple(member.id for member in self.members[::step])


class RosterVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A rota, and since when it holds."""

    since: datetime
    rota: Rota


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's rotas and overrides that concern a period, read in the operator's own tenant."""

    versions: tuple[RosterVersion, ...]
    overrides: tuple[Override, ...]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of the installation, and the ids of those whose samples all came out right."""

    rules: tuple[Rule, ...]
    proven: frozenset[str]


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What the tenant's own records do not hold. What is None gives no data."""

    content: Content | None = None
    roster: Roster | None = None


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What every metric is counted under. `until` is the end of the period, or `now` while it runs."""

    period: Period
    now: datetime
    library: Library
    entries: tuple[Entry, ...] = ()
    beside: Beside = Beside()

    @property
    def until(self) -> datetime:
        """Up to where is counted."""
        return min(self.period.end, self.now)

    def population(self, kind: str, metric: str) -> str:
        """The name of a metric's population."""
        found = self.library.kind(kind).find(metric)
        return "" if found is None else found.population


def share(scene: Scene, kind: str, metric: str, members: Iterable[Member], gaps: Sequence[Gap] = ()) -> Measurement:
    """The part of the members that is good, in percent; no data of none."""
    population = tuple(sorted(members, key=lambda member: member.id))
    good = sum(member.is_good for member in population)
    return part(scene, kind, metric, of=(good, len(population)), members=population, gaps=gaps)


def part(
    scene: Scene,
    kind: str,
    metric: str,
    *,
    of: tuple[int, int],
    members: Sequence[Member] = (),
    gaps: Sequence[Gap] = (),
) -> Measurement:
    """A share whose members are not counted one by one, such as minutes. `of` is how many are good, and all."""
    good, whole = of
    found = Measurement(kind=kind, metric=metric, population=scene.population(kind, metric), value=None)
    if not whole:
        return msgspec.structs.replace(found, gaps=tuple(gaps) or (Gap(code="nothing_happened"),))
    return msgspec.structs.replace(
        found,
        value=100 * good / whole,
        numerator=good,
        denominator=whole,
        members=tuple(members),
        gaps=tuple(gaps),
    )


def number(
    scene: Scene, kind: str, metric: str, value: float, *, members: Sequence[Member] = (), gaps: Sequence[Gap] = ()
) -> Measurement:
    """A number that is no share."""
    population = scene.population(kind, metric)
    return Measurement(
        kind=kind, metric=metric, population=population, value=value, members=tuple(members), gaps=tuple(gaps)
    )


def quantiles(scene: Scene, kind: str, stem: str, values: Iterable[float]) -> list[Measurement]:
    """The median and the 95th percentile (nearest rank), each with the number of values, as `<stem>_p50`, `_p95`."""
    ordered = sorted(values)
    return [
        Measurement(
            kind=kind,
            metric=f"{stem}_{name}",
            population=scene.population(kind, f"{stem}_{name}"),
            value=quantile(ordered, at),
            denominator=len(ordered),
            gaps=() if ordered else (Gap(code="nothing_happened"),),
        )
        for name, at in (("p50", 0.5), ("p95", 0.95))
    ]


def nothing(scene: Scene, kind: str, metric: str, code: GapCode, detail: str = "") -> Measurement:
    """No data, and why."""
    return Measurement(
        kind=kind,
        metric=metric,
        population=scene.population(kind, metric),
        value=None,
        gaps=(Gap(code=code, detail=detail),),
    )
