"""What of an event is printed: a heading of readable length, and the fields that a reader needs first.

Owns which fields only keep records and which only say again what another one says. Nothing is lost by it: the data
attached to the report has every field, and the page counts those that it leaves out.
"""

import re
from collections.abc import Sequence
from typing import Final

from reports.documents.incident.facts import (
    EvidenceField,
)

CAPTION_LIMIT: Final = 140
"""Characters of a heading, before it is neutralised."""

_ENDING: Final = 32
_DIRECTORIES: Final = re.compile(r"""(?<!\w)[A-Za-z]:\\(?:Program Files(?: \(x86\))?\\)?(?:[^\\\s"'|<>*?:]+\\)*""")

_RECORD_KEEPING: Final = frozenset(
    [
        # Windows and Sysmon
        "SystemTime",
        "UtcTime",
        "EventRecordID",
        "Provider_Name",
        "Provider_Guid",
        "Channel",
        "Keywords",
        "Level",
        "Opcode",
        "Task",
        "Version",
        "ProcessID",
        "ProcessId",
        "ProcessGuid",
        "ParentProcessId",
        "ParentProcessGuid",
        "SourceProcessGUID",
        "SourceProcessId",
        "SourceThreadId",
        "TargetProcessGUID",
        "TargetProcessId",
        "ThreadID",
        "LogonGuid",
        "LogonId",
        "SubjectLogonId",
        "SubjectUserSid",
        "TerminalSessionId",
        "RuleName",
        # CloudTrail
        "eventVersion",
        "eventID",
        "eventTime",
        "eventType",
        "eventCategory",
        "requestID",
        "managementEvent",
        "readOnly",
    ]
)
_SAID_BY: Final = {
    "OriginalFileName": "Image",
    "ParentCommandLine": "ParentImage",
    "md5": "Hashes",
    "sha1": "Hashes",
    "sha256": "Hashes",
    "imphash": "Hashes",
}
"""Fields that often say nothing beyond another field of the same event."""


def caption(summary: str) -> str:
    """The event in one short line: folders left out, and of a long command its beginning and the line's end."""
    text = _DIRECTORIES.sub("\N{HORIZONTAL ELLIPSIS}\\\\", summary)
    if len(text) <= CAPTION_LIMIT:
        return text
    ending = text[-_ENDING:].partition(" ")[2]
    gap = "\N{HORIZONTAL ELLIPSIS} " if ending else "\N{HORIZONTAL ELLIPSIS}"
    return f"{text[: CAPTION_LIMIT - len(gap) - len(ending)].rstrip()}{gap}{ending}"


def telling(fields: Sequence[EvidenceField]) -> Sequence[EvidenceField]:
    """The fields without those that keep records or repeat another one; all of them when none would be left."""
    values = {field.name: field.value.casefold() for field in fields}
    kept = [field for field in fields if field.name not in _RECORD_KEEPING and not _is_repeated(field, values)]
    return kept or fields


def _is_repeated(field: EvidenceField, values: dict[str, str]) -> bool:
    said = values.get(_SAID_BY.get(field.name, ""), "")
    return field.value.strip('" ').casefold() in said
