"""Forms, drawn from the table of verbs: what can be asked for now, with what it needs, and what is sent, read.

Every form carries an id of its own that is used once, so that sending it again does nothing twice. A verb that is added
to the table is here without a change.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from watchfloor.access.principal import Principal
from watchfloor.access.roles import Permission
from watchfloor.desk.card import Card
from watchfloor.desk.front import customers, membership_of
from watchfloor.desk.line import read_line, usage
from watchfloor.desk.reply import Offer
from watchfloor.desk.table import OFFERED, TABLE
from watchfloor.desk.verb import Field, Intent, Verb
from watchfloor.kernel.errors import Invalid

FIELD: Final = "f."
"""What the names of a verb's fields begin with in a form."""

PLAIN_VERBS: Final = frozenset({"show", "queue"})
"""What the page itself is: these need no form."""

_REQUEST: Final = re.compile(r"[0-9a-f]{32}")
_LISTS: Final = {"colleague": "colleagues", "incident": "references", "duration": "lengths"}
_HINTS: Final = {"colleague": "a mail address, or me", "incident": "such as ACME-12", "duration": "such as 90m, 2h, 3d"}


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A value that can be chosen."""

    value: str
    label: str
    is_chosen: bool


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form. `fault` is what is wrong with what was given."""

    id: str
    name: str
    label: str
    kind: str
    value: str
    options: tuple[Option, ...]
    is_required: bool
    shortest: int
    longest: int
    suggestions: str
    hint: str
    fault: str


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form for one verb. Without inputs it is a button. `given` is filled in already and not shown."""

    id: str
    verb: str
    label: str
    does: str
    incident: str
    request: str
    inputs: tuple[Input, ...]
    given: tuple[tuple[str, str], ...] = ()
    is_open: bool = False


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a form that came back, and where."""

    message: str
    where: str


def next_forms(card: Card) -> tuple[Form, ...]:
    """What the card offers, the next step first."""
    return tuple(form_of(OFFERED[action], incident=card.ref) for action in card.actions)


def other_forms(card: Card, principal: Principal) -> tuple[Form, ...]:
    """What else can be done with the incident in any state."""
    may = principal.permissions_in(membership_of(principal, card.ref).tenant_id)
    return tuple(
        form_of(verb, incident=card.ref)
        for verb in TABLE.values()
        if verb.reach == "incident" and verb.action is None and verb.permission in may and verb.name not in PLAIN_VERBS
    )


def desk_forms(principal: Principal) -> tuple[Form, ...]:
    """What can be asked of the desk that is about no single incident."""
    return tuple(
        form_of(verb)
        for verb in TABLE.values()
        if verb.reach != "incident" and verb.name not in PLAIN_VERBS and _may(verb, principal)
    )


def offer_forms(offers: Iterable[Offer]) -> Iterator[Form]:
    """What suggests itself next: a button where all is filled in, else a form with what is."""
    for number, offer in enumerate(offers):
        verb = TABLE[offer.verb]
        missing = [field for field in verb.fields if field.is_required and not offer.arguments.get(field.name)]
        filled = form_of(verb, incident=offer.incident, values=offer.arguments, scope=f"offer{number}")
        shown = {FIELD + field.name for field in missing}
        inputs = filled.inputs if missing else ()
        given = () if missing else tuple((FIELD + name, value) for name, value in offer.arguments.items())
        yield msgspec.structs.replace(filled, label=offer.label, inputs=inputs, given=given, is_open=bool(shown))


def form_of(
    verb: Verb,
    *,
    incident: str = "",
    values: Mapping[str, str] | None = None,
    scope: str = "f",
    fault: Fault | None = None,
) -> Form:
    """The form of a verb, with these values in it."""
    values = values or {}
    return Form(
        id=f"{scope}-{verb.name}",
        verb=verb.name,
        label=f"{verb.name.replace('-', ' ').replace('_', ' ').capitalize()}{'…' * bool(verb.fields)}",
        does=verb.does,
        incident=incident,
        request=new_request(),
        inputs=tuple(_input(field, verb, values.get(field.name, ""), scope, fault) for field in verb.fields),
        is_open=fault is not None,
    )


def read_intent(fields: Mapping[str, str], *, owner: str) -> Intent | None:
    """What a form asks for; None for an empty line. `owner` keeps one person's ids of requests apart from another's.

    Raises Invalid for what cannot be understood.
    """
    request = fields.get("request", "")
    if not _REQUEST.fullmatch(request):
        raise Invalid("This form is not one of this page's.", remedy="Load the page again.")
    if "line" in fields:
        intent = read_line(fields["line"][:8_000], current=fields.get("at") or None)
    else:
        arguments = {name.removeprefix(FIELD): value for name, value in fields.items() if name.startswith(FIELD)}
        intent = Intent(
            verb=fields.get("verb", ""),
            incident=fields.get("incident", ""),
            arguments={name: _lines(value) for name, value in arguments.items() if value.strip()},
        )
    if intent is None:
        return None
    digest = hashlib.sha256(f"{owner}:{request}".encode()).hexdigest()
    return msgspec.structs.replace(intent, request_id=f"web_{digest[:48]}")


def new_request() -> str:
    """An id for one form, to be used once."""
    return secrets.token_hex(16)


def manual() -> tuple[tuple[str, str], ...]:
    """How everything can be typed, and what it does."""
    return tuple((usage(verb), verb.does) for verb in TABLE.values())


def _input(field: Field, verb: Verb, value: str, scope: str, fault: Fault | None) -> Input:
    return Input(
        id=f"{scope}-{verb.name}-{field.name}",
        name=FIELD + field.name,
        label=field.label,
        kind=field.kind,
        value=value,
        options=tuple(
            Option(value=choice.value, label=choice.label, is_chosen=choice.value == value) for choice in field.choices
        ),
        is_required=field.is_required,
        shortest=field.shortest,
        longest=field.longest,
        suggestions=_LISTS.get(field.kind, ""),
        hint="" if "such as" in field.label else _HINTS.get(field.kind, ""),
        fault=fault.message if fault is not None and fault.where == field.name else "",
    )


def _may(verb: Verb, principal: Principal) -> bool:
    if verb.reach == "operator":
        return verb.permission in principal.permissions_in(principal.operator_tenant())
    needed: Permission = verb.permission
    return any(needed in principal.permissions_in(membership.tenant_id) for membership in customers(principal))


def _lines(text: str) -> str:
    """Text as it was typed: a form sends the end of a line as two characters."""
    return text.replace("\r\n", "\n")
