"""SQL of what people did: response actions, changes of detection, access, and alerts raised."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.respond.action import ActionState
from watchfloor.respond.policy import Decision

SELECT_ALERT_QUARTERS: Final[LiteralString] = """
select date_bin('15 minutes', created_at, 'epoch'::timestamptz) as at,
       count(*) as alerts
  from wf.alerts
 where tenant_id = $1
   and created_at >= $2
   and created_at < $3
 group by 1
"""

SELECT_ALERTS: Final[LiteralString] = """
select id,
       created_at,
       rule_id,
       match_count
  from wf.alerts
 where tenant_id = $1
   and created_at >= $2
   and created_at < $3
 order by created_at,
          id
 limit $4
"""

SELECT_HOSTS: Final[LiteralString] = """
select count(distinct e.value_index)
  from wf.alerts a
  join wf.alert_entities e
    on e.tenant_id = $1
   and e.alert_id = a.id
   and e.kind = 'host'
 where a.tenant_id = $1
   and a.created_at >= $2
   and a.created_at < $3
"""

_ACTIONS: Final[LiteralString] = """
select a.id,
       a.incident_id,
       (select i.number
          from wf.incidents i
         where i.tenant_id = $1
           and i.id = a.incident_id) as incident_number,
       a.number,
       a.kind,
       case when a.state = 'proposed' and a.expires_at <= now() then 'expired' else a.state end as state,
       a.decision,
       a.requested_at,
       a.expires_at,
       a.approved_at,
       a.ended_at,
       (select count(*)
          from wf.action_votes v
         where v.tenant_id = $1
           and v.action_id = a.id
           and v.vote = 'approve'
           and v.side = 'customer') as customer_approvals
  from wf.actions a
 where a.tenant_id = $1"""

SELECT_ACTIONS: Final[LiteralString] = (
    _ACTIONS
    + """
   and a.requested_at >= $2
   and a.requested_at < $3
 order by a.requested_at,
          a.id
"""
)

SELECT_WAITING: Final[LiteralString] = (
    _ACTIONS
    + """
   and a.state = 'proposed'
   and a.expires_at > now()
 order by a.requested_at,
          a.id
"""
)

SELECT_OF_INCIDENTS: Final[LiteralString] = (
    _ACTIONS
    + """
   and a.incident_id = any($2::uuid[])
 order by a.requested_at,
          a.id
"""
)

SELECT_EXCEPTIONS: Final[LiteralString] = """
select id,
       created_at,
       expires_at,
       ended_at
  from wf.rule_exceptions
 where tenant_id = $1
   and created_at < $3
   and least(expires_at, ended_at) >= $2
 order by created_at,
          id
"""

SELECT_REQUESTS: Final[LiteralString] = """
select r.id,
       r.number,
       (select i.number
          from wf.incidents i
         where i.tenant_id = $1
           and i.id = r.incident_id) as incident_number,
       r.requested_at,
       r.answer_by
  from wf.exception_requests r
 where r.tenant_id = $1
   and r.state = 'proposed'
   and r.answer_by > now()
 order by r.requested_at,
          r.id
"""

SELECT_AUDITED: Final[LiteralString] = """
select id,
       seq,
       at,
       actor_id,
       action,
       object_kind,
       object_id
  from wf.audit_entries
 where tenant_id = $1
   and at >= $2
   and at < $3
   and action = any($4::text[])
 order by seq
"""

SELECT_WEIGHED: Final[LiteralString] = """
select count(*)
  from wf.asset_weights
 where tenant_id = $1
"""


class QuarterRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts were raised in a quarter of an hour: local days of all time zones are made of these."""

    at: datetime
    alerts: int


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert."""

    id: UUID
    created_at: datetime
    rule_id: str
    match_count: int


class ActionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A response action, without what it is aimed at. `customer_approvals` counts persons of the customer."""

    id: UUID
    incident_id: UUID
    incident_number: int
    number: int
    kind: str
    state: ActionState
    decision: Decision
    requested_at: datetime
    expires_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    customer_approvals: int


class ExceptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An exception, without what it excepts."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """An exception that somebody asked for, and that nobody decided about yet."""

    id: UUID
    number: int
    incident_number: int
    requested_at: datetime
    answer_by: datetime


class AuditedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the audit log, without its details."""

    id: UUID
    seq: int
    at: datetime
    actor_id: str
    action: str
    object_kind: str
    object_id: str


async def select_quarters(tx: TenantTx, *, begin: datetime, end: datetime) -> list[QuarterRow]:
    """How many alerts were raised from an instant until before another."""
    return await tx.rows(QuarterRow, SELECT_ALERT_QUARTERS, tx.tenant_id, begin, end)


async def select_alerts(tx: TenantTx, *, begin: datetime, end: datetime, limit: int) -> list[AlertRow]:
    """These alerts, the oldest first."""
    return await tx.rows(AlertRow, SELECT_ALERTS, tx.tenant_id, begin, end, limit)


async def select_hosts(tx: TenantTx, *, begin: datetime, end: datetime) -> int:
    """How many hosts these alerts name."""
    return await tx.value(int, SELECT_HOSTS, tx.tenant_id, begin, end) or 0


async def select_actions(tx: TenantTx, *, begin: datetime, end: datetime) -> list[ActionRow]:
    """The actions that were proposed from an instant until before another."""
    return await tx.rows(ActionRow, SELECT_ACTIONS, tx.tenant_id, begin, end)


async def select_waiting(tx: TenantTx) -> list[ActionRow]:
    """The actions that somebody has to decide about now."""
    return await tx.rows(ActionRow, SELECT_WAITING, tx.tenant_id)


async def select_of_incidents(tx: TenantTx, incidents: Sequence[UUID]) -> list[ActionRow]:
    """The actions of incidents."""
    return await tx.rows(ActionRow, SELECT_OF_INCIDENTS, tx.tenant_id, incidents)


async def select_exceptions(tx: TenantTx, *, begin: datetime, end: datetime) -> list[ExceptionRow]:
    """The exceptions that held at any time between two instants."""
    return await tx.rows(ExceptionRow, SELECT_EXCEPTIONS, tx.tenant_id, begin, end)


async def select_requests(tx: TenantTx) -> list[RequestRow]:
    """The exceptions that wait for a second person."""
    return await tx.rows(RequestRow, SELECT_REQUESTS, tx.tenant_id)


async def select_audited(tx: TenantTx, *, begin: datetime, end: datetime, actions: Sequence[str]) -> list[AuditedRow]:
    """What the audit log says of these actions between two instants."""
    return await tx.rows(AuditedRow, SELECT_AUDITED, tx.tenant_id, begin, end, actions)


async def select_weighed(tx: TenantTx) -> int:
    """How many assets somebody gave a weight."""
    return await tx.value(int, SELECT_WEIGHED, tx.tenant_id) or 0
