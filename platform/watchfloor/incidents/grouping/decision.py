"""Which incident an alert belongs to: pure decisions over entities and time.

An alert joins the open incident with which it shares the most telling entities, if their events lie within 24 hours
of each other; otherwise it opens one. Informational alerts are context: they join, and never open an incident.

What tells: a host, a user, a mailbox or a process says "the same story" by itself; so does an address or a domain.
A hash does as long as the two do not name different hosts, for the same system binary runs on every machine. A
cloud account or a file path never does alone: all that happens in an account would be one story. An entity that
several open incidents name already tells nothing and is left out.

What finds no incident while its rule storms goes into the rule's storm (see `storms`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.grouping.storms import Gauge, Outlook
from watchfloor.kernel.ids import AlertId, IncidentId
from watchfloor.normalise.event import EntityKind

REACH: Final = timedelta(hours=24)
ENOUGH: Final = 2
COMMON_INCIDENTS: Final = 5
"""An entity that more open incidents than this name is common."""

WEIGHTS: Final[dict[EntityKind, int]] = {
    "host": 4,
    "user": 4,
    "email": 4,
    "process": 4,
    "ip": 2,
    "domain": 2,
    "hash": 2,
    "account": 1,
    "file": 0,
}
"""How much a shared entity of a kind tells; a kind counts once, however many of it are shared."""


class Name(msgspec.Struct, frozen=True, order=True):
    """An entity by its keyed hash: all that the decision needs to know."""

    kind: EntityKind
    index: bytes


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An open incident. `names` are those of its entities that the alerts in question name too."""

    incident_id: IncidentId
    names: frozenset[Name]
    has_hosts: bool
    first_event_at: datetime
    last_event_at: datetime


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that belongs to no incident yet.

    `newcomer` is whom it is about, if the rule had not concerned that one lately; `is_standing` marks a throttled
    rule's alert, which is a storm by itself.
    """

    alert_id: AlertId
    severity: Severity
    names: frozenset[Name]
    first_seen: datetime
    last_seen: datetime
    rule_id: str = ""
    newcomer: Name | None = None
    is_standing: bool = False


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that go together, into an incident that there is or, without an id, into a new one.

    A new one is a storm's, or is there for a newcomer while the rule storms, or neither.
    """

    incident_id: IncidentId | None
    alert_ids: tuple[AlertId, ...]
    is_storm: bool = False
    newcomer: EntityKind | None = None


def decide(
    applicants: Iterable[Applicant], candidates: Sequence[Candidate], outlook: Outlook | None = None
) -> list[Group]:
    """Distributes the alerts over incidents, in the order of time. Informational ones that find none are left out.

    `candidates` are no storms.
    """
    waiting = sorted(applicants, key=_turn)
    gauge = Gauge(outlook or Outlook(), ((one.rule_id, one.newcomer) for one in waiting if one.newcomer is not None))
    stories = [_Story(candidate) for candidate in candidates]
    storms: dict[str, _Story] = {}
    common = _common(candidates)
    for applicant in waiting:
        best = max(stories, key=lambda story: story.closeness(applicant, common), default=None)
        if best is None or best.closeness(applicant, common) < ENOUGH:
            if applicant.severity == "informational":
                continue
            best = _opened(applicant, gauge, storms)
            if not best.is_storm:
                stories.append(best)
        best.take(applicant)
    return [story.group() for story in (*stories, *storms.values()) if story.taken]


def _opened(applicant: Applicant, gauge: Gauge, storms: "dict[str, _Story]") -> "_Story":
    """The story of an alert that finds none: its rule's storm, or a new one."""
    rule_id = applicant.rule_id
    is_storming = applicant.is_standing or gauge.is_storming(rule_id)
    is_newcomer = is_storming and applicant.newcomer is not None and gauge.lets_through(rule_id)
    if is_storming and not is_newcomer:
        return storms.setdefault(rule_id, _Story(None, storm_id=gauge.storm_of(rule_id), is_storm=True))
    gauge.open(rule_id, is_newcomer=is_newcomer)
    return _Story(None, newcomer=applicant.newcomer if is_newcomer else None)


def _turn(applicant: Applicant) -> tuple[bool, datetime, AlertId]:
    """Context comes last, so that it finds what the same batch opens."""
    return applicant.severity == "informational", applicant.first_seen, applicant.alert_id


def _common(candidates: Iterable[Candidate]) -> frozenset[Name]:
    named: dict[Name, int] = {}
    for candidate in candidates:
        for name in candidate.names:
            named[name] = named.get(name, 0) + 1
    return frozenset(name for name, times in named.items() if times > COMMON_INCIDENTS)


class _Story:
    """An incident, old or new, while alerts are added to it."""

    def __init__(
        self,
        candidate: Candidate | None,
        *,
        storm_id: IncidentId | None = None,
        is_storm: bool = False,
        newcomer: Name | None = None,
    ) -> None:
        self.incident_id = storm_id if candidate is None else candidate.incident_id
        self.is_storm = is_storm
        self.newcomer = newcomer
        self.taken: list[AlertId] = []
        self._names = set[Name]() if candidate is None else set(candidate.names)
        self._has_hosts = candidate is not None and candidate.has_hosts
        self._first = None if candidate is None else candidate.first_event_at
        self._last = None if candidate is None else candidate.last_event_at

    def closeness(self, applicant: Applicant, common: frozenset[Name]) -> int:
        """How much the alert and the incident share; 0 when they are too far apart in time."""
        if self._first is None or self._last is None:
            return 0
        if applicant.first_seen - self._last > REACH or self._first - applicant.last_seen > REACH:
            return 0
        kinds: set[EntityKind] = {name.kind for name in (self._names & applicant.names) - common}
        if self._has_hosts and "host" not in kinds and any(name.kind == "host" for name in applicant.names):
            kinds.discard("hash")
        return sum(WEIGHTS[kind] for kind in kinds)

    def group(self) -> Group:
        """What it came to."""
        return Group(
            incident_id=self.incident_id,
            alert_ids=tuple(self.taken),
            is_storm=self.is_storm,
            newcomer=None if self.newcomer is None else self.newcomer.kind,
        )

    def take(self, applicant: Applicant) -> None:
        self.taken.append(applicant.alert_id)
        self._names |= applicant.names
        self._has_hosts = self._has_hosts or any(name.kind == "host" for name in applicant.names)
        self._first = min(self._first or applicant.first_seen, applicant.first_seen)
        self._last = max(self._last or applicant.last_seen, applicant.last_seen)
