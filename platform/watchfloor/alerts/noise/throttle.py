"""The throttle: a rule over its hourly budget of new alerts gets one standing alert for the rest of the hour.

The standing alert gathers the matches that would have opened further alerts: all of them are counted, as are their
dedup keys, the first events are kept whole, and its title and reason say what it is. Alerts that stand already grow
as ever, newcomers pass (see `budget`), and the rule is flagged until it has been calm for a while. The hour is that of
receipt, the newest in the batch, by the database's clock (Q8): noise is what people have to read, whenever it happened.

Owns the decision's input and what follows from it in `wf.rule_hours`, `wf.rule_states`, `wf.rule_subjects` and
`wf.held_keys`; `record` writes the alerts. The caller holds the tenant's alert lock, so the figures are exact with any
number of pipelines, and they commit with the batch. An event that a standing alert counts is known to its rule: sent
again, it changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.alert import LONGEST_TITLE
from watchfloor.alerts.dedup import place
from watchfloor.alerts.gain import Gain, Group
from watchfloor.alerts.noise import queries
from watchfloor.alerts.noise.budget import Budgets, Opening, Ruling, rule_on, subject_of
from watchfloor.alerts.noise.flags import announce_throttled
from watchfloor.alerts.queries import Wanted, select_spans
from watchfloor.alerts.sealing import entity_index
from watchfloor.detect.rule import Rule
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId
from watchfloor.normalise.event import Entity, EntityKind, Event

MEMORY: Final = timedelta(days=1)
"""For how long a subject that a rule has concerned is no newcomer."""

MARK: Final = " (throttled)"
"""How the title of a standing alert ends."""

_WHOLE_HOUR: Final = timedelta(days=3650)
"""The window of a standing alert: whatever times its events claim, the hour of receipt holds them together."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch brings after throttling: `gains` to write as alerts, and what `note` writes behind them."""

    gains: list[Gain]
    received_at: datetime
    rulings: dict[str, Ruling]
    subjects: list[queries.Subject]
    held_keys: list[queries.NewHeldKey]
    newly_throttled: list[Rule]

    @property
    def hour(self) -> datetime:
        """The hour that the batch counts in."""
        return hour_of(self.received_at)


async def weigh(tx: TenantTx, cipher: TenantCipher, *, events: Sequence[Event], gains: Sequence[Gain]) -> Weighed:
    """Replaces the new alerts that are over their rule's budget by what the rule's standing alert gains.

    `gains` is not empty.
    """
    received_at = max(events[hit.index].received_at for gain in gains for hit in gain.placement.hits)
    hour = hour_of(received_at)
    fresh = [gain for gain in gains if gain.is_new]
    about = {gain.alert_id: _subjects(cipher, events, gain) for gain in fresh}
    seen = await _seen(tx, fresh, about, since=received_at - MEMORY)
    for gain in fresh:
        known = seen.get(gain.group.rule.id, set[bytes]())
        gain.newcomer = next((kind for one, kind in about[gain.alert_id].items() if one not in known), None)
    standings = {row.rule_id: row for row in await _standings(tx, fresh, hour)}
    rulings = _rule(fresh, about, standings=standings, seen=seen)
    held_gains = [fresh[number] for ruling in rulings.values() for number in ruling.held]
    held_ids = {gain.alert_id for gain in held_gains}
    gathered, held_keys = await _gather(tx, cipher, held_gains, hour=hour, standings=standings)
    throttled = {gain.group.rule.id: gain.group.rule for gain in held_gains}
    subjects = {(gain.group.rule.id, subject) for gain in fresh for subject in about[gain.alert_id]}
    return Weighed(
        gains=[*(gain for gain in gains if gain.alert_id not in held_ids), *gathered],
        received_at=received_at,
        rulings=rulings,
        subjects=[queries.Subject(rule_id=rule, subject=one, seen_at=received_at) for rule, one in sorted(subjects)],
        held_keys=held_keys,
        newly_throttled=[rule for rule_id, rule in throttled.items() if standings[rule_id].throttled_since is None],
    )


async def note(tx: TenantTx, weighed: Weighed) -> None:
    """Writes the figures, after the alerts are written, and tells of rules that are throttled from now on."""
    hours, states = _figures(weighed)
    await queries.add_to_hours(tx, hours)
    await queries.upsert_states(tx, states)
    if weighed.subjects:
        await queries.upsert_subjects(tx, weighed.subjects)
    if weighed.held_keys:
        await queries.insert_held(tx, weighed.held_keys)
    for rule in weighed.newly_throttled:
        await announce_throttled(tx, rule, since=weighed.received_at)


def hour_of(at: datetime) -> datetime:
    """The beginning of the hour."""
    return at.replace(minute=0, second=0, microsecond=0)


async def _standings(tx: TenantTx, fresh: Sequence[Gain], hour: datetime) -> list[queries.Standing]:
    rule_ids = sorted({gain.group.rule.id for gain in fresh})
    return await queries.select_standings(tx, rule_ids, hour=hour) if rule_ids else []


def _rule(
    fresh: Sequence[Gain],
    about: dict[AlertId, dict[bytes, EntityKind]],
    *,
    standings: dict[str, queries.Standing],
    seen: dict[str, set[bytes]],
) -> dict[str, Ruling]:
    """The ruling on each rule that would open more than it may, by the rule's id; places are those in `fresh`."""
    wanting = Counter(gain.group.rule.id for gain in fresh)
    budgets: dict[str, int] = {}
    for rule in {gain.group.rule.id: gain.group.rule for gain in fresh}.values():
        standing = standings[rule.id]
        budget = _budgets(standing).of(rule.level)
        if budget is not None and standing.opened - standing.reserved + wanting[rule.id] > budget:
            budgets[rule.id] = budget
    openings: dict[str, list[Opening]] = {}
    for number, gain in enumerate(fresh):
        subjects = frozenset(about[gain.alert_id])
        opening = Opening(place=number, first_seen=gain.placement.first_seen, subjects=subjects)
        openings.setdefault(gain.group.rule.id, []).append(opening)
    return {
        rule_id: rule_on(
            openings[rule_id],
            budget=budget,
            opened=standings[rule_id].opened,
            reserved=standings[rule_id].reserved,
            seen=frozenset(seen.get(rule_id, ())),
        )
        for rule_id, budget in budgets.items()
    }


async def _seen(
    tx: TenantTx, fresh: Sequence[Gain], about: dict[AlertId, dict[bytes, EntityKind]], *, since: datetime
) -> dict[str, set[bytes]]:
    """Whom, of those that new alerts are about, their rules have concerned since: by the rule's id."""
    pairs = {(gain.group.rule.id, one) for gain in fresh for one in about[gain.alert_id]}
    seen: dict[str, set[bytes]] = {}
    if not pairs:
        return seen
    wanted = [queries.Subject(rule_id=rule_id, subject=one, seen_at=since) for rule_id, one in sorted(pairs)]
    for row in await queries.select_subjects(tx, wanted, since=since):
        seen.setdefault(row.rule_id, set()).add(row.subject)
    return seen


async def _gather(
    tx: TenantTx,
    cipher: TenantCipher,
    held: Sequence[Gain],
    *,
    hour: datetime,
    standings: dict[str, queries.Standing],
) -> tuple[list[Gain], list[queries.NewHeldKey]]:
    """What the standing alerts gain from the alerts that are not opened, and the dedup keys that are new to them."""
    by_rule: dict[str, list[Gain]] = {}
    for gain in held:
        by_rule.setdefault(gain.group.rule.id, []).append(gain)
    groups = [
        _standing_group(cipher, gains, hour=hour, budgets=_budgets(standings[rule_id]))
        for rule_id, gains in by_rule.items()
    ]
    rows = await select_spans(tx, _look_ups(groups)) if groups else []
    gathered: list[Gain] = []
    keys: list[queries.NewHeldKey] = []
    for number, (group, gains) in enumerate(zip(groups, by_rule.values(), strict=True)):
        kept = {AlertId(row.id): row for row in rows if row.place == number}
        spans = [row.span() for row in kept.values()]
        key_of = {hit.index: gain.group for gain in gains for hit in gain.placement.hits}
        for placement in place(group.hits, spans, window=group.window, known=frozenset()):
            gain = Gain(group, placement, kept.get(placement.alert_id) if placement.alert_id else None, held_keys=0)
            origins = {key_of[hit.index].index: key_of[hit.index] for hit in placement.hits}
            new = await _new_keys(tx, gain, origins.values())
            gain.held_keys = len(new)
            keys += [queries.NewHeldKey(alert_id=gain.alert_id, dedup_index=key, hour=hour) for key in new]
            gathered.append(gain)
    return gathered, keys


def _standing_group(cipher: TenantCipher, gains: Sequence[Gain], *, hour: datetime, budgets: Budgets) -> Group:
    rule = gains[0].group.rule
    newest, *older = cipher.index_candidates(f"alert.throttled.{rule.id}", hour.isoformat())
    return Group(
        rule=_standing_rule(rule, budgets.of(rule.level)),
        index=newest,
        older_indexes=tuple(older),
        hits=[hit for gain in gains for hit in gain.placement.hits],
        window=_WHOLE_HOUR,
    )


def _standing_rule(rule: Rule, budget: int | None) -> Rule:
    """The rule as its standing alert tells of it."""
    return msgspec.structs.replace(
        rule,
        title=rule.title[: LONGEST_TITLE - len(MARK)] + MARK,
        why=f"This rule opened {budget} alerts within an hour, which is all that it may. Its further matches of that"
        f" hour are counted here; machines and people that it had not concerned before still got alerts. {rule.why}",
        runbook=(
            "Look at what the kept events have in common: an attack under way, or something harmless that repeats.",
            "If it is harmless, make a narrow exception to the rule, with a reason and an end.",
            *rule.runbook,
        ),
    )


def _look_ups(groups: Sequence[Group]) -> list[Wanted]:
    return [
        Wanted(
            place=number,
            rule_id=group.rule.id,
            dedup_index=index,
            since=min(group.hits).at - group.window,
            until=max(group.hits).at + group.window,
        )
        for number, group in enumerate(groups)
        for index in group.indexes
    ]


async def _new_keys(tx: TenantTx, gain: Gain, origins: Iterable[Group]) -> list[bytes]:
    """The dedup keys that the standing alert does not gather yet, under the tenant's newest key."""
    origins = list(origins)
    if gain.is_new:
        return [origin.index for origin in origins]
    wanted = [
        queries.HeldKey(alert_id=gain.alert_id, dedup_index=index) for origin in origins for index in origin.indexes
    ]
    known = {row.dedup_index for row in await queries.select_held(tx, wanted)}
    return [origin.index for origin in origins if known.isdisjoint(origin.indexes)]


def _subjects(cipher: TenantCipher, events: Sequence[Event], gain: Gain) -> dict[bytes, EntityKind]:
    """Whom the alert is about: their kinds by their keyed hashes."""
    found = [subject for hit in gain.placement.hits if (subject := subject_of(events[hit.index])) is not None]
    return {entity_index(cipher, Entity(*subject)): subject[0] for subject in dict.fromkeys(found)}


def _budgets(standing: queries.Standing) -> Budgets:
    """The tenant's budgets. A setting that this program cannot read is none: the pipeline goes on with ours."""
    if standing.budgets is None:
        return Budgets()
    try:
        return msgspec.json.decode(standing.budgets, type=Budgets)
    except msgspec.DecodeError:
        return Budgets()


def _figures(weighed: Weighed) -> tuple[list[queries.RuleHour], list[queries.RuleState]]:
    """What each rule adds to its hour, and its state, in the order of rules: two pipelines never wait crosswise."""
    by_rule: dict[str, list[Gain]] = {}
    for gain in weighed.gains:
        by_rule.setdefault(gain.group.rule.id, []).append(gain)
    hours: list[queries.RuleHour] = []
    states: list[queries.RuleState] = []
    for rule_id, gains in sorted(by_rule.items()):
        held = [gain for gain in gains if gain.held_keys is not None]
        held_matches = sum(len(gain.placement.hits) for gain in held)
        held_keys = sum(gain.held_keys or 0 for gain in held)
        ruling = weighed.rulings.get(rule_id)
        rule = gains[0].group.rule
        hours.append(
            queries.RuleHour(
                rule_id=rule_id,
                hour=weighed.hour,
                matches=sum(len(gain.placement.hits) for gain in gains),
                opened=sum(gain.is_new and gain.held_keys is None for gain in gains),
                reserved=0 if ruling is None else ruling.reserved,
                held_matches=held_matches,
                held_keys=held_keys,
            )
        )
        states.append(
            queries.RuleState(
                rule_id=rule_id,
                title=rule.title.removesuffix(MARK)[:LONGEST_TITLE],
                level=rule.level,
                first_event_at=min(hit.at for gain in gains for hit in gain.placement.hits),
                last_event_at=max(hit.at for gain in gains for hit in gain.placement.hits),
                throttled_at=weighed.received_at if held else None,
                held_matches=held_matches,
                held_keys=held_keys,
            )
        )
    return hours, states
