"""`watchfloor osquery nodes|ask|results|file|config`: a tenant's hosts, from the machine that runs Watchfloor.

The commands only read the command line and print; what they do is in `feeds.osquery`. The audit entries say that the
operator did it. What hosts say is shown as plain text with nothing in it that a terminal would act on.
"""

import asyncio
import getpass
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import click
import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.osquery import configuration, nodes
from watchfloor.feeds.osquery.carves import carving
from watchfloor.feeds.osquery.live import questions
from watchfloor.feeds.osquery.live.answers import Answer, list_answers
from watchfloor.kernel import ids
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import CarveId, NodeId, QuestionId, TenantId
from watchfloor.kernel.keyfile import create_private
from watchfloor.ops import paint
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.directory import find_tenant
from watchfloor.tenancy.keyring import Keyring

T = TypeVar("T")

_PAGE: Final = 200
_FIRST: Final = UUID(int=0)
_SHOWN_ROWS: Final = 50

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
_hosts = click.option("--node", "names", multiple=True, metavar="NOD_ID", help="Only this host; may be repeated.")


@click.group()
def osquery() -> None:
    """See a tenant's osquery hosts, ask them, and change what they run."""


@osquery.command("nodes")
@click.argument("tenant")
@click.option("--revoke", metavar="NOD_ID", help="Revoke this host's key instead; it may enrol again.")
@_json
def show_nodes(*, tenant: str, revoke: str | None, as_json: bool) -> None:
    """Show the hosts whose agents enrolled."""
    if revoke is not None:
        done = _run(tenant, lambda desk: nodes.revoke(desk.tx, desk.actor, NodeId(ids.parse("nod", revoke))))
        click.echo("revoked" if done else "it was revoked already")
        return
    found = _run(tenant, _all_nodes)
    if as_json:
        for node in found:
            names = {"id": nodes.shown(node.id), "feed_id": ids.show("feed", node.feed_id)}
            click.echo(msgspec.json.encode(msgspec.structs.asdict(node) | names))
        return
    _draw_nodes(found)


@osquery.command("ask")
@click.argument("tenant")
@click.argument("sql", required=False)
@_hosts
@click.option("--file", "path", metavar="PATH", help="Ask for the files at this path of the hosts instead of SQL.")
@click.option("--minutes", type=click.IntRange(1, 10_080), default=60, show_default=True, help="How long it is open.")
def ask(*, tenant: str, sql: str | None, names: tuple[str, ...], path: str | None, minutes: int) -> None:
    """Put SQL to all hosts of the tenant, or to some. Each answers when it next asks; `results` shows what it said."""
    if (sql is None) == (path is None):
        raise Invalid("Give SQL, or --file with a path.")
    named = [NodeId(ids.parse("nod", name)) for name in names]

    async def put(desk: _Desk) -> QuestionId:
        until = desk.now + timedelta(minutes=minutes)
        if path is not None:
            return await questions.ask_for_file(*desk.at, path=path, nodes=named, expires_at=until, at=desk.now)
        return await questions.ask(*desk.at, sql=sql or "", nodes=named or None, expires_at=until, at=desk.now)

    click.echo(questions.shown(_run(tenant, put)))


@osquery.command("results")
@click.argument("tenant")
@click.argument("query", required=False)
@_json
def show_results(*, tenant: str, query: str | None, as_json: bool) -> None:
    """Show what hosts answered to QUERY (`qst_...`); without it, the newest questions."""
    if query is None:
        _draw_questions(_run(tenant, lambda desk: questions.list_questions(desk.tx, desk.cipher, limit=_PAGE)))
        return
    question_id = QuestionId(ids.parse("qst", query))
    found = _run(tenant, lambda desk: _all_answers(desk, question_id))
    if as_json:
        for answer in found:
            click.echo(msgspec.json.encode(answer))
        return
    _draw_answers(found)


@osquery.command("file")
@click.argument("tenant")
@click.argument("carve")
@click.option("--to", "place", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to put it.")
def fetch_file(*, tenant: str, carve: str, place: Path) -> None:
    """Fetch the archive CARVE (`crv_...`) that a host sent. A hostile host may have packed it: unpack it elsewhere."""
    carve_id = CarveId(ids.parse("crv", carve))

    async def fetch(desk: _Desk) -> bytes:
        return b"".join([block async for block in carving.blocks_of(desk.tx, desk.cipher, carve_id)])

    content = _run(tenant, fetch)
    create_private(place, content)
    click.echo(f"{len(content)} bytes are in {place}")


@osquery.command("config")
@click.argument("tenant")
@click.option(
    "--set", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A JSON merge patch (RFC 7396)."
)
@click.option("--reset", is_flag=True, help="Take the standard configuration again.")
@click.option("--changes", is_flag=True, help="Show only what the tenant changes.")
def configure(*, tenant: str, file: Path | None, reset: bool, changes: bool) -> None:
    """Show the configuration of the tenant's hosts, or change it upon the standard one."""
    if file is not None and reset:
        raise Invalid("Give --set or --reset, not both.")
    if file is not None or reset:
        patch = {} if file is None else configuration.read_patch(file.read_bytes())
        kept = _run(tenant, lambda desk: configuration.change(*desk.at, patch))
        click.echo(f"version {kept.version}; hosts have it when they next ask")
        return
    kept = _run(tenant, lambda desk: configuration.changes_of(desk.tx, desk.cipher))
    shown = kept.patch if changes else configuration.applied(kept.patch)
    click.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2))


class _Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant, open for one command. `at` is what each change begins with."""

    tx: TenantTx
    cipher: TenantCipher
    actor: Actor
    now: datetime

    @property
    def at(self) -> tuple[TenantTx, TenantCipher, Actor]:
        return self.tx, self.cipher, self.actor


def _run(tenant: str, work: Callable[[_Desk], Awaitable[T]]) -> T:
    async def run() -> T:
        async with _desk(tenant) as desk:
            return await work(desk)

    return asyncio.run(run())


@asynccontextmanager
async def _desk(slug: str) -> AsyncGenerator[_Desk]:
    settings = load_settings()
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")
    async with storage(settings, tell=tell):
        tenant_id = await _tenant_id(settings, slug)
        database = await Database.open(settings, Role.APP, connections=1)
        try:
            async with tenant_tx(database, tenant_id) as tx:
                cipher = await Keyring.open(settings).cipher(tx)
                yield _Desk(tx=tx, cipher=cipher, actor=actor, now=SystemClock().now())
        finally:
            await database.close()


async def _tenant_id(settings: Settings, slug: str) -> TenantId:
    database = await Database.open(settings, Role.AUTH, connections=1)
    try:
        async with directory_tx(database) as tx:
            return await find_tenant(tx, slug)
    finally:
        await database.close()


async def _all_nodes(desk: _Desk) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    after = _FIRST
    while page := await nodes.list_nodes(desk.tx, desk.cipher, after=after, limit=_PAGE):
        found += page
        after = page[-1].id
    return found


async def _all_answers(desk: _Desk, question_id: QuestionId) -> list[Answer]:
    await questions.find_question(desk.tx, desk.cipher, question_id)
    found: list[Answer] = []
    after = _FIRST
    while page := await list_answers(desk.tx, desk.cipher, question_id, after=after, limit=_PAGE):
        found += page
        after = page[-1].node_id
    return found


def _draw_nodes(found: list[nodes.Node]) -> None:
    console, table = paint.paper(), paint.table()
    for heading in ("node", "host", "system", "agent", "state", "last seen"):
        table.add_column(heading)
    for node in found:
        cells = (node.host.name, node.host.system, node.host.agent_version)
        table.add_row(nodes.shown(node.id), *map(paint.shown, cells), node.state, _moment(node.last_seen_at))
    console.print(table if found else "No host has enrolled.")


def _draw_questions(found: list[questions.Question]) -> None:
    console, table = paint.paper(), paint.table()
    for heading in ("query", "asked", "until", "waiting", "answered", "failed", "expired", "sql"):
        table.add_column(heading)
    for one in found:
        counts = (one.pending + one.delivered, one.answered, one.failed, one.expired)
        moments = (_moment(one.asked_at), _moment(one.expires_at))
        table.add_row(questions.shown(one.id), *moments, *map(str, counts), paint.shown(one.sql))
    console.print(table if found else "Nothing was asked.")


def _draw_answers(found: list[Answer]) -> None:
    console = paint.paper()
    for answer in found:
        name = answer.host.name if answer.host else nodes.shown(answer.node_id)
        told = f"{answer.total_rows} rows" if answer.state == "answered" else answer.message
        file = "" if answer.carve_id is None else carving.shown(answer.carve_id)
        console.print(paint.shown(f"{name}: {answer.state} {told} {file}".rstrip()))
        for row in answer.rows[:_SHOWN_ROWS]:
            line = ", ".join(f"{column}={value}" for column, value in row.items())
            console.print(paint.shown(f"  {line}", style=paint.DIM))
        if len(answer.rows) > _SHOWN_ROWS:
            console.print(f"  and {answer.total_rows - _SHOWN_ROWS} more; --json has those that are kept")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
