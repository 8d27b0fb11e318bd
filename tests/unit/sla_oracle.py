"""A second way to work clocks out, slow and plain: whole minutes, each asked of the wall clock whether it counts."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from watchfloor.alerts.alert import Severity, rank
from watchfloor.incidents.sla.agreement import Agreement, BusinessHours, TargetName
from watchfloor.incidents.sla.clock import Instant, Step

MINUTE: Final = timedelta(minutes=1)
DAYS: Final = 90
SEVERITIES: Final[tuple[Severity, ...]] = ("informational", "low", "medium", "high", "critical")
STEPS: Final[tuple[Step, ...]] = (
    "severity_changed",
    "severity_changed",
    "acknowledged",
    "decided",
    "contained",
    "resolved",
    "reopened",
    "asked",
    "asked",
    "answered",
    "answered",
    "snoozed",
    "unsnoozed",
    "merged",
    "unmerged",
)
WEEK: Final = ((480, 1080), (480, 1080), (480, 1080), (480, 1080), (480, 840), None, None)
ODD: Final = ((90, 150), (0, 1440), None, (1380, 1440), (480, 1080), (90, 1440), (60, 200))
"""Hours around the time of clock changes, up to midnight, and over whole days."""


def agreed(
    zone: str, hours: tuple[tuple[int, int] | None, ...], closed: tuple[date, ...], *, snooze: bool
) -> Agreement:
    """An agreement with targets short enough to be met and missed within weeks."""
    return Agreement(
        acknowledge={"critical": 900, "high": 1_800, "medium": 14_400, "low": 36_000, "informational": 86_400},
        resolve={"critical": 14_400, "high": 28_800, "medium": 57_600, "low": 90_000, "informational": 144_000},
        hours=BusinessHours(time_zone=zone, opening=hours, closed=closed),
        hours_for=("high", "informational", "low"),
        snooze_stops_clock=snooze,
    )


@dataclass(frozen=True)
class World:
    """An agreement, from when on it is looked at, and how many minutes have counted by each minute."""

    agreement: Agreement
    begin: datetime
    counted: list[int]

    @classmethod
    def of(cls, agreement: Agreement, begin: datetime) -> "World":
        """Asks the wall clock of every minute."""
        hours = agreement.hours
        assert hours is not None
        zone = ZoneInfo(hours.time_zone)
        walls = ((begin + number * MINUTE).astimezone(zone) for number in range(DAYS * 1440))
        return cls(agreement, begin, [0, *accumulate(_counts(hours, wall) for wall in walls)])

    def minutes(self, severity: Severity, begin: int, end: int) -> int:
        """How many minutes count from one to another."""
        if severity not in self.agreement.hours_for:
            return max(end - begin, 0)
        return max(self.counted[end] - self.counted[begin], 0)

    def after(self, severity: Severity, begin: int, span: int) -> int:
        """The first minute by which so many have counted."""
        if span <= 0:
            return begin
        if severity not in self.agreement.hours_for:
            return begin + span
        return bisect_left(self.counted, self.counted[begin] + span)

    def history(self, seed: int) -> list[Instant]:
        """A log of its own for each seed, in an order that may make no sense to people."""
        dice = Random(seed)
        minute = dice.randrange(20 * 1440)
        lines = [Instant(step="opened", at=self.begin + minute * MINUTE, severity=dice.choice(SEVERITIES))]
        for _ in range(dice.randrange(10)):
            minute += dice.choice((0, 1, dice.randrange(60), dice.randrange(3_000)))
            step, at = dice.choice(STEPS), self.begin + minute * MINUTE
            until = at + dice.choice((1, 60, 2_000)) * MINUTE if step == "snoozed" else None
            severity = dice.choice(SEVERITIES) if step == "severity_changed" else None
            lines.append(Instant(step=step, at=at, severity=severity, until=until))
        return lines

    def clock(self, target: TargetName, log: Sequence[Instant]) -> dict[str, int | None]:
        """What becomes of a clock, in minutes since the beginning."""
        log = _without_merged(log)
        found = _Count(self, target, log)
        for place in range(1, len(log)):
            found.go(place)
        return found.result()

    def number(self, at: datetime) -> int:
        """Which minute it is."""
        return (at - self.begin) // MINUTE


class _Count:
    """The count of one clock; the state is read anew from the lines before."""

    def __init__(self, world: World, target: TargetName, log: Sequence[Instant]) -> None:
        assert log[0].severity is not None
        self.world, self.log = world, log
        self.target: TargetName = target
        self.severity: Severity = log[0].severity
        self.left = world.agreement.within(target, self.severity) // MINUTE
        self.now = world.number(log[0].at)
        self.used = self.stood = 0
        self.missed: int | None = None
        self.end: Step = "acknowledged" if target == "acknowledge" else "resolved"

    def go(self, place: int) -> None:
        line = self.log[place]
        at = self.world.number(line.at)
        until = self.snooze_end(place)
        if until is not None and self.now < until < at:
            self.pass_time(place, until, snoozed=True)
            self.pass_time(place, at, snoozed=False)
        else:
            self.pass_time(place, at, snoozed=until is not None and until > self.now)
        self.now = at
        if not self.is_over(place + 1):
            wanted = self.severity_at(place + 1)
            if wanted != self.severity:
                self.change(wanted)

    def pass_time(self, place: int, to: int, *, snoozed: bool) -> None:
        if self.is_over(place):
            return
        counted = self.world.minutes(self.severity, self.now, to)
        if self.is_waiting(place) or (snoozed and self.world.agreement.snooze_stops_clock):
            self.stood += counted
        else:
            deadline = self.world.after(self.severity, self.now, self.left)
            if self.missed is None and to > deadline:
                self.missed = deadline
            self.used += counted
            self.left -= counted
        self.now = to

    def change(self, severity: Severity) -> None:
        allowed = self.world.agreement.within(self.target, severity) // MINUTE
        if rank(severity) > rank(self.severity):
            self.left = min(self.left, allowed)
        else:
            self.left = max(self.left, allowed - self.used)
        self.severity = severity

    def is_over(self, place: int) -> bool:
        before = [line.step for line in self.log[:place]]
        if before.count("merged") > before.count("unmerged"):
            return True
        if self.target == "acknowledge":
            return "acknowledged" in before
        return self.is_resolved(place)

    def is_resolved(self, place: int) -> bool:
        ends = [line.step for line in self.log[:place] if line.step in ("resolved", "reopened")]
        return ends[-1:] == ["resolved"]

    def severity_at(self, place: int) -> Severity:
        severity = self.severity
        for line in self.log[:place]:
            severity = line.severity or severity
        return severity

    def _since_end(self, place: int) -> list[Instant]:
        """The lines that count for pauses: none from before the incident was done, none while it is."""
        lines: list[Instant] = []
        for number, line in enumerate(self.log[:place]):
            if line.step in ("resolved", "merged"):
                lines = []
            elif not self.is_resolved(number):
                lines.append(line)
        return lines

    def is_waiting(self, place: int) -> bool:
        pauses = [line.step for line in self._since_end(place) if line.step in ("asked", "answered")]
        return pauses[-1:] == ["asked"]

    def snooze_end(self, place: int) -> int | None:
        snoozes = [line for line in self._since_end(place) if line.step in ("snoozed", "unsnoozed")]
        until = snoozes[-1].until if snoozes else None
        return None if until is None else self.world.number(until)

    def result(self) -> dict[str, int | None]:
        place = len(self.log)
        deadline = self.missed
        until = self.snooze_end(place)
        is_snoozed = self.world.agreement.snooze_stops_clock and until is not None and until > self.now
        steps = [line.step for line in self.log]
        ended = steps.count("merged") > steps.count("unmerged") and not self._was_over_before_merge()
        if deadline is None and not ended:
            met = self.is_over(place)
            if met or not (self.is_waiting(place) or is_snoozed):
                deadline = self.world.after(self.severity, self._measured(), self.left)
            elif is_snoozed and not self.is_waiting(place) and until is not None:
                deadline = self.world.after(self.severity, until, self.left)
        return {"elapsed": self.used, "paused": self.stood, "missed": self.missed, "deadline": deadline}

    def _was_over_before_merge(self) -> bool:
        return self.is_over(max(number for number, line in enumerate(self.log) if line.step == "merged"))

    def _measured(self) -> int:
        """When the clock was last looked at: its end, if it has ended."""
        place = len(self.log)
        if not self.is_over(place):
            return self.now
        first = next(number for number in range(1, place + 1) if all(self.is_over(n) for n in range(number, place + 1)))
        return self.world.number(self.log[first - 1].at)


def _without_merged(log: Sequence[Instant]) -> list[Instant]:
    """The log without what happened to the incident while it was part of another."""
    lines: list[Instant] = []
    is_merged = False
    for line in log:
        if is_merged == (line.step == "unmerged"):
            lines.append(line)
            is_merged = line.step == "merged"
    return lines


def _counts(hours: BusinessHours, wall: datetime) -> bool:
    opening = hours.opening[wall.weekday()]
    if opening is None or wall.date() in hours.closed:
        return False
    return opening[0] <= wall.hour * 60 + wall.minute < opening[1]


def start(year: int, month: int, day: int) -> datetime:
    """Midnight in UTC."""
    return datetime(year, month, day, tzinfo=UTC)
