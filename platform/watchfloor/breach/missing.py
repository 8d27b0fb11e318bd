"""What a document still lacks: the mandatory rows of its form whose fields nobody has filled, by name.

Owns when a field counts as given. In a first notice that may be followed by another one, "under investigation" with a
day counts, for the law lets facts follow; in a final one it does not. "Not applicable", with its reason, always counts.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.breach.case import BreachCase
from watchfloor.breach.classification import value_of
from watchfloor.breach.clocks import Filed, deadlines_of
from watchfloor.breach.fields import get
from watchfloor.breach.rules.calendar_days import local_day
from watchfloor.breach.rules.forms import DocumentKind, Form, FormRow, Need, When, find_form, shipped_forms

Phase: TypeAlias = Literal["initial", "supplementary", "final", "withdrawal"]
Why: TypeAlias = Literal["absent", "under_investigation"]

_LATE_REGIMES: Final = frozenset({"gdpr-authority", "uk-gdpr-authority"})


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a document needs and has not. `expected_at` where it is under investigation."""

    path: str
    label: str
    section: str
    why: Why
    need: Need
    expected_at: datetime | None = None


def form_of(case: BreachCase, kind: DocumentKind, *, stage: str | None = None, authority: str | None = None) -> Form:
    """The form of a document of this case. Without an authority, the one that the case names. Raises NotFound."""
    chosen = authority or value_of(case.cross_border.lead_authority) or value_of(case.cross_border.authority)
    country = "GB" if case.country == "GB" else case.country
    code = chosen or (f"{country}-{case.subdivision}" if case.subdivision else country)
    return find_form(
        shipped_forms(),
        kind,
        day=local_day(case.created_at, case.tz),
        authority=code if kind == "breach_notification" else None,
        stage=stage,
    )


def missing(case: BreachCase, form: Form, *, phase: Phase = "initial", late: bool = False) -> tuple[Missing, ...]:
    """What is missing, in the form's order. `late`: the notice is late (`is_late`). A withdrawal needs nothing."""
    if phase == "withdrawal":
        return ()
    found: list[Missing] = []
    for section in form.sections:
        for row in section.rows:
            if is_asked(case, row, phase=phase, late=late):
                found += _lacking(case, row, section.title, phase)
    return tuple(dict.fromkeys(found))


def is_asked(case: BreachCase, row: FormRow, *, phase: Phase, late: bool) -> bool:
    """Whether the document cannot go without the row, in this case and phase."""
    if row.need == "may" or (row.need == "later" and phase != "final"):
        return False
    if row.when is None:
        return True
    return late if row.when == "late" else _WHEN[row.when](case, phase)


def is_late(case: BreachCase, notices: Iterable[Filed], at: datetime) -> bool:
    """Whether a notice to the authority that went out now would be late, or the first one was."""
    found = deadlines_of(case, notices, at)
    return any(one.regime in _LATE_REGIMES and one.stage == "initial" and one.late_by is not None for one in found)


def _lacking(case: BreachCase, row: FormRow, section: str, phase: Phase) -> list[Missing]:
    states = {path: _why(case, path, phase) for path in row.paths}
    if row.any and any(state is None for state in states.values()):
        return []
    lacking = [path for path, state in states.items() if state is not None]
    return [_missing(case, path, row, section) for path in (lacking[:1] if row.any else lacking)]


def _why(case: BreachCase, path: str, phase: Phase) -> Why | None:
    fact = get(case, path)
    if fact is None:
        return "absent"
    if fact.status == "under_investigation" and phase == "final":
        return "under_investigation"
    return None


def _missing(case: BreachCase, path: str, row: FormRow, section: str) -> Missing:
    fact = get(case, path)
    return Missing(
        path=path,
        label=row.label,
        section=section,
        why="absent" if fact is None else "under_investigation",
        need=row.need,
        expected_at=None if fact is None else fact.expected_at,
    )


def _told(case: BreachCase) -> bool | None:
    return value_of(case.subject_comm.told)


def _decides_to_tell(case: BreachCase) -> bool:
    decided = value_of(case.risk.art34_decision)
    return decided is not None and decided.notify


_WHEN: Final[Mapping[When, Callable[[BreachCase, Phase], bool]]] = {
    "cyber": lambda case, _: value_of(case.nature.is_cyber) is True,
    "cross_border": lambda case, _: value_of(case.cross_border.cross_border) is True,
    "told": lambda case, _: _told(case) is True,
    "not_told": lambda case, _: _told(case) is False,
    "telling": lambda case, _: _decides_to_tell(case),
    "follow_up": lambda _, phase: phase in ("supplementary", "final"),
    "third_party": lambda case, _: value_of(case.nature.cause) == "third_party",
    "not_only_employees": lambda case, _: any(
        category.code != "employees" for category in value_of(case.subjects.categories) or ()
    ),
}
"""Rows that are asked for in some cases: what nobody has said asks for nothing yet."""
