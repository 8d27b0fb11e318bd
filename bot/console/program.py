"""`watchfloor console`: the analysts' terminal."""

import asyncio
import logging
import shutil
import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import click

from bot.console.identity import DemoLogin, KeyLogin, read_key
from bot.console.plain import Plain
from bot.console.screen import Screen
from bot.console.session import Session
from bot.console.watch import Watch
from watchfloor.desk.eventdesk import EventDesk
from watchfloor.desk.front import Front, Login
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.tenancy.keyring import Keyring


@click.command()
@click.option("--as", "email", metavar="EMAIL", help="Who you are, in the demo only.")
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with your personal API key; nobody else may read it.",
)
@click.option("-c", "--command", "commands", multiple=True, metavar="LINE", help="Do this and leave; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, one object a line.")
def console(*, email: str | None, key_file: Path | None, commands: tuple[str, ...], as_json: bool) -> None:
    """Work incidents from a terminal: queue, cards, and the verbs of the desk.

    On a terminal it opens a screen that stays true by itself; with -c, or at the end of a pipe, it does what it is
    told line by line. `help` lists the verbs.
    """
    settings = load_settings()
    login = _login(email, key_file, settings)
    lines = commands or (None if sys.stdin.isatty() and sys.stdout.isatty() and not as_json else sys.stdin)
    if not asyncio.run(_run(settings, login, lines, as_json=as_json)):
        sys.exit(1)


def _login(email: str | None, key_file: Path | None, settings: Settings) -> Login:
    if (email is None) == (key_file is None):
        raise Invalid(
            "The console must know who you are.",
            remedy="Name a file with your personal API key by --key-file; in the demo, --as EMAIL is enough.",
        )
    return KeyLogin(read_key(key_file), settings) if key_file is not None else DemoLogin(email or "", settings)


async def _run(settings: Settings, login: Login, lines: Iterable[str] | None, *, as_json: bool) -> bool:
    async with _opened(settings, login) as (session, watch):
        if lines is None:
            # A warning of a library must not be written over the screen.
            logging.getLogger().addHandler(logging.NullHandler())
            await Screen(session, watch, settings=settings, clock=SystemClock()).run()
            return True
        plain = Plain(
            session,
            settings=settings,
            clock=SystemClock(),
            as_json=as_json,
            width=shutil.get_terminal_size((100, 40)).columns,
            colour=sys.stdout.isatty(),
            write=_write,
        )
        return await plain.run(lines)


@asynccontextmanager
async def _opened(settings: Settings, login: Login) -> AsyncGenerator[tuple[Session, Watch]]:
    """A session and what tells it of changes, on connections of its own."""
    directory = await Database.open(settings, Role.AUTH, connections=2)
    try:
        records = await Database.open(settings, Role.BOT, connections=2)
        try:
            valkey, events = connect(settings), EventDesk(settings.lake_dir)
            try:
                front = Front(
                    directory=directory,
                    records=records,
                    keyring=Keyring.open(settings),
                    wake=Wake(valkey),
                    operator=settings.operator_name,
                    events=events,
                )
                yield Session(front, login), Watch(valkey)
            finally:
                await events.close()
                await valkey.aclose()
        finally:
            await records.close()
    finally:
        await directory.close()


def _write(text: str) -> None:
    click.echo(text, nl=False)
