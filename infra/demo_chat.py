"""`make demo-chat`: the demo with a Discord on the loopback, in which an analyst works an incident from start to end.

What talks is real: the demo's own servers, the bot with its own library, over HTTP and a websocket. What answers is
`infra.discord`, which keeps Discord's limits and refuses what Discord refuses. The exit code is 0 only if the incident
was closed from the chat alone.
"""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import httpx
import msgspec
from rich.console import Console

from infra.discord.people import Person, answer_of, join, names_of
from infra.discord.server import GUILD, TOKEN, Discord, running
from infra.discord.world import POST, Channel
from infra.ports import free_port
from watchfloor.ops.demo.cast import ANALYST
from watchfloor.ops.demo.home import default_home
from watchfloor.ops.demo.storyline import NORDKAI

PATIENCE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.3
API: Final = "http://127.0.0.1:8080"
PROGRAM: Final = Path(sys.executable).with_name("watchfloor")
SHORTEST_VALUE: Final = 4
PERSONAL: Final = ("entity", "foreign")
TECHNIQUE: Final = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")
REASON: Final = "Worked from the chat: the account was ours, the password was guessed."

T = TypeVar("T")

_screen: Final = Console(highlight=False)


async def main(arguments: list[str]) -> int:
    """Runs the demo, works an incident, and stays up unless told `--oneshot`."""
    home = Path(arguments[arguments.index("--home") + 1]) if "--home" in arguments else default_home()
    async with running(free_port()) as discord:
        guild = discord.guild("Tidewatch watch floor")
        environment = os.environ | {
            "WATCHFLOOR_DISCORD_TOKEN": TOKEN,
            "WATCHFLOOR_DISCORD_GUILD_IDS": str(GUILD),
            "WATCHFLOOR_DISCORD_API_URL": discord.api_url,
            "WATCHFLOOR_DISCORD_GATEWAY_URL": discord.gateway_url,
        }
        demo = await asyncio.create_subprocess_exec(
            PROGRAM, "demo", "--home", home, env=environment, stdout=asyncio.subprocess.PIPE
        )
        try:
            await told_to_the_end(demo)
            await make_channels(environment | {"WATCHFLOOR_HOME": str(home)})
            await until(lambda: guild.commands, what="the bot's commands")
            tomas = join(discord, guild, "tomas", roles=[role.name for role in guild.roles.values()])
            worked = await work(tomas)
            _screen.print(f"\n{worked.name}, as the analyst reads it in the chat\n", markup=False)
            _screen.print(tomas.reads(worked), markup=False)
            await check_privacy(discord)
            if "--oneshot" not in arguments:
                _screen.print("It stays up until Ctrl-C.")
                await demo.wait()
            return 0
        finally:
            if demo.returncode is None:
                demo.terminate()
                await demo.wait()


async def work(analyst: Person) -> Channel:
    """Links the analyst's account and works the first post that is new, from its card alone."""
    lobby = next(channel for channel in analyst.channels() if channel.name == "queue")
    linked = await analyst.type("link", {"code": await one_time_code()}, channel=lobby)
    _screen.print(f"/link      {answer_of(linked)}", markup=False)
    post = await until(lambda: new_post(analyst), what="a post of a new incident")
    for verb, state in (
        ("ack", "acknowledged"),
        ("verdict", "acknowledged"),
        ("contained", "contained"),
        ("resolve", "resolved"),
        ("close", "closed"),
    ):
        card = post.messages[post.id]
        button = next(name for name in names_of(card) if name.startswith(f"wf:{verb}:"))
        pressed = await analyst.press(card, button)
        if pressed.form:
            pressed = await analyst.submit(pressed, {"verdict": "true_positive", "reason": REASON})
        _screen.print(f"{verb:<10} {answer_of(pressed).splitlines()[-2]}", markup=False)
        await until(lambda state=state, verb=verb: shows(analyst, post, state, verb), what=f"the card to show {verb}")
    return post


async def check_privacy(discord: Discord) -> None:
    """Counts what of the customer who agreed to `ref` only has left. Raises RuntimeError if it was anything."""
    async with httpx.AsyncClient(base_url=API) as client:
        await client.post("/api/v1/session", json={"email": ANALYST})
        incidents = (await client.get(f"/api/v1/tenants/{NORDKAI}/incidents?state=new&state=acknowledged")).json()
        values: set[str] = set()
        for line in incidents["items"]:
            shown = (await client.get(f"/api/v1/tenants/{NORDKAI}/incidents/{line['ref']}")).json()
            named = [
                value for row in shown["rows"] for value in row["values"] if value["kind"] in ("entity", "foreign")
            ]
            values |= {value["text"] for value in named if len(value["text"]) >= SHORTEST_VALUE}
            values |= {entry["facts"]["text"] for entry in shown["timeline"] if "text" in entry["facts"]}
    values = {value for value in values if not TECHNIQUE.fullmatch(value)}
    sent = "\n".join(msgspec.json.encode(exchange.body).decode() for exchange in discord.world.exchanges)
    left = sorted(value for value in values if value in sent or msgspec.json.encode(value).decode()[1:-1] in sent)
    count = len(discord.world.exchanges)
    _screen.print(
        f"\n{len(left)} of {len(values)} names, addresses and words of {NORDKAI} in {count} requests to the chat"
    )
    if left or not values:
        raise RuntimeError(f"personal data left for the chat: {left}")


def new_post(analyst: Person) -> Channel | None:
    """The first post whose card says that nobody looks at it yet."""
    posts = [one for one in analyst.channels() if one.kind == POST and one.id in one.messages]
    return next(
        (one for one in posts if any(name.startswith("wf:ack:") for name in names_of(one.messages[one.id]))), None
    )


def shows(analyst: Person, post: Channel, state: str, verb: str) -> bool:
    """Whether the card has come to this state, edited in place."""
    buttons = names_of(post.messages[post.id])
    asks_again = any(name.startswith(f"wf:{verb}:") for name in buttons)
    return state in analyst.reads(post) and (verb == "verdict" or not asks_again)


async def told_to_the_end(demo: asyncio.subprocess.Process) -> None:
    """Passes on what the demo says, until it only stays up. Raises RuntimeError when it ends before."""
    async for line in demo.stdout or asyncio.StreamReader():
        if line.startswith(b"It stays up"):
            return
        sys.stdout.buffer.write(line)
        sys.stdout.flush()
    raise RuntimeError("the demo did not go as it must")


async def make_channels(environment: dict[str, str]) -> None:
    """`watchfloor bot channels apply`, as an operator does once."""
    made = await asyncio.create_subprocess_exec(PROGRAM, "bot", "channels", "apply", env=environment)
    if await made.wait():
        raise RuntimeError("the channels could not be made")


async def one_time_code() -> str:
    """The code that the portal shows to the analyst."""
    async with httpx.AsyncClient(base_url=API) as client:
        await client.post("/api/v1/session", json={"email": ANALYST})
        token = (await client.get("/api/v1/session")).json()["csrf_token"]
        made = await client.post("/api/v1/chat/code", headers={"X-CSRF-Token": token})
        return str(made.json()["code"])


async def until(look: Callable[[], T | Awaitable[T]], *, what: str) -> T:
    """What `look` finds, as soon as it finds anything. Raises TimeoutError."""
    for _ in range(round(PATIENCE_SECONDS / LOOK_SECONDS)):
        found = look()
        seen = await found if isinstance(found, Awaitable) else found
        if seen:
            return seen
        await asyncio.sleep(LOOK_SECONDS)
    raise TimeoutError(f"waited in vain for {what}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
