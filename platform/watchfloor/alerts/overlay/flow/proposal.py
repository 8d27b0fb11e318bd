"""Proposals: the exceptions that fit what an incident keeps of a rule's events, the narrowest first.

Reads only. Whoever shows a proposal shows beside it what it would have hidden (`overlay.preview`).
"""

from typing import Final, cast

import msgspec

from watchfloor.alerts.alert import RuleFacts, Severity, rank
from watchfloor.alerts.overlay.flow import queries, shapes
from watchfloor.alerts.overlay.flow.shapes import Described
from watchfloor.alerts.sealing import open_evidence
from watchfloor.detect.filters import FilterDocument
from watchfloor.detect.rule import LEVELS
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId, IncidentId
from watchfloor.normalise.event import FieldValue, LogSource

MOST_EVENTS: Final = 500
"""How many kept events of a rule in an incident an exception is fitted to."""

_LONGEST_RULE: Final = 150


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with alerts in an incident. `number` is its place there, by the time when it came; it stays the same.

    `severity` is the worse one of the rule's own and that of its alerts.
    """

    number: int
    rule: RuleFacts
    severity: Severity
    alerts: int


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An exception that fits: what it looks at, and the filter that would hide it."""

    described: Described
    written: FilterDocument


async def rules_of(tx: TenantTx, incident_id: IncidentId) -> list[Fired]:
    """The rules with alerts in the incident, in the order in which they came."""
    found: list[Fired] = []
    for number, row in enumerate(await queries.select_rules(tx, incident_id), start=1):
        facts = msgspec.json.decode(row.rule, type=RuleFacts)
        severity = max(LEVELS[row.severity - 1], facts.level, key=rank)
        found.append(Fired(number=number, rule=facts, severity=severity, alerts=row.alerts))
    return found


async def proposals(
    tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId, *, ref: str, fired: Fired
) -> list[Proposal]:
    """What could be hidden of a rule so that nothing like the incident's events comes again, the narrowest first."""
    rows = await queries.select_evidence(tx, incident_id, rule_id=fired.rule.id, limit=MOST_EVENTS)
    events = [
        cast("dict[str, FieldValue]", open_evidence(cipher, AlertId(row.alert_id), row.event_key, row.body).fields)
        for row in rows
    ]
    source = source_of(fired.rule, seen=rows[0].source if rows else "")
    found: list[Proposal] = []
    for described in shapes.fitting(events):
        title = f"{fired.rule.title[:_LONGEST_RULE]} ({ref}, {shapes.LABELS[described.shape]})"
        written = shapes.written(described, title=title, rule_id=fired.rule.id, source=source)
        if written is not None:
            found.append(Proposal(described=described, written=written))
    return found


def source_of(rule: RuleFacts, *, seen: str) -> LogSource:
    """The log source that a filter for the rule names. A correlation has none, so that of its event stands there."""
    own = LogSource(product=rule.product, category=rule.category, service=rule.service)
    return own if own != LogSource() else LogSource(product=seen.partition(".")[0].lower() or "any")
