"""What an interaction asks for, read from its raw data: the verb, the incident and the values, wherever they came from.

Pure. A typed command, a button, a menu and a form all become the same `Ask`.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from bot.discord.commands import ADD_TO_TIMELINE, GROUPS, LOOK_UP, REFERENCE
from bot.discord.custom_ids import MORE, TAKEN_OVER, read_custom_id
from bot.discord.forms import filled
from bot.discord.raw import COMMAND, COMPONENT, FORM, MESSAGE_MENU, Data, Option
from watchfloor.desk.hands import LONGEST_TEXT
from watchfloor.desk.lookup.gleaning import indicators_in
from watchfloor.kernel.errors import Invalid

LOOKED_UP: Final = 5
"""How many indicators of a message are looked up at once."""

_POST: Final = re.compile(r"([A-Z][A-Z0-9]{1,7}-[0-9]{1,18})(?: |$)")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants. `token` names offered values; `is_form` says that the values come from a form.

    `more` has what the same verb is asked for besides, each time with other values.
    """

    verb: str
    reference: str = ""
    given: dict[str, str] = msgspec.field(default_factory=dict)
    token: str = ""
    is_form: bool = False
    more: tuple[dict[str, str], ...] = ()


class Completing(msgspec.Struct, frozen=True, kw_only=True):
    """An option that somebody is typing."""

    verb: str
    field: str
    typed: str


def read_ask(kind: int, data: Data, *, post: str) -> Ask:
    """What is asked. `post` is the reference of the post in which it is. Raises Invalid for what is none of ours."""
    if kind == COMMAND:
        return _menu(data, post) if data.type == MESSAGE_MENU else _command(data, post)
    if kind not in (COMPONENT, FORM):
        raise _strange()
    name = read_custom_id(data.custom_id)
    if name is None:
        raise _strange()
    if name.verb == MORE:
        if not data.values:
            raise _strange()
        return Ask(verb=data.values[0], reference=name.reference)
    if name.verb == TAKEN_OVER:
        return Ask(verb="takeover", given={"code": name.token})
    return Ask(
        verb=name.verb,
        reference=name.reference,
        given=filled(data.components) if kind == FORM else {},
        token=name.token,
        is_form=kind == FORM,
    )


def read_completing(data: Data) -> Completing | None:
    """Which option is being typed."""
    verb, options = _verb_of(data)
    for option in options:
        if option.focused:
            return Completing(verb=verb, field=option.name, typed=str(option.value or ""))
    return None


def reference_of_post(name: str) -> str:
    """The reference at the beginning of a post's name, or nothing."""
    found = _POST.match(name)
    return found[1] if found is not None else ""


def _verb_of(data: Data) -> tuple[str, Iterable[Option]]:
    if data.name in GROUPS and data.options:
        return data.options[0].name, data.options[0].options
    return data.name, data.options


def _command(data: Data, post: str) -> Ask:
    verb, options = _verb_of(data)
    given = {option.name: str(option.value).strip() for option in options if option.value is not None}
    reference = given.pop(REFERENCE, "") or (post if data.name in GROUPS else "")
    return Ask(verb=verb, reference=reference.upper(), given={name: text for name, text in given.items() if text})


def _menu(data: Data, post: str) -> Ask:
    if data.name == LOOK_UP:
        return _look_up(data)
    if data.name != ADD_TO_TIMELINE:
        raise _strange()
    if not post:
        raise Invalid("This works on messages in the post of an incident.")
    words = _words(data)
    if not words:
        raise Invalid("This message has no words to keep.")
    return Ask(verb="note", reference=post, given={"text": words[:LONGEST_TEXT]})


def _look_up(data: Data) -> Ask:
    found = [{"value": indicator} for indicator in indicators_in(_words(data), limit=LOOKED_UP)]
    if not found:
        raise Invalid("This message names no address, domain, hash or mail address.")
    return Ask(verb="ioc", given=found[0], more=tuple(found[1:]))


def _words(data: Data) -> str:
    return "\n".join(message.content for message in data.resolved.messages.values()).strip()


def _strange() -> Invalid:
    return Invalid("This button or command is from another time.", remedy="Open the incident anew.")
