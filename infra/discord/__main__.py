"""A Discord to look at: `python -m infra.discord [port]`, with people who do what is typed.

    join ana                       a member who sees everything
    read ana inc-acme              what stands in a channel, or in the post of an incident (`read ana ACME-1`)
    type ana queue inc ack ref=ACME-1
    press ana ACME-1 wf:ack:ACME-1
    submit ana reason=Seen. verdict=benign     fills in the form that was opened last
    fault unavailable PATCH 3      the next three such requests fail

The page at the port shows all channels as text.
"""

import asyncio
import html
import shlex
import sys
from typing import get_args

from infra.discord.chaos import Fault
from infra.discord.people import CannotBeDone, Person, answer_of, join
from infra.discord.server import Discord, running
from infra.discord.world import Channel, Interaction
from infra.load import tell


class Control:
    """People at one server, told what to do by lines."""

    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self._guild = discord.guild()
        self._people: dict[str, Person] = {}
        self._opened: Interaction | None = None

    async def obey(self, line: str) -> str:
        """Does what a line says; returns what the person reads."""
        verb, *words = shlex.split(line)
        if verb == "join":
            roles = [role.name for role in self._guild.roles.values() if not role.managed_by]
            self._people[words[0]] = join(self._discord, self._guild, words[0], roles=roles)
            return f"{words[0]} is {self._people[words[0]].user.id}"
        if verb == "fault":
            faults: dict[str, Fault] = {fault: fault for fault in get_args(Fault)}
            self._discord.chaos.make(faults[words[0]], words[1], times=int(words[2]))
            return "so be it"
        person = self._people[words[0]]
        if verb == "read":
            return person.reads(self._place(person, words[1]))
        return await self._act(verb, person, words[1:])

    def page(self) -> str:
        """All channels with what stands in them; nothing in it is live."""
        parts: list[str] = []
        person = next(iter(self._people.values()), None)
        for channel in person.channels() if person is not None else []:
            said = person.reads(channel) if person is not None else ""
            parts.append(f"<h2>{html.escape(channel.name)}</h2><pre>{html.escape(said)}</pre>")
        return f"<!doctype html><title>Loopback</title>{''.join(parts) or 'Nobody has joined.'}"

    async def _act(self, verb: str, person: Person, words: list[str]) -> str:
        values = dict(word.split("=", 1) for word in words if "=" in word)
        plain = [word for word in words if "=" not in word]
        if verb == "type":
            done = await person.type(" ".join(plain[1:]), values, channel=self._place(person, plain[0]))
        elif verb == "press":
            post = self._place(person, plain[0])
            done = await person.press(post.messages[post.id], plain[1], values=plain[2:])
        elif verb == "submit" and self._opened is not None:
            done = await person.submit(self._opened, values)
        else:
            raise CannotBeDone(f"nobody can {verb} now")
        self._opened = done if done.form else self._opened
        return answer_of(done)

    def _place(self, person: Person, name: str) -> Channel:
        found = [one for one in person.channels() if one.name == name]
        return found[0] if found else person.post(name)


async def main(port: int) -> None:
    """Runs until the input ends."""
    async with running(port) as discord:
        control = Control(discord)
        discord.page = control.page
        tell(f"WATCHFLOOR_DISCORD_API_URL={discord.api_url}")
        tell(f"WATCHFLOOR_DISCORD_GATEWAY_URL={discord.gateway_url}")
        tell(f"WATCHFLOOR_DISCORD_GUILD_IDS={min(discord.world.guilds)}")
        tell(f"the token is {discord.world.token}")
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip():
                try:
                    tell(await control.obey(line))
                except (CannotBeDone, KeyError, IndexError, ValueError) as error:
                    tell(f"That cannot be done: {error}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8130))
