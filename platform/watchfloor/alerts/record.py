"""Matches become alerts: counted once each, however often and in whatever order their events arrive.

Owns the writing of `wf.alerts` and of the tables beside it. Decides nothing about which alert takes what (`dedup`
does) and nothing about incidents. The caller holds the tenant's `lock`, so that two batches of one tenant never
open the same alert twice; alerts, their events and "this batch is done" commit together.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from watchfloor.alerts import queries
from watchfloor.alerts.alert import EVIDENCE_EVENTS, MAX_ENTITIES, AlertChange, RuleFacts
from watchfloor.alerts.dedup import Hit, Placement, Span, place
from watchfloor.alerts.sealing import entity_index, seal_entity, seal_evidence
from watchfloor.detect.dedup import dedup_values
from watchfloor.detect.engine import Matches
from watchfloor.detect.rule import Rule
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId, IncidentId, new_uuid
from watchfloor.normalise.event import Entity, Event

_LONGEST_TITLE: Final = 300


async def lock(tx: TenantTx) -> None:
    """Waits for the tenant's turn to write alerts and incidents from matches; held until the transaction ends."""
    await queries.lock(tx)


async def record(
    tx: TenantTx, cipher: TenantCipher, *, events: Sequence[Event], matches: Matches, rules: Sequence[Rule]
) -> list[AlertChange]:
    """Counts the matches into alerts, old and new, and returns what changed, in the order of `first_seen`.

    `matches` points into `events` and `rules`. An event that was recorded before changes nothing.
    """
    groups = _grouped(cipher, events, matches, rules)
    if not groups:
        return []
    kept = await _kept(tx, groups)
    known = await _known(tx, groups)
    gains = [
        _Gain(group, placement, kept.get(placement.alert_id) if placement.alert_id else None)
        for place_number, group in enumerate(groups)
        for placement in _placed(group, place_number, kept, known)
    ]
    await _write_alerts(tx, gains)
    await _write_events(tx, cipher, events, gains)
    await _write_entities(tx, cipher, events, gains)
    return sorted((gain.change(events) for gain in gains), key=lambda change: (change.first_seen, change.alert_id))


class _Group(msgspec.Struct, kw_only=True):
    """The hits of one rule and dedup key."""

    rule: Rule
    index: bytes
    older_indexes: tuple[bytes, ...]
    hits: list[Hit]

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.rule.window_seconds)

    @property
    def indexes(self) -> tuple[bytes, ...]:
        return (self.index, *self.older_indexes)


class _Gain:
    """What one alert gains; `row` is the alert as it was, None for a new one."""

    def __init__(self, group: _Group, placement: Placement, row: queries.SpanRow | None) -> None:
        self.group = group
        self.placement = placement
        self.row = row
        self.alert_id = AlertId(new_uuid()) if row is None else AlertId(row.id)

    def entities(self, events: Sequence[Event]) -> list[Entity]:
        """The entities of the added events, each once."""
        seen = {entity: None for hit in self.placement.hits for entity in events[hit.index].entities}
        return list(seen)[:MAX_ENTITIES]

    def change(self, events: Sequence[Event]) -> AlertChange:
        incident_id = None if self.row is None else self.row.incident_id
        return AlertChange(
            alert_id=self.alert_id,
            is_new=self.row is None,
            added=len(self.placement.hits),
            rule=self.group.rule,
            entities=tuple(self.entities(events)),
            first_seen=self.placement.first_seen,
            last_seen=self.placement.last_seen,
            incident_id=None if incident_id is None else IncidentId(incident_id),
        )


def _grouped(cipher: TenantCipher, events: Sequence[Event], matches: Matches, rules: Sequence[Rule]) -> list[_Group]:
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], _Group] = {}
    for event_number, rule_number in zip(matches.event, matches.rule, strict=True):
        event, rule = events[event_number], rules[rule_number]
        values = dedup_values(rule, event)
        group = groups.get((rule.id, values))
        if group is None:
            text = msgspec.json.encode(values).decode()
            newest, *older = cipher.index_candidates(f"alert.dedup.{rule.id}", text)
            group = groups[rule.id, values] = _Group(rule=rule, index=newest, older_indexes=tuple(older), hits=[])
        group.hits.append(Hit(event.time, event.key, event_number))
    return list(groups.values())


async def _kept(tx: TenantTx, groups: Sequence[_Group]) -> dict[AlertId, queries.SpanRow]:
    wanted = [
        queries.Wanted(
            place=number,
            rule_id=group.rule.id,
            dedup_index=index,
            since=min(group.hits).at - group.window,
            until=max(group.hits).at + group.window,
        )
        for number, group in enumerate(groups)
        for index in group.indexes
    ]
    return {AlertId(row.id): row for row in await queries.select_spans(tx, wanted)}


async def _known(tx: TenantTx, groups: Sequence[_Group]) -> dict[tuple[str, bytes], set[bytes]]:
    known: dict[tuple[str, bytes], set[bytes]] = {}
    keys = list({hit.key for group in groups for hit in group.hits})
    for row in await queries.select_known(tx, keys):
        known.setdefault((row.rule_id, row.dedup_index), set()).add(row.event_key)
    return known


def _placed(
    group: _Group,
    number: int,
    kept: dict[AlertId, queries.SpanRow],
    known: dict[tuple[str, bytes], set[bytes]],
) -> list[Placement]:
    spans = [
        Span(alert_id=alert_id, first_seen=row.first_seen, last_seen=row.last_seen, sealed_at=row.sealed_at)
        for alert_id, row in kept.items()
        if row.place == number
    ]
    counted = frozenset[bytes]().union(*(known.get((group.rule.id, index), ()) for index in group.indexes))
    return place(group.hits, spans, window=group.window, known=counted)


async def _write_alerts(tx: TenantTx, gains: Sequence[_Gain]) -> None:
    fresh = [
        queries.NewAlert(
            id=gain.alert_id,
            rule_id=gain.group.rule.id,
            rule_hash=gain.group.rule.content_hash,
            rule=msgspec.json.encode(RuleFacts.of(gain.group.rule)).decode(),
            title=gain.group.rule.title[:_LONGEST_TITLE],
            severity=gain.group.rule.level,
            dedup_index=gain.group.index,
            first_seen=gain.placement.first_seen,
            last_seen=gain.placement.last_seen,
            match_count=len(gain.placement.hits),
        )
        for gain in gains
        if gain.row is None
    ]
    grown = [
        queries.Growth(
            id=gain.alert_id,
            first_seen=gain.placement.first_seen,
            last_seen=gain.placement.last_seen,
            added=len(gain.placement.hits),
        )
        for gain in gains
        if gain.row is not None
    ]
    if fresh:
        await queries.insert_alerts(tx, fresh)
    if grown:
        await queries.extend_alerts(tx, grown)


async def _write_events(tx: TenantTx, cipher: TenantCipher, events: Sequence[Event], gains: Sequence[_Gain]) -> None:
    rows: list[queries.NewEvent] = []
    for gain in gains:
        room = EVIDENCE_EVENTS - (0 if gain.row is None else gain.row.match_count)
        for number, hit in enumerate(gain.placement.hits):
            event = events[hit.index]
            rows.append(
                queries.NewEvent(
                    alert_id=gain.alert_id,
                    event_key=hit.key,
                    occurred_at=hit.at,
                    source=event.source,
                    body=seal_evidence(cipher, gain.alert_id, event) if number < room else None,
                )
            )
    if rows:
        await queries.insert_events(tx, rows)


async def _write_entities(tx: TenantTx, cipher: TenantCipher, events: Sequence[Event], gains: Sequence[_Gain]) -> None:
    named: dict[AlertId, set[bytes]] = {gain.alert_id: set() for gain in gains}
    for row in await queries.select_named(tx, [gain.alert_id for gain in gains if gain.row is not None]):
        named[AlertId(row.alert_id)].add(row.value_index)
    rows: list[queries.NewEntity] = []
    for gain in gains:
        known = named[gain.alert_id]
        for entity in gain.entities(events):
            index = entity_index(cipher, entity)
            if index in known or len(known) >= MAX_ENTITIES:
                continue
            known.add(index)
            sealed = seal_entity(cipher, gain.alert_id, entity, index)
            rows.append(queries.NewEntity(alert_id=gain.alert_id, kind=entity.kind, value_index=index, value=sealed))
    if rows:
        await queries.insert_entities(tx, rows)
