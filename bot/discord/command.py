"""`watchfloor bot`: the Discord bot's own commands."""

import asyncio
from collections.abc import Sequence

import click
import discord

from bot.discord.board import Board
from bot.discord.channels import Builder, Wanted, missing, plan
from bot.discord.connection import Parts, guilds_of, opened, token_of, use_addresses
from bot.discord.doctor import Finding, examine
from bot.discord.faults import FAULTS
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.errors import Invalid, Unavailable


@click.group()
def bot() -> None:
    """The Discord bot: its doctor, and its channels."""


@bot.command()
def doctor() -> None:
    """See whether the bot can do its work, and what to do if not."""
    findings = asyncio.run(examine_bot(load_settings()))
    for finding in findings:
        mark = "ok  " if finding.is_fine else "FIX "
        click.echo(f"{mark} {finding.what}: {finding.found}{'' if finding.is_fine else f'. {finding.remedy}'}")
    if not all(finding.is_fine for finding in findings):
        raise click.exceptions.Exit(1)


@bot.group()
def channels() -> None:
    """The bot's channels: a category, and a forum for each pod of customers who agreed."""


@channels.command("plan")
def plan_channels() -> None:
    """See what would be made."""
    asyncio.run(manage_channels(load_settings(), build=False))


@channels.command("apply")
def apply_channels() -> None:
    """Make what is missing. Nothing is deleted."""
    asyncio.run(manage_channels(load_settings(), build=True))


async def examine_bot(settings: Settings) -> Sequence[Finding]:
    """What the doctor found. Raises Invalid where Discord is not set up."""
    token = token_of(settings)
    use_addresses(settings)
    async with opened(settings) as parts:
        return [one async for one in examine(parts, token=token.reveal(), guilds=guilds_of(settings))]


async def manage_channels(settings: Settings, *, build: bool) -> None:
    """Makes the channels, or says which would be made. Raises Invalid or Unavailable."""
    token = token_of(settings)
    use_addresses(settings)
    guild_id = min(guilds_of(settings))
    async with opened(settings) as parts:
        wanted = plan([agreement.pod for agreement in await parts.rounds.agreements()])
        if build:
            made = await _build(parts, token.reveal(), guild_id, wanted)
        else:
            made = missing(wanted, str(guild_id), await _standing(parts.board))
    for one in made:
        click.echo(f"{'made' if build else 'would make'} {one.kind} {one.name}")
    click.echo(f"{len(made)} of {len(wanted)} {'made' if build else 'missing'}; the others stand.")


async def _standing(board: Board) -> list[tuple[str, str]]:
    return [(row.guild_id, row.purpose) for row in await board.all()]


async def _build(parts: Parts, token: str, guild_id: int, wanted: Sequence[Wanted]) -> list[Wanted]:
    try:
        await parts.client.login(token)
        guild = await parts.client.fetch_guild(guild_id)
        return await Builder(guild, parts.board, me=parts.client.user).build(wanted)
    except discord.LoginFailure:
        raise Invalid("Discord does not know this token.", where="WATCHFLOOR_DISCORD_TOKEN_FILE") from None
    except FAULTS as refused:
        raise Unavailable(
            f"Discord did not make everything: {refused}.", remedy="Run it again; what stands is kept."
        ) from None
