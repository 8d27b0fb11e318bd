"""People at their clients: they see what Discord shows them, and can do what a client lets them do.

A button that is not there, is disabled or belongs to somebody else's private message cannot be pressed; a form refuses
what its fields do not allow; who gets no first answer within three seconds reads that the application did not respond.
"""

import asyncio
from collections.abc import Mapping, Sequence

from infra.discord import answers, commands, components, payloads
from infra.discord.json_parts import Json, child, flag, number, objects, text
from infra.discord.messages import words_of
from infra.discord.permissions import VIEW, in_channel
from infra.discord.server import Discord
from infra.discord.world import POST, Channel, Guild, Interaction, Member, Message, User

SETTLE_SECONDS = 20.0


class CannotBeDone(Exception):
    """A client would not let a person do this."""


class Person:
    """A member of a server, at their client."""

    def __init__(self, discord: Discord, guild: Guild, user: User) -> None:
        self._discord = discord
        self._world = discord.world
        self.guild = guild
        self.user = user

    def channels(self) -> list[Channel]:
        """The channels and active posts that the person sees."""
        everything = self.guild.channels.values()
        return [one for one in everything if in_channel(self.guild, one, self.user.id) & VIEW]

    def post(self, reference: str) -> Channel:
        """The post whose title begins with a reference. Raises CannotBeDone."""
        found = [one for one in self.channels() if one.kind == POST and one.name.split(" ", 1)[0] == reference]
        if not found:
            raise CannotBeDone(f"there is no post of {reference}")
        return found[0]

    def reads(self, channel: Channel) -> str:
        """What stands in a channel, as this person sees it."""
        if not in_channel(self.guild, channel, self.user.id) & VIEW:
            return ""
        seen = [one for one in channel.messages.values() if one.only_for in (0, self.user.id)]
        return "\n\n".join(shown(message) for message in sorted(seen, key=lambda one: one.id))

    async def type(
        self, path: str, options: Mapping[str, str] | None = None, *, channel: Channel, age: float = 0.0
    ) -> Interaction:
        """Types a slash command, such as `inc ack`. Raises CannotBeDone."""
        command, known = self._command(path)
        given = options or {}
        fields = {text(one, "name"): one for one in known}
        for name, value in given.items():
            if name not in fields or len(value) > number(fields[name], "max_length", 6_000):
                raise CannotBeDone(f"/{path} takes no such {name}")
            allowed = [text(choice, "value") for choice in objects(fields[name], "choices")]
            if allowed and value not in allowed:
                raise CannotBeDone(f"{value} is no choice of {name}")
        if any(flag(one, "required") and text(one, "name") not in given for one in known):
            raise CannotBeDone(f"/{path} needs more")
        chosen: list[Json] = [{"type": 3, "name": name, "value": value} for name, value in given.items()]
        data = _nested(command, path, chosen)
        return await self._do(answers.COMMAND, data, channel=channel, age=age)

    async def complete(
        self, path: str, field: str, typed: str, *, channel: Channel, given: Mapping[str, str] | None = None
    ) -> list[str]:
        """What a client suggests while the person types. Raises CannotBeDone."""
        command, known = self._command(path)
        if not any(text(one, "name") == field and flag(one, "autocomplete") for one in known):
            raise CannotBeDone(f"{field} of /{path} is not completed")
        options: list[Json] = [{"type": 3, "name": name, "value": value} for name, value in (given or {}).items()]
        options.append({"type": 3, "name": field, "value": typed, "focused": True})
        begun = await self._do(answers.AUTOCOMPLETE, _nested(command, path, options), channel=channel)
        return begun.choices

    async def press(
        self, message: Message, custom_id: str, *, values: Sequence[str] = (), age: float = 0.0
    ) -> Interaction:
        """Presses a button, or chooses in a menu. Raises CannotBeDone."""
        parts = [one for one in components.walk(message.components) if text(one, "custom_id") == custom_id]
        if message.only_for not in (0, self.user.id) or not parts or flag(parts[0], "disabled"):
            raise CannotBeDone(f"there is no {custom_id} to press")
        allowed = {text(option, "value") for option in objects(parts[0], "options")}
        if not set(values) <= allowed:
            raise CannotBeDone(f"{values} cannot be chosen")
        return await self.forge(message, custom_id, values=values, kind=number(parts[0], "type"), age=age)

    async def forge(
        self, message: Message, custom_id: str, *, values: Sequence[str] = (), kind: int = 2, age: float = 0.0
    ) -> Interaction:
        """Sends what a changed client could send."""
        data: Json = {"component_type": kind, "custom_id": custom_id, "id": 1}
        if values:
            data["values"] = list(values)
        channel = self.guild.channels[message.channel_id]
        return await self._do(answers.COMPONENT, data, channel=channel, source=message, age=age)

    async def submit(self, opened: Interaction, values: Mapping[str, str], *, age: float = 0.0) -> Interaction:
        """Fills in the form that an interaction opened. Raises CannotBeDone."""
        if not opened.form:
            raise CannotBeDone("no form is open")
        filled = [_filled(part, values) for part in objects(opened.form, "components")]
        data: Json = {"custom_id": text(opened.form, "custom_id"), "components": filled}
        channel = self.guild.channels[opened.channel_id]
        return await self._do(answers.FORM, data, channel=channel, source=opened.source, age=age)

    async def menu(self, name: str, message: Message) -> Interaction:
        """Uses a message's menu. Raises CannotBeDone."""
        command = next((one for one in self.guild.commands if text(one, "name") == name), None)
        if command is None:
            raise CannotBeDone(f"there is no {name} in the menu")
        data: Json = {"id": command["id"], "name": name, "type": 3, "target_id": str(message.id)}
        data["resolved"] = {"messages": {str(message.id): payloads.message(self._world, message)}}
        return await self._do(answers.COMMAND, data, channel=self.guild.channels[message.channel_id])

    async def says(self, channel: Channel, words: str) -> Message:
        """Writes a message of their own."""
        message = Message(self._world.snowflake(), channel.id, self.user, content=words)
        channel.messages[message.id] = message
        return message

    def again(self, begun: Interaction) -> None:
        """Delivers an interaction once more, as a resumed or a second session does."""
        self._world.tell(self.guild.id, "INTERACTION_CREATE", payloads.interaction(self._world, begun))

    def _command(self, path: str) -> tuple[Json, list[Json]]:
        try:
            return commands.find(self.guild, path)
        except LookupError as error:
            raise CannotBeDone(str(error)) from None

    async def _do(
        self, kind: int, data: Json, *, channel: Channel, source: Message | None = None, age: float = 0.0
    ) -> Interaction:
        begun = self._world.interaction(
            self.user, kind, guild_id=self.guild.id, channel_id=channel.id, data=data, age=age
        )
        begun.source = source
        self._world.tell(self.guild.id, "INTERACTION_CREATE", payloads.interaction(self._world, begun))
        try:
            async with asyncio.timeout(max(answers.FIRST_SECONDS - age, 0.5)):
                await begun.first.wait()
            async with asyncio.timeout(SETTLE_SECONDS):
                await begun.settled.wait()
        except TimeoutError:
            pass  # the person reads that the application did not respond: `answer_of` says so
        return begun


def join(discord: Discord, guild: Guild, name: str, *, roles: Sequence[str] = ()) -> Person:
    """A new member, with roles by name."""
    user = discord.world.user(name)
    held = {role.id for role in guild.roles.values() if role.name in roles}
    guild.members[user.id] = Member(user, held)
    return Person(discord, guild, user)


def answer_of(begun: Interaction) -> str:
    """What a person reads as the answer."""
    if not begun.answer:
        return "The application did not respond"
    if begun.form:
        return text(begun.form, "title")
    said = [one for one in (begun.message, *begun.follow_ups) if one is not None]
    return "\n\n".join(shown(message) for message in said)


def shown(message: Message) -> str:
    """A message as text: its words, and its buttons in brackets."""
    buttons = [one for one in components.walk(message.components) if text(one, "label") and "style" in one]
    row = " ".join(f"[{text(one, 'label')}]" for one in buttons)
    return "\n".join(part for part in (words_of(message), row) if part)


def names_of(message: Message) -> list[str]:
    """The names of what can be pressed in a message."""
    return [text(one, "custom_id") for one in components.walk(message.components) if text(one, "custom_id")]


def _nested(command: Json, path: str, options: list[Json]) -> Json:
    for word in reversed(path.split()[1:]):
        options = [{"type": 1, "name": word, "options": options}]
    name = path.split(maxsplit=1)[0]
    return {"id": command["id"], "name": name, "type": number(command, "type", 1), "options": options}


def _filled(part: Json, values: Mapping[str, str]) -> Json:
    field = child(part, "component")
    if not field:
        return {"type": number(part, "type"), "id": 1}
    value = values.get(text(field, "custom_id"), "")
    if flag(field, "required") and not value:
        raise CannotBeDone(f"{text(part, 'label')} is required")
    if number(field, "type") == components.SELECT:
        return {"type": 18, "id": 1, "component": _chosen(field, value)}
    if value and not number(field, "min_length") <= len(value) <= number(field, "max_length", 4_000):
        raise CannotBeDone(f"{text(part, 'label')} is too short or too long")
    return {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": field["custom_id"], "value": value}}


def _chosen(field: Json, value: str) -> Json:
    if value and value not in [text(option, "value") for option in objects(field, "options")]:
        raise CannotBeDone(f"{value} cannot be chosen")
    return {"type": 3, "id": 2, "custom_id": field["custom_id"], "values": [value] if value else []}
