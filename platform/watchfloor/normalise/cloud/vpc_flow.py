"""AWS VPC flow logs: lines of the default format, rows under a header, and objects (Firehose, Athena, exports).

Adds Sigma's firewall names (`src_ip`, `dst_port`, ...). A line in a format of the customer's own is recognised under
its file's header, which alone says what its columns are.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "aws.vpcflow"
PARSER: Final = "aws.vpcflow/1"

LOGSOURCES: Final = (LogSource(product="aws", category="firewall", service="vpcflow"),)
"""What its events belong to."""
_COLUMNS: Final = (
    "version",
    "account_id",
    "interface_id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log_status",
)
_NUMBERS: Final = frozenset({"version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"})
_PROTOCOLS: Final = {"1": "icmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "58": "icmp6", "132": "sctp"}
_NAMES: Final = {"src_ip": "srcaddr", "src_port": "srcport", "dst_ip": "dstaddr", "dst_port": "dstport"}


def parse_flow_line(line: Line) -> Parsed | None:
    """One line of the default format; None if it is none."""
    words = line.message.split(maxsplit=len(_COLUMNS))
    if len(words) != len(_COLUMNS) or not words[2].startswith("eni-") or words[12] not in {"ACCEPT", "REJECT", "-"}:
        return None
    return parse_flow_row(words, _COLUMNS)


def parse_flow_row(words: list[str], names: tuple[str, ...]) -> Parsed | None:
    """A row under the header with these names; None if it has another number of columns."""
    if len(words) != len(names):
        return None
    fields: dict[str, FieldValue] = {}
    for name, word in zip((name.replace("-", "_") for name in names), words, strict=True):
        if word != "-":
            is_number = name in _NUMBERS and word.isascii() and word.isdigit() and len(word) <= 18
            fields[name] = int(word) if is_number else word
    return _parsed(fields)


def parse_flow(fields: dict[str, FieldValue]) -> Parsed | None:
    """One flow as an object; None if it is none."""
    if "srcaddr" not in fields or "dstaddr" not in fields:
        return None
    for name in [name for name in fields if "-" in name]:
        put(fields, name.replace("-", "_"), fields[name])
    return _parsed(fields) if "interface_id" in fields or "account_id" in fields else None


def _parsed(fields: dict[str, FieldValue]) -> Parsed:
    for name, theirs in _NAMES.items():
        put(fields, name, fields.get(theirs))
    put(fields, "src_ip", fields.get("pkt_srcaddr"))
    put(fields, "dst_ip", fields.get("pkt_dstaddr"))
    protocol = as_text(fields.get("protocol"))
    put(fields, "proto", _PROTOCOLS.get(protocol, protocol))
    action = as_text(fields.get("action"))
    if action:
        fields.setdefault("blocked", action == "REJECT")
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(_number(fields.get("end"))) or parse_time(_number(fields.get("start"))),
        identity=None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, action),
        parser=PARSER,
    )


def _number(value: FieldValue) -> FieldValue:
    text = as_text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else value


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    found.host(fields.get("instance_id"))
    found.ip(fields.get("srcaddr"))
    found.ip(fields.get("dstaddr"))
    found.account(as_text(fields.get("account_id")))
    return found.found()


def _summary(fields: dict[str, FieldValue], action: str) -> str:
    source, target = (as_text(fields.get(name)) or "-" for name in ("srcaddr", "dstaddr"))
    ports = as_text(fields.get("srcport")) or "-", as_text(fields.get("dstport")) or "-"
    word = {"ACCEPT": "Accepted", "REJECT": "Rejected"}.get(action, "Recorded")
    return (
        f"{word} {as_text(fields.get('proto')) or 'traffic'} from {source}:{ports[0]} to {target}:{ports[1]},"
        f" {as_text(fields.get('bytes')) or '0'} bytes"
    )
