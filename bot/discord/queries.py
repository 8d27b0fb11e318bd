"""SQL of the bot: what it should show, what it shows, and where."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx

TAKE_GATEWAY: Final[LiteralString] = "select pg_try_advisory_xact_lock(hashtextextended('watchfloor.chat.gateway', 0))"

KEEP_GATEWAY: Final[LiteralString] = "select true"

SELECT_AGREEMENT: Final[LiteralString] = """
select code,
       name,
       (bundle -> 'chat')::text as chat
  from wf.tenants
 where tenant_id = $1
"""

WANT_UNSHOWN: Final[LiteralString] = """
insert into wf.cards as c (tenant_id, incident_id, surface, revision, message, wanted_revision)
select i.tenant_id,
       i.id,
       'discord',
       0,
       '',
       i.revision
  from wf.incidents i
 where i.tenant_id = $1
   and i.state = any(array['new', 'acknowledged', 'contained', 'resolved'])
on conflict (tenant_id, incident_id, surface) do update
   set wanted_revision = excluded.wanted_revision,
       wanted_at = now()
 where c.wanted_revision < excluded.wanted_revision
"""

SELECT_DUE_CARDS: Final[LiteralString] = """
select c.incident_id,
       c.revision,
       c.wanted_revision,
       c.thread,
       c.message,
       c.circle,
       c.line_id,
       c.attempts,
       c.wanted_at,
       i.severity,
       i.state,
       exists (
         select
           from wf.incident_origins o
          where o.tenant_id = $1
            and o.incident_id = c.incident_id
            and o.kind = 'newcomer') as is_newcomer,
       exists (
         select
           from wf.incident_circles n
          where n.tenant_id = $1
            and n.incident_id = c.incident_id) as is_restricted
  from wf.cards c
  join wf.incidents i
    on i.tenant_id = c.tenant_id
   and i.id = c.incident_id
 where c.tenant_id = $1
   and c.surface = 'discord'
   and c.wanted_revision > c.revision
   and (c.due_at <= now() or c.circle = '' and c.thread <> '' and exists (
     select
       from wf.incident_circles n
      where n.tenant_id = $1
        and n.incident_id = c.incident_id))
 order by array_position(array['critical', 'high', 'medium', 'low', 'informational'], i.severity),
          i.opened_at
 limit $2
"""

UPDATE_SHOWN: Final[LiteralString] = """
update wf.cards
   set revision = greatest(revision, $3),
       thread = $4,
       message = $5,
       line_id = $6,
       attempts = 0,
       due_at = now(),
       shown_at = now()
 where tenant_id = $1
   and incident_id = $2
   and surface = 'discord'
"""

POSTPONE_CARD: Final[LiteralString] = """
update wf.cards
   set attempts = $5,
       thread = $3,
       due_at = now() + make_interval(secs => $4)
 where tenant_id = $1
   and incident_id = $2
   and surface = 'discord'
"""

SELECT_OLD_POSTS: Final[LiteralString] = """
select c.incident_id,
       c.thread
  from wf.cards c
  join wf.incidents i
    on i.tenant_id = c.tenant_id
   and i.id = c.incident_id
 where c.tenant_id = $1
   and c.surface = 'discord'
   and c.thread <> ''
   and i.state = 'closed'
   and i.closed_at < now() - make_interval(days => $2)
 order by i.closed_at
 limit 50
"""

FORGET_POST: Final[LiteralString] = """
update wf.cards
   set thread = '',
       message = '',
       line_id = null
 where tenant_id = $1
   and incident_id = $2
   and surface = 'discord'
"""

SELECT_OLDEST_WANTED: Final[LiteralString] = """
select extract(epoch from now() - min(wanted_at))::double precision
  from wf.cards
 where tenant_id = $1
   and surface = 'discord'
   and wanted_revision > revision
"""

SELECT_CIRCLED: Final[LiteralString] = """
select c.incident_id,
       c.circle
  from wf.cards c
 where c.tenant_id = $1
   and c.surface = 'discord'
   and c.circle <> ''
"""

WANT_AGAIN: Final[LiteralString] = """
update wf.cards
   set revision = revision - 1,
       due_at = now()
 where tenant_id = $1
   and incident_id = $2
   and surface = 'discord'
   and revision > 0
   and wanted_revision = revision
"""

MOVE_CARD: Final[LiteralString] = """
update wf.cards
   set thread = '',
       message = '',
       circle = $3,
       due_at = now()
 where tenant_id = $1
   and incident_id = $2
   and surface = 'discord'
"""

SELECT_GIVEN_ROLES: Final[LiteralString] = """
select guild_id,
       account_id,
       purpose,
       role_id,
       person_id
  from wf.chat_roles
 where tenant_id = $1
 order by guild_id,
          account_id,
          purpose
"""

INSERT_GIVEN_ROLE: Final[LiteralString] = """
insert into wf.chat_roles (tenant_id, guild_id, account_id, purpose, role_id, person_id)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, guild_id, account_id, purpose) do nothing
"""

DELETE_GIVEN_ROLE: Final[LiteralString] = """
delete from wf.chat_roles
 where tenant_id = $1
   and guild_id = $2
   and account_id = $3
   and purpose = $4
"""

SELECT_CHANNELS: Final[LiteralString] = """
select guild_id,
       purpose,
       channel_id,
       message_id
  from wf.chat_channels
 where tenant_id = $1
 order by guild_id,
          purpose
"""

UPSERT_CHANNEL: Final[LiteralString] = """
insert into wf.chat_channels (tenant_id, guild_id, purpose, channel_id, message_id)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, guild_id, purpose) do update
   set channel_id = excluded.channel_id,
       message_id = excluded.message_id
"""


class AgreementRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed with a tenant about chat; `chat` is the JSON of that part of its bundle."""

    code: str
    name: str
    chat: str | None


class DueCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that shows an older revision than it should, or nothing yet (`thread` empty).

    `circle` names the restricted forum that it stands in; it is empty in the forum of its pod.
    """

    incident_id: UUID
    revision: int
    wanted_revision: int
    thread: str
    message: str
    circle: str
    line_id: UUID | None
    attempts: int
    wanted_at: datetime
    severity: str
    state: str
    is_newcomer: bool
    is_restricted: bool


class CircledCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that stands in a restricted forum, or would if anybody who is named had an account."""

    incident_id: UUID
    circle: str


class GivenRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role that the bot gave to an account, and whose it was."""

    guild_id: str
    account_id: str
    purpose: str
    role_id: str
    person_id: UUID


class OldPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post of an incident that was closed long ago."""

    incident_id: UUID
    thread: str


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that the bot uses, and what it edits in place there."""

    guild_id: str
    purpose: str
    channel_id: str
    message_id: str


async def take_gateway(tx: DirectoryTx) -> bool:
    """Whether this transaction now owns the gateway, until it ends."""
    return await tx.value(bool, TAKE_GATEWAY) is True


async def keep_gateway(tx: DirectoryTx) -> None:
    """Shows that the owner's connection still stands."""
    await tx.value(bool, KEEP_GATEWAY)


async def select_agreement(tx: TenantTx) -> AgreementRow | None:
    """What was agreed with the tenant."""
    return await tx.row(AgreementRow, SELECT_AGREEMENT, tx.tenant_id)


async def want_unshown(tx: TenantTx) -> int:
    """Wants a card for each incident that is not closed, as after an outage or at the first start; returns how many."""
    return await tx.execute(WANT_UNSHOWN, tx.tenant_id)


async def select_due_cards(tx: TenantTx, *, limit: int) -> list[DueCard]:
    """Cards to be shown now, the most severe first; what was just restricted does not wait."""
    return await tx.rows(DueCard, SELECT_DUE_CARDS, tx.tenant_id, limit)


async def update_shown(
    tx: TenantTx, incident_id: UUID, *, revision: int, thread: str, message: str, line_id: UUID | None
) -> None:
    """Notes what is shown, and where."""
    await tx.execute(UPDATE_SHOWN, tx.tenant_id, incident_id, revision, thread, message, line_id)


async def postpone_card(tx: TenantTx, incident_id: UUID, *, thread: str, seconds: float, attempts: int) -> None:
    """Puts a card off. An empty thread says that its post is gone."""
    await tx.execute(POSTPONE_CARD, tx.tenant_id, incident_id, thread, seconds, attempts)


async def select_old_posts(tx: TenantTx, *, days: int) -> list[OldPost]:
    """Posts of incidents that were closed so many days ago."""
    return await tx.rows(OldPost, SELECT_OLD_POSTS, tx.tenant_id, days)


async def forget_post(tx: TenantTx, incident_id: UUID) -> None:
    """Notes that a post was deleted."""
    await tx.execute(FORGET_POST, tx.tenant_id, incident_id)


async def select_oldest_wanted(tx: TenantTx) -> float | None:
    """For how many seconds the oldest card has waited; None when none waits."""
    return await tx.value(float, SELECT_OLDEST_WANTED, tx.tenant_id)


async def select_channels(tx: TenantTx) -> list[ChannelRow]:
    """The bot's channels."""
    return await tx.rows(ChannelRow, SELECT_CHANNELS, tx.tenant_id)


async def upsert_channel(tx: TenantTx, channel: ChannelRow) -> None:
    """Notes a channel, or what stands in it now."""
    await tx.execute(
        UPSERT_CHANNEL, tx.tenant_id, channel.guild_id, channel.purpose, channel.channel_id, channel.message_id
    )


async def select_circled(tx: TenantTx) -> list[CircledCard]:
    """The cards whose people may have changed."""
    return await tx.rows(CircledCard, SELECT_CIRCLED, tx.tenant_id)


async def want_again(tx: TenantTx, incident_id: UUID) -> bool:
    """Wants a card once more as it is: where it stands is not where it should."""
    return await tx.execute(WANT_AGAIN, tx.tenant_id, incident_id) == 1


async def move_card(tx: TenantTx, incident_id: UUID, *, circle: str) -> None:
    """Notes that a card stands nowhere, and where it belongs."""
    await tx.execute(MOVE_CARD, tx.tenant_id, incident_id, circle)


async def select_given_roles(tx: TenantTx) -> list[GivenRole]:
    """The roles that the bot gave."""
    return await tx.rows(GivenRole, SELECT_GIVEN_ROLES, tx.tenant_id)


async def insert_given_role(tx: TenantTx, row: GivenRole) -> None:
    """Notes that an account has a role."""
    await tx.execute(
        INSERT_GIVEN_ROLE, tx.tenant_id, row.guild_id, row.account_id, row.purpose, row.role_id, row.person_id
    )


async def delete_given_role(tx: TenantTx, row: GivenRole) -> None:
    """Notes that it has it no more."""
    await tx.execute(DELETE_GIVEN_ROLE, tx.tenant_id, row.guild_id, row.account_id, row.purpose)
