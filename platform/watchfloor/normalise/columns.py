"""Headers above lines of columns: Zeek's, W3C's extended log format (IIS, proxies, CloudFront) and VPC flow logs'.

Owns what a header is, and what it says of the lines under it until the next one. A header counts for the lines of its
own stream: those that the door received with the same host, source and source type. Never reads a row; see `rows`.
"""

import re
from typing import Final, Literal

import msgspec

from watchfloor.normalise.body import read_text
from watchfloor.normalise.raw import RawEvent

MOST_STREAMS: Final = 256
MOST_COLUMNS: Final = 256

FLOW_FIELDS: Final = frozenset(
    {
        "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
        "bytes", "start", "end", "action", "log-status", "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type",
        "pkt-srcaddr", "pkt-dstaddr", "region", "az-id", "sublocation-type", "sublocation-id", "pkt-src-aws-service",
        "pkt-dst-aws-service", "flow-direction", "traffic-path", "ecs-cluster-arn", "ecs-cluster-name",
        "ecs-container-instance-arn", "ecs-container-instance-id", "ecs-container-id", "ecs-second-container-id",
        "ecs-service-name", "ecs-task-definition-arn", "ecs-task-arn", "ecs-task-id", "reject-reason", "resource-id",
        "encryption-status",
    }
)  # fmt: skip
"""The fields of VPC flow logs, versions 2 to 10, as a header names them."""

_FLOW_WORDS: Final = frozenset(name.encode() for name in FLOW_FIELDS)
_ZEEK: Final = re.compile(
    r"#(separator|set_separator|empty_field|unset_field|path|fields|types|open|close)(?=[\s,]|\Z)"
)
_W3C: Final = re.compile(r"#(Fields|Software|Version|Date|Start-Date|End-Date|Remark|Log-file|GMT-Offset): ?")
_ESCAPED: Final = re.compile(r"\\x([0-9a-fA-F]{2})")
_FIRST: Final = 64


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What the lines under a header hold. `types` and `path` are Zeek's, `software` is W3C's."""

    kind: Literal["zeek", "w3c", "flow"]
    names: tuple[str, ...]
    types: tuple[str, ...] = ()
    path: str = ""
    software: str = ""
    separator: str = "\t"
    set_separator: str = ","
    empty: str = "(empty)"
    unset: str = "-"


class _Stream:
    """What the headers of one stream have said so far."""

    def __init__(self) -> None:
        self.settings: dict[str, str] = {}
        self.columns: Columns | None = None


class Headers:
    """Follows the headers of one batch."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str | None, str | None, str | None], _Stream] = {}

    def take(self, raw: RawEvent) -> bool:
        """Whether the body is a line of a header, which is then remembered."""
        body = raw.body
        if body[:1] == b"#":
            text = read_text(body)
            return "\n" not in text and self._directive(raw, text)
        if body[:_FIRST].partition(b" ")[0] in _FLOW_WORDS:
            names = _flow_names(read_text(body))
            stream = self._stream(raw) if names else None
            if stream is not None:
                stream.columns = Columns(kind="flow", names=names, separator=" ")
            return bool(names)
        return False

    def columns_of(self, raw: RawEvent) -> Columns | None:
        """The columns of a body that is no header, if a header stands above it."""
        if not self._streams or raw.body[:1] == b"{":
            return None
        stream = self._streams.get((raw.host, raw.source, raw.sourcetype))
        return None if stream is None else stream.columns

    def _stream(self, raw: RawEvent) -> _Stream | None:
        key = (raw.host, raw.source, raw.sourcetype)
        if key not in self._streams and len(self._streams) >= MOST_STREAMS:
            return None
        return self._streams.setdefault(key, _Stream())

    def _directive(self, raw: RawEvent, text: str) -> bool:
        zeek, w3c = _ZEEK.match(text), _W3C.match(text)
        if zeek is None and w3c is None:
            return False
        stream = self._stream(raw)
        if stream is None:
            return True
        if zeek is not None:
            _read_zeek(stream, zeek[1], text[zeek.end() :])
        elif w3c is not None:
            _read_w3c(stream, w3c[1], text[w3c.end() :])
        return True


def is_header(text: str) -> bool:
    """Whether a line is a header's."""
    if text[:1] == "#":
        return _ZEEK.match(text) is not None or _W3C.match(text) is not None
    return text[:_FIRST].partition(" ")[0] in FLOW_FIELDS and bool(_flow_names(text))


def _flow_names(text: str) -> tuple[str, ...]:
    """The columns that a header of VPC flow logs names; none if the line is none."""
    words = tuple(text.split(maxsplit=MOST_COLUMNS))
    is_header = len(words) > 2 and not {"srcaddr", "pkt-srcaddr"}.isdisjoint(words) and FLOW_FIELDS.issuperset(words)
    return words if is_header else ()


def _read_zeek(stream: _Stream, name: str, rest: str) -> None:
    settings = stream.settings
    if name == "separator":
        settings.clear()
        stream.columns = None
        settings["separator"] = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), rest.strip())[:1] or "\t"
        return
    separator = settings.get("separator", "\t")
    value = rest.removeprefix(separator)
    if name == "fields":
        names = tuple(value.split(separator)[:MOST_COLUMNS])
        stream.columns = Columns(
            kind="zeek",
            names=names,
            path=settings.get("path", "")[:_FIRST],
            separator=separator,
            set_separator=settings.get("set_separator", ",")[:_FIRST] or ",",
            empty=settings.get("empty_field", "(empty)")[:_FIRST],
            unset=settings.get("unset_field", "-")[:_FIRST],
        )
    elif name == "types" and stream.columns is not None:
        types = tuple(value.split(separator)[:MOST_COLUMNS])
        stream.columns = msgspec.structs.replace(stream.columns, types=types)
    elif name == "close":
        stream.columns = None
    else:
        settings[name] = value[:_FIRST]


def _read_w3c(stream: _Stream, name: str, rest: str) -> None:
    if name == "Software":
        stream.settings["software"] = rest.strip()[:_FIRST]
    elif name == "Fields":
        names = tuple(rest.split()[:MOST_COLUMNS])
        software = stream.settings.get("software", "")
        stream.columns = Columns(kind="w3c", names=names, software=software, separator=" ") if names else None
