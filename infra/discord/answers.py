"""Answers to interactions: once, within three seconds, and for a quarter of an hour afterwards."""

from typing import Final

from infra.discord import components, messages, payloads
from infra.discord.json_parts import Json, child, number, objects, text
from infra.discord.refusals import Refused, invalid, unknown
from infra.discord.world import EPHEMERAL, LOADING, Interaction, Message, World

COMMAND: Final = 2
COMPONENT: Final = 3
AUTOCOMPLETE: Final = 4
FORM: Final = 5

SAY: Final = 4
PUT_OFF: Final = 5
PUT_OFF_UPDATE: Final = 6
UPDATE: Final = 7
CHOICES: Final = 8
OPEN_FORM: Final = 9

FIRST_SECONDS: Final = 3.0
TOKEN_SECONDS: Final = 900.0

_FITS: Final = {
    COMMAND: (SAY, PUT_OFF, OPEN_FORM),
    COMPONENT: (SAY, PUT_OFF, PUT_OFF_UPDATE, UPDATE, OPEN_FORM),
    AUTOCOMPLETE: (CHOICES,),
    FORM: (SAY, PUT_OFF, PUT_OFF_UPDATE, UPDATE),
}


def answer(world: World, interaction_id: int, token: str, body: Json) -> Interaction:
    """The first answer. Raises Refused."""
    begun = world.interactions.get(token)
    if begun is None or begun.id != interaction_id:
        raise unknown("interaction")
    try:
        _in_time(world, begun)
        _take(world, begun, number(body, "type"), child(body, "data"))
    except Refused as refused:
        begun.refused.append(refused.code)
        raise
    return begun


def _in_time(world: World, begun: Interaction) -> None:
    if begun.answer:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    if world.now() - begun.at > FIRST_SECONDS:
        raise unknown("interaction")


def answered(world: World, begun: Interaction) -> Json:
    """What a first answer gives back."""
    told: Json = {
        "id": str(begun.id),
        "type": begun.kind,
        "response_message_loading": begun.answer == PUT_OFF,
        "response_message_ephemeral": begun.message is not None and bool(begun.message.only_for),
    }
    body: Json = {"interaction": told}
    if begun.message is not None:
        told["response_message_id"] = str(begun.message.id)
        if begun.answer in (SAY, UPDATE):
            body["resource"] = {"type": begun.answer, "message": payloads.message(world, begun.message)}
    return body


def original(world: World, token: str) -> tuple[Interaction, Message]:
    """The message of the first answer. Raises Refused."""
    begun = alive(world, token)
    if begun.message is None:
        raise unknown("message")
    return begun, begun.message


def edit(world: World, token: str, message_id: int | None, body: Json) -> Message:
    """Edits the first answer, or a later one. Raises Refused."""
    begun, message = original(world, token) if message_id is None else _later(world, token, message_id)
    guild = world.guilds[begun.guild_id]
    was_waiting = bool(message.flags & LOADING)
    messages.revise(world, guild, guild.channels[begun.channel_id], message, body)
    message.flags &= ~LOADING
    if was_waiting:
        message.revisions = 0
    begun.settle(world.now())
    return message


def follow_up(world: World, token: str, body: Json) -> Message:
    """One more message. Raises Refused."""
    begun = alive(world, token)
    if not begun.answer:
        raise unknown("webhook")
    message = _written(world, begun, body)
    begun.follow_ups.append(message)
    begun.settle(world.now())
    return message


def alive(world: World, token: str) -> Interaction:
    """The interaction that a token still stands for. Raises Refused."""
    begun = world.interactions.get(token)
    if begun is None:
        raise unknown("webhook")
    if world.now() - begun.at > TOKEN_SECONDS:
        raise Refused(401, 50027, "Invalid Webhook Token")
    return begun


def _later(world: World, token: str, message_id: int) -> tuple[Interaction, Message]:
    begun = alive(world, token)
    found = [one for one in (*begun.follow_ups, begun.message) if one is not None and one.id == message_id]
    if not found:
        raise unknown("message")
    return begun, found[0]


def _take(world: World, begun: Interaction, kind: int, data: Json) -> None:
    if kind not in _FITS[begun.kind]:
        raise invalid("type", f"This interaction cannot be answered by type {kind}.")
    if kind in (PUT_OFF_UPDATE, UPDATE) and begun.source is None:
        raise invalid("type", "There is no message to be updated.")
    if kind == SAY:
        begun.message = _written(world, begun, data)
    elif kind == PUT_OFF:
        begun.message = _waiting(world, begun, number(data, "flags"))
    elif kind == CHOICES:
        begun.choices = _choices(data)
    elif kind == OPEN_FORM:
        components.check_form(data)
        begun.form = data
    else:
        _update(world, begun, data, kind)
    begun.answer = kind
    begun.answers += 1
    begun.answered_at = world.now()
    begun.first.set()
    if kind != PUT_OFF:
        begun.settle(world.now())


def _update(world: World, begun: Interaction, data: Json, kind: int) -> None:
    begun.message = begun.source
    if kind == UPDATE and begun.source is not None:
        guild = world.guilds[begun.guild_id]
        messages.revise(world, guild, guild.channels[begun.channel_id], begun.source, data)


def _choices(data: Json) -> list[str]:
    choices = objects(data, "choices")
    if len(choices) > 25:
        raise invalid("data.choices", "Must be 25 or fewer in length.")
    for one in choices:
        if not 1 <= len(text(one, "name")) <= 100 or len(text(one, "value")) > 100:
            raise invalid("data.choices", "Must be between 1 and 100 in length.")
    return [text(one, "value") for one in choices]


def _written(world: World, begun: Interaction, data: Json) -> Message:
    guild = world.guilds[begun.guild_id]
    channel = guild.channels[begun.channel_id]
    only_for = begun.user.id if number(data, "flags") & EPHEMERAL else 0
    message = messages.compose(world, guild, channel, data, author=world.bot, only_for=only_for)
    messages.add(world, channel, message)
    return message


def _waiting(world: World, begun: Interaction, flags: int) -> Message:
    only_for = begun.user.id if flags & EPHEMERAL else 0
    channel = world.guilds[begun.guild_id].channels[begun.channel_id]
    message = Message(id=world.snowflake(), channel_id=channel.id, author=world.bot, only_for=only_for)
    message.flags = LOADING | (EPHEMERAL if only_for else 0)
    messages.add(world, channel, message)
    return message
