"""`/tenants/{tenant}/connectors`: adding, trying and changing connectors. Secrets go in and never come out."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from watchfloor.access.roles import Permission
from watchfloor.feeds.connectors.catalogue import find_connector
from watchfloor.feeds.connectors.connector import Finding, Policy
from watchfloor.feeds.connectors.instances.backfill import add_backfill
from watchfloor.feeds.connectors.instances.overview import ConnectorView, inspect
from watchfloor.feeds.connectors.instances.registry import (
    add_connector,
    change_settings,
    find_instance,
    set_state,
    switch_streams,
    with_ours,
)
from watchfloor.feeds.connectors.instances.trial import rotate, try_connector
from watchfloor.feeds.connectors.reach import Reach
from watchfloor.feeds.connectors.running.turn import PAGE_SECONDS, TURN_SECONDS
from watchfloor.feeds.feed import FeedState
from watchfloor.kernel import ids
from watchfloor.web.api.connectors import ConnectorName
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.calls import TenantCall
from watchfloor.web.declaration import in_tenant

_Name = Annotated[str, msgspec.Meta(max_length=64)]
_Value = Annotated[str, msgspec.Meta(max_length=16_384)]
_Values = Annotated[dict[_Name, _Value], msgspec.Meta(max_length=40)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Streams = Annotated[list[_Name], msgspec.Meta(max_length=40)]


class ConnectorRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which kind is to be added, and what it is told. Without `streams` those that are usually on."""

    connector: Annotated[str, msgspec.Meta(max_length=32, examples=["okta"])]
    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,62}$")] | None = None
    settings: _Values = {}
    secrets: _Values = {}
    streams: _Streams | None = None


class PolicyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of connector that is not added yet, and the settings as far as they are known."""

    connector: Annotated[str, msgspec.Meta(max_length=32, examples=["aws_s3"])]
    settings: _Values = {}


class SettingsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that change (an empty value takes one away), and the streams that are fetched from now on."""

    settings: _Values = {}
    streams: _Streams | None = None


class SecretsRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New secrets. Those that are not named stay."""

    secrets: _Values


class BackfillRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The window of the past to be fetched. Without `streams` of those that are on."""

    start: _Moment
    end: _Moment | None = None
    streams: _Streams = []


class TrialReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial found, permission by permission."""

    is_green: bool
    findings: list[Finding]


class RotationReply(msgspec.Struct, frozen=True, kw_only=True):
    """The new secrets work and are used. `old_used_seconds` is for how long a turn may still use the old ones."""

    findings: list[Finding]
    old_used_seconds: float


class BackfillReply(msgspec.Struct, frozen=True, kw_only=True):
    """The streams that are fetched; `GET` of the connector tells how far each is."""

    streams: list[str]


@post(
    "/connectors",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="mint"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=201,
)
async def add(call: InTenant, data: JSONBody[ConnectorRequest]) -> ConnectorView:
    """Add a connector. It begins to fetch within seconds; `test` says whether everything is in place."""
    connector = find_connector(call.services.connectors, data.connector)
    name = data.name or connector.manifest.name.replace("_", "-")
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        given = {**data.settings, **data.secrets}
        feed = await add_connector(tx, cipher, call.actor, connector, name=name, given=given, streams=data.streams)
    return await _view(call, ids.show("feed", feed.id))


@post(
    "/connectors/policies",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=200,
)
async def draw_policies(call: InTenant, data: JSONBody[PolicyRequest]) -> list[Policy]:
    """What a customer is to put in place at the vendor before a connector of this kind is added."""
    connector = find_connector(call.services.connectors, data.connector)
    async with call.records() as tx:
        return connector.policies(with_ours(connector.manifest, await call.cipher(tx), data.settings))


@post(
    "/connectors/{connector:str}/settings",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=200,
)
async def change(call: InTenant, connector: ConnectorName, data: JSONBody[SettingsRequest]) -> ConnectorView:
    """Change settings or streams. What the vendor had stopped is looked at again at once."""
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        instance = await find_instance(tx, cipher, connector)
        kind = find_connector(call.services.connectors, instance.row.kind)
        instance = await change_settings(tx, cipher, call.actor, kind, instance, changes=data.settings)
        if data.streams is not None:
            await switch_streams(tx, call.actor, kind, instance, streams=data.streams)
    return await _view(call, connector)


@post(
    "/connectors/{connector:str}/test",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=200,
)
async def test_connector(call: InTenant, connector: ConnectorName) -> TrialReply:
    """Try each permission at the vendor, by name. Nothing is stored or changed."""
    async with call.records() as tx:
        instance = await find_instance(tx, await call.cipher(tx), connector)
    kind = find_connector(call.services.connectors, instance.row.kind)
    found = await try_connector(_reach(call), kind, instance.feed, instance.told)
    return TrialReply(is_green=bool(found) and all(one.is_good for one in found), findings=found)


@post(
    "/connectors/{connector:str}/rotate",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="mint"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=200,
)
async def rotate_secrets(call: InTenant, connector: ConnectorName, data: JSONBody[SecretsRequest]) -> RotationReply:
    """Put new secrets in the place of the old ones, after trying them; if they do not work, nothing changes."""
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        instance = await find_instance(tx, cipher, connector)
    kind = find_connector(call.services.connectors, instance.row.kind)
    done = await rotate(
        _reach(call),
        cipher,
        call.actor,
        kind,
        instance,
        secrets=data.secrets,
        seconds=TURN_SECONDS + PAGE_SECONDS,
    )
    return RotationReply(findings=done.findings, old_used_seconds=done.seconds)


@post(
    "/connectors/{connector:str}/pause",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=200,
)
async def pause(call: InTenant, connector: ConnectorName) -> ConnectorView:
    """Pause a connector. Nothing is lost that the vendor keeps until it is resumed."""
    return await _set(call, connector, "paused")


@post(
    "/connectors/{connector:str}/resume",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=200,
)
async def resume(call: InTenant, connector: ConnectorName) -> ConnectorView:
    """Resume a connector from where it was."""
    return await _set(call, connector, "active")


@post(
    "/connectors/{connector:str}/backfill",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["connectors"],
    status_code=202,
)
async def backfill(call: InTenant, connector: ConnectorName, data: JSONBody[BackfillRequest]) -> BackfillReply:
    """Fetch what happened in a window of the past, beside what happens now. What is stored is not stored again."""
    now = call.services.clock.now()
    async with call.records() as tx:
        instance = await find_instance(tx, await call.cipher(tx), connector)
        kind = find_connector(call.services.connectors, instance.row.kind)
        end = data.end or now
        streams = await add_backfill(
            tx, call.actor, kind, instance, start=data.start, end=end, now=now, streams=data.streams
        )
    return BackfillReply(streams=streams)


ROUTES: list[HTTPRouteHandler] = [
    add,
    draw_policies,
    change,
    test_connector,
    rotate_secrets,
    pause,
    resume,
    backfill,
]


async def _set(call: TenantCall, name: str, state: FeedState) -> ConnectorView:
    async with call.records() as tx:
        instance = await find_instance(tx, await call.cipher(tx), name)
        await set_state(tx, call.actor, instance, state)
    return await _view(call, name)


async def _view(call: TenantCall, name: str) -> ConnectorView:
    services = call.services
    async with call.records() as tx:
        instance = await find_instance(tx, await call.cipher(tx), name)
        return await inspect(tx, instance, services.connectors, at=services.clock.now())


def _reach(call: TenantCall) -> Reach:
    services = call.services
    return Reach.open(services.settings, database=services.app, clock=services.clock)
