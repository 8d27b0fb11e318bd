"""What must be true of a regime's rows among themselves. Owns the sentences that say what is not; reads nothing."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Final, Protocol, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchfloor.breach.rules.calendar_days import knows_holidays
from watchfloor.breach.rules.regime import Clock, Regime, Stage
from watchfloor.detect.yaml_document import Path

Fault: TypeAlias = tuple[Path, str]

_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WALL: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LENGTHS: Final = ("hours", "days", "working_days", "months")


class _Row(Protocol):
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


def faults_of_regime(regime: Regime) -> Iterator[Fault]:
    """What is wrong with a regime, each with its path in the document."""
    if not _ID.fullmatch(regime.id):
        yield ("id",), "An id is small letters, digits and hyphens."
    if not regime.triggers or not regime.stages:
        yield ("id",), "A regime has a trigger and a stage at least."
    for (index, _), words in faults_of_rows(regime.triggers):
        yield ("triggers", index, "valid_from"), words
    for name in dict.fromkeys(stage.stage for stage in regime.stages):
        places = [index for index, stage in enumerate(regime.stages) if stage.stage == name]
        for (index, _), words in faults_of_rows([regime.stages[place] for place in places]):
            yield ("stages", places[index], "valid_from"), words
    known: set[str] = set()
    for index, stage in enumerate(regime.stages):
        for path, words in _stage(stage, known):
            yield ("stages", index, *path), words
        known.add(stage.stage)


def faults_of_rows(rows: Sequence[_Row]) -> Iterator[tuple[tuple[int, str], str]]:
    """Which versions of one row end before they begin, or hold on a day on which another one holds."""
    for index, row in enumerate(rows):
        if row.valid_to is not None and row.valid_to < row.valid_from:
            yield (index, "valid_to"), "The row ends before it begins."
    for (_, one), (index, other) in combinations(enumerate(rows), 2):
        if one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max):
            words = f"Another version holds on a day of this one's, from {one.valid_from} to {one.valid_to or 'open'}."
            yield (index, "valid_from"), words


def _stage(stage: Stage, known: set[str]) -> Iterator[Fault]:
    if not stage.due:
        yield ("due",), "A stage has a clock at least; one without a length says `without undue delay`."
    if any(hours < 1 for hours in stage.warn_hours):
        yield ("warn_hours",), "A warning comes an hour before the end or earlier; the end itself always warns."
    if stage.relief is not None and not _WALL.fullmatch(stage.relief.until):
        yield ("relief", "until"), "A time of day is `HH:MM`."
    if stage.due and (stage.due[-1].only_if or stage.due[-1].unless):
        yield ("due",), "The last clock of a stage has no conditions, so that there is always one that holds."
    for path, clock in _clocks(stage):
        for words in _clock(clock, known):
            yield path, words
    if stage.at_latest is not None and _length(stage.at_latest) is None:
        yield ("at_latest",), "The latest end needs a length."


def _clocks(stage: Stage) -> Iterable[tuple[Path, Clock]]:
    for index, clock in enumerate(stage.due):
        yield ("due", index), clock
    if stage.at_latest is not None:
        yield ("at_latest",), stage.at_latest
    if stage.if_lasting is not None:
        yield ("if_lasting",), stage.if_lasting


def _clock(clock: Clock, known: set[str]) -> Iterator[str]:
    if (clock.after is None) == (clock.after_stage is None):
        yield "A clock starts `after` a moment or `after_stage` of a stage: one of the two."
    for name in (*((clock.after_stage,) if clock.after_stage is not None else ()), *clock.also_after):
        if name not in known:
            yield f"There is no stage {name!r} before this one."
    lengths = [getattr(clock, name) for name in _LENGTHS if getattr(clock, name) is not None]
    if len(lengths) > 1:
        yield "A clock has one length at most: hours, days, working_days or months."
    if any(length < 1 for length in lengths):
        yield "A length is 1 or more."
    if clock.by_contract and any(name != "hours" for name in _LENGTHS if getattr(clock, name) is not None):
        yield "A contract fixes hours."
    yield from _calendar(clock)


def _calendar(clock: Clock) -> Iterator[str]:
    counted = clock.days is not None or clock.working_days is not None
    if clock.ends is not None and not (counted and _WALL.fullmatch(clock.ends)):
        yield "`ends` is the time of day, `HH:MM`, at which the last of some days ends."
    if clock.year_end and clock.days is None:
        yield "Only days are counted from the end of a year."
    if clock.country is not None and not knows_holidays(clock.country):
        yield f"The holidays of {clock.country!r} are not known."
    if clock.zone is not None and not _is_zone(clock.zone):
        yield f"There is no time zone {clock.zone!r}."


def _length(clock: Clock) -> int | None:
    return next((getattr(clock, name) for name in _LENGTHS if getattr(clock, name) is not None), None)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
