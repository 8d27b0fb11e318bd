"""Joins the records of one execution that the audit system wrote as separate lines, where one batch brought them.

SYSCALL knows the program and the user, EXECVE and PROCTITLE the command line, CWD the folder. One process creation is
made of them, by host, time and serial number; the records stay events of their own, but only as records. What is spread
over two batches stays unjoined: an EXECVE record by itself still is a process creation with a command line.
Never raises.
"""

from typing import Final

import msgspec

from watchfloor.normalise.event import Event
from watchfloor.normalise.lines import Line
from watchfloor.normalise.linux import auditd
from watchfloor.normalise.parsed import Parsed, as_text

MOST_RECORDS: Final = 32
"""Records of one audit event that are joined; the kernel writes about six for an execution."""

_KINDS: Final = frozenset({"SYSCALL", "EXECVE", "CWD", "PROCTITLE"})
_CALLS: Final = frozenset({"execve", "execveat"})


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """One execution. `records` are the places of the events that it was made of, `text` their lines."""

    records: tuple[int, ...]
    text: str
    parsed: Parsed


class Joiner:
    """Collects the records of one batch."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, float], dict[int, Event]] = {}

    def take(self, place: int, event: Event) -> None:
        """Remembers an event of the audit system, if it is a record of a call. `place` is its number among events."""
        kind, serial = event.fields.get("type"), as_text(event.fields.get("audit_serial"))
        if not isinstance(kind, str) or kind not in _KINDS or not serial:
            return
        group = self._groups.setdefault((_host(event), serial, event.time.timestamp()), {})
        if len(group) < MOST_RECORDS:
            group[place] = event

    def joined(self) -> list[Joined]:
        """The executions of which more than one record came."""
        found = (_join(group) for group in self._groups.values() if len(group) > 1)
        return [one for one in found if one is not None]


def _host(event: Event) -> str:
    return as_text(event.fields.get("node")) or as_text(event.fields.get("hostname"))


def _join(group: dict[int, Event]) -> Joined | None:
    by_kind: dict[str, list[Event]] = {}
    for event in group.values():
        by_kind.setdefault(as_text(event.fields["type"]), []).append(event)
    call = by_kind.get("SYSCALL", [None])[0]
    if call is None or as_text(call.fields.get("SYSCALL")) not in _CALLS or as_text(call.fields.get("success")) == "no":
        return None
    if not by_kind.keys() & {"EXECVE", "PROCTITLE"}:
        return None
    lines = [as_text(call.fields.get("message"))]
    for kind in ("EXECVE", "CWD", "PROCTITLE"):
        for number, event in enumerate(by_kind.get(kind, ())):
            text = as_text(event.fields.get("message"))
            # A long command line goes on in the next record of its kind: its arguments belong to the first.
            lines.append(text if number == 0 else text.partition("): ")[2])
    text = "\n".join(lines)
    host = _host(call) or None
    parsed = auditd.parse_auditd(Line(text=text, message=text, host=host))
    if parsed is None:
        return None
    identity = None if parsed.identity is None else (*parsed.identity[:-1], "execution")
    parsed = msgspec.structs.replace(parsed, logsources=(auditd.JOINED,), identity=identity)
    return Joined(records=tuple(group), text=text, parsed=parsed)
