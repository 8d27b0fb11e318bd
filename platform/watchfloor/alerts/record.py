"""Matches become alerts: counted once each, however often and in whatever order their events arrive.

Owns the writing of `wf.alerts` and of the tables beside it. Decides nothing about which alert takes what (`dedup`
does) and nothing about incidents. The caller holds the tenant's `lock`, so that two batches of one tenant never
open the same alert twice; alerts, their events and "this batch is done" commit together. What is new passes the
throttle (`noise`) before it is written.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from watchfloor.alerts import queries
from watchfloor.alerts.alert import EVIDENCE_EVENTS, LONGEST_TITLE, MAX_ENTITIES, AlertChange, RuleFacts
from watchfloor.alerts.dedup import Hit, Placement, place
from watchfloor.alerts.gain import Gain, Group
from watchfloor.alerts.noise.throttle import note, weigh
from watchfloor.alerts.sealing import entity_index, seal_entity, seal_evidence
from watchfloor.detect.dedup import dedup_values
from watchfloor.detect.engine import Matches
from watchfloor.detect.rule import Rule
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId
from watchfloor.normalise.event import Event

_STANDING: Final = b""
"""Stands for the dedup keys of a rule's standing alerts, which may count events of any key."""


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
        Gain(group, placement, kept[number].get(placement.alert_id) if placement.alert_id else None)
        for number, group in enumerate(groups)
        for placement in _placed(group, kept[number], known)
    ]
    if not gains:
        return []
    weighed = await weigh(tx, cipher, events=events, gains=gains)
    gains = weighed.gains
    await _write_alerts(tx, gains)
    await _write_events(tx, cipher, events, gains)
    await _write_entities(tx, cipher, events, gains)
    await note(tx, weighed)
    return sorted((gain.change(events) for gain in gains), key=lambda change: (change.first_seen, change.alert_id))


def _grouped(cipher: TenantCipher, events: Sequence[Event], matches: Matches, rules: Sequence[Rule]) -> list[Group]:
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], Group] = {}
    for event_number, rule_number in zip(matches.event, matches.rule, strict=True):
        event, rule = events[event_number], rules[rule_number]
        values = dedup_values(rule, event)
        group = groups.get((rule.id, values))
        if group is None:
            text = msgspec.json.encode(values).decode()
            newest, *older = cipher.index_candidates(f"alert.dedup.{rule.id}", text)
            window = timedelta(seconds=rule.window_seconds)
            group = Group(rule=rule, index=newest, older_indexes=tuple(older), hits=[], window=window)
            groups[rule.id, values] = group
        group.hits.append(Hit(event.time, event.key, event_number))
    return list(groups.values())


async def _kept(tx: TenantTx, groups: Sequence[Group]) -> list[dict[AlertId, queries.SpanRow]]:
    """For each group the alerts that may cover its hits."""
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
    kept: list[dict[AlertId, queries.SpanRow]] = [{} for _ in groups]
    for row in await queries.select_spans(tx, wanted):
        kept[row.place][AlertId(row.id)] = row
    return kept


async def _known(tx: TenantTx, groups: Sequence[Group]) -> dict[tuple[str, bytes], set[bytes]]:
    known: dict[tuple[str, bytes], set[bytes]] = {}
    keys = list({hit.key for group in groups for hit in group.hits})
    for row in await queries.select_known(tx, keys):
        index = _STANDING if row.is_standing else row.dedup_index
        known.setdefault((row.rule_id, index), set()).add(row.event_key)
    return known


def _placed(
    group: Group, kept: dict[AlertId, queries.SpanRow], known: dict[tuple[str, bytes], set[bytes]]
) -> list[Placement]:
    counted = [known.get((group.rule.id, index), frozenset[bytes]()) for index in (*group.indexes, _STANDING)]
    mine = frozenset(hit.key for hit in group.hits if any(hit.key in keys for keys in counted))
    return place(group.hits, (row.span() for row in kept.values()), window=group.window, known=mine)


async def _write_alerts(tx: TenantTx, gains: Sequence[Gain]) -> None:
    fresh = [
        queries.NewAlert(
            id=gain.alert_id,
            rule_id=gain.group.rule.id,
            rule_hash=gain.group.rule.content_hash,
            rule=msgspec.json.encode(RuleFacts.of(gain.group.rule)).decode(),
            title=gain.group.rule.title[:LONGEST_TITLE],
            severity=gain.group.rule.level,
            dedup_index=gain.group.index,
            first_seen=gain.placement.first_seen,
            last_seen=gain.placement.last_seen,
            match_count=len(gain.placement.hits),
            held_keys=gain.held_keys,
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
            held_keys=gain.held_keys or 0,
        )
        for gain in gains
        if gain.row is not None
    ]
    if fresh:
        await queries.insert_alerts(tx, fresh)
    if grown:
        await queries.extend_alerts(tx, grown)


async def _write_events(tx: TenantTx, cipher: TenantCipher, events: Sequence[Event], gains: Sequence[Gain]) -> None:
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


async def _write_entities(tx: TenantTx, cipher: TenantCipher, events: Sequence[Event], gains: Sequence[Gain]) -> None:
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
