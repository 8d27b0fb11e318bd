"""The deadlines of a case: regimes and facts in, UTC instants out.

Owns the arithmetic of every clock. Hours are elapsed time, so 72 hours are 72 hours through a clock change. What a
case is measured by are the rules in force on the local day of the regime's own moment: a later change of the law moves
no deadline that already runs. Never says that a regime applies or that somebody is aware: an undecided condition makes
a deadline provisional and leaves it running, a condition decided against makes it `not_required`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.breach.rules.calendar_days import (
    DAY,
    add_months,
    add_working_days,
    at_local,
    end_of_day,
    is_working_day,
    local_day,
    next_working_day,
)
from watchfloor.breach.rules.regime import (
    Actor,
    Clock,
    Facts,
    Filing,
    Mark,
    Moment,
    Recipient,
    Regime,
    Relief,
    Stage,
    Statement,
    Trigger,
    in_force,
)

State: TypeAlias = Literal["waiting", "undated", "running", "sent", "missed", "met", "met_late", "not_required"]
"""`waiting`: for its start. `undated`: due without undue delay, no number. `sent`: submitted, receipt outstanding."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)

_IMPLIES: Final[Mapping[Moment, Statement]] = {
    "high_risk_found": "high_risk",
    "classified_major": "major",
    "materiality_determined": "material",
    "notifiable_found": "significant_harm",
}


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of one regime in a case, as of an instant. All instants are UTC; `zone` is for showing them."""

    regime: str
    stage: str
    rule: str
    """The id of the stage's row, which says which version of the law this is."""
    title: str
    source: str
    mark: Mark
    actor: Actor
    recipient: Recipient
    state: State
    zone: str
    is_provisional: bool
    """Whether a person has still to decide that this is owed."""
    waits_for: str | None = None
    """The moment or stage whose absence keeps the clock from starting."""
    started_at: datetime | None = None
    due_at: datetime | None = None
    strict_due_at: datetime | None = None
    """Where the end was moved from: the same as `due_at` when no weekend or holiday moved it."""
    expected_at: datetime | None = None
    """When it would be due if the stage before went out at its own deadline."""
    warn_at: tuple[datetime, ...] = ()
    """When somebody is to be warned, in order, the last one at the end itself."""
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    late_by: timedelta | None = None
    needs_reasons: bool = False
    """Whether the notice must say why it is late, and does not yet."""
    content: tuple[str, ...] = ()
    note: str | None = None


def deadlines(regimes: Iterable[Regime], facts: Facts, at: datetime) -> list[Deadline]:
    """Every stage of the regimes as of `at`, the most urgent first.

    A regime without a rule in force on the day yields nothing.
    """
    found = [deadline for regime in regimes for deadline in _of_regime(regime, facts, at)]
    return sorted(found, key=_urgency)


def rules_of_the_day(regime: Regime, facts: Facts, at: datetime) -> tuple[Trigger, tuple[Stage, ...]] | None:
    """The trigger and the stages that a case is measured by, or None where the regime does not hold on its day."""
    for trigger in sorted(regime.triggers, key=lambda row: row.valid_from):
        moment = facts.moments.get(trigger.moment)
        day = local_day(at if moment is None else moment, facts.zone)
        if in_force((trigger,), day):
            return trigger, tuple(in_force(regime.stages, day))
    return None


def _of_regime(regime: Regime, facts: Facts, at: datetime) -> list[Deadline]:
    rules = rules_of_the_day(regime, facts, at)
    if rules is None:
        return []
    trigger, stages = rules
    reckoning = _Reckoning(regime, trigger, facts, at)
    return [reckoning.deadline(stage) for stage in stages]


def _urgency(deadline: Deadline) -> tuple[datetime, str, str]:
    return deadline.due_at or _NEVER, deadline.regime, deadline.stage


class _Due(NamedTuple):
    """A clock's answer: from when, until when, and what it waits for instead."""

    start: datetime | None = None
    end: datetime | None = None
    waits_for: str | None = None
    expected: datetime | None = None


class _Reckoning:
    """One regime in one case; remembers the deadlines of the stages before."""

    def __init__(self, regime: Regime, trigger: Trigger, facts: Facts, at: datetime) -> None:
        self._regime = regime
        self._trigger = trigger
        self._facts = facts
        self._said = _said(facts)
        self._at = at
        self._before: dict[str, Deadline] = {}

    def deadline(self, stage: Stage) -> Deadline:
        """The stage as of now."""
        due, needed = self._due(stage)
        standing = self._standing(stage, needed=needed)
        strict = due.end
        moved = None if strict is None else self._relieved(strict, stage.relief)
        filing = self._first(stage)
        stopped = None if filing is None else _stopped(filing, stage)
        end = _NEVER if moved is None else moved
        late = None if standing is False else _late(filing, stopped, self._at, end)
        deadline = Deadline(
            regime=self._regime.id,
            stage=stage.stage,
            rule=stage.id,
            title=stage.title,
            source=stage.source,
            mark=_weaker(self._trigger.mark, stage.mark),
            actor=self._regime.actor,
            recipient=stage.recipient,
            state=_state(due, filing, stopped, standing=standing, is_late=late is not None),
            zone=self._facts.zone,
            is_provisional=standing is None,
            waits_for=due.waits_for,
            started_at=_utc(due.start),
            due_at=moved,
            strict_due_at=strict,
            expected_at=due.expected,
            warn_at=() if standing is False else _warnings(stage, due.start, moved),
            submitted_at=None if filing is None else _utc(filing.submitted_at),
            received_at=None if filing is None else _utc(filing.received_at),
            late_by=late,
            needs_reasons=stage.late_reasons and late is not None and not (filing and filing.delay_reasons),
            content=stage.content,
            note=stage.note,
        )
        self._before[stage.stage] = deadline
        return deadline

    def _standing(self, stage: Stage, *, needed: bool) -> bool | None:
        """Whether the stage is owed: yes, no, or not decided."""
        said = self._said
        applies = self._facts.applies.get(self._regime.id)
        conditions = [said.get(name) for name in stage.conditions]
        conditions += [_opposite(said.get(name)) for name in stage.unless]
        conditions += [applies] if applies is not None else [said.get(name) for name in self._trigger.conditions]
        if not needed or False in conditions:
            return False
        return None if None in conditions else True

    def _due(self, stage: Stage) -> tuple[_Due, bool]:
        """When the stage is due, and whether its turn comes at all."""
        clock = next((clock for clock in stage.due if self._holds(clock)), None)
        if clock is None:
            return _Due(), False
        due = self._capped(self._run(clock), stage.at_latest)
        if stage.if_lasting is None and not stage.while_lasting:
            return due, True
        return self._lasting(due, stage)

    def _capped(self, due: _Due, at_latest: Clock | None) -> _Due:
        if at_latest is None:
            return due
        cap = self._run(at_latest)
        if cap.end is None:
            return due
        if due.start is None:  # until the cap is over, the cap is what to look at
            return cap._replace(waits_for=due.waits_for) if self._at <= cap.end else due
        if due.end is None or due.start > cap.end:
            return due
        return due if due.end <= cap.end else due._replace(end=cap.end)

    def _lasting(self, due: _Due, stage: Stage) -> tuple[_Due, bool]:
        """The stage of an incident that may outlast it."""
        if due.end is None:
            return due, not stage.while_lasting or self._said.get("still_ongoing") is True
        handled = self._facts.moments.get("handled")
        goes_on = self._said.get("still_ongoing") is True
        lasted = goes_on if handled is None else handled > due.end
        if stage.while_lasting:
            return due, lasted
        if stage.if_lasting is None or not lasted or (handled is None and self._at <= due.end):
            return due, True
        return self._run(stage.if_lasting), True

    def _holds(self, clock: Clock) -> bool:
        said = self._said
        return all(said.get(name) for name in clock.only_if) and not any(said.get(name) for name in clock.unless)

    def _run(self, clock: Clock) -> _Due:
        start = self._start(clock)
        if start is None:
            before = self._before.get(clock.after_stage or "")
            soonest = None if before is None else (before.due_at or before.expected_at)
            expected = None if soonest is None else self._end(clock, soonest)
            return _Due(waits_for=clock.after_stage or clock.after, expected=expected)
        return _Due(start=start, end=self._end(clock, start))

    def _start(self, clock: Clock) -> datetime | None:
        if clock.after is not None:
            return self._facts.moments.get(clock.after)
        sent = [filing.submitted_at for filing in self._filings(clock.after_stage or "", *clock.also_after)]
        return None if not sent else (max(sent) if clock.last else min(sent))

    def _end(self, clock: Clock, start: datetime) -> datetime | None:
        hours = self._facts.contract_hours.get(self._regime.id, clock.hours) if clock.by_contract else clock.hours
        if hours is not None:
            return start.astimezone(UTC) + timedelta(hours=hours)
        zone = clock.zone or self._facts.zone
        local = start.astimezone(ZoneInfo(zone))
        if clock.months is not None:
            return at_local(add_months(local.date(), clock.months), local.time(), zone)
        last = self._last_day(clock, date(local.year, 12, 31) if clock.year_end else local.date())
        if last is None:
            return None
        return end_of_day(last, zone) if clock.ends is None else at_local(last, time.fromisoformat(clock.ends), zone)

    def _last_day(self, clock: Clock, first: date) -> date | None:
        if clock.days is not None:
            return first + DAY * clock.days
        if clock.working_days is None:
            return None
        abroad = clock.country is not None
        return add_working_days(
            first,
            clock.working_days,
            country=clock.country or self._facts.country,
            subdivision=None if abroad else self._facts.subdivision,
        )

    def _relieved(self, end: datetime, relief: Relief | None) -> datetime:
        if relief is None or any(self._said.get(name) is True for name in relief.unless):
            return end
        zone, country, part = self._facts.zone, self._facts.country, self._facts.subdivision
        day = local_day(end, zone)
        if is_working_day(day, country, part):
            return end
        return at_local(next_working_day(day, country, part), time.fromisoformat(relief.until), zone)

    def _filings(self, *stages: str) -> list[Filing]:
        own = (filing for filing in self._facts.filings if filing.regime == self._regime.id)
        return [filing for filing in own if filing.stage in stages]

    def _first(self, stage: Stage) -> Filing | None:
        ended = None if stage.stopped_by is None else self._facts.moments.get(stage.stopped_by)
        if ended is not None:
            return Filing(regime=self._regime.id, stage=stage.stage, submitted_at=ended)
        return min(self._filings(stage.stage), key=lambda filing: filing.submitted_at, default=None)


def _said(facts: Facts) -> dict[Statement, bool]:
    """What was decided, with what a decision brings along: a moment entered is the decision that it has come."""
    said: dict[Statement, bool] = {_IMPLIES[moment]: True for moment in facts.moments if moment in _IMPLIES}
    said |= facts.statements
    if said.get("high_risk"):
        said.setdefault("risk", True)
    if said.get("risk") is False:
        said.setdefault("high_risk", False)
    return said


def _opposite(said: bool | None) -> bool | None:  # noqa: FBT001  # three values, not a switch
    return None if said is None else not said


def _weaker(one: Mark, other: Mark) -> Mark:
    return "confirmed" if one == other == "confirmed" else "unconfirmed"


def _utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.astimezone(UTC)


def _stopped(filing: Filing, stage: Stage) -> datetime | None:
    """When the filing stopped the clock; None while its receipt is outstanding."""
    return filing.received_at if stage.stops == "receipt" else filing.submitted_at


def _late(filing: Filing | None, stopped: datetime | None, at: datetime, end: datetime) -> timedelta | None:
    """By how much the stage is late: what is sent and not yet received is measured by its sending."""
    reached = at if filing is None else (stopped or filing.submitted_at)
    return reached - end if reached > end else None


def _state(
    due: _Due, filing: Filing | None, stopped: datetime | None, *, standing: bool | None, is_late: bool
) -> State:
    if filing is not None:
        return "sent" if stopped is None else ("met_late" if is_late else "met")
    if standing is False:
        return "not_required"
    if due.end is None:
        return "waiting" if due.start is None else "undated"
    return "missed" if is_late else "running"


def _warnings(stage: Stage, start: datetime | None, end: datetime | None) -> tuple[datetime, ...]:
    if start is None or end is None:
        return ()
    points = {end - timedelta(hours=hours) for hours in (*stage.warn_hours, 0)}
    return tuple(sorted(point for point in points if point > start or point == end))
