"""SQL of feed alarms: what the watch looks at, and the alarms themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, LiteralString, TypeAlias
from uuid import UUID

import msgspec

from watchfloor.feeds.feed import FeedOptions, FeedState
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlarmId, FeedId, IncidentId

AlarmKind: TypeAlias = Literal[
    "silent", "volume", "lag", "clock", "unparsed", "expiry", "denied", "expired", "behind", "strangers"
]
AlarmState: TypeAlias = Literal["raised", "cleared"]
ClearedBecause: TypeAlias = Literal["recovered", "paused"]

SELECT_WATCHED: Final[LiteralString] = """
select f.id,
       f.name,
       f.state,
       f.options::text as options,
       f.state_since,
       t.profile,
       t.judged_until,
       seen.last_received_at,
       exists (select
                 from wf.intake_batches b
                where b.tenant_id = $1
                  and b.feed_id = f.id)
       or exists (select
                    from wf.intake_waiting w
                   where w.tenant_id = $1) as is_waiting
  from wf.feeds f
  left join wf.feed_trust t
    on t.tenant_id = $1
   and t.feed_id = f.id
  left join lateral (select h.last_received_at
                       from wf.feed_hours h
                      where h.tenant_id = $1
                        and h.feed_id = f.id
                        and h.batches > 0
                      order by h.hour desc
                      limit 1) seen
    on true
 where f.tenant_id = $1
"""

SELECT_CERTIFICATE_ENDS: Final[LiteralString] = """
select feed_id,
       max(expires_at) as ends_at
  from auth.feed_certificates
 where tenant_id = $1
   and revoked_at is null
 group by feed_id
"""

SELECT_OPEN_ALARMS: Final[LiteralString] = """
select id,
       feed_id,
       kind,
       state,
       since,
       raised_at,
       cleared_at,
       cleared_because,
       figures::text as figures,
       incident_id
  from wf.feed_alarms
 where tenant_id = $1
   and cleared_at is null
"""

SELECT_ALARM: Final[LiteralString] = """
select id,
       feed_id,
       kind,
       state,
       since,
       raised_at,
       cleared_at,
       cleared_because,
       figures::text as figures,
       incident_id
  from wf.feed_alarms
 where tenant_id = $1
   and id = $2
"""

SELECT_ALARMS: Final[LiteralString] = """
select id,
       feed_id,
       kind,
       state,
       since,
       raised_at,
       cleared_at,
       cleared_because,
       figures::text as figures,
       incident_id
  from wf.feed_alarms
 where tenant_id = $1
   and id < $2
   and ($3::uuid is null or feed_id = $3)
 order by id desc
 limit $4
"""

INSERT_ALARM: Final[LiteralString] = """
insert into wf.feed_alarms (tenant_id, id, feed_id, kind, state, since, raised_at, figures)
values ($1, $2, $3, $4, 'raised', $5, $6, $7::text::jsonb)
on conflict (tenant_id, feed_id, kind) where cleared_at is null do nothing
"""

CLEAR_ALARM: Final[LiteralString] = """
update wf.feed_alarms
   set state = 'cleared',
       cleared_at = $3,
       cleared_because = $4
 where tenant_id = $1
   and id = $2
   and state = 'raised'
"""

ATTACH_INCIDENT: Final[LiteralString] = """
update wf.feed_alarms
   set incident_id = $3
 where tenant_id = $1
   and id = $2
"""

MARK_JUDGED: Final[LiteralString] = """
insert into wf.feed_trust (tenant_id, feed_id, judged_until)
select $1,
       judged.feed_id,
       $3
  from unnest($2::uuid[]) as judged (feed_id)
on conflict (tenant_id, feed_id) do update
   set judged_until = excluded.judged_until
"""


class CertificateEnd(msgspec.Struct, frozen=True, kw_only=True):
    """When the last certificate of a feed ends."""

    feed_id: FeedId
    ends_at: datetime


class WatchedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch looks at of a feed."""

    id: FeedId
    name: str
    state: FeedState
    options: str
    state_since: datetime
    profile: bytes | None
    judged_until: datetime | None
    last_received_at: datetime | None
    is_waiting: bool

    @property
    def expected_seconds(self) -> int | None:
        """How long the feed may be silent, if somebody said so."""
        if self.options == "{}":
            return None
        return msgspec.json.decode(self.options, type=FeedOptions).expected_seconds


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as it is stored; `figures` is JSON."""

    id: AlarmId
    feed_id: FeedId
    kind: AlarmKind
    state: AlarmState
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None
    cleared_because: ClearedBecause | None
    figures: str
    incident_id: IncidentId | None


async def select_watched(tx: TenantTx) -> list[WatchedRow]:
    """All feeds of the tenant, as the watch sees them."""
    return await tx.rows(WatchedRow, SELECT_WATCHED, tx.tenant_id)


async def select_certificate_ends(tx: TenantTx) -> list[CertificateEnd]:
    """When the certificates of feeds that have any end. As wf_auth only."""
    return await tx.rows(CertificateEnd, SELECT_CERTIFICATE_ENDS, tx.tenant_id)


async def select_open_alarms(tx: TenantTx) -> list[AlarmRow]:
    """The tenant's alarms that are not cleared."""
    return await tx.rows(AlarmRow, SELECT_OPEN_ALARMS, tx.tenant_id)


async def select_alarm(tx: TenantTx, alarm_id: AlarmId) -> AlarmRow | None:
    """One alarm."""
    return await tx.row(AlarmRow, SELECT_ALARM, tx.tenant_id, alarm_id)


async def select_alarms(tx: TenantTx, *, before: UUID, feed_id: FeedId | None, limit: int) -> list[AlarmRow]:
    """Alarms, of one feed or of all, the newest first, from just behind `before`."""
    return await tx.rows(AlarmRow, SELECT_ALARMS, tx.tenant_id, before, feed_id, limit)


async def insert_alarm(tx: TenantTx, row: AlarmRow) -> bool:
    """Raises an alarm; False when the feed has one of its kind already."""
    arguments = (row.id, row.feed_id, row.kind, row.since, row.raised_at, row.figures)
    return await tx.execute(INSERT_ALARM, tx.tenant_id, *arguments) == 1


async def clear_alarm(tx: TenantTx, alarm_id: AlarmId, *, at: datetime, because: ClearedBecause) -> bool:
    """Clears an alarm; False when it was cleared before."""
    return await tx.execute(CLEAR_ALARM, tx.tenant_id, alarm_id, at, because) == 1


async def attach_incident(tx: TenantTx, alarm_id: AlarmId, incident_id: IncidentId) -> None:
    """Notes which incident an alarm is part of."""
    await tx.execute(ATTACH_INCIDENT, tx.tenant_id, alarm_id, incident_id)


async def mark_judged(tx: TenantTx, feeds: Sequence[FeedId], *, until: datetime) -> None:
    """Notes up to where the hours of these feeds are judged."""
    await tx.execute(MARK_JUDGED, tx.tenant_id, feeds, until)
