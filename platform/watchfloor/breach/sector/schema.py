"""Whether a DORA report keeps to our schema of it (`content/dora_incident_report.json`), and where it does not.

Owns reading that schema and how a fault is named. It is read as this module is loaded, for reports are rendered where
no file can be opened any more.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Final, Protocol, cast

from jsonschema import Draft202012Validator

from watchfloor.breach.sector.esa_values import Tree, Value

FILE: Final = "dora_incident_report.json"
_CRITERION: Final = "classificationCriterion"


class _Fault(Protocol):
    """What the library tells of a fault, as far as it is read here."""

    absolute_path: Iterable[str | int]
    validator: str
    validator_value: object
    instance: object


class _Validator(Protocol):
    def iter_errors(self, instance: object) -> Iterable[_Fault]: ...


def faults_in(data: Tree) -> tuple[str, ...]:
    """The places where a report is not as the schema wants it, in order, each once; none for a report that is valid.

    A place is a path of properties, and names a missing property itself. A criterion stands under its own name.
    """
    return tuple(sorted({place for fault in _VALIDATOR.iter_errors(data) for place in _places(fault, data)}))


def _places(fault: _Fault, data: Tree) -> Iterator[str]:
    here = list(_named(fault.absolute_path, data))
    if fault.validator == "required":
        had = cast("Mapping[str, object]", fault.instance)
        yield from ("/".join([*here, name]) for name in cast("list[str]", fault.validator_value) if name not in had)
    else:
        yield "/".join(here)


def _named(path: Iterable[str | int], data: Tree) -> Iterator[str]:
    here: Value = data
    for step in path:
        name: Value = None
        if isinstance(here, list) and isinstance(step, int):
            here = cast("list[Value]", here)[step]
            name = here.get(_CRITERION) if isinstance(here, dict) else None
        elif isinstance(here, dict):
            here = here.get(str(step))
        yield name if isinstance(name, str) else str(step)


def _load() -> _Validator:
    text = resources.files("watchfloor.content").joinpath(FILE).read_text("utf-8")
    return cast("_Validator", Draft202012Validator(json.loads(text)))


_VALIDATOR: Final = _load()
