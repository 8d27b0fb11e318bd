"""A connection as entities and under the names that Sigma's `firewall`, `dns` and `proxy` categories use."""

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import FieldValue

_NAMES = ("src_ip", "src_port", "dst_ip", "dst_port")


def add_connection(
    fields: dict[str, FieldValue], *, source: FieldValue, source_port: FieldValue, target: FieldValue,
    target_port: FieldValue,
) -> None:  # fmt: skip
    """Adds both ends; a field that is there already stays."""
    for name, value in zip(_NAMES, (source, source_port, target, target_port), strict=True):
        if value not in (None, ""):
            fields.setdefault(name, value)


def find_ends(fields: dict[str, FieldValue]) -> EntityList:
    """A list with the addresses of `add_connection`, source first. A sensor is no host of the event: it sees all."""
    found = EntityList()
    found.ip(fields.get("src_ip"))
    found.ip(fields.get("dst_ip"))
    return found


def describe(fields: dict[str, FieldValue]) -> str:
    """`source -> target:port` for people."""
    port = fields.get("dst_port")
    return f"{fields.get('src_ip') or '?'} -> {fields.get('dst_ip') or '?'}{f':{port}' if port else ''}"
