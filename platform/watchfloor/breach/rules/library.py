"""The rules that are shipped: read once from the package's data, checked, and refused with file, line and column.

Owns what must be true of the data as a whole: names are unique, versions of one row do not overlap, every clock has one
start and at most one length, and a stage follows only one that stands before it. Nothing else in `rules` reads a file.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

import msgspec

from watchfloor.breach.rules.advice import AdviceRule
from watchfloor.breach.rules.authority import Authority, StateLaw, state_regimes
from watchfloor.breach.rules.dora import DoraThresholds
from watchfloor.breach.rules.nis2 import Nis2Thresholds
from watchfloor.breach.rules.regime import Actor, Dated, Regime
from watchfloor.breach.rules.soundness import Fault, faults_of_regime, faults_of_rows
from watchfloor.detect.yaml_document import Path, YamlDocument
from watchfloor.detect.yaml_struct import placed, read_structs
from watchfloor.kernel.errors import Invalid, NotFound

REGIMES: Final = "regimes"
AUTHORITIES: Final = "authorities.yml"
STATES: Final = "us_states.yml"
THRESHOLDS: Final = "thresholds"

_EEA: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
EEA: Final = frozenset(_EEA.split())
"""The countries where the Union's regimes hold; NIS2 and DORA in the EEA's three as far as they took them over."""

Row = TypeVar("Row", bound=Dated)
Value = TypeVar("Value")


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """All rules, every version of each."""

    regimes: tuple[Regime, ...]
    """The states of the USA among them."""
    states: tuple[StateLaw, ...]
    authorities: tuple[Authority, ...]
    dora: tuple[DoraThresholds, ...]
    nis2: tuple[Nis2Thresholds, ...]
    advice: tuple[AdviceRule, ...]

    def find(self, regime: str) -> Regime:
        """The regime of that id. Raises NotFound."""
        for candidate in self.regimes:
            if candidate.id == regime:
                return candidate
        raise NotFound(f"There is no regime {regime!r}.", remedy="`watchfloor regimes list` shows them.")

    def concerning(self, countries: Collection[str], actors: Collection[Actor]) -> list[Regime]:
        """The regimes that a party should look at, by where it is or its people live and what it is.

        A list to start from, not a finding: whether one of them applies, a person says. `countries` are codes of ISO
        3166-1 and 3166-2; a country of the Union or the EEA brings the Union's regimes, and contracts are always there.
        """
        places = {"*", *countries, *(code.partition("-")[0] for code in countries)}
        if EEA & places:
            places.add("EU")
        return [regime for regime in self.regimes if regime.jurisdiction in places and regime.actor in actors]


@lru_cache(maxsize=1)
def shipped() -> Library:
    """The rules that came with this version. Raises Invalid with every fault."""
    return read_library(resources.files("watchfloor.content"))


def read_library(folder: Traversable) -> Library:
    """The rules in a folder: `regimes/*.yml`, `thresholds/{dora,nis2,advice}.yml`, `authorities.yml`, `us_states.yml`.

    Raises Invalid with every fault that was found, one a line.
    """
    states = _rows(folder, STATES, StateLaw)
    authorities = _rows(folder, AUTHORITIES, Authority)
    return Library(
        regimes=(*read_regimes(_files(folder.joinpath(REGIMES))), *state_regimes(states)),
        states=states,
        authorities=authorities,
        dora=_dated(folder, "dora", DoraThresholds),
        nis2=_dated(folder, "nis2", Nis2Thresholds),
        advice=_dated(folder, "advice", AdviceRule),
    )


def read_regimes(files: Mapping[str, bytes]) -> tuple[Regime, ...]:
    """The regimes of the files, by file name. Raises Invalid with every fault that was found."""
    faults: list[str] = []
    regimes: list[Regime] = []
    names: set[str] = set()
    for name, text in sorted(files.items()):
        try:
            documents = read_structs(text, Regime, name=name)
        except Invalid as fault:
            faults.append(fault.message)
            continue
        for document, regime in documents:
            faults += _placed(document, name, [*_taken(regime, names), *faults_of_regime(regime)])
            regimes.append(regime)
    _refuse(faults)
    return tuple(regimes)


def _taken(regime: Regime, names: set[str]) -> list[Fault]:
    """The names of a regime's rows that another row has; the rest are taken from now on."""
    rows: list[tuple[Path, str]] = [(("id",), regime.id)]
    rows += [(("triggers", index, "id"), row.id) for index, row in enumerate(regime.triggers)]
    rows += [(("stages", index, "id"), row.id) for index, row in enumerate(regime.stages)]
    faults: list[Fault] = []
    for path, name in rows:
        if name in names:
            faults.append((path, f"The id {name!r} is taken."))
        names.add(name)
    return faults


def _rows(folder: Traversable, name: str, kind: type[Value]) -> tuple[Value, ...]:
    return tuple(row for _, row in read_structs(folder.joinpath(name).read_bytes(), kind, name=name))


def _dated(folder: Traversable, name: str, kind: type[Row]) -> tuple[Row, ...]:
    """The versions of a set of numbers."""
    path = f"{THRESHOLDS}/{name}.yml"
    documents = read_structs(folder.joinpath(THRESHOLDS, f"{name}.yml").read_bytes(), kind, name=path)
    rows = [row for _, row in documents]
    faults: list[str] = []
    for (index, _), words in faults_of_rows(rows):
        faults += _placed(documents[index][0], path, [(("valid_from",), words)])
    _refuse(faults)
    return tuple(rows)


def _files(folder: Traversable) -> dict[str, bytes]:
    return {f"{REGIMES}/{file.name}": file.read_bytes() for file in folder.iterdir() if file.name.endswith(".yml")}


def _placed(document: YamlDocument, name: str, faults: list[Fault]) -> list[str]:
    return [placed(document, path, name=name, words=words) for path, words in faults]


def _refuse(faults: list[str]) -> None:
    if faults:
        raise Invalid("The rules have faults:\n  - " + "\n  - ".join(faults))
