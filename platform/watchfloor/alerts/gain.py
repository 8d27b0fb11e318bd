"""What a batch of matches brings, on its way into alerts: hits by rule and dedup key, and what each alert gains.

Owns the shapes that `record` and `noise` hand each other. It reads and writes nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from watchfloor.alerts import queries
from watchfloor.alerts.alert import MAX_ENTITIES, AlertChange
from watchfloor.alerts.dedup import Hit, Placement
from watchfloor.detect.rule import Rule
from watchfloor.kernel.ids import AlertId, IncidentId, new_uuid
from watchfloor.normalise.event import Entity, EntityKind, Event

_MANY_KEYS: Final = 10
"""What fewer keys have in common may be chance."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The hits of one rule and dedup key. `index` is the key's, `older_indexes` its form under keys that retire."""

    rule: Rule
    index: bytes
    older_indexes: tuple[bytes, ...]
    hits: list[Hit]
    window: timedelta

    @property
    def indexes(self) -> tuple[bytes, ...]:
        """The dedup key under each living key of the tenant, the newest first."""
        return (self.index, *self.older_indexes)


class Gain:
    """What one alert gains. `row` is the alert as it was, None for a new one.

    `newcomer` is the kind of whom a new alert is about, if the rule had not concerned that one lately.
    `held_keys` is None for an ordinary alert. For the standing alert of a throttled rule it is how many dedup keys
    are new to it.
    """

    def __init__(
        self, group: Group, placement: Placement, row: queries.SpanRow | None, *, held_keys: int | None = None
    ) -> None:
        self.group = group
        self.placement = placement
        self.row = row
        self.held_keys = held_keys
        self.newcomer: EntityKind | None = None
        self.alert_id = AlertId(new_uuid()) if row is None else AlertId(row.id)

    @property
    def is_new(self) -> bool:
        """Whether the alert is opened by this batch."""
        return self.row is None

    def entities(self, events: Sequence[Event]) -> list[Entity]:
        """The entities of the added events, each once."""
        seen = {entity: None for hit in self.placement.hits for entity in events[hit.index].entities}
        return list(seen)[:MAX_ENTITIES]

    def change(self, events: Sequence[Event]) -> AlertChange:
        """The gain as those behind see it."""
        incident_id = None if self.row is None else self.row.incident_id
        entities = self.entities(events)
        ties = entities if self.held_keys is None else self._shared(events)
        return AlertChange(
            alert_id=self.alert_id,
            is_new=self.is_new,
            added=len(self.placement.hits),
            rule=self.group.rule,
            entities=tuple(ties),
            first_seen=self.placement.first_seen,
            last_seen=self.placement.last_seen,
            incident_id=None if incident_id is None else IncidentId(incident_id),
            is_standing=self.held_keys is not None,
            also=() if self.held_keys is None else tuple(entities),
            newcomer=self.newcomer,
        )

    def _shared(self, events: Sequence[Event]) -> list[Entity]:
        """What all events of a new standing alert name: what makes a storm one story, such as its one source.

        Whatever else they name would tie together all that the storm passed over, so it ties nothing.
        """
        if not self.is_new or (self.held_keys or 0) < _MANY_KEYS:
            return []
        common = set(events[self.placement.hits[0].index].entities)
        for hit in self.placement.hits:
            common.intersection_update(events[hit.index].entities)
        return [entity for entity in self.entities(events) if entity in common]
