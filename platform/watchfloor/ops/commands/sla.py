"""`watchfloor sla`: the clocks of the service agreement, recomputed."""

import asyncio

import click
import msgspec

from watchfloor.incidents.sla.verification import Verification, verify
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.keyring import Keyring


@click.group(short_help="Recompute the clocks of the service agreement.")
def sla() -> None:
    """The clocks of the service agreement."""


@sla.command("verify", short_help="Recompute all clocks from the timelines.")
@click.option("--tenant", metavar="SLUG", help="Only this tenant; without it, all.")
@click.option("--repair", is_flag=True, help="Keep what was recomputed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def verify_clocks(*, tenant: str | None, repair: bool, as_json: bool) -> None:
    """Recompute every incident's stages and clocks from its timeline alone, and name what is kept otherwise.

    Exit code 1 when something differs and was not repaired.
    """
    found = asyncio.run(_verify(load_settings(), tenant, is_repairing=repair))
    for slug, verification in found.items():
        if as_json:
            click.echo(msgspec.json.encode({"tenant": slug, **msgspec.to_builtins(verification)}))
        else:
            _draw(slug, verification)
    differing = sum(len(verification.findings) for verification in found.values())
    if differing and not repair:
        raise Conflict(
            f"{differing} incidents are kept otherwise than their timelines say.",
            remedy="Find out what wrote past the desk; --repair keeps what was recomputed.",
        )


async def _verify(settings: Settings, tenant: str | None, *, is_repairing: bool) -> dict[str, Verification]:
    keyring = Keyring.open(settings)

    async def recompute(tx: TenantTx) -> Verification:
        return await verify(tx, await keyring.cipher(tx), is_repairing=is_repairing)

    async with storage(settings, tell=tell):
        return await in_each_tenant(settings, tenant, recompute)


def _draw(slug: str, verification: Verification) -> None:
    click.echo(f"{slug}: {verification.incidents} incidents recomputed, {len(verification.findings)} differ.")
    for finding in verification.findings:
        for difference in finding.differences:
            click.echo(
                f"  incident {finding.number}, {difference.name}: kept {difference.kept}, log {difference.computed}"
            )
