"""The door for osquery's TLS plugins, on FleetDM's paths, so that an agent moves over by changing its host.

Owns the routes. An agent enrols with a feed's token and gets a key of its own; with it, it asks for its configuration
and for questions, and sends logs, answers and files. Logs are answered when they are durable and not before.
"""

from typing import Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from watchfloor.feeds.doors.declaration import FEED
from watchfloor.feeds.doors.edge import Handle, answered
from watchfloor.feeds.doors.incoming import DoorRequest, Incoming
from watchfloor.feeds.doors.osquery import bodies
from watchfloor.feeds.doors.osquery.hosts import Hosts
from watchfloor.feeds.doors.osquery.lines import LogReader
from watchfloor.feeds.doors.osquery.replies import not_served, refusal, reply, unexpected
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.osquery import nodes
from watchfloor.feeds.osquery.carves import carving
from watchfloor.feeds.osquery.configuration import configuration_of
from watchfloor.feeds.osquery.live.answers import keep
from watchfloor.feeds.osquery.live.questions import ACCELERATE_SECONDS, waiting_for
from watchfloor.kernel.credentials import parse_agent_key
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Refused, Unauthenticated

PREFIXES: Final = ("/api/osquery", "/api/v1/osquery")


def osquery_protocol(parts: DoorParts) -> Protocol:
    """The door."""
    hosts = Hosts(parts)
    return Protocol(
        routes=[*_log_routes(parts, hosts), *_question_routes(parts, hosts), *_file_routes(parts, hosts)],
        speaks=lambda path: path.startswith(tuple(f"{prefix}/" for prefix in PREFIXES)),
        refusal=refusal,
        not_served=not_served,
        unexpected=unexpected,
    )


def _paths(name: str) -> list[str]:
    return [f"{prefix}/{name}" for prefix in PREFIXES]


async def _answered(request: DoorRequest, handle: Handle) -> Response[bytes]:
    return await answered(request, handle, refusal)


def _log_routes(parts: DoorParts, hosts: Hosts) -> list[HTTPRouteHandler]:
    @post(_paths("enroll"), status_code=200, access=FEED)
    async def enroll(request: DoorRequest) -> Response[bytes]:
        """Gives a host a key."""

        async def handle(incoming: Incoming) -> Response[bytes]:
            return reply({"node_key": await hosts.enrol(request, incoming), "node_invalid": False})

        return await _answered(request, handle)

    @post(_paths("config"), status_code=200, access=FEED)
    async def config(request: DoorRequest) -> Response[bytes]:
        """Tells what the host is to run."""

        async def handle(incoming: Incoming) -> Response[bytes]:
            host = await hosts.admit(request, incoming)
            await parts.reception.hear(request, host.feed, bodies.read_anything, incoming=incoming)
            async with tenant_tx(parts.database, host.feed.tenant_id) as tx:
                found = await configuration_of(tx, await parts.keyring.cipher(tx))
            return reply({**found, "node_invalid": False})

        return await _answered(request, handle)

    @post(_paths("log"), status_code=200, access=FEED)
    async def log(request: DoorRequest) -> Response[bytes]:
        """Takes log lines."""

        async def handle(incoming: Incoming) -> Response[bytes]:
            host = await hosts.admit(request, incoming)
            reader = LogReader(nodes.shown(host.node_id))
            await parts.reception.take(request, host.feed, reader.read, incoming=incoming)
            return reply({})

        return await _answered(request, handle)

    return [enroll, config, log]


def _question_routes(parts: DoorParts, hosts: Hosts) -> list[HTTPRouteHandler]:
    @post(_paths("distributed/read"), status_code=200, access=FEED)
    async def distributed_read(request: DoorRequest) -> Response[bytes]:
        """Tells what the host is asked."""

        async def handle(incoming: Incoming) -> Response[bytes]:
            host = await hosts.admit(request, incoming)
            await parts.reception.hear(request, host.feed, bodies.read_anything, incoming=incoming)
            async with tenant_tx(parts.database, host.feed.tenant_id) as tx:
                asked = await waiting_for(tx, await parts.keyring.cipher(tx), host.node_id)
            if not asked:
                return reply({"queries": {}, "node_invalid": False})
            return reply({"queries": asked, "accelerate": ACCELERATE_SECONDS, "node_invalid": False})

        return await _answered(request, handle)

    @post(_paths("distributed/write"), status_code=200, access=FEED)
    async def distributed_write(request: DoorRequest) -> Response[bytes]:
        """Takes what the host found."""

        async def handle(incoming: Incoming) -> Response[bytes]:
            host = await hosts.admit(request, incoming)
            given = await parts.reception.hear(request, host.feed, bodies.read_answers, incoming=incoming)
            async with tenant_tx(parts.database, host.feed.tenant_id) as tx:
                cipher = await parts.keyring.cipher(tx)
                for one in given:
                    await keep(tx, cipher, host.node_id, one)
            return reply({})

        return await _answered(request, handle)

    return [distributed_read, distributed_write]


def _file_routes(parts: DoorParts, hosts: Hosts) -> list[HTTPRouteHandler]:
    @post(_paths("carve/begin"), status_code=200, access=FEED)
    async def carve_begin(request: DoorRequest) -> Response[bytes]:
        """Begins a file that the host was asked for."""

        async def handle(incoming: Incoming) -> Response[bytes]:
            host = await hosts.admit(request, incoming)
            announced = await parts.reception.hear(request, host.feed, bodies.read_announcement, incoming=incoming)
            async with tenant_tx(parts.database, host.feed.tenant_id) as tx:
                session = await carving.begin(tx, host.feed, host.node_id, announced)
            return reply({"session_id": session.text.reveal(), "success": True})

        return await _answered(request, handle)

    @post(_paths("carve/block"), status_code=200, access=FEED)
    async def carve_block(request: DoorRequest) -> Response[bytes]:
        """Takes a block of a file. It carries no key of the host: its session is one."""

        async def handle(incoming: Incoming) -> Response[bytes]:
            encoding = request.headers.get("content-encoding", "")
            beginning = await parts.reception.hear_beginning(incoming, at_least=bodies.BEGINNING)
            named = bodies.session_in_beginning(beginning, encoding)
            if named is None:
                named = await parts.reception.hear_stranger(request, bodies.read_session, incoming=incoming)
            try:
                session = parse_agent_key("carve", named)
            except Unauthenticated:
                raise Refused(carving.NO_SESSION) from None
            feed = await hosts.feed_of(session)
            block = await parts.reception.hear(request, feed, bodies.read_block, incoming=incoming)
            async with tenant_tx(parts.database, feed.tenant_id) as tx:
                await carving.take_block(
                    tx,
                    await parts.keyring.cipher(tx),
                    session,
                    number=block.block_id,
                    request_id=block.request_id,
                    block=block.data,
                )
            return reply({"success": True})

        return await _answered(request, handle)

    return [carve_begin, carve_block]
