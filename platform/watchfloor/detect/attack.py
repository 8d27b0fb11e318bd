"""The words of MITRE ATT&CK: tactics and techniques by the ids that rules are tagged with.

Reads `content/attack.yml`, which this package ships; it knows nothing of rules. A tag that ATT&CK has retired stands
for what it is called now.
"""

from functools import cache
from importlib.resources import files
from typing import Final, cast

import msgspec

from watchfloor.detect.yaml_document import read_documents

_TAG: Final = "attack."


class Tactic(msgspec.Struct, frozen=True, kw_only=True):
    """What an attacker wants to reach. `tag` is its name in a rule's tags, without `attack.`."""

    tag: str
    id: str
    name: str


class Technique(msgspec.Struct, frozen=True, kw_only=True):
    """How it is reached. A sub-technique's name begins with its technique's. `tactics` are tags, in ATT&CK's order."""

    id: str
    name: str
    tactics: tuple[str, ...]


class _Tactic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str


class _Technique(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    tactics: tuple[str, ...] = ()


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    tactics: dict[str, _Tactic]
    retired_tactics: dict[str, str]
    retired_techniques: dict[str, str]
    techniques: dict[str, _Technique]


class Attack:
    """ATT&CK as of `version`. `tactics` stand in the order of its matrix."""

    def __init__(self, document: bytes) -> None:
        (written,) = read_documents(document)
        said = msgspec.convert(cast("object", written.value), _Document)
        self.version = said.version
        self.tactics = tuple(Tactic(tag=tag, id=one.id, name=one.name) for tag, one in said.tactics.items())
        self._techniques = said.techniques
        self._retired = said.retired_techniques
        self._tactic_tags = {*said.tactics, *said.retired_tactics}

    def technique(self, mark: str) -> Technique | None:
        """The technique with this id, such as `T1059.001`; for a retired one its successor, None for an unknown one."""
        technique_id = self._retired.get(mark.upper(), mark.upper())
        found = self._techniques.get(technique_id)
        if found is None:
            return None
        parent, _, sub = technique_id.partition(".")
        if not sub:
            return Technique(id=technique_id, name=found.name, tactics=found.tactics)
        above = self._techniques[parent]
        return Technique(id=technique_id, name=f"{above.name}: {found.name}", tactics=found.tactics or above.tactics)

    def knows(self, tag: str) -> bool:
        """Whether a rule's tag of ATT&CK (`attack.t1059.001`, `attack.execution`) means a technique or a tactic."""
        mark = tag.removeprefix(_TAG)
        return mark in self._tactic_tags or self.technique(mark) is not None


@cache
def attack() -> Attack:
    """ATT&CK as this package knows it."""
    return Attack((files("watchfloor.content") / "attack.yml").read_bytes())
