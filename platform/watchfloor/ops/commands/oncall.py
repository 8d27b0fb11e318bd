"""`watchfloor oncall show|set|override`: the rota, from the machine that runs Watchfloor.

The commands only read the command line and print; what they do is in `paging.duty`. The audit entries of the operator's
own tenant say that the operator did it.
"""

import asyncio
import getpass
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import msgspec

from watchfloor.audit.append import Actor
from watchfloor.kernel.characters import visible
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import PersonId, TenantId
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.paging.duty import queries
from watchfloor.paging.duty.document import read_file
from watchfloor.paging.duty.keeping import LONGEST_OVERRIDE, set_rota, stand_in
from watchfloor.paging.duty.roster import read_rota
from watchfloor.paging.opening import order_of
from watchfloor.paging.rota import LAYERS, Duty, LayerName, next_change, who_is_on_call
from watchfloor.tenancy.keyring import Keyring

LARGEST_FILE: Final = 100_000


@click.group()
def oncall() -> None:
    """See who is on call, put a rota in force, let somebody stand in."""


@oncall.command("show")
def show_rota() -> None:
    """Show who is on call now and who is next."""
    asyncio.run(_show())


@oncall.command("set")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", is_flag=True, help="Only say whether the file is sound.")
def set_from_file(*, file: Path, check: bool) -> None:
    """Put the rota in FILE in force."""
    asyncio.run(_set(str(file), file.read_bytes(), check=check))


@oncall.command("override")
@click.argument("layer", type=click.Choice(LAYERS))
@click.argument("person", metavar="EMAIL")
@click.option("--hours", type=click.IntRange(1, LONGEST_OVERRIDE.days * 24), required=True, help="For how long.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the operator's log.")
def override(*, layer: LayerName, person: str, hours: int, reason: str) -> None:
    """Let PERSON stand in for LAYER from now on."""
    asyncio.run(_override(layer, person, timedelta(hours=hours), reason))


class _Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's own tenant, open for one command."""

    settings: Settings
    tx: TenantTx
    actor: Actor
    staff: dict[str, PersonId]

    def name(self, duty: Duty) -> str:
        """The address of who is on call."""
        found = [email for email, person_id in self.staff.items() if person_id == duty.person_id]
        return found[0] if found else "NOBODY" if duty.person_id is None else "SOMEBODY WHO HAS LEFT"


@asynccontextmanager
async def _desk() -> AsyncGenerator[_Desk]:
    settings = load_settings()
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")
    async with storage(settings, tell=tell):
        directory = await Database.open(settings, Role.AUTH, connections=1)
        records = await Database.open(settings, Role.APP, connections=1)
        try:
            async with directory_tx(directory) as tx:
                operator = await queries.select_operator(tx)
                if operator is None:
                    raise NotFound("There is no operator's tenant yet.", remedy="Apply the operator's bundle first.")
                staff = {row.email: PersonId(row.id) for row in await queries.select_staff(tx, operator)}
            async with tenant_tx(records, TenantId(operator)) as tx:
                yield _Desk(settings=settings, tx=tx, actor=actor, staff=staff)
        finally:
            await records.close()
            await directory.close()


async def _show() -> None:
    async with _desk() as desk:
        rota, overrides = await read_rota(desk.tx)
        now = await queries.select_now(desk.tx)
    duties = who_is_on_call(rota, overrides, now)
    for layer in LAYERS:
        duty, following = duties[layer], next_change(rota, overrides, now, layer=layer)
        then = "" if following is None or duty.until is None else f"; from {_moment(duty.until)} {desk.name(following)}"
        _say(f"{layer:<10} {desk.name(duty)}{' (stands in)' if duty.stands_in else ''}{then}")
    lanes = order_of(desk.settings)
    _say(f"pages go by {', then '.join(lanes)}" if lanes else "pages go nowhere but to the console: no lane is set")


async def _set(name: str, content: bytes, *, check: bool) -> None:
    if len(content) > LARGEST_FILE:
        raise Invalid(f"The file is larger than {LARGEST_FILE:,} bytes.", where=name)
    async with _desk() as desk:
        rota = read_file(content, name=name, people=desk.staff)
        changed = not check and await set_rota(desk.tx, desk.actor, rota)
    _say("the file is sound" if check else "the rota is in force" if changed else "this rota is in force already")


async def _override(layer: LayerName, person: str, length: timedelta, reason: str) -> None:
    if not 3 <= len(reason.strip()) <= 1000:
        raise Invalid("A reason has 3 to 1,000 characters.", where="--reason")
    async with _desk() as desk:
        person_id = desk.staff.get(person.strip().lower())
        if person_id is None:
            raise NotFound("None of the operator's people has this address.", where=person)
        cipher = await Keyring.open(desk.settings).cipher(desk.tx)
        until = await stand_in(
            desk.tx, cipher, desk.actor, layer=layer, person_id=person_id, length=length, reason=reason.strip()
        )
    _say(f"{person} stands in for {layer} until {_moment(until)}")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _say(line: str) -> None:
    click.echo(visible(line, newline=" "))
