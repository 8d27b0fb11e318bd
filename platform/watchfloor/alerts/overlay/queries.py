"""SQL of tenants' overlays: versions, settings, exceptions, lists, and counts of what they hid."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, LiteralString, cast
from uuid import UUID

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.detect.rule import Level
from watchfloor.kernel.db import TenantTx

SELECT_VERSION: Final[LiteralString] = """
select version
  from wf.overlay_versions
 where tenant_id = $1
"""

ADVANCE_VERSION: Final[LiteralString] = """
insert into wf.overlay_versions as v (tenant_id, version)
values ($1, 1)
on conflict (tenant_id) do update
   set version = v.version + 1,
       changed_at = now()
"""

SELECT_SETTINGS: Final[LiteralString] = """
select rule_id,
       is_disabled,
       level,
       reason,
       changed_by,
       changed_at
  from wf.rule_settings
 where tenant_id = $1
 order by rule_id
"""

SELECT_SETTING: Final[LiteralString] = """
select rule_id,
       is_disabled,
       level,
       reason,
       changed_by,
       changed_at
  from wf.rule_settings
 where tenant_id = $1
   and rule_id = $2
"""

UPSERT_SETTING: Final[LiteralString] = """
insert into wf.rule_settings as s (tenant_id, rule_id, is_disabled, level, reason, changed_by)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, rule_id) do update
   set is_disabled = excluded.is_disabled,
       level = excluded.level,
       reason = excluded.reason,
       changed_by = excluded.changed_by,
       changed_at = now()
"""

DELETE_SETTING: Final[LiteralString] = """
delete from wf.rule_settings
 where tenant_id = $1
   and rule_id = $2
"""

SELECT_OPEN_EXCEPTIONS: Final[LiteralString] = """
select id,
       body,
       expires_at,
       created_by,
       created_at,
       ended_at,
       ended_by,
       incident_id
  from wf.rule_exceptions
 where tenant_id = $1
   and ended_at is null
   and expires_at > $2
 order by created_at,
          id
"""

SELECT_EXCEPTIONS: Final[LiteralString] = """
select id,
       body,
       expires_at,
       created_by,
       created_at,
       ended_at,
       ended_by,
       incident_id
  from wf.rule_exceptions
 where tenant_id = $1
   and id < $2
 order by id desc
 limit $3
"""

SELECT_UNENDED_EXCEPTIONS: Final[LiteralString] = """
select id,
       body,
       expires_at,
       created_by,
       created_at,
       ended_at,
       ended_by,
       incident_id
  from wf.rule_exceptions
 where tenant_id = $1
   and ended_at is null
 order by created_at,
          id
"""

SELECT_EXCEPTION: Final[LiteralString] = """
select id,
       body,
       expires_at,
       created_by,
       created_at,
       ended_at,
       ended_by,
       incident_id
  from wf.rule_exceptions
 where tenant_id = $1
   and id = $2
"""

INSERT_EXCEPTION: Final[LiteralString] = """
insert into wf.rule_exceptions (tenant_id, id, body, expires_at, created_by, created_at, incident_id)
values ($1, $2, $3, $4, $5, $6, $7)
"""

END_EXCEPTION: Final[LiteralString] = """
update wf.rule_exceptions
   set ended_at = $3,
       ended_by = $4
 where tenant_id = $1
   and id = $2
   and ended_at is null
"""

SELECT_LISTS: Final[LiteralString] = """
select name,
       body,
       entries,
       changed_by,
       changed_at
  from wf.rule_lists
 where tenant_id = $1
 order by name
"""

UPSERT_LIST: Final[LiteralString] = """
insert into wf.rule_lists as l (tenant_id, name, body, entries, changed_by)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, name) do update
   set body = excluded.body,
       entries = excluded.entries,
       changed_by = excluded.changed_by,
       changed_at = now()
"""

DELETE_LIST: Final[LiteralString] = """
delete from wf.rule_lists
 where tenant_id = $1
   and name = $2
"""

# In one order for all, so that two transactions never wait for each other.
ADD_HIDDEN: Final[LiteralString] = """
insert into wf.hidden_matches as h (tenant_id, exception_id, rule_id, day, hidden, last_at)
select $1,
       fresh.exception_id,
       fresh.rule_id,
       $2,
       fresh.hidden,
       $3
  from unnest($4::uuid[], $5::text[], $6::bigint[]) as fresh (exception_id, rule_id, hidden)
 order by fresh.exception_id,
          fresh.rule_id
on conflict (tenant_id, exception_id, rule_id, day) do update
   set hidden = h.hidden + excluded.hidden,
       last_at = greatest(h.last_at, excluded.last_at)
"""

SELECT_HIDDEN: Final[LiteralString] = """
select exception_id,
       rule_id,
       sum(hidden)::bigint as hidden,
       max(last_at) as last_at
  from wf.hidden_matches
 where tenant_id = $1
   and day >= $2
 group by exception_id,
          rule_id
 order by exception_id,
          rule_id
"""

SELECT_WORST: Final[LiteralString] = """
select severity
  from wf.alerts
 where tenant_id = $1
   and created_at > $2
   and rule_id = any ($3::text[])
 order by array_position(array['critical', 'high', 'medium', 'low', 'informational'], severity)
 limit 1
"""


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant changed about a rule; `reason` is sealed."""

    rule_id: str
    is_disabled: bool
    level: Level | None
    reason: bytes
    changed_by: str
    changed_at: datetime


class ExceptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An exception; `body` is sealed. `incident_id` is the incident that it was made from, if any."""

    id: UUID
    body: bytes
    expires_at: datetime
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    incident_id: UUID | None


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.rule_exceptions`. The order is that of INSERT_EXCEPTION."""

    id: UUID
    body: bytes
    expires_at: datetime
    created_by: str
    created_at: datetime
    incident_id: UUID | None


class ListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A list; `body` is sealed."""

    name: str
    body: bytes
    entries: int
    changed_by: str
    changed_at: datetime


class HiddenRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many matches of a rule an exception hid; id zero where the rule was off."""

    exception_id: UUID
    rule_id: str
    hidden: int
    last_at: datetime


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """What is added to a count."""

    exception_id: UUID
    rule_id: str
    hidden: int


async def select_version(tx: TenantTx) -> int:
    """The overlay's version; 0 where nothing was ever changed."""
    return await tx.value(int, SELECT_VERSION, tx.tenant_id) or 0


async def advance_version(tx: TenantTx) -> None:
    """Says that the overlay changes. Whoever changes it, too, waits here until this transaction ends."""
    await tx.execute(ADVANCE_VERSION, tx.tenant_id)


async def select_settings(tx: TenantTx) -> list[SettingRow]:
    """All settings."""
    return await tx.rows(SettingRow, SELECT_SETTINGS, tx.tenant_id)


async def select_setting(tx: TenantTx, rule_id: str) -> SettingRow | None:
    """One rule's."""
    return await tx.row(SettingRow, SELECT_SETTING, tx.tenant_id, rule_id)


async def upsert_setting(
    tx: TenantTx, rule_id: str, *, is_disabled: bool, level: Level | None, reason: bytes, changed_by: str
) -> None:
    """Writes one rule's."""
    await tx.execute(UPSERT_SETTING, tx.tenant_id, rule_id, is_disabled, level, reason, changed_by)


async def delete_setting(tx: TenantTx, rule_id: str) -> None:
    """Makes a rule as it is shared."""
    await tx.execute(DELETE_SETTING, tx.tenant_id, rule_id)


async def select_open_exceptions(tx: TenantTx, *, at: datetime) -> list[ExceptionRow]:
    """Those that hold at this moment or later, the oldest first."""
    return await tx.rows(ExceptionRow, SELECT_OPEN_EXCEPTIONS, tx.tenant_id, at)


async def select_unended_exceptions(tx: TenantTx) -> list[ExceptionRow]:
    """Those that nobody ended, among them expired ones, the oldest first."""
    return await tx.rows(ExceptionRow, SELECT_UNENDED_EXCEPTIONS, tx.tenant_id)


async def select_exceptions(tx: TenantTx, *, before: UUID, limit: int) -> list[ExceptionRow]:
    """All that there ever were, the newest first."""
    return await tx.rows(ExceptionRow, SELECT_EXCEPTIONS, tx.tenant_id, before, limit)


async def select_exception(tx: TenantTx, exception_id: UUID) -> ExceptionRow | None:
    """One of them."""
    return await tx.row(ExceptionRow, SELECT_EXCEPTION, tx.tenant_id, exception_id)


async def insert_exception(tx: TenantTx, row: NewRow) -> None:
    """Adds an exception."""
    await tx.execute(INSERT_EXCEPTION, tx.tenant_id, *msgspec.structs.astuple(row))


async def end_exception(tx: TenantTx, exception_id: UUID, *, at: datetime, ended_by: str) -> None:
    """Ends an exception that has not ended."""
    await tx.execute(END_EXCEPTION, tx.tenant_id, exception_id, at, ended_by)


async def select_lists(tx: TenantTx) -> list[ListRow]:
    """All lists, by name."""
    return await tx.rows(ListRow, SELECT_LISTS, tx.tenant_id)


async def upsert_list(tx: TenantTx, name: str, *, body: bytes, entries: int, changed_by: str) -> None:
    """Writes a list."""
    await tx.execute(UPSERT_LIST, tx.tenant_id, name, body, entries, changed_by)


async def delete_list(tx: TenantTx, name: str) -> None:
    """Removes a list."""
    await tx.execute(DELETE_LIST, tx.tenant_id, name)


async def add_hidden(tx: TenantTx, additions: Sequence[Addition], *, at: datetime) -> None:
    """Adds to the counts of the day (UTC) of `at`."""
    columns: list[list[object]] = [
        [addition.exception_id for addition in additions],
        [addition.rule_id for addition in additions],
        [addition.hidden for addition in additions],
    ]
    await tx.execute(ADD_HIDDEN, tx.tenant_id, at.astimezone(UTC).date(), at, *columns)


async def select_hidden(tx: TenantTx, *, since: date) -> list[HiddenRow]:
    """The counts since a day, by exception and rule."""
    return await tx.rows(HiddenRow, SELECT_HIDDEN, tx.tenant_id, since)


async def select_worst(tx: TenantTx, rule_ids: Sequence[str], *, since: datetime) -> Severity | None:
    """The worst severity of the alerts of these rules; None when there are none."""
    return cast("Severity | None", await tx.value(str, SELECT_WORST, tx.tenant_id, since, rule_ids))
