"""`/tenants/{tenant}/connectors`: how each connector is, how late, what went wrong, and which kinds there are."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from watchfloor.access.roles import Permission
from watchfloor.feeds.connectors.catalogue import find_connector
from watchfloor.feeds.connectors.connector import Policy, Tier
from watchfloor.feeds.connectors.instances.overview import ConnectorView, inspect, overview
from watchfloor.feeds.connectors.instances.registry import find_instance, list_instances
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.declaration import in_tenant

ConnectorName = Annotated[
    str, PathParameter(description="The name of a connector, or the id of its feed (`feed_...`).", max_length=64)
]


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector asks of its customer. A list is written with commas."""

    name: str
    label: str
    help: str
    is_required: bool
    is_secret: bool
    is_list: bool


class StreamKind(msgspec.Struct, frozen=True, kw_only=True):
    """A log that a connector can fetch. `every_seconds` is how often it asks, `lag_seconds` how late records come."""

    name: str
    title: str
    every_seconds: float
    lag_seconds: float
    is_on: bool


class KindView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of connector with its quality tier and what that rests on."""

    connector: str
    title: str
    vendor: str
    tier: Tier
    why: str
    page: str
    settings: list[SettingView]
    streams: list[StreamKind]


@get("/connectors", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["connectors"])
async def list_connectors(call: InTenant) -> list[ConnectorView]:
    """The connectors, each with its streams and what went wrong. Strangers are shown with one connector only."""
    services = call.services
    async with call.records() as tx:
        instances = await list_instances(tx, await call.cipher(tx))
        return await overview(tx, instances, services.connectors, at=services.clock.now())


@get("/connectors/kinds", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["connectors"])
async def list_kinds(call: InTenant) -> list[KindView]:
    """The kinds of connectors that there are, with their settings, streams and quality tiers."""
    return [
        KindView(
            connector=name,
            title=one.manifest.title,
            vendor=one.manifest.vendor,
            tier=one.manifest.tier,
            why=one.manifest.why,
            page=one.manifest.page,
            settings=[msgspec.convert(setting, SettingView, from_attributes=True) for setting in one.manifest.settings],
            streams=[
                StreamKind(
                    name=stream.name,
                    title=stream.title,
                    every_seconds=stream.every.total_seconds(),
                    lag_seconds=stream.lag.total_seconds(),
                    is_on=stream.is_on,
                )
                for stream in one.manifest.streams
            ],
        )
        for name, one in call.services.connectors.items()
    ]


@get(
    "/connectors/{connector:str}",
    access=in_tenant(Permission.FEED_READ, "feed"),
    dependencies=IN_TENANT,
    tags=["connectors"],
)
async def read_connector(call: InTenant, connector: ConnectorName) -> ConnectorView:
    """A connector with its settings, its streams, what went wrong and what to do, and strangers."""
    services = call.services
    async with call.records() as tx:
        instance = await find_instance(tx, await call.cipher(tx), connector)
        return await inspect(tx, instance, services.connectors, at=services.clock.now())


@get(
    "/connectors/{connector:str}/policies",
    access=in_tenant(Permission.FEED_READ, "feed"),
    dependencies=IN_TENANT,
    tags=["connectors"],
)
async def read_policies(call: InTenant, connector: ConnectorName) -> list[Policy]:
    """What the customer is to put in place at the vendor: the least that the connector needs."""
    async with call.records() as tx:
        instance = await find_instance(tx, await call.cipher(tx), connector)
    return find_connector(call.services.connectors, instance.row.kind).policies(instance.told.settings)


ROUTES: list[HTTPRouteHandler] = [list_connectors, list_kinds, read_connector, read_policies]
