"""The parts of an interaction that the bot reads, as Discord sends them, checked once at the border."""

from typing import Final

import msgspec

COMMAND: Final = 2
COMPONENT: Final = 3
AUTOCOMPLETE: Final = 4
FORM: Final = 5

MESSAGE_MENU: Final = 3
"""A command of the menu of a message."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An option of a command, or a subcommand with options of its own."""

    name: str
    value: str | int | float | bool | None = None
    options: tuple["Option", ...] = ()
    focused: bool = False


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a form that was filled in: a label around an input, a row of inputs, or an input."""

    custom_id: str = ""
    value: str | None = None
    values: tuple[str, ...] = ()
    component: "Component | None" = None
    components: tuple["Component", ...] = ()


class ChosenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that somebody used the menu on. Its words arrive with the interaction."""

    content: str = ""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What the interaction's ids stand for."""

    messages: dict[str, ChosenMessage] = msgspec.field(default_factory=dict)


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, pressed, chosen or filled in."""

    name: str = ""
    type: int = 0
    options: tuple[Option, ...] = ()
    custom_id: str = ""
    values: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    resolved: Resolved = Resolved()


def read_data(data: object) -> Data:
    """The data of an interaction. Raises msgspec.ValidationError for what Discord would not send."""
    return msgspec.convert({} if data is None else data, Data, strict=False)
