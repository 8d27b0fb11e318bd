"""A typed line, read into an intent: the verb, the incident, then the verb's fields in their order.

Pure; the table of verbs is its grammar. A field is one word, but for a text in the last place, which is the rest of
the line as it was typed, so that apostrophes and quotes need no care. Where the first field takes the rest of the
line, the others are named at its end. An incident may be left out where one is open in front of the reader.
"""

import re
from collections.abc import Sequence
from typing import Final

from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Field, Intent, Verb
from watchfloor.kernel.errors import Invalid

SYNONYMS: Final[dict[str, str]] = {
    "q": "queue",
    "ls": "queue",
    "acknowledge": "ack",
    "take": "ack",
    "open": "show",
    "s": "show",
    "v": "verdict",
}
"""Other words for verbs."""

_REFERENCE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}-[0-9]{1,18}")
_NAMED: Final = re.compile(r"(?:^|\s)([a-z_]{1,32})=(\S+)\s*$")
_QUOTES: Final = ('""', "''", "“”", "„“", "«»")
_LINKING: Final = {"incident": ("into", "in", "with", "and"), "colleague": ("to",), "duration": ("for",)}
"""Words that people put before a field of a kind, and that mean nothing."""

_QUESTIONS: Final = {"colleague": "Who?", "duration": "For how long?", "incident": "Which other incident?"}


def read_line(line: str, *, current: str | None) -> Intent | None:
    """The intent in a line, or None when the line is empty. `current` is the incident in front of the reader.

    Raises Invalid, with the usage, for what cannot be understood.
    """
    word, rest = split(line)
    if not word:
        return None
    verb = find_verb(word)
    incident = ""
    if verb.reach == "incident":
        incident, rest = _incident(verb, rest, current)
    if verb.fields and verb.fields[0].takes_rest:
        return Intent(verb=verb.name, incident=incident, arguments=_rest_and_named(verb, rest))
    arguments: dict[str, str] = {}
    for number, field in enumerate(verb.fields):
        value, rest = _value(verb, field, rest, is_last=number == len(verb.fields) - 1)
        if value:
            arguments[field.name] = value
    if rest:
        raise _misused(verb, "There is more on the line than I understand.")
    return Intent(verb=verb.name, incident=incident, arguments=arguments)


def find_verb(word: str) -> Verb:
    """The verb that a word stands for. Raises Invalid, with the nearest ones, for a word that is none."""
    name = SYNONYMS.get(word.lower(), word.lower())
    if name in TABLE:
        return TABLE[name]
    near = [verb for verb in TABLE if name and verb.startswith(name[0])]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Type help for what there is."
    raise Invalid("There is no such command.", remedy=hint)


def usage(verb: Verb) -> str:
    """How a verb is typed: `verdict [REF] true_positive|benign REASON`."""
    words = [verb.name]
    if verb.reach == "incident":
        words.append("[REF]")
    takes_rest = bool(verb.fields) and verb.fields[0].takes_rest
    for field in verb.fields:
        named = "|".join(choice.value for choice in field.choices) if len(field.choices) in range(1, 6) else ""
        word = named or field.name.upper().replace("_", "-")
        if takes_rest and not field.takes_rest:
            word = f"{field.name}={word}"
        words.append(word if field.is_required else f"[{word}]")
    return " ".join(words)


def split(text: str) -> tuple[str, str]:
    """The first word, and the rest of the line as it was typed."""
    parts: Sequence[str] = text.strip().split(maxsplit=1)
    return (parts[0] if parts else "", parts[1] if len(parts) > 1 else "")


def _incident(verb: Verb, rest: str, current: str | None) -> tuple[str, str]:
    first, after = split(rest)
    if _REFERENCE.fullmatch(first):
        return first, after
    if current is not None and not (first and not verb.fields):
        return current, rest
    raise _misused(verb, "That is no incident's reference, such as ACME-12." if first else "Which incident?")


def _rest_and_named(verb: Verb, rest: str) -> dict[str, str]:
    """What the line says where the first field takes the rest of it, and others are named at its end."""
    first, *others = verb.fields
    names = {field.name for field in others}
    named: dict[str, str] = {}
    while (found := _NAMED.search(rest)) and found[1] in names - named.keys():
        named[found[1]], rest = found[2], rest[: found.start()]
    if not rest.strip() and first.is_required:
        raise _misused(verb, f"{first.label}?")
    return {first.name: rest.strip(), **named}


def _value(verb: Verb, field: Field, rest: str, *, is_last: bool) -> tuple[str, str]:
    """What the line says for a field, and what is left of it."""
    if is_last and field.kind in ("text", "paragraph"):
        value, rest = _unquoted(rest), ""
    else:
        value, rest = _word(field, rest)
    if not value and field.is_required:
        raise _misused(verb, _QUESTIONS.get(field.kind, f"{field.label}?"))
    return value, rest


def _word(field: Field, rest: str) -> tuple[str, str]:
    first, after = split(rest)
    if first.lower() in _LINKING.get(field.kind, ()) and after:
        first, after = split(after)
    if field.kind != "choice" or not first:
        return first, after
    wanted = first.lower().replace("-", "_")
    for choice in field.choices:
        if wanted in (choice.value, choice.short):
            return choice.value, after
    if field.is_required:
        raise Invalid(
            "That is none of the choices.",
            where=field.name,
            remedy=f"It is one of {', '.join(choice.value for choice in field.choices)}.",
        )
    return "", rest


def _unquoted(text: str) -> str:
    text = text.strip()
    for opening, closing in _QUOTES:
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing):
            return text[1:-1].strip()
    return text


def _misused(verb: Verb, message: str) -> Invalid:
    return Invalid(message, remedy=f"Usage: {usage(verb)}")
