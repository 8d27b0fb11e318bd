"""A case's facts by their paths, read without any file: documents are made where none can be opened.

Says the same as `watchfloor.breach.fields`, which also looks whether a regime of that name is among the rules; in a
frozen case every regime once was.
"""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from watchfloor.breach.case import BreachCase
from watchfloor.breach.fields import ANY_REGIME, Field, all_fields
from watchfloor.breach.known import Known

_REGIMES: Final = "other_regimes."


def field_of(path: str) -> Field | None:
    """The field of that path; None when there is none."""
    if path.startswith(_REGIMES):
        return all_fields().get(f"{ANY_REGIME}.{path.rpartition('.')[2]}")
    return all_fields().get(path)


def fact_at(case: BreachCase, path: str) -> Known[object] | None:
    """What stands at the path of a field; None when nobody has said."""
    here: object = case
    for name in path.split("."):
        here = cast("Mapping[str, object]", here).get(name) if isinstance(here, Mapping) else getattr(here, name)
        if here is None:
            return None
    return cast("Known[object]", here)


def facts_of(case: BreachCase) -> Iterator[tuple[str, Known[object]]]:
    """Every fact that stands in a case with its path, in the order of the fields."""
    for pattern in all_fields():
        paths = [pattern.replace("*", name) for name in sorted(case.other_regimes)] if "*" in pattern else [pattern]
        for path in paths:
            fact = fact_at(case, path)
            if fact is not None:
                yield path, fact
