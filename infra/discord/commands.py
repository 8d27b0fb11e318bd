"""Commands as Discord registers them: names, counts, lengths, and the hint at what a client would offer."""

import re
from typing import Final

from infra.discord.json_parts import Json, flag, number, objects, text
from infra.discord.refusals import invalid
from infra.discord.world import Guild, World

SLASH: Final = 1
USER: Final = 2
MESSAGE: Final = 3

MOST: Final = {SLASH: 100, USER: 15, MESSAGE: 15}
SUBCOMMAND: Final = 1
SUBCOMMAND_GROUP: Final = 2

_NAME: Final = re.compile(r"[-_'\w]{1,32}")


def register(world: World, guild: Guild, commands: list[Json]) -> list[Json]:
    """Replaces all commands of a server. Raises Refused."""
    for kind, most in MOST.items():
        if sum(number(one, "type", SLASH) == kind for one in commands) > most:
            raise invalid("commands", f"There can be at most {most} commands of this kind.")
    names = [(number(one, "type", SLASH), text(one, "name")) for one in commands]
    if len(names) != len(set(names)):
        raise invalid("commands", "Application command names must be unique.")
    for one in commands:
        _check(one)
    known = {(number(one, "type"), text(one, "name")): one for one in guild.commands}
    guild.commands = [_registered(world, guild, one, known) for one in commands]
    guild.registrations += 1
    return guild.commands


def find(guild: Guild, path: str) -> tuple[Json, list[Json]]:
    """A registered command by its words, and the options of the last word. Raises LookupError."""
    first, *rest = path.split()
    command = next((one for one in guild.commands if text(one, "name") == first), None)
    if command is None:
        raise LookupError(f"there is no command /{first}")
    options = objects(command, "options")
    for word in rest:
        inner = next((o for o in options if text(o, "name") == word and number(o, "type") <= SUBCOMMAND_GROUP), None)
        if inner is None:
            raise LookupError(f"there is no command /{path}")
        options = objects(inner, "options")
    return command, options


def _registered(world: World, guild: Guild, one: Json, known: dict[tuple[int, str], Json]) -> Json:
    kind, name = number(one, "type", SLASH), text(one, "name")
    before = known.get((kind, name), {})
    return {
        **{key: value for key, value in one.items() if value is not None},
        "id": before.get("id", str(world.snowflake())),
        "application_id": str(world.application_id),
        "guild_id": str(guild.id),
        "version": str(world.snowflake()),
        "default_member_permissions": None,
        "type": kind,
        "name": name,
        "description": text(one, "description"),
    }


def _check(command: Json) -> None:
    kind, name = number(command, "type", SLASH), text(command, "name")
    if kind == SLASH:
        if not _NAME.fullmatch(name) or name != name.lower():
            raise invalid("name", "Command name is invalid.")
        if not 1 <= len(text(command, "description")) <= 100:
            raise invalid("description", "Must be between 1 and 100 in length.")
    elif not 1 <= len(name) <= 32 or text(command, "description"):
        raise invalid("name", "A menu's command has a name of up to 32 and no description.")
    if len(_texts(command)) > 8_000:
        raise invalid("commands", "Command exceeds maximum size (8000).")
    _check_options(objects(command, "options"))


def _texts(of: Json) -> str:
    inner = "".join(_texts(one) for one in (*objects(of, "options"), *objects(of, "choices")))
    return text(of, "name") + text(of, "description") + text(of, "value") + inner


def _check_options(options: list[Json]) -> None:
    if len(options) > 25:
        raise invalid("options", "Must be 25 or fewer in length.")
    names = [text(one, "name") for one in options]
    if len(names) != len(set(names)):
        raise invalid("options", "Option names must be unique.")
    required = [flag(one, "required") for one in options]
    if required != sorted(required, reverse=True):
        raise invalid("options", "Required options must be placed before non-required options.")
    for one in options:
        if not _NAME.fullmatch(text(one, "name")) or not 1 <= len(text(one, "description")) <= 100:
            raise invalid("options", "An option's name or description is invalid.")
        choices = objects(one, "choices")
        if len(choices) > 25 or (choices and flag(one, "autocomplete")):
            raise invalid("options.choices", "Up to 25 choices, and none beside autocomplete.")
        if any(not 1 <= len(text(c, "name")) <= 100 or len(text(c, "value")) > 100 for c in choices):
            raise invalid("options.choices", "Must be between 1 and 100 in length.")
        if not 0 <= number(one, "max_length", 1) <= 6_000:
            raise invalid("options.max_length", "Must be 6000 or fewer.")
        _check_options(objects(one, "options"))
