"""The commands as Discord registers them, made from the table of verbs: a verb added there is a command here.

Every option is optional: what is missing is asked for by a form, which is easier on a phone than a long line. The
registration is replaced only when its hash changes, because Discord counts them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from bot.discord.raw import MESSAGE_MENU
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Field, Verb

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json]"
Payload: TypeAlias = dict[str, Json]

GROUPS: Final = ("inc", "inc-more")
"""The groups of verbs on one incident; a group holds 25."""

REFERENCE: Final = "ref"
CODE: Final = "code"
ADD_TO_TIMELINE: Final = "Add to timeline"
LOOK_UP: Final = "Look up IOCs"

_PER_GROUP: Final = 25
_TEXT: Final = 3
_SUBCOMMAND: Final = 1
_DESCRIPTION: Final = 100
_COMPLETED: Final = ("colleague", "incident")


def registration() -> list[Payload]:
    """All commands."""
    mine = [verb for verb in TABLE.values() if verb.reach == "incident"]
    groups = [mine[at : at + _PER_GROUP] for at in range(0, len(mine), _PER_GROUP)]
    return [
        *(_group(name, verbs) for name, verbs in zip(GROUPS, groups, strict=False)),
        *(
            _command(verb.name, verb.does, [_option(field) for field in verb.fields])
            for verb in TABLE.values()
            if verb.reach != "incident"
        ),
        _command("link", "bind this account to you, with a code from the portal", [_text(CODE, "The code")]),
        _command("unlink", "undo that", []),
        _command("whoami", "see who you are here, and what you may do for whom", []),
        _menu(ADD_TO_TIMELINE),
        _menu(LOOK_UP),
    ]


def fingerprint_of(commands: Sequence[Payload]) -> str:
    """By which a changed registration is known."""
    return hashlib.sha256(msgspec.json.encode(commands)).hexdigest()


def _group(name: str, verbs: Sequence[Verb]) -> Payload:
    reference: Payload = {**_text(REFERENCE, "The incident; left out, that of this post"), "autocomplete": True}
    subcommands: list[Payload] = [
        {
            "type": _SUBCOMMAND,
            "name": verb.name,
            "description": _short(verb.does),
            "options": [reference, *(_option(field) for field in verb.fields)],
        }
        for verb in verbs
    ]
    return _command(name, "work on an incident", subcommands)


def _command(name: str, does: str, options: Sequence[Payload]) -> Payload:
    return {"type": 1, "name": name, "description": _short(does), "options": options, "contexts": [0]}


def _menu(name: str) -> Payload:
    return {"type": MESSAGE_MENU, "name": name, "contexts": [0]}


def _option(field: Field) -> Payload:
    option = _text(field.name, field.label)
    if field.kind == "choice" and len(field.choices) <= _PER_GROUP:
        return {**option, "choices": [{"name": c.label[:100], "value": c.value[:100]} for c in field.choices]}
    if field.kind in _COMPLETED:
        return {**option, "autocomplete": True}
    return {**option, "max_length": min(field.longest, 6_000)}


def _text(name: str, describes: str) -> Payload:
    return {"type": _TEXT, "name": name, "description": _short(describes), "required": False}


def _short(text: str) -> str:
    return text[:_DESCRIPTION]
