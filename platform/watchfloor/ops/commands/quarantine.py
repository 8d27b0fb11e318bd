"""`watchfloor quarantine list|show|replay|drop TENANT`: what could not be read, looked at, put back, or deleted.

The commands only read the command line and print; what they do is in `feeds.quarantine`. Who runs them on this machine
reads the installation's secrets anyway; the audit entries say that the operator did it.
"""

import asyncio
import getpass
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import click
import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.doors.hints import PIPELINE_LANE
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.feeds.quarantine import commands, listing
from watchfloor.feeds.quarantine.commands import Selection
from watchfloor.kernel import ids
from watchfloor.kernel.characters import visible
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.directory import find_tenant
from watchfloor.tenancy.keyring import Keyring

_tenant = click.argument("tenant")
_feed = click.option("--feed", metavar="NAME", help="Only what came by this feed.")
_code = click.option("--code", metavar="CODE", help="Only what failed for this reason.")
_items = click.option("--item", "items", multiple=True, metavar="QUA_ID", help="Only this thing; may be repeated.")
_reason = click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the tenant's log.")


@click.group()
def quarantine() -> None:
    """Look at what could not be read, put it back, or delete it."""


@quarantine.command("list")
@_tenant
def list_groups(*, tenant: str) -> None:
    """Show TENANT's quarantine: equal failures of a feed are one line."""
    asyncio.run(_list(tenant))


@quarantine.command("show")
@_tenant
@click.argument("item", metavar="QUA_ID")
@click.option("--raw", is_flag=True, help="Write its bytes to standard output as they are, and nothing else.")
def show_thing(*, tenant: str, item: str, raw: bool) -> None:
    """Show one thing of TENANT's quarantine, with the beginning of what was sent."""
    asyncio.run(_show(tenant, item, raw=raw))


@quarantine.command("replay")
@_tenant
@_feed
@_code
@_items
@_reason
def replay(*, tenant: str, feed: str | None, code: str | None, items: tuple[str, ...], reason: str) -> None:
    """Put things of TENANT's quarantine back through the intake, behind all live events."""
    asyncio.run(_replay(tenant, _Words(feed=feed, code=code, items=items, reason=reason)))


@quarantine.command("drop")
@_tenant
@_feed
@_code
@_items
@_reason
def drop(*, tenant: str, feed: str | None, code: str | None, items: tuple[str, ...], reason: str) -> None:
    """Delete things of TENANT's quarantine for good."""
    asyncio.run(_drop(tenant, _Words(feed=feed, code=code, items=items, reason=reason)))


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says about which things are meant."""

    feed: str | None
    code: str | None
    items: tuple[str, ...]
    reason: str

    async def selection(self, tx: TenantTx) -> Selection:
        return Selection(
            feed_id=None if self.feed is None else await commands.feed_named(tx, self.feed),
            code=self.code,
            things=tuple(ids.parse("qua", item) for item in self.items) or None,
        )


class _Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant, open for one command."""

    settings: Settings
    database: Database
    keyring: Keyring
    tenant_id: TenantId
    actor: Actor


@asynccontextmanager
async def _desk(slug: str) -> AsyncGenerator[_Desk]:
    settings = load_settings()
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")
    async with storage(settings, tell=tell):
        tenant_id = await _tenant_id(settings, slug)
        database = await Database.open(settings, Role.APP, connections=2)
        try:
            keyring = Keyring.open(settings)
            yield _Desk(settings=settings, database=database, keyring=keyring, tenant_id=tenant_id, actor=actor)
        finally:
            await database.close()


async def _tenant_id(settings: Settings, slug: str) -> TenantId:
    database = await Database.open(settings, Role.AUTH, connections=1)
    try:
        async with directory_tx(database) as tx:
            return await find_tenant(tx, slug)
    finally:
        await database.close()


async def _list(tenant: str) -> None:
    async with _desk(tenant) as desk, tenant_tx(desk.database, desk.tenant_id) as tx:
        groups = await listing.list_groups(tx, await desk.keyring.cipher(tx))
    for group in groups:
        when = f"{_moment(group.first_at)} to {_moment(group.last_at)}"
        _say(f"{group.things} x {group.code} from {group.feed}, {when}: {group.reason}")
        _say(f"    {ids.show('qua', group.newest_id)} {group.sample}")
    if not groups:
        _say("the quarantine is empty")


async def _show(tenant: str, item: str, *, raw: bool) -> None:
    thing_id = ids.parse("qua", item)
    async with _desk(tenant) as desk, tenant_tx(desk.database, desk.tenant_id) as tx:
        thing = await listing.find_thing(tx, await desk.keyring.cipher(tx), thing_id)
    if raw:
        click.echo(thing.body, nl=False)
        return
    _say(f"{item} {thing.code}, received {_moment(thing.received_at)}, {len(thing.body)} bytes: {thing.reason}")
    _say(f"    {thing.sample}")


async def _replay(tenant: str, words: _Words) -> None:
    async with _desk(tenant) as desk:
        async with tenant_tx(desk.database, desk.tenant_id) as tx:
            selection, cipher = await words.selection(tx), await desk.keyring.cipher(tx)
            found = await commands.take_out(tx, cipher, desk.actor, selection=selection, reason=words.reason)
        if found.parcels:
            async with open_intake(desk.settings, desk.database, desk.keyring) as intake:
                await commands.send(intake, found, request_id="-")
            valkey = connect(desk.settings)
            await Wake(valkey).hint(PIPELINE_LANE, desk.tenant_id)
            await valkey.aclose()
    _say(f"{found.things} are read again soon; {found.unusable} cannot be; {found.left} are left for the next time")


async def _drop(tenant: str, words: _Words) -> None:
    async with _desk(tenant) as desk, tenant_tx(desk.database, desk.tenant_id) as tx:
        selection, cipher = await words.selection(tx), await desk.keyring.cipher(tx)
        found = await commands.drop(tx, cipher, desk.actor, selection=selection, reason=words.reason)
    _say(f"{found.things} are gone; {found.left} are left for the next time")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _say(line: str) -> None:
    click.echo(visible(line, newline=" "))
