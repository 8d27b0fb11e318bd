"""What a report is about: an incident, a breach case, a notice of it, or a time.

Owns the list of kinds and which subject each needs; `wf.reports` checks the same.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID

import msgspec

from watchfloor.kernel.errors import Invalid

Kind: TypeAlias = Literal[
    "incident",
    "breach_notice",
    "breach_notification",
    "subject_letter",
    "breach_register",
    "breach_decisions",
    "service",
    "controls",
    "nis2",
    "dora",
    "assurance",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Part: TypeAlias = Literal["incident_id", "case_id", "notice_id", "period_from", "period_to", "framework"]

_PERIOD: Final[frozenset[Part]] = frozenset({"period_from", "period_to"})
_NOTICE: Final[frozenset[Part]] = frozenset({"case_id", "notice_id"})

NEEDED: Final[Mapping[Kind, frozenset[Part]]] = {
    "incident": frozenset({"incident_id"}),
    "breach_notice": _NOTICE,
    "breach_notification": _NOTICE,
    "subject_letter": _NOTICE,
    "breach_register": _PERIOD,
    "breach_decisions": frozenset({"case_id"}),
    "service": _PERIOD,
    "controls": frozenset({"period_from", "period_to", "framework"}),
    "nis2": _NOTICE,
    "dora": _NOTICE,
    "assurance": _PERIOD,
}
"""What each kind is about: exactly these parts of a subject are given."""

OF_BREACHES: Final[frozenset[Kind]] = frozenset(
    {
        "breach_notice",
        "breach_notification",
        "subject_letter",
        "breach_register",
        "breach_decisions",
        "nis2",
        "dora",
    }
)
"""Kinds that tell of breach cases: for people who may read these."""

LONGEST_PERIOD_DAYS: Final = 1_100


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of report and what it is about. Days are the tenant's own; `period_to` is the day after the last one."""

    kind: Kind
    incident_id: UUID | None = None
    case_id: UUID | None = None
    notice_id: UUID | None = None
    period_from: date | None = None
    period_to: date | None = None
    framework: str | None = None

    def check(self) -> None:
        """Raises Invalid, naming the part, when one is missing, is too much, or makes no sense."""
        parts: tuple[Part, ...] = get_args(Part)
        for part in parts:
            given = getattr(self, part) is not None
            if given and part not in NEEDED[self.kind]:
                raise Invalid(f"A report of the kind {self.kind} is about no {_NAMES[part]}.", where=_where(part))
            if not given and part in NEEDED[self.kind]:
                raise Invalid(f"A report of the kind {self.kind} needs {_ARTICLES[part]}.", where=_where(part))
        if self.period_from is not None and self.period_to is not None:
            _check_period(self.period_from, self.period_to)


_NAMES: Final[Mapping[Part, str]] = {
    "incident_id": "incident",
    "case_id": "breach case",
    "notice_id": "notice",
    "period_from": "period",
    "period_to": "period",
    "framework": "framework",
}
_ARTICLES: Final[Mapping[Part, str]] = {
    "incident_id": "an incident",
    "case_id": "a breach case",
    "notice_id": "a notice of a breach case",
    "period_from": "the first day of its period",
    "period_to": "the day after the last one of its period",
    "framework": "a framework",
}


def _where(part: Part) -> str:
    """The name under which people give this part."""
    return part.removesuffix("_id")


def _check_period(first: date, end: date) -> None:
    if end <= first:
        raise Invalid("The period ends before it begins.", where="period_to", remedy="Name the day after its last one.")
    if (end - first).days > LONGEST_PERIOD_DAYS:
        raise Invalid(f"A report tells of {LONGEST_PERIOD_DAYS} days at most.", where="period_from")
