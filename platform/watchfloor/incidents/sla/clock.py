"""The clocks of an incident, worked out from its log alone.

Pure: the same log and agreement give the same clocks, whoever asks and when. Time moves only with the log's instants,
all of which the database wrote (Q8); nothing here asks what time it is.

The rules. Each clock runs from the opening, in the time that the calendar of the incident's severity counts. It stands
while the incident waits on the customer (and while it is laid aside, if the agreement says so). A raised severity
leaves no more time than its own target allows from then on; a lowered one gives the rest of its own, and never less
than was left. A clock ends when its stage is reached; a reopened incident's clock to resolve goes on with what was
left, without the time in between. A deadline that has passed stays missed. An incident that became part of another
has no clocks, until that is undone: then they go on as if nothing had been.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from watchfloor.alerts.alert import Severity, rank
from watchfloor.incidents.sla.agreement import TARGETS, Agreement, TargetName
from watchfloor.incidents.sla.hours import NOTHING

Step = Literal[
    "opened",
    "severity_changed",
    "acknowledged",
    "decided",
    "contained",
    "resolved",
    "reopened",
    "asked",
    "answered",
    "snoozed",
    "unsnoozed",
    "merged",
    "unmerged",
]
"""What a clock can see of a log."""

_WARNING_PART: Final = 4
"""A warning is due when less than this part of the target is left."""


class Instant(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log. `severity` is that of an opening and of a change, `until` the end of a snooze."""

    step: Step
    at: datetime
    severity: Severity | None = None
    until: datetime | None = None


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """How one target stands at the last instant of the log, `measured_at`.

    `allowed` is the target, `elapsed` what is used of it, both in counted time; `paused` is the counted time in which
    the clock stood for a pause. `deadline` is the last instant that is in time; None while a pause has no known end,
    and for what ended otherwise. `warns_at` is when three quarters of the target are used up, or
    the missed deadline. `breached_at` is the deadline that had passed unmet by `measured_at`. `ended_at` is when the
    incident became part of another.
    """

    target: TargetName
    severity: Severity
    allowed: timedelta
    started_at: datetime
    measured_at: datetime
    elapsed: timedelta
    paused: timedelta
    paused_since: datetime | None
    warns_at: datetime | None
    deadline: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    ended_at: datetime | None


class Stages(msgspec.Struct, frozen=True, kw_only=True):
    """How far an incident is, as its log tells it.

    `acknowledged_at` and `decided_at` are the first of their kind, `contained_at` the last; `resolved_at` is that of
    an incident that is still resolved.
    """

    severity: Severity
    alerted_at: datetime
    acknowledged_at: datetime | None
    decided_at: datetime | None
    contained_at: datetime | None
    resolved_at: datetime | None
    waiting_since: datetime | None
    snoozed_until: datetime | None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """An incident's stages and clocks."""

    stages: Stages
    clocks: tuple[Clock, ...]


def follow(log: Sequence[Instant], agreement: Agreement) -> Course | None:
    """Works out stages and clocks from a log in the order in which it was written. None before the opening."""
    opened = next((line for line in log if line.step == "opened" and line.severity is not None), None)
    if opened is None or opened.severity is None:
        return None
    course = _Course(agreement, opened.at, opened.severity)
    for line in log:
        if line is not opened:
            course.take(line)
    return course.result()


def elapsed_by(clock: Clock, agreement: Agreement, at: datetime) -> timedelta:
    """The counted time that is used by an instant, if nothing happened since the last line of the log."""
    if clock.paused_since is not None or clock.met_at is not None or clock.ended_at is not None:
        return clock.elapsed
    return clock.elapsed + agreement.calendar(clock.severity).between(clock.measured_at, at)


class _Course:
    """The stages and clocks while the log is read."""

    def __init__(self, agreement: Agreement, at: datetime, severity: Severity) -> None:
        self.agreement = agreement
        self.alerted_at = at
        self.severity: Severity = severity
        self.clocks = [_Clock(target, agreement, at, severity) for target in TARGETS]
        self.reached: dict[Step, datetime] = {}
        self.waiting_since: datetime | None = None
        self.snoozed_until: datetime | None = None
        self.is_merged = False

    def take(self, line: Instant) -> None:
        """Moves all clocks to the line's instant and lets it act on them."""
        if self.is_merged != (line.step == "unmerged"):
            return
        self._wake(line.at)
        for clock in self.clocks:
            clock.advance(line.at)
        match line.step:
            case "severity_changed":
                self._weigh(line.severity or self.severity)
            case "acknowledged" | "decided":
                self.reached.setdefault(line.step, line.at)
            case "contained":
                self.reached["contained"] = line.at
            case "resolved" | "merged":
                self._finish(line)
            case "reopened":
                self.reached.pop("resolved", None)
            case "unmerged":
                self.is_merged = False
            case _:
                self._rest(line)
        self._settle(line)

    def _finish(self, line: Instant) -> None:
        if line.step == "resolved":
            self.reached["resolved"] = line.at
        self.is_merged = line.step == "merged"
        self.waiting_since = self.snoozed_until = None

    def _rest(self, line: Instant) -> None:
        """What lays the incident aside, or takes it up again."""
        if "resolved" in self.reached:
            return
        match line.step:
            case "asked":
                self.waiting_since = self.waiting_since or line.at
            case "answered":
                self.waiting_since = None
            case "snoozed":
                self.snoozed_until = line.until
            case "unsnoozed":
                self.snoozed_until = None
            case _:
                pass

    def _weigh(self, severity: Severity) -> None:
        self.severity = severity
        for clock in self.clocks:
            clock.weigh(severity)

    def _settle(self, line: Instant) -> None:
        """Tells every clock what follows for it."""
        acknowledge, resolve = self.clocks
        if "acknowledged" in self.reached:
            acknowledge.meet(self.reached["acknowledged"])
        if "resolved" in self.reached:
            resolve.meet(self.reached["resolved"])
        elif resolve.met_at is not None:
            resolve.resume(line.at, self.severity)
        is_snooze_pause = self.agreement.snooze_stops_clock and self.snoozed_until is not None
        for clock in self.clocks:
            if self.is_merged:
                clock.end(line.at)
            elif clock.ended_at is not None:
                clock.resume(line.at, self.severity)
            clock.pause(line.at, is_paused=self.waiting_since is not None or is_snooze_pause)

    def _wake(self, at: datetime) -> None:
        """Ends a snooze whose time is over by now, at the instant at which it was."""
        until = self.snoozed_until
        if until is None or until > at:
            return
        self.snoozed_until = None
        for clock in self.clocks:
            clock.advance(until)
            clock.pause(until, is_paused=self.waiting_since is not None)

    def result(self) -> Course:
        """The stages and clocks as they stand."""
        known_end = self.snoozed_until if self.waiting_since is None else None
        stages = Stages(
            severity=self.severity,
            alerted_at=self.alerted_at,
            acknowledged_at=self.reached.get("acknowledged"),
            decided_at=self.reached.get("decided"),
            contained_at=self.reached.get("contained"),
            resolved_at=self.reached.get("resolved"),
            waiting_since=self.waiting_since,
            snoozed_until=self.snoozed_until,
        )
        return Course(
            stages=stages,
            clocks=tuple(clock.result(known_end) for clock in self.clocks),
        )


class _Clock:
    """One clock while the log is read. `left` is the counted time until the deadline, from `since` on."""

    def __init__(self, target: TargetName, agreement: Agreement, at: datetime, severity: Severity) -> None:
        self.target: Final = target
        self.agreement = agreement
        self.started_at = self.since = at
        self.severity: Severity = severity
        self.calendar = agreement.calendar(severity)
        self.allowed = self.left = agreement.within(target, severity)
        self.elapsed = self.paused = NOTHING
        self.paused_since: datetime | None = None
        self.met_at: datetime | None = None
        self.breached_at: datetime | None = None
        self.ended_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has nothing left to measure, for now."""
        return self.met_at is not None or self.ended_at is not None

    def advance(self, at: datetime) -> None:
        """Counts the time until `at`."""
        if self.is_over or at <= self.since:
            return
        counted = self.calendar.between(self.since, at)
        if self.paused_since is not None:
            self.paused += counted
        else:
            deadline = self.calendar.after(self.since, self.left)
            if self.breached_at is None and at > deadline:
                self.breached_at = deadline
            self.elapsed += counted
            self.left -= counted
        self.since = at

    def weigh(self, severity: Severity) -> None:
        """Goes on under another severity."""
        if self.is_over or severity == self.severity:
            return
        is_raised = rank(severity) > rank(self.severity)
        self.severity = severity
        self.calendar = self.agreement.calendar(severity)
        self.allowed = self.agreement.within(self.target, severity)
        self.left = min(self.left, self.allowed) if is_raised else max(self.left, self.allowed - self.elapsed)

    def meet(self, at: datetime) -> None:
        """The stage is reached."""
        if not self.is_over:
            self.met_at = at
            self.paused_since = None

    def resume(self, at: datetime, severity: Severity) -> None:
        """It is not over any more: runs on from now."""
        self.met_at = self.ended_at = None
        self.since = at
        self.weigh(severity)

    def end(self, at: datetime) -> None:
        """There is nothing to reach any more."""
        if not self.is_over:
            self.ended_at = at
            self.paused_since = None

    def pause(self, at: datetime, *, is_paused: bool) -> None:
        """Stands still from now on, or runs again."""
        if self.is_over or not is_paused:
            self.paused_since = None
        elif self.paused_since is None:
            self.paused_since = at

    def result(self, known_end: datetime | None) -> Clock:
        """How it stands. `known_end` is when a pause will be over by itself."""
        return Clock(
            target=self.target,
            severity=self.severity,
            allowed=self.allowed,
            started_at=self.started_at,
            measured_at=self.since,
            elapsed=self.elapsed,
            paused=self.paused,
            paused_since=self.paused_since,
            warns_at=self.breached_at or self._reaches(self.left - self.allowed / _WARNING_PART, known_end),
            deadline=self.breached_at or self._reaches(self.left, known_end),
            met_at=self.met_at,
            breached_at=self.breached_at,
            ended_at=self.ended_at,
        )

    def _reaches(self, left: timedelta, known_end: datetime | None) -> datetime | None:
        """When so much counted time will have passed, if nothing happens meanwhile."""
        if self.ended_at is not None:
            return None
        if self.paused_since is None:
            return self.calendar.after(self.since, left)
        return None if known_end is None else self.calendar.after(max(known_end, self.since), left)
