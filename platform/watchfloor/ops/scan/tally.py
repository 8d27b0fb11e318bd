"""Counts what a scan finds. Keeps a few matches of each rule to show, never all of them."""

from collections import Counter
from collections.abc import Collection
from typing import Final

import msgspec

from watchfloor.detect.rule import LEVELS, Level, Rule
from watchfloor.ops.scan.blocks import Damage
from watchfloor.ops.scan.correlating import Correlations, Placed
from watchfloor.ops.scan.scanner import Part
from watchfloor.ops.scan.verdict import Match, match_of, severity

FAULTS_KEPT: Final = 20
"""How many faults of one file are told one by one; the rest are counted."""


class Complaint(msgspec.Struct, frozen=True):
    """Something that could not be read: the file, the place in it if there is one, and why."""

    file: str
    place: str | None
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.reason}" if self.place else f"{self.file}: {self.reason}"


class RuleTally:
    """The matches of one rule: how many, in how many files, and the first of them."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.count = 0
        self.files = 0
        self.shown: list[Match] = []
        self._last_file = ""

    def add(self, match: Match, *, keep: int) -> None:
        """Counts a match. Files come one after the other."""
        self.count += 1
        if match.file != self._last_file:
            self.files += 1
            self._last_file = match.file
        if len(self.shown) < keep:
            self.shown.append(match)


class Tally:
    """The counts of a scan, and its correlations.

    `told` are the rules whose matches count; the others only serve correlations. `keep` is how many matches of each
    rule are kept to be shown.
    """

    def __init__(
        self, rules: tuple[Rule, ...], *, told: Collection[int], correlations: Correlations, keep: int
    ) -> None:
        self._rules = rules
        self._told = frozenset(told)
        self._correlations = correlations
        self._keep = keep
        self._by_rule: dict[int, RuleTally] = {}
        self._complaints_of_file = 0
        self.files = 0
        self.files_damaged = 0
        self.events = 0
        self.unknown = 0
        self.broken = 0
        self.matches = 0
        self.events_matched = 0
        self.levels: Counter[Level] = Counter()

    def add(self, part: Part) -> tuple[list[Match], list[Complaint]]:
        """Counts a part of a scan. Gives its matches, and what is to be told of it."""
        result, file = part.result, part.source.name
        if result is None:
            self.files += part.ends
            told = self._rest(file) if part.ends else []
            return [], told
        if isinstance(result, Damage):
            self.files_damaged += result.place is None
            self.broken += result.place is not None
            return [], self._tell(Complaint(file, result.place, result.reason))
        self.events += result.records - len(result.faults)
        self.unknown += result.unknown
        self.broken += len(result.faults)
        complaints = [
            complaint
            for fault in result.faults
            for complaint in self._tell(
                Complaint(
                    file,
                    f"event {part.base + fault.index}" if fault.line is None else f"line {fault.line}",
                    fault.reason,
                )
            )
        ]
        return self._hits([Placed(file, part.base + hit.index, hit) for hit in result.hits]), complaints

    def close(self) -> list[Match]:
        """At the end of all files: the matches of correlations that waited for it."""
        return [self._count(rule, placed) for rule, placed in self._correlations.close() if rule in self._told]

    def _hits(self, found: list[Placed]) -> list[Match]:
        told = [(placed.hit.rule, placed) for placed in found]
        told += self._correlations.add(found)
        told = [(rule, placed) for rule, placed in told if rule in self._told]
        self.events_matched += len({placed.index for _, placed in told})
        return [self._count(rule, placed) for rule, placed in sorted(told, key=lambda one: (one[1].index, one[0]))]

    def by_severity(self) -> list[RuleTally]:
        """The rules that matched, the worst first, of those the ones that matched most."""
        return sorted(self._by_rule.values(), key=lambda tally: (-severity(tally.rule), -tally.count, tally.rule.title))

    def level_counts(self) -> list[tuple[Level, int]]:
        """Matches by level, the worst first, without those that did not match."""
        return [(level, self.levels[level]) for level in reversed(LEVELS) if self.levels[level]]

    def _count(self, number: int, placed: Placed) -> Match:
        rule = self._rules[number]
        match = match_of(placed, rule)
        self.matches += 1
        self.levels[rule.level] += 1
        self._by_rule.setdefault(number, RuleTally(rule)).add(match, keep=self._keep)
        return match

    def _tell(self, complaint: Complaint) -> list[Complaint]:
        self._complaints_of_file += 1
        return [complaint] if self._complaints_of_file <= FAULTS_KEPT else []

    def _rest(self, file: str) -> list[Complaint]:
        """At a file's end: how many faults were not told one by one."""
        rest, self._complaints_of_file = self._complaints_of_file - FAULTS_KEPT, 0
        return [Complaint(file, None, f"{rest:,} more records cannot be read.")] if rest > 0 else []
