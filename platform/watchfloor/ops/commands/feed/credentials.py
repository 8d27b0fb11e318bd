"""`watchfloor feed add|rotate`: a credential for a sender, and the exact lines that its client needs.

A token is printed once and kept nowhere. A certificate's key is written into a file that its owner alone may read.
"""

import asyncio
from pathlib import Path

import click
import msgspec

from watchfloor.feeds.certificates.authority import Authority
from watchfloor.feeds.certificates.issue import write_client_files
from watchfloor.feeds.enrolment.clients import Block, Client, find_client
from watchfloor.feeds.enrolment.enrol import (
    SENDERS_FOLDER,
    Credentials,
    Place,
    add_feed,
    choose_options,
    find_feed,
    lines_for,
    mint_credentials,
)
from watchfloor.feeds.feed import Feed, FeedOptions
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.commands.feed.office import Office, open_office

_files = click.option(
    "--files",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="Where a certificate and its key are written.",
)


class _Issued(msgspec.Struct, frozen=True, kw_only=True):
    feed: Feed
    credentials: Credentials
    blocks: list[Block]
    written: list[Path]


@click.command("add", short_help="Add a feed for a client, and print the client's configuration.")
@click.argument("tenant")
@click.option("--client", required=True, metavar="NAME", help="What will send; `watchfloor feed clients` lists them.")
@click.option("--name", metavar="NAME", help="What the feed is called; without it, as the client is.")
@click.option("--source-hint", metavar="SOURCE", help="What its events are, where their content does not say it.")
@click.option("--option", "options", multiple=True, metavar="K=V", help="An option of the feed; may be repeated.")
@_files
def feed_add(
    *, tenant: str, client: str, name: str | None, source_hint: str | None, options: tuple[str, ...], files: Path
) -> None:
    """Add a feed, make a credential for it, and print the lines for its client. The token is shown this once."""
    known = find_client(client)
    chosen = choose_options(known.options, dict(_pair(option) for option in options))
    issued = asyncio.run(_add(tenant, known, name=name, hint=source_hint, options=chosen, files=files))
    _show(issued)
    _mention_bundle(tenant, issued.feed)


@click.command("rotate", short_help="Make a new credential for a feed.")
@click.argument("tenant")
@click.argument("feed")
@click.option("--keep-old", is_flag=True, help="Leave the other credentials working, for a change-over.")
@click.option("--client", metavar="NAME", help="Print the lines for this client, too.")
@_files
def feed_rotate(*, tenant: str, feed: str, keep_old: bool, client: str | None, files: Path) -> None:
    """Make a new credential for a feed. The others end within a second unless they are kept."""
    known = None if client is None else find_client(client)
    _show(asyncio.run(_rotate(tenant, feed, known, keep_old=keep_old, files=files)))


async def _add(
    tenant: str, client: Client, *, name: str | None, hint: str | None, options: FeedOptions, files: Path
) -> _Issued:
    async with open_office(tenant) as office:
        async with tenant_tx(office.shop.app, office.tenant_id) as tx:
            feed = await add_feed(tx, office.actor, client, name=name, options=options, source_hint=hint)
        return await _issue(office, feed, client, keep_old=True, files=files)


async def _rotate(tenant: str, name: str, client: Client | None, *, keep_old: bool, files: Path) -> _Issued:
    async with open_office(tenant) as office:
        async with tenant_tx(office.shop.app, office.tenant_id) as tx:
            feed = await find_feed(tx, name)
        return await _issue(office, feed, client, keep_old=keep_old, files=files)


async def _issue(office: Office, feed: Feed, client: Client | None, *, keep_old: bool, files: Path) -> _Issued:
    settings, now = office.shop.settings, office.shop.clock.now()
    async with tenant_tx(office.shop.auth, office.tenant_id) as tx:
        credentials = await mint_credentials(
            tx, office.actor, feed, secrets_dir=settings.secrets_dir, now=now, keep_old=keep_old
        )
        written: list[Path] = []
        if credentials.certificate is not None:
            authority = Authority.open(settings.secrets_dir, now=now)
            made = write_client_files(files, feed.name, credentials.certificate, authority)
            written = [made.authority, made.certificate, made.key]
    blocks = [] if client is None else lines_for(client, feed, credentials, Place.of(settings))
    return _Issued(feed=feed, credentials=credentials, blocks=blocks, written=written)


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise Invalid("An option is written NAME=VALUE.", where=text)
    return name, value


def _show(issued: _Issued) -> None:
    click.echo(f"feed {issued.feed.name} ({issued.feed.door})")
    click.echo(f"token, shown this once: {issued.credentials.token.reveal()}")
    if issued.written:
        click.echo(f"certificate files, to be put into {SENDERS_FOLDER} on the sender:")
        for path in issued.written:
            click.echo(f"  {path}")
    for block in issued.blocks:
        click.echo(f"\n--- {block.language}")
        click.echo(block.text, nl=False)


def _mention_bundle(tenant: str, feed: Feed) -> None:
    chosen = msgspec.json.encode(feed.options).decode()
    parts = [f"name: {feed.name}", f"door: {feed.door}"]
    parts += [f"source_hint: {feed.source_hint}"] if feed.source_hint else []
    parts += [f"options: {chosen}"] if chosen != "{}" else []
    click.echo(f"\nWhere {tenant} has a bundle, put it there too, or the next `tenant apply` pauses the feed:")
    click.echo(f"  - {{{', '.join(parts)}}}")
