"""Shapes of exceptions: which of an event's fields must be the same again for a match to be hidden.

Pure. An event's fields have roles (the program, its command, who, from where, on which machine); a shape is a set of
roles. The narrowest shape takes all that the event has. Values come from whoever made the event: they stand in the
filter as plain text, never as patterns.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from watchfloor.detect.document import DocumentFault
from watchfloor.detect.filters import FilterDocument, read_filter
from watchfloor.detect.view import EventView
from watchfloor.detect.yaml_document import YamlValue
from watchfloor.normalise.event import FieldValue, LogSource

MOST_KINDS: Final = 5
"""How many different events of an incident one exception describes; more than that is no routine."""

LONGEST_VALUE: Final = 1_000

_NOTHING: Final = frozenset({"", "-", "--", "n/a", "none", "null", "unknown", "(null)"})
_PATTERN: Final = str.maketrans({"\\": "\\\\", "*": "\\*", "?": "\\?"})


class Role(StrEnum):
    """What a field says of an event."""

    PROGRAM = "program"
    PARENT = "parent"
    DETAIL = "detail"
    WHO = "who"
    SOURCE = "source"
    PLACE = "place"


class Shape(StrEnum):
    """How much must be the same, the narrowest first."""

    EXACT = "exact"
    PROGRAM = "program"
    ANY_HOST = "any_host"
    ANY_USER = "any_user"
    SUBJECT = "subject"
    HOST = "host"


ROLES: Final[Mapping[Shape, frozenset[Role]]] = {
    Shape.EXACT: frozenset(Role),
    Shape.PROGRAM: frozenset(Role) - {Role.DETAIL},
    Shape.ANY_HOST: frozenset({Role.PROGRAM, Role.PARENT, Role.WHO, Role.SOURCE}),
    Shape.ANY_USER: frozenset({Role.PROGRAM, Role.PARENT, Role.SOURCE, Role.PLACE}),
    Shape.SUBJECT: frozenset({Role.WHO, Role.SOURCE}),
    Shape.HOST: frozenset({Role.PLACE}),
}
"""What each shape looks at."""

LABELS: Final[Mapping[Shape, str]] = {
    Shape.EXACT: "exactly this, with all details",
    Shape.PROGRAM: "the same program, user and host",
    Shape.ANY_HOST: "the same program and user, on any host",
    Shape.ANY_USER: "the same program and host, by anybody",
    Shape.SUBJECT: "all that this user does to this rule",
    Shape.HOST: "all that this host does to this rule",
}
"""How people read a shape."""

BROAD: Final = frozenset({Shape.SUBJECT, Shape.HOST})
"""Shapes that say nothing of what was done."""

FIELDS: Final[Mapping[Role, tuple[tuple[str, ...], ...]]] = {
    Role.PROGRAM: (
        ("Image", "NewProcessName", "SourceImage", "exe", "process.executable", "eventName", "protoPayload.methodName"),
        ("Operation", "OperationName", "operationName", "activityDisplayName", "action", "verb"),
    ),
    Role.PARENT: (("ParentImage", "ParentProcessName", "process.parent.executable"),),
    Role.DETAIL: (
        ("CommandLine", "ProcessCommandLine", "process.command_line", "proctitle", "cmdline"),
        ("ParentCommandLine",),
        ("TargetFilename", "TargetObject", "TargetImage", "ImageLoaded", "PipeName", "ObjectName", "name"),
        ("Details", "ScriptBlockText", "ServiceFileName", "TaskName", "ServiceName"),
        ("QueryName", "query", "DestinationHostname", "cs-uri", "cs-host", "host_header"),
        ("DestinationIp", "dst_ip", "id.resp_h"),
        ("DestinationPort", "dst_port", "id.resp_p"),
        ("LogonType",),
    ),
    Role.WHO: (
        ("User", "user.name"),
        ("SubjectUserName",),
        ("TargetUserName",),
        ("userPrincipalName", "userIdentity.arn"),
        ("UserId", "auid"),
        ("actor",),
    ),
    Role.SOURCE: (
        ("IpAddress", "SourceIp", "sourceIPAddress", "ClientIP", "src_ip", "id.orig_h", "c-ip", "client"),
        ("callerIpAddress", "actor_ip"),
        ("userAgent", "cs-user-agent", "user_agent"),
    ),
    Role.PLACE: (("Computer", "hostname", "host.name", "HostName", "_HOSTNAME", "recipientAccountId", "HOST"),),
}
"""The fields of each role: of each group the first that an event has."""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A shape that fits events: the fields that it looks at, and the values that they had, each combination once.

    `same` are wider shapes that come to the same with these events.
    """

    shape: Shape
    same: tuple[Shape, ...] = ()
    fields: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]


def describe(events: Sequence[dict[str, FieldValue]], shape: Shape) -> Described | None:
    """The shape over these events, or None where they do not all have it, or have too many different values."""
    found: dict[tuple[str, ...], None] = {}
    names: tuple[str, ...] | None = None
    for event in events:
        seen = _seen(EventView(event), shape)
        if not seen or (names is not None and tuple(seen) != names):
            return None
        names = tuple(seen)
        found[tuple(seen.values())] = None
    if names is None or len(found) > MOST_KINDS:
        return None
    return Described(shape=shape, fields=names, values=tuple(found))


def fitting(events: Sequence[dict[str, FieldValue]]) -> list[Described]:
    """Every shape that fits the events, the narrowest first; of those that look at the same fields, the first."""
    found: dict[tuple[str, ...], Described] = {}
    for shape in Shape:
        described = describe(events, shape)
        if described is None:
            continue
        known = found.get(described.fields)
        found[described.fields] = described if known is None else replace(known, same=(*known.same, shape))
    return list(found.values())


def written(described: Described, *, title: str, rule_id: str, source: LogSource) -> FilterDocument | None:
    """The Sigma filter that hides such matches of a rule; None where it would hide more than it says."""
    selections: dict[str, YamlValue] = {
        f"selection_{number}": dict(zip(described.fields, map(plain, values), strict=True))
        for number, values in enumerate(described.values, start=1)
    }
    section: dict[str, YamlValue] = {"rules": [rule_id], **selections}
    section["condition"] = "1 of selection_*" if len(selections) > 1 else "selection_1"
    logsource: dict[str, YamlValue] = {name: part for name, part in _parts(source) if part is not None}
    try:
        return read_filter({"title": title, "logsource": logsource, "filter": section})
    except DocumentFault:
        return None


def plain(text: str) -> str:
    """A text as a rule writes it so that it means itself and nothing else."""
    return text.translate(_PATTERN)


def _seen(view: EventView, shape: Shape) -> dict[str, str]:
    """The fields of an event that the shape looks at, with their values; none where it cannot be told apart."""
    roles = ROLES[shape]
    found: dict[str, str] = {}
    for role in Role:
        for group in FIELDS[role] if role in roles else ():
            for name in group:
                text = _text(view, name)
                if text is not None:
                    found[name] = text
                    break
    if shape not in BROAD and not _says_what(found):
        return {}
    return found


def _says_what(found: Mapping[str, str]) -> bool:
    """Whether the fields say more than on which machine it was."""
    places = {name for group in FIELDS[Role.PLACE] for name in group}
    return len(found) > 1 and bool(found.keys() - places)


def _text(view: EventView, name: str) -> str | None:
    texts = view.texts(name)
    if len(texts) != 1 or len(texts[0]) > LONGEST_VALUE or texts[0].strip().lower() in _NOTHING:
        return None
    try:
        texts[0].encode()
    except UnicodeEncodeError:
        return None
    return texts[0]


def _parts(source: LogSource) -> Iterator[tuple[str, str | None]]:
    yield "product", source.product
    yield "category", source.category
    yield "service", source.service
