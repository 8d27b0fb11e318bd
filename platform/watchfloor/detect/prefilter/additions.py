"""What the normaliser adds to Windows events that does not stand in their text.

Owns the knowledge that lets a text be scanned instead of a normalised event; it mirrors `normalise.windows.fixups`,
and a test holds the two together. Fields that are renamed need no mention: their values stand in the text.
"""

import re
from typing import Final

import msgspec

from watchfloor.detect.prefilter.rewriting import MARK
from watchfloor.normalise.event import LogSource

CUT_OUT: Final = frozenset({"md5", "sha1", "sha256", "Imphash"})
"""Parts of `Hashes`: in the text, but without quotation marks of their own."""

_BACKSLASHES: Final = re.compile(r"\\+")

ADDED: Final = CUT_OUT | {
    *("Provider_Name", "Provider_Guid", "Computer", "Channel", "EventRecordID", "Data"),
    *("Execution_ProcessID", "Execution_ThreadID", "Security_UserID"),
    *("Image", "ParentImage", "User", "ProcessId", "ParentProcessId", "IntegrityLevel"),
    *("EventType", "TargetObject", "Details", "Signature", "Filename"),
}
"""All fields that an event may have only after it was normalised."""

_ACTIONS: Final = ("setvalue", "renamekey")
_LEVELS: Final = ("untrusted", "low", "medium", "high", "system")


class Computed(msgspec.Struct, frozen=True):
    r"""The fields whose values need not stand in the text, and what those values are.

    Beside numbers they are one of `words`, or (`paired`) two values of the text joined with `\\`, or (`unlike`)
    texts of which no part need be found.
    """

    fields: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    paired: bool = False
    unlike: bool = False

    def clause(self, clause: frozenset[str]) -> frozenset[str] | None:
        """What must be in the text for a test without quotation marks to hold for a computed value or another one.

        None if nothing must.
        """
        needles = set(clause)
        if self.fields and any(needle.startswith(MARK) for needle in clause):
            return None  # an expression may reach over what joins two values
        for needle in clause:
            bare = needle.strip(':,["')
            if self.unlike or (self.paired and bare.isdecimal()) or any(bare in word for word in self.words):
                return None
            if self.paired and "\\" in bare:
                before, *rest = _BACKSLASHES.split(bare)
                if len(rest) != 1:
                    return None
                # If it is the one that joins, what is after it begins a value; if nothing is, it ends one.
                needles.add(f'"{rest[0]}' if rest[0] else f'{before}"')
        return frozenset(needles) if all(len(needle) > 1 for needle in needles) else None


NOTHING: Final = Computed()
_PROCESS: Final = Computed(
    frozenset({"User", "IntegrityLevel", "ProcessId", "ParentProcessId"}), words=_LEVELS, paired=True
)
_VALUE: Final = Computed(frozenset({"TargetObject"}), unlike=True)
_KEY: Final = Computed(frozenset({"EventType"}), words=_ACTIONS)


def computed_in(logsources: tuple[LogSource, ...]) -> Computed:
    """What is computed in events of these log sources."""
    for logsource in logsources:
        match logsource:
            case LogSource("windows", "process_creation", "security"):
                return _PROCESS
            case LogSource("windows", "registry_event", "security"):
                return _VALUE
            case LogSource("windows", "registry_event", "sysmon"):
                return _KEY
            case _:
                pass
    return NOTHING
