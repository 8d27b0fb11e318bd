"""Keeps the scores of incidents true: worked out anew when alerts join, verdicts are given or things get a weight.

A verdict on one incident changes what its rules are worth, and so the scores of others. Those are told to the surfaces
like any change. One that somebody is changing at that moment is left to its next change: no command waits for two
incidents in an order of its own.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.alerts.precision.estimate import Verdicts
from watchfloor.alerts.precision.figures import note_verdict, precision_of
from watchfloor.assets.weights import heaviest
from watchfloor.incidents.queries import update_revision
from watchfloor.incidents.scoring import queries
from watchfloor.incidents.scoring.score import Known, Reason, Score, score_of
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.outbox import INCIDENT_CHANGED, publish

OTHERS: Final = 200
"""How many other incidents a verdict or a weight changes at once, at most."""

INTEL_TAG: Final = "intel."
"""How the tags of rules begin that match indicators of threat intelligence."""

_TACTIC: Final = re.compile(r"attack\.([a-z]+(?:[-_][a-z]+)*)")


async def rescore(tx: TenantTx, incident_ids: Sequence[IncidentId]) -> list[IncidentId]:
    """Works the scores of incidents out and keeps them. Returns whose changed. The caller holds their locks."""
    if not incident_ids:
        return []
    by_incident: dict[UUID, list[queries.RuleRow]] = {}
    for row in await queries.select_rules(tx, incident_ids):
        by_incident.setdefault(row.incident_id, []).append(row)
    precision = await precision_of(tx, (row.rule_id for rows in by_incident.values() for row in rows))
    fresh = [
        _row(known.id, score_of(_known(known, by_incident.get(known.id, []), precision)))
        for known in await queries.select_known(tx, incident_ids)
    ]
    return [IncidentId(changed) for changed in await queries.update_scores(tx, fresh)]


async def take_verdict(tx: TenantTx, incident_id: IncidentId) -> None:
    """Lets an incident's verdict, or its loss or gain of alerts, count for its rules and for all scores behind them.

    The caller holds the incident's lock, and tells of that incident itself.
    """
    rules = await note_verdict(tx, incident_id)
    await rescore(tx, [incident_id])
    if rules:
        await _tell(tx, await queries.lock_of_rules(tx, rules, but=incident_id, limit=OTHERS))


async def take_weight(tx: TenantTx, kind: str, index: bytes, *, seen_in: IncidentId) -> None:
    """Lets the weight of a thing count for the open incidents that name it. The caller tells of `seen_in` itself."""
    await rescore(tx, [seen_in])
    await _tell(tx, await queries.lock_naming(tx, kind, index, but=seen_in, limit=OTHERS))


async def read_score(tx: TenantTx, incident_id: IncidentId) -> Score | None:
    """The incident's score, or None where there is none yet."""
    kept = await queries.select_score(tx, incident_id)
    if kept is None or kept.reasons == "[]":
        return None
    return Score(points=kept.score, reasons=msgspec.json.decode(kept.reasons, type=tuple[Reason, ...]))


async def _tell(tx: TenantTx, others: Iterable[UUID]) -> None:
    for changed in await rescore(tx, [IncidentId(other) for other in others]):
        await update_revision(tx, changed)
        await publish(tx, topic=INCIDENT_CHANGED, key=ids.show("inc", changed))


def _known(row: queries.KnownRow, rules: Sequence[queries.RuleRow], precision: dict[str, Verdicts]) -> Known:
    tags = {rule.rule_id: msgspec.json.decode(rule.tags, type=list[str]) for rule in rules}
    tactics = {
        found[1].replace("_", "-") for named in tags.values() for tag in named if (found := _TACTIC.fullmatch(tag))
    }
    return Known(
        severity=row.severity,
        rules=len(rules),
        tactics=len(tactics),
        hosts=row.hosts,
        worth=heaviest(row.weights),
        precision=max((precision[rule.rule_id].estimate for rule in rules), default=Verdicts().estimate),
        intel=sum(rule.alerts for rule in rules if any(tag.startswith(INTEL_TAG) for tag in tags[rule.rule_id])),
    )


def _row(incident_id: UUID, score: Score) -> queries.ScoreRow:
    return queries.ScoreRow(id=incident_id, score=score.points, reasons=msgspec.json.encode(score.reasons).decode())
