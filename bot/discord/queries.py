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

SELECT_REFERENCES: Final[LiteralString] = """
select i.number,
       i.title,
       i.state
  from wf.incidents i
 where i.tenant_id = $1
   and i.state = any(array['new', 'acknowledged', 'contained', 'resolved'])
 order by i.opened_at desc,
          i.id desc
 limit $2
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
            and o.kind = 'newcomer') as is_newcomer
  from wf.cards c
  join wf.incidents i
    on i.tenant_id = c.tenant_id
   and i.id = c.incident_id
 where c.tenant_id = $1
   and c.surface = 'discord'
   and c.wanted_revision > c.revision
   and c.due_at <= now()
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


class ReferenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident to choose."""

    number: int
    title: str
    state: str


class DueCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that shows an older revision than it should, or nothing yet (`thread` empty)."""

    incident_id: UUID
    revision: int
    wanted_revision: int
    thread: str
    message: str
    line_id: UUID | None
    attempts: int
    wanted_at: datetime
    severity: str
    state: str
    is_newcomer: bool


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


async def select_references(tx: TenantTx, *, limit: int) -> list[ReferenceRow]:
    """Incidents that somebody may be working on, the newest first."""
    return await tx.rows(ReferenceRow, SELECT_REFERENCES, tx.tenant_id, limit)


async def want_unshown(tx: TenantTx) -> int:
    """Wants a card for each incident that is not closed, as after an outage or at the first start; returns how many."""
    return await tx.execute(WANT_UNSHOWN, tx.tenant_id)


async def select_due_cards(tx: TenantTx, *, limit: int) -> list[DueCard]:
    """Cards to be shown now, the most severe first."""
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
