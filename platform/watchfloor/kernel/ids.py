"""Ids: UUIDv7 inside (RFC 9562), `prefix_` plus 26 base-32 characters outside (TypeID 0.3).

The prefix tells a person what an id names; `parse` refuses an id with another prefix, so an alert's id
never passes for an incident's.
"""

import re
from typing import Final, Literal, NewType
from uuid import UUID

from typeid import base32
from uuid_utils.compat import uuid7

from watchfloor.kernel.errors import NotFound

TenantId = NewType("TenantId", UUID)
PersonId = NewType("PersonId", UUID)
FeedId = NewType("FeedId", UUID)
BatchId = NewType("BatchId", UUID)
AlertId = NewType("AlertId", UUID)
IncidentId = NewType("IncidentId", UUID)
ReportId = NewType("ReportId", UUID)
ExceptionId = NewType("ExceptionId", UUID)
AlarmId = NewType("AlarmId", UUID)
NodeId = NewType("NodeId", UUID)
QuestionId = NewType("QuestionId", UUID)
CarveId = NewType("CarveId", UUID)
ActionId = NewType("ActionId", UUID)
PageId = NewType("PageId", UUID)
CaseId = NewType("CaseId", UUID)
NoticeId = NewType("NoticeId", UUID)

Prefix = Literal[
    "ten", "per", "feed", "bat", "evt", "alr", "inc", "rpt", "key", "ses", "mem", "qua", "out", "seg", "exc", "fal",
    "nod", "qst", "crv", "act", "pag", "exr", "brc", "ntc", "evd",
]  # fmt: skip

_SUFFIX: Final = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")


def new_uuid() -> UUID:
    """A fresh UUIDv7: unique, and ordered by its millisecond."""
    return uuid7()


def show(prefix: Prefix, value: UUID) -> str:
    """The outside form of an id, such as `inc_01m81nn59jeyb860r2yhep9mtt`."""
    return f"{prefix}_{base32.encode(value.bytes)}"


def parse(prefix: Prefix, text: str) -> UUID:
    """The UUID inside `text`.

    Raises NotFound for anything that is not an id with this prefix: a malformed id, an id of another
    kind and an id of nothing are all "does not exist".
    """
    found, _, suffix = text.partition("_")
    if found != prefix or _SUFFIX.fullmatch(suffix) is None:
        raise NotFound("There is nothing with this id.")
    return UUID(bytes=bytes(base32.decode(suffix)))
