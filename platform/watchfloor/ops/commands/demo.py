"""`watchfloor demo`: everything at once, with two customers and an attack."""

import asyncio
from pathlib import Path

import click
from rich.console import Console

from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Unavailable
from watchfloor.ops.demo.account import give_account
from watchfloor.ops.demo.home import fresh_home
from watchfloor.ops.demo.run import demonstrate
from watchfloor.ops.termination import until_told_to_stop
from watchfloor.ops.up import running


@click.command(short_help="Run everything with two customers and an attack.")
@click.option("--oneshot", is_flag=True, help="End when the course has ended; exit code 0 only if all went as it must.")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="Where to keep the demo's data.")
@click.option(
    "--bundles",
    type=click.Path(exists=True, path_type=Path),
    default=Path("tenants/demo"),
    show_default=True,
    help="The tenants' bundles.",
)
def demo(*, oneshot: bool, home: Path | None, bundles: Path) -> None:
    """Run everything here, onboard two customers, replay an attack at them, and show what came of it.

    It begins afresh each time, and stays up until Ctrl-C.
    """
    asyncio.run(until_told_to_stop(_run(fresh_home(home), bundles.absolute(), oneshot=oneshot)))


async def _run(settings: Settings, bundles: Path, *, oneshot: bool) -> None:
    console = Console()

    def tell(line: str) -> None:
        console.print(f"[dim]…[/] {line}", highlight=False)

    async with running(settings, tell=tell):
        outcome = await demonstrate(settings, bundles=bundles, tell=tell)
        give_account(console, settings, outcome)
        if outcome.faults:
            raise Unavailable(f"The demo did not go as it must: {len(outcome.faults)} things are wrong.")
        if not oneshot:
            console.print("\nIt stays up until Ctrl-C.")
            await asyncio.Event().wait()
