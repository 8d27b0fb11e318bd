"""What has changed between two versions of a case, field by field: what a later notice says beside the one before.

A field differs where its value, how well it is known, its basis or its day differ. That somebody else says the same, or
says it again with one more record, is no difference. Knows no notices and reads nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, cast

import msgspec

from watchfloor.breach.case import BreachCase
from watchfloor.breach.fields import all_fields
from watchfloor.breach.known import Known

Way: TypeAlias = Literal["added", "changed", "taken_back"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A field that differs, by its path. None is "nobody has said"."""

    path: str
    before: Known[object] | None
    after: Known[object] | None

    @property
    def way(self) -> Way:
        """What became of the field."""
        if self.before is None:
            return "added"
        return "taken_back" if self.after is None else "changed"


def diff(before: BreachCase, after: BreachCase) -> tuple[Change, ...]:
    """Every field that differs, in the order of the fields."""
    old, new = dict(_standing(before)), dict(_standing(after))
    regimes = sorted({*before.other_regimes, *after.other_regimes})
    paths = (path for pattern in all_fields() for path in _spread(pattern, regimes))
    pairs = ((path, old.get(path), new.get(path)) for path in paths)
    return tuple(Change(path=path, before=was, after=now) for path, was, now in pairs if _said(was) != _said(now))


def _said(fact: Known[object] | None) -> object:
    """What of a fact a reader is told."""
    if fact is None:
        return None
    return msgspec.to_builtins(fact.value), fact.status, fact.basis, fact.expected_at


def _standing(case: BreachCase) -> Iterator[tuple[str, Known[object]]]:
    for pattern in all_fields():
        for path in _spread(pattern, sorted(case.other_regimes)):
            fact = _at(case, path)
            if fact is not None:
                yield path, fact


def _spread(pattern: str, regimes: list[str]) -> list[str]:
    return [pattern.replace("*", regime) for regime in regimes] if "*" in pattern else [pattern]


def _at(case: BreachCase, path: str) -> Known[object] | None:
    """What stands at a path; a regime that has left the rules since still stands in an old version."""
    here: object = case
    for name in path.split("."):
        here = cast("Mapping[str, object]", here).get(name) if isinstance(here, Mapping) else getattr(here, name)
        if here is None:
            return None
    return cast("Known[object]", here)
