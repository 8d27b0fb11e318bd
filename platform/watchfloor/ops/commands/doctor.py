"""`watchfloor doctor`: what is wrong with this installation, if anything."""

import asyncio

import click

from watchfloor.kernel.config import load_settings
from watchfloor.kernel.errors import Unavailable
from watchfloor.ops.doctor import examine


@click.command(short_help="Look this installation over.")
def doctor() -> None:
    """Look this installation over; ends with code 1 if something is wrong."""
    findings = asyncio.run(examine(load_settings()))
    for finding in findings:
        click.echo(f"{'FAULT' if finding.fault else 'ok':<6}{finding.point:<10}{finding.text}")
    faults = sum(finding.fault for finding in findings)
    if faults:
        raise Unavailable(f"{faults} of {len(findings)} points are wrong.", remedy="What to do stands beside each.")
