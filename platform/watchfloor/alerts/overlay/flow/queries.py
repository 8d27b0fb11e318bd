"""SQL of the way from a false positive to an exception: alerts to judge it by, requests that wait, reminders."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable

RequestState = Literal["proposed", "approved", "declined", "expired"]
"""How a request for an exception stands."""

SELECT_PROBES: Final[LiteralString] = """
select e.alert_id,
       e.event_key,
       e.body,
       case when i.verdict = 'true_positive' then i.number end as judged_true
  from (
    select a.id,
           a.incident_id
      from wf.alerts a
     where a.tenant_id = $1
       and a.created_at > $2
       and a.rule_id = any ($3::text[])
     order by a.created_at desc
     limit $4) as recent
  join wf.alert_events e
    on e.tenant_id = $1
   and e.alert_id = recent.id
  left join wf.incidents i
    on i.tenant_id = $1
   and i.id = recent.incident_id
 where e.body is not null
"""

SELECT_JUDGED_PROBES: Final[LiteralString] = """
select e.alert_id,
       e.event_key,
       e.body,
       judged.number as judged_true
  from (
    select a.id,
           (select i.number
              from wf.incidents i
             where i.tenant_id = $1
               and i.id = a.incident_id
               and i.verdict = 'true_positive') as number
      from wf.alerts a
     where a.tenant_id = $1
       and a.rule_id = any ($3::text[])
       and a.created_at > $2
       and exists (
         select
           from wf.incidents i
          where i.tenant_id = $1
            and i.id = a.incident_id
            and i.verdict = 'true_positive'
         offset 0)
     order by a.created_at desc
     limit $4) as judged
  join wf.alert_events e
    on e.tenant_id = $1
   and e.alert_id = judged.id
 where e.body is not null
"""

COUNT_ALERTS: Final[LiteralString] = """
select count(*)
  from wf.alerts
 where tenant_id = $1
   and created_at > $2
   and rule_id = any ($3::text[])
"""

SELECT_RULES: Final[LiteralString] = """
select rule_id,
       (array_agg(rule order by created_at desc))[1]::text as rule,
       max(array_position(array['informational', 'low', 'medium', 'high', 'critical'], severity)) as severity,
       count(*) as alerts,
       sum(match_count)::bigint as matches
  from wf.alerts
 where tenant_id = $1
   and incident_id = $2
 group by rule_id
 order by min(created_at),
          rule_id
"""

SELECT_EVIDENCE: Final[LiteralString] = """
select e.alert_id,
       e.event_key,
       e.source,
       e.body
  from wf.alerts a
  join wf.alert_events e
    on e.tenant_id = $1
   and e.alert_id = a.id
 where a.tenant_id = $1
   and a.incident_id = $2
   and a.rule_id = $3
   and e.body is not null
 order by e.occurred_at,
          e.event_key
 limit $4
"""

INSERT_REQUEST: Final[LiteralString] = """
insert into wf.exception_requests
       (tenant_id, id, incident_id, number, rule_id, body, days, because, renews, state, requested_by, answer_by)
select $1,
       $2,
       $3,
       coalesce(max(number), 0) + 1,
       $4,
       $5,
       $6,
       $7,
       $8,
       'proposed',
       $9,
       now() + $10
  from wf.exception_requests
 where tenant_id = $1
   and incident_id = $3
"""

SELECT_REQUESTS: Final[LiteralString] = """
select id,
       incident_id,
       number,
       rule_id,
       body,
       days,
       because,
       renews,
       case when state = 'proposed' and answer_by <= now() then 'expired' else state end as state,
       requested_by,
       requested_at,
       answer_by,
       ended_at
  from wf.exception_requests
 where tenant_id = $1
   and incident_id = $2
 order by number
"""

SELECT_WAITING: Final[LiteralString] = """
select id,
       incident_id,
       number,
       rule_id,
       body,
       days,
       because,
       renews,
       state,
       requested_by,
       requested_at,
       answer_by,
       ended_at
  from wf.exception_requests
 where tenant_id = $1
   and state = 'proposed'
   and answer_by > now()
 order by answer_by,
          id
 limit $2
"""

SELECT_LATE: Final[LiteralString] = """
select id,
       incident_id,
       number,
       rule_id,
       body,
       days,
       because,
       renews,
       'expired' as state,
       requested_by,
       requested_at,
       answer_by,
       ended_at
  from wf.exception_requests
 where tenant_id = $1
   and state = 'proposed'
   and answer_by <= now()
 order by answer_by,
          id
 limit $2
"""

END_REQUEST: Final[LiteralString] = """
update wf.exception_requests
   set state = $3,
       exception_id = $4,
       ended_at = now()
 where tenant_id = $1
   and id = $2
   and state = 'proposed'
"""

SELECT_OF_INCIDENT: Final[LiteralString] = """
select id
  from wf.rule_exceptions
 where tenant_id = $1
   and incident_id = $2
 order by created_at,
          id
"""

SELECT_ENDING: Final[LiteralString] = """
select x.id,
       x.incident_id,
       x.body,
       x.expires_at,
       case when x.expires_at <= now() + interval '1 day' then 1 else 7 end as days
  from wf.rule_exceptions x
 where x.tenant_id = $1
   and x.incident_id is not null
   and x.ended_at is null
   and x.expires_at > now()
   and x.expires_at <= now() + interval '7 days'
   and x.expires_at - x.created_at > case when x.expires_at <= now() + interval '1 day'
                                          then interval '1 day'
                                          else interval '7 days'
                                      end
   and not exists (
     select
       from wf.exception_reminders r
      where r.tenant_id = $1
        and r.exception_id = x.id
        and r.days = case when x.expires_at <= now() + interval '1 day' then 1 else 7 end)
 order by x.expires_at,
          x.id
 limit $2
"""

INSERT_REMINDER: Final[LiteralString] = """
insert into wf.exception_reminders (tenant_id, exception_id, days)
values ($1, $2, $3)
on conflict (tenant_id, exception_id, days) do nothing
"""

SELECT_NOW: Final[LiteralString] = "select now()"


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with alerts in an incident: the JSON of `RuleFacts`, the worst severity (1 to 5), how much there is."""

    rule_id: str
    rule: str
    severity: int
    alerts: int
    matches: int


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that an alert keeps whole, sealed, and its kind of log."""

    alert_id: UUID
    event_key: bytes
    source: str
    body: bytes


class NewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.exception_requests`. The order is that of INSERT_REQUEST."""

    id: UUID
    incident_id: UUID
    rule_id: str
    body: bytes
    days: int
    because: str
    renews: UUID | None
    requested_by: UUID
    answer_within: timedelta


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request for an exception; `body` is sealed, `number` is its place among those of its incident."""

    id: UUID
    incident_id: UUID
    number: int
    rule_id: str
    body: bytes
    days: int
    because: str
    renews: UUID | None
    state: RequestState
    requested_by: UUID
    requested_at: datetime
    answer_by: datetime
    ended_at: datetime | None


class EndingRow(msgspec.Struct, frozen=True, kw_only=True):
    """An exception of whose end its incident is to tell, `days` before it."""

    id: UUID
    incident_id: UUID
    body: bytes
    expires_at: datetime
    days: int


class ProbeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that an alert keeps whole, sealed; and the number of its incident if that was judged an attack."""

    alert_id: UUID
    event_key: bytes
    body: bytes
    judged_true: int | None


async def select_probes(tx: TenantTx, rule_ids: Sequence[str], *, since: datetime, alerts: int) -> list[ProbeRow]:
    """The events that the newest alerts of these rules keep."""
    return await tx.rows(ProbeRow, SELECT_PROBES, tx.tenant_id, since, rule_ids, alerts)


async def select_judged_probes(
    tx: TenantTx, rule_ids: Sequence[str], *, since: datetime, alerts: int
) -> list[ProbeRow]:
    """The events that the newest alerts of these rules keep whose incidents were judged true positives."""
    return await tx.rows(ProbeRow, SELECT_JUDGED_PROBES, tx.tenant_id, since, rule_ids, alerts)


async def count_alerts(tx: TenantTx, rule_ids: Sequence[str], *, since: datetime) -> int:
    """How many alerts of these rules there are."""
    return await tx.value(int, COUNT_ALERTS, tx.tenant_id, since, rule_ids) or 0


async def select_rules(tx: TenantTx, incident_id: UUID) -> list[RuleRow]:
    """The rules with alerts in an incident, in the order in which they came to it."""
    return await tx.rows(RuleRow, SELECT_RULES, tx.tenant_id, incident_id)


async def select_evidence(tx: TenantTx, incident_id: UUID, *, rule_id: str, limit: int) -> list[EvidenceRow]:
    """The events that the alerts of one rule in an incident keep, the oldest first."""
    return await tx.rows(EvidenceRow, SELECT_EVIDENCE, tx.tenant_id, incident_id, rule_id, limit)


async def insert_request(tx: TenantTx, request: NewRequest) -> None:
    """Asks for an exception. The caller holds the incident's lock, so that numbers follow each other."""
    await tx.execute(INSERT_REQUEST, tx.tenant_id, *msgspec.structs.astuple(request))


async def select_requests(tx: TenantTx, incident_id: UUID) -> list[RequestRow]:
    """All requests of an incident, as they stand now, in the order of their numbers."""
    return await tx.rows(RequestRow, SELECT_REQUESTS, tx.tenant_id, incident_id)


async def select_waiting(tx: TenantTx, *, limit: int) -> list[RequestRow]:
    """Requests that wait for somebody, those that end first first."""
    return await tx.rows(RequestRow, SELECT_WAITING, tx.tenant_id, limit)


async def select_late(tx: TenantTx, *, limit: int) -> list[RequestRow]:
    """Requests that nobody answered in time and whose rows do not say so yet."""
    return await tx.rows(RequestRow, SELECT_LATE, tx.tenant_id, limit)


async def end_request(tx: TenantTx, request_id: UUID, *, state: RequestState, exception_id: UUID | None = None) -> bool:
    """Writes down how a request ended. False when it had ended."""
    return await tx.execute(END_REQUEST, tx.tenant_id, request_id, state, exception_id) == 1


async def select_of_incident(tx: TenantTx, incident_id: UUID) -> list[UUID]:
    """The exceptions that were made from an incident, the oldest first."""
    return await tx.values(UUID, SELECT_OF_INCIDENT, tx.tenant_id, incident_id)


async def select_ending(tx: TenantTx, *, limit: int) -> list[EndingRow]:
    """Exceptions of whose end somebody is to be reminded now."""
    return await tx.rows(EndingRow, SELECT_ENDING, tx.tenant_id, limit)


async def insert_reminder(tx: TenantTx, exception_id: UUID, *, days: int) -> bool:
    """Writes down that somebody was reminded. False when it stands there already."""
    return await tx.execute(INSERT_REMINDER, tx.tenant_id, exception_id, days) == 1


async def select_now(tx: TenantTx) -> datetime:
    """The database's time."""
    now = await tx.value(datetime, SELECT_NOW)
    if now is None:
        raise Unavailable("The database does not tell the time.")
    return now
