"""Forms: a verb's fields as a modal, and what was filled in as values.

A form's name carries the verb and the reference, and its inputs carry the fields' names, so that what comes back is
read without having kept anything: a form opened before a restart still works.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import discord
from discord import ui

from bot.discord.custom_ids import CustomId
from bot.discord.raw import Component
from watchfloor.desk.verb import Field, Verb

INPUTS: Final = 5
_TITLE: Final = 45
_LABEL: Final = 45
_HINT: Final = 100
_LONGEST: Final = 4_000
_HINTS: Final = {
    "colleague": "me, or the beginning of a mail address",
    "incident": "a reference such as ACME-12",
    "duration": "30m, 4h, 3d",
}


def form(verb: Verb, name: CustomId, *, given: Mapping[str, str]) -> ui.Modal:
    """The form that asks for what is not `given`; required fields first, five at most. Our own words only."""
    modal = ui.Modal(title=f"{verb.name.capitalize()} {name.reference}"[:_TITLE], custom_id=str(name), timeout=None)
    for field in asked(verb, given):
        modal.add_item(ui.Label(text=field.label[:_LABEL], component=_input(field)))
    modal.stop()  # nothing is kept: the answer is read from the raw interaction
    return modal


def asked(verb: Verb, given: Mapping[str, str]) -> Sequence[Field]:
    """The fields that a form asks for."""
    missing = [field for field in verb.fields if not given.get(field.name)]
    return sorted(missing, key=lambda field: not field.is_required)[:INPUTS]


def is_needed(verb: Verb, given: Mapping[str, str]) -> bool:
    """Whether something required is missing."""
    return any(field.is_required and not given.get(field.name) for field in verb.fields)


def filled(components: Sequence[Component]) -> dict[str, str]:
    """What was filled in, by the fields' names."""
    values: dict[str, str] = {}
    for component in components:
        inner = component.component
        for one in (*component.components, *((inner,) if inner is not None else ())):
            value = one.value or (one.values[0] if one.values else "")
            if one.custom_id and value.strip():
                values[one.custom_id] = value.strip()
    return values


def _input(field: Field) -> ui.TextInput[ui.Modal] | ui.Select[ui.Modal]:
    if field.kind == "choice" and 0 < len(field.choices) <= 25:
        return ui.Select(
            custom_id=field.name,
            required=field.is_required,
            min_values=1 if field.is_required else 0,
            options=[discord.SelectOption(label=c.label[:100], value=c.value[:100]) for c in field.choices],
        )
    return ui.TextInput(
        custom_id=field.name,
        style=discord.TextStyle.paragraph if field.kind == "paragraph" else discord.TextStyle.short,
        required=field.is_required,
        placeholder=_HINTS.get(field.kind, "")[:_HINT] or None,
        min_length=min(field.shortest, _LONGEST) if field.is_required else 0,
        max_length=min(field.longest, _LONGEST),
    )
