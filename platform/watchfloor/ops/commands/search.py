"""`watchfloor search`: events of one tenant or of all found or counted, and swept for indicators."""

import asyncio
import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import msgspec

from watchfloor.audit.append import Actor
from watchfloor.kernel.characters import visible
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.lake.sightings import SWEPT
from watchfloor.normalise.event import Entity
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.search.asked import MOST_SECONDS, Asked, question_of
from watchfloor.search.asking import Question, prepare, sweep_for
from watchfloor.search.indicator import entities_in
from watchfloor.search.process import Searchers
from watchfloor.search.question import Count, End, Hit, Progress, Said, Seen, Stop, Task
from watchfloor.tenancy.keyring import Keyring

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_STOPPED: Final[dict[Stop, str]] = {
    "complete": "everything was looked at",
    "page": "there may be more: ask with a greater --limit",
    "seconds": "THE TIME WAS UP: what is older was not looked at",
    "rows": "THE LIMIT OF EVENTS WAS REACHED: what is older was not looked at",
    "bytes": "THE ANSWER GREW TOO LARGE: what is older was not looked at",
    "cancelled": "called off",
}

Make = Callable[[TenantCipher], Question]


@click.group()
def search() -> None:
    """Search the events that are kept. Each search stands in the access log of each tenant that it is about."""


@search.command()
@click.argument("query", default="")
@click.option("--tenant", metavar="SLUG", help="Whose events; every customer's, unless named.")
@click.option("--hours", default=24.0, show_default=True, help="How far back.")
@click.option("--since", type=_MOMENT, metavar="TIME", help="From then on (UTC), in place of --hours.")
@click.option("--until", type=_MOMENT, metavar="TIME", help="Before then (UTC); else up to now.")
@click.option("--sigma", type=_FILE, metavar="FILE", help="A Sigma rule in place of QUERY.")
@click.option("--limit", default=50, show_default=True, help="How many events, or different values.")
@click.option("--oldest", is_flag=True, help="The oldest first.")
@click.option("--count-by", "count_by", multiple=True, metavar="FIELD", help="Count by the values of a field.")
@click.option("--every", type=int, metavar="SECONDS", help="Count by spans of time.")
@click.option("--why", default="", help="The reason, for the access log.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all fields.")
def events(  # noqa: PLR0913  # one for each option
    *,
    query: str,
    tenant: str | None,
    hours: float,
    since: datetime | None,
    until: datetime | None,
    sigma: Path | None,
    limit: int,
    oldest: bool,
    count_by: tuple[str, ...],
    every: int | None,
    why: str,
    as_json: bool,
) -> None:
    """Find or count events. QUERY is in the query language, such as 'EventID:4625 @host:dc-1'."""
    asked = Asked(
        query=query,
        sigma=None if sigma is None else sigma.read_text("utf-8"),
        since=_utc(since),
        until=_utc(until),
        hours=hours,
        most=limit,
        order="oldest" if oldest else "newest",
        include="fields" if as_json else "line",
        count_by=count_by,
        every_seconds=every,
        seconds=MOST_SECONDS,
        why=why,
    )
    question = question_of(asked, now=SystemClock().now())
    asyncio.run(_run(load_settings(), tenant, lambda _: question, show=_as_json if as_json else _as_line))


@search.command()
@click.argument("file", type=_FILE)
@click.option("--tenant", metavar="SLUG", help="Whose events; every customer's, unless named.")
@click.option("--hours", default=720.0, show_default=True, help="How far back.")
@click.option("--why", default="", help="The reason, for the access log.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def sweep(*, file: Path, tenant: str | None, hours: float, why: str, as_json: bool) -> None:
    """Say which indicators of FILE, one a line and defanged or not, were seen."""
    lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    entities = [entity for line in lines if line and line[0] != "#" for entity in _entities(line)]
    asked = Asked(hours=hours, seconds=MOST_SECONDS, why=why)
    question = question_of(asked, now=SystemClock().now())

    def make(cipher: TenantCipher) -> Question:
        return msgspec.structs.replace(question, aim=sweep_for(cipher, entities), words=f"sweep: {', '.join(lines)}")

    asyncio.run(_run(load_settings(), tenant, make, show=_as_json if as_json else _as_line))


async def _run(settings: Settings, slug: str | None, make: Make, *, show: Callable[[str, Said], None]) -> None:
    keyring = Keyring.open(settings)
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")

    async def take(tx: TenantTx) -> Task:
        cipher = await keyring.cipher(tx)
        return await prepare(tx, cipher, actor, make(cipher), lake=settings.lake_dir)

    async with storage(settings, tell=tell):
        tasks = await in_each_tenant(settings, slug, take)
    searchers = Searchers()
    try:
        for tenant, task in tasks.items():
            async for said in searchers.search(task):
                if isinstance(said, End):
                    tell(f"{tenant}: {_ended(said)}")
                elif not isinstance(said, Progress):
                    show(tenant, said)
    finally:
        await searchers.close()


def _as_line(tenant: str, said: Said) -> None:
    match said:
        case Hit():
            line = f"{said.place.time:%Y-%m-%d %H:%M:%S}  {said.host or '-'}  {said.source}  {said.summary}"
        case Count():
            span = "" if said.since is None else f"{said.since:%Y-%m-%d %H:%M}  "
            line = f"{said.events:>10,}  {span}{'  '.join('-' if text is None else text for text in said.values)}"
        case Seen():
            seen = f"{said.first_at:%Y-%m-%d %H:%M} to {said.last_at:%Y-%m-%d %H:%M}"
            line = f"{said.events:>10,}  {seen}  {said.kind}  {said.value}"
        case _:
            return
    click.echo(visible(f"{tenant}  {line}", newline=" "))


def _as_json(tenant: str, said: Said) -> None:
    click.echo(msgspec.json.encode({"tenant": tenant, "found": said}))


def _ended(end: End) -> str:
    return (
        f"{end.found:,} found among {end.rows:,} events in {end.files:,} files, {end.seconds:.2f} s; "
        f"{_STOPPED[end.stop]}"
    )


def _entities(line: str) -> list[Entity]:
    """What a line names; nothing, and a word about it, where it names nothing that events are kept under."""
    try:
        found = [entity for entity in entities_in(line) if entity.kind in SWEPT]
    except Invalid:
        found = []
    if not found:
        tell(visible(f"{line} names nothing that events are kept under", newline=" "))
    return found


def _utc(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=UTC)
