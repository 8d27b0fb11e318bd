"""What stands on a card: read from the record at this moment, in an order that a person can act on.

First what is due, then what was detected, then whom and what it concerns, then who has it and what it was judged to
be. Reads only; opens sealed values for the reader whose permissions the desk has checked.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final, cast

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.alerts.alert import RuleFacts, Severity
from watchfloor.desk.card import Card, EntityValue, Foreign, Link, Moment, Person, Row, Rule, Text, Value
from watchfloor.desk.display import queries
from watchfloor.desk.display.approvals import responses_of
from watchfloor.desk.display.bearing import bearing, likes
from watchfloor.desk.display.due import due
from watchfloor.desk.display.exceptions import waiting_of
from watchfloor.desk.display.paged import paged
from watchfloor.desk.display.restricted import restricted_to
from watchfloor.incidents.incident import Incident, Reference, VerdictKind
from watchfloor.incidents.lifecycle import Action, actions
from watchfloor.incidents.sealing import open_entity, open_reason
from watchfloor.incidents.sla.clock import Stages
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.normalise.event import Entity, EntityKind

_RULES: Final = 5
_VALUES: Final = 4
_ENTITIES_READ: Final = 200

_LABELS: Final[dict[EntityKind, str]] = {
    "host": "Hosts",
    "user": "Users",
    "account": "Cloud accounts",
    "email": "Mail addresses",
    "ip": "Addresses",
    "domain": "Domains",
    "hash": "Hashes",
    "file": "Files",
}
"""The kinds that help a reader, in the order of a card. A sensor's process id does not."""

NEEDED: Final[dict[Action, Permission]] = {
    Action.ACKNOWLEDGE: Permission.INCIDENT_ACKNOWLEDGE,
    Action.ASSIGN: Permission.INCIDENT_ASSIGN,
    Action.VERDICT: Permission.INCIDENT_VERDICT,
    Action.CONTAIN: Permission.INCIDENT_CONTAIN,
    Action.RESOLVE: Permission.INCIDENT_RESOLVE,
    Action.CLOSE: Permission.INCIDENT_RESOLVE,
    Action.REOPEN: Permission.INCIDENT_RESOLVE,
    Action.NOTE: Permission.INCIDENT_NOTE,
    Action.REPORT: Permission.REPORT_REQUEST,
    Action.ASK: Permission.INCIDENT_WAIT,
    Action.ANSWERED: Permission.INCIDENT_NOTE,
    Action.SNOOZE: Permission.INCIDENT_WAIT,
    Action.UNSNOOZE: Permission.INCIDENT_WAIT,
    Action.PROPOSE: Permission.RESPONSE_PROPOSE,
    Action.APPROVE: Permission.RESPONSE_APPROVE,
    Action.DECLINE: Permission.RESPONSE_APPROVE,
}
"""What each action needs: the desk asks for it, and a card offers only what its reader may do."""

VERDICT_WORDS: Final[dict[VerdictKind, str]] = {
    "true_positive": "true positive",
    "benign": "benign",
    "false_positive": "false positive",
    "inconclusive": "inconclusive",
}


async def card_of(tx: TenantTx, cipher: TenantCipher, incident: Incident, permissions: AbstractSet[Permission]) -> Card:
    """The incident's card for a reader with these permissions. Raises NotFound when the tenant is gone."""
    tenant = await queries.select_tenant(tx)
    if tenant is None:
        raise NotFound("There is no such tenant.")
    summary = await queries.select_summary(tx, incident.id)
    rules = await queries.select_rules(tx, incident.id, limit=_RULES + 1)
    rows = await queries.select_entities(tx, incident.id, limit=_ENTITIES_READ)
    entities = [open_entity(cipher, incident.id, row.kind, row.value_index, row.value) for row in rows]
    report = await queries.select_last_report(tx, incident.id) if Permission.REPORT_READ in permissions else None
    responses = await responses_of(tx, cipher, incident.id)
    due_rows, stages = await due(tx, incident, tenant.sla)
    ref = str(Reference(tenant.code, incident.number))
    return Card(
        id=incident.id,
        ref=ref,
        tenant=tenant.code,
        customer=Untrusted(tenant.name),
        title=Untrusted(incident.title),
        severity=incident.severity,
        state=incident.state,
        rows=(
            *responses.rows,
            *await waiting_of(tx, cipher, incident.id),
            *due_rows,
            *await bearing(tx, incident),
            *_detected(incident, summary, rules),
            *_concerned(entities),
            *_handled(cipher, incident),
            *await likes(tx, incident, tenant.code),
            *await paged(tx, incident.id),
            *await restricted_to(tx, incident.id),
            *_reported(report),
        ),
        actions=tuple(
            action for action in (*responses.first, *_offered(incident, stages)) if NEEDED[action] in permissions
        ),
        revision=incident.revision,
        link=Link("The record", f"/api/v1/tenants/{ids.show('ten', tx.tenant_id)}/incidents/{ref}"),
    )


def _offered(incident: Incident, stages: Stages | None) -> tuple[Action, ...]:
    if incident.merged_into is not None:
        return ()
    is_waiting = stages is not None and stages.waiting_since is not None
    is_snoozed = stages is not None and stages.snoozed_until is not None
    return actions(incident.state, verdict=incident.verdict, is_waiting=is_waiting, is_snoozed=is_snoozed)


def _detected(incident: Incident, summary: queries.SummaryRow, rules: list[queries.RuleRow]) -> Iterator[Row]:
    shown = tuple(Rule(Untrusted(rule.title), cast("Severity", rule.severity), rule.events) for rule in rules[:_RULES])
    yield Row("Detections", shown, more=max(summary.rules - len(shown), 0))
    yield Row("First event", (Moment(incident.first_event_at),))
    yield Row("Last event", (Moment(incident.last_event_at),))
    counted = f"{_count(summary.alerts, 'alert')} from {_count(summary.events, 'match')}"
    yield Row("Evidence", (Text(counted),))
    techniques = sorted({name for rule in rules for name in _facts(rule).techniques})
    if techniques:
        yield Row("ATT&CK", tuple(Foreign(Untrusted(name)) for name in techniques))


def _concerned(entities: Iterable[Entity]) -> Iterator[Row]:
    by_kind: dict[EntityKind, list[str]] = {}
    for entity in entities:
        by_kind.setdefault(entity.kind, []).append(entity.value)
    for kind, label in _LABELS.items():
        values = _without_short_names(by_kind.get(kind, [])) if kind == "host" else by_kind.get(kind, [])
        if values:
            shown: tuple[Value, ...] = tuple(EntityValue(kind, Untrusted(value)) for value in values[:_VALUES])
            yield Row(label, shown, more=max(len(values) - _VALUES, 0))


def _without_short_names(hosts: list[str]) -> list[str]:
    """Hosts without the short names of those that have a full one: one machine, one line."""
    full = {host.split(".", 1)[0] for host in hosts if "." in host}
    return [host for host in hosts if "." in host or host not in full]


def _handled(cipher: TenantCipher, incident: Incident) -> Iterator[Row]:
    yield Row("Assigned to", (Text("nobody") if incident.assignee_id is None else Person(incident.assignee_id),))
    reason = open_reason(cipher, incident)
    if incident.verdict is not None and reason is not None:
        yield Row("Verdict", (Text(VERDICT_WORDS[incident.verdict]), Foreign(Untrusted(reason))))


def _reported(report: queries.ReportRow | None) -> Iterator[Row]:
    if report is not None:
        yield Row("Report", (Text(f"{report.state} ({report.language})"), Moment(report.at)))


def _facts(rule: queries.RuleRow) -> RuleFacts:
    return msgspec.json.decode(rule.rule, type=RuleFacts)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}{'es' if thing.endswith('ch') else 's'}"
