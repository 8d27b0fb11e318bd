"""What an alert is to the rest of the system: the words and the shapes that cross this package's border.

Owns no behaviour but the order of severities. Values that may be personal data appear here opened; they are sealed
wherever they are kept.
"""

from datetime import datetime
from typing import Final

import msgspec

from watchfloor.detect.rule import LEVELS, Level, Rule
from watchfloor.kernel.ids import AlertId, IncidentId
from watchfloor.normalise.event import Entity, EntityKind, TimeQuality

Severity = Level
"""How bad: a rule's level, an alert's and an incident's severity are one scale."""

EVIDENCE_EVENTS: Final = 20
"""How many events of an alert are kept whole, the first ones that arrived."""

MAX_ENTITIES: Final = 256
"""How many entities an alert names at most; the first ones that arrived."""

LONGEST_TITLE: Final = 300
"""How many characters of a rule's title stay with an alert."""


def rank(severity: Severity) -> int:
    """The severity's place on the scale, 0 for informational."""
    return LEVELS.index(severity)


class AlertChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of matches did to one alert.

    `added` counts the events that are new to it, always one or more. `entities` are those of the added events, the
    most significant first. `incident_id` is the incident that the alert belonged to before, if any.

    `is_standing` marks the alert of a throttled rule; `also` are entities that
    such an alert names but that tie it to nothing. `newcomer` is the kind of whom the alert is about, if the rule had
    not concerned that one in the last day.
    """

    alert_id: AlertId
    is_new: bool
    added: int
    rule: Rule
    entities: tuple[Entity, ...]
    first_seen: datetime
    last_seen: datetime
    incident_id: IncidentId | None
    is_standing: bool = False
    also: tuple[Entity, ...] = ()
    newcomer: EntityKind | None = None


class RuleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The rule as it was when the alert was opened: kept with the alert, because content changes afterwards."""

    id: str
    title: str
    level: Level
    status: str
    author: str
    references: tuple[str, ...]
    tags: tuple[str, ...]
    why: str
    false_positives: tuple[str, ...]
    runbook: tuple[str, ...]
    dedup: tuple[str, ...]
    window_seconds: int
    licence: str
    link: str | None
    product: str | None
    category: str | None
    service: str | None
    path: str
    content_hash: str

    @classmethod
    def of(cls, rule: Rule) -> "RuleFacts":
        """What is kept of a rule: everything but its condition."""
        return cls(
            id=rule.id,
            title=rule.title,
            level=rule.level,
            status=rule.status,
            author=rule.author,
            references=rule.references,
            tags=rule.tags,
            why=rule.why,
            false_positives=rule.false_positives,
            runbook=rule.runbook,
            dedup=rule.dedup,
            window_seconds=rule.window_seconds,
            licence=rule.licence,
            link=rule.link,
            product=rule.logsource.product,
            category=rule.logsource.category,
            service=rule.logsource.service,
            path=rule.path,
            content_hash=rule.content_hash,
        )

    @property
    def techniques(self) -> tuple[str, ...]:
        """The ATT&CK techniques among the tags, such as `T1059.001`."""
        marks = (tag.removeprefix("attack.") for tag in self.tags if tag.startswith("attack.t"))
        return tuple(mark.upper() for mark in marks if mark[1:2].isdigit())


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an alert, kept whole: what the analyst and the report show. All of it is untrusted.

    `fields` holds JSON's values, nested as the source nests them.
    """

    time: datetime
    time_quality: TimeQuality
    received_at: datetime
    summary: str
    parser: str
    fields: dict[str, object]
    entities: tuple[Entity, ...]
    raw: bytes
