"""The rota as a file: YAML in, a rota out, or every fault with its line.

Owns what may stand in the file. People stand in it by their mail addresses, which the directory turns into ids.
"""

import re
from collections.abc import Mapping
from datetime import date, time
from itertools import pairwise
from typing import Final, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from watchfloor.detect.yaml_document import YamlDocument, YamlFault, read_documents
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import PersonId
from watchfloor.paging.ladder import Ladder, LadderName, RecipientName, Rung
from watchfloor.paging.rota import Layer, LayerName, Rota, Timing

MOST_RUNGS: Final = 20

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HAND_OVER: Final = re.compile(rf"(daily|{'|'.join(_WEEKDAYS)}) ([01][0-9]|2[0-3]):([0-5][0-9])")
_LENGTH: Final = re.compile(r"([0-9]{1,5})(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_LONGEST: Final = 86_400
_WHERE: Final = re.compile(r" - at `\$([^`]*)`$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")

Path = tuple[str | int, ...]


class _LayerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from"}):
    hand_over: str
    begins: str
    people: list[str]
    zone: str | None = None


class _RungFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: str
    to: RecipientName | list[RecipientName]
    lanes: Literal["first", "all"] = "first"


class _TimingFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lease: str = "20s"
    chat: str = "30s"
    uncertain: str = "60s"


# Structs and no maps, because the decoder names the place of a fault in a struct only.
class _LayersFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    primary: _LayerFile | None = None
    secondary: _LayerFile | None = None
    lead: _LayerFile | None = None


class _LaddersFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    critical: list[_RungFile] | None = None
    high: list[_RungFile] | None = None
    called: list[_RungFile] | None = None
    escalated: list[_RungFile] | None = None
    primary: list[_RungFile] | None = None
    secondary: list[_RungFile] | None = None
    lead: list[_RungFile] | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    layers: _LayersFile
    zone: str = "UTC"
    ladders: _LaddersFile = _LaddersFile()
    timing: _TimingFile = _TimingFile()


def read_file(text: bytes, *, name: str, people: Mapping[str, PersonId]) -> Rota:
    """The rota that the file describes. `people` are the MSSP's people by their addresses in small letters.

    Raises Invalid with all faults, each with file, line and column.
    """
    try:
        documents = list(read_documents(text))
    except YamlFault as fault:
        raise Invalid(f"{name}:{fault.line}:{fault.column}: {fault.message}") from None
    if len(documents) != 1:
        raise Invalid("The file must hold one document.", where=name)
    try:
        content = msgspec.convert(documents[0].value, _File)
    except msgspec.ValidationError as error:
        raise Invalid(_placed(documents[0], name, str(error))) from None
    reader = _Reader(people)
    rota = reader.rota(content)
    if reader.faults:
        lines = [_at(documents[0], name, path, words) for path, words in reader.faults]
        raise Invalid("The rota has faults:\n  - " + "\n  - ".join(lines))
    return rota


class _Reader:
    """Turns the file's words into values, and gathers what is wrong with them."""

    def __init__(self, people: Mapping[str, PersonId]) -> None:
        self._people = people
        self.faults: list[tuple[Path, str]] = []

    def rota(self, content: _File) -> Rota:
        """What the file says; where it says nothing sensible, a stand-in, and a fault."""
        given, timing = content.layers, content.timing
        layers: dict[LayerName, _LayerFile | None] = {
            "primary": given.primary,
            "secondary": given.secondary,
            "lead": given.lead,
        }
        ladders = cast("dict[LadderName, list[_RungFile] | None]", msgspec.structs.asdict(content.ladders))
        self.faults += [
            (("layers",), f"There is nobody for {name}: each layer needs people.")
            for name, layer in layers.items()
            if layer is None
        ]
        return Rota(
            layers=tuple(self._layer(name, layer, content.zone) for name, layer in layers.items() if layer is not None),
            ladders={name: self._ladder(name, rungs) for name, rungs in ladders.items() if rungs is not None},
            timing=Timing(
                lease=self._length(timing.lease, ("timing", "lease"), shortest=1),
                chat=self._length(timing.chat, ("timing", "chat"), shortest=1),
                uncertain=self._length(timing.uncertain, ("timing", "uncertain"), shortest=1),
            ),
        )

    def _layer(self, name: LayerName, layer: _LayerFile, default_zone: str) -> Layer:
        path: Path = ("layers", name)
        zone = layer.zone or default_zone
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.faults.append((path if layer.zone else ("zone",), f"There is no time zone {zone!r}."))
            zone = "UTC"
        found = _HAND_OVER.fullmatch(layer.hand_over)
        if found is None:
            words = "A hand-over is a day and a time, such as `monday 09:00` or `daily 08:30`."
            self.faults.append(((*path, "hand_over"), words))
        first = self._date(layer.begins, (*path, "from"))
        if found is not None and found[1] != "daily" and first.weekday() != _WEEKDAYS.index(found[1]):
            self.faults.append(((*path, "from"), f"The first turn must begin on a {found[1]}."))
        return Layer(
            name=name,
            zone=zone,
            period="daily" if found is not None and found[1] == "daily" else "weekly",
            first=first,
            at=time(9) if found is None else time(int(found[2]), int(found[3])),
            people=self._persons(layer.people, (*path, "people")),
        )

    def _persons(self, addresses: list[str], path: Path) -> tuple[PersonId, ...]:
        if not 1 <= len(addresses) <= 200:
            self.faults.append((path, "A layer has 1 to 200 people."))
        known: list[PersonId] = []
        for index, address in enumerate(addresses):
            person = self._people.get(address.strip().lower())
            if person is None:
                self.faults.append(((*path, index), "None of the operator's people has this address."))
            else:
                known.append(person)
        return tuple(known)

    def _ladder(self, name: LadderName, rungs: list[_RungFile]) -> Ladder:
        path: Path = ("ladders", name)
        if not 1 <= len(rungs) <= MOST_RUNGS:
            self.faults.append((path, f"A ladder has 1 to {MOST_RUNGS} rungs."))
        ladder = tuple(
            Rung(
                after=self._length(rung.after, (*path, index, "after"), shortest=0),
                to=tuple(dict.fromkeys(rung.to)) if isinstance(rung.to, list) else (rung.to,),
                everywhere=rung.lanes == "all",
            )
            for index, rung in enumerate(rungs)
        )
        for index, (lower, upper) in enumerate(pairwise(ladder), 1):
            if upper.after <= lower.after:
                self.faults.append(((*path, index), "Each rung comes later than the one before it."))
        for index, rung in enumerate(ladder):
            if not rung.to:
                self.faults.append(((*path, index), "A rung tells somebody."))
        return ladder

    def _length(self, text: str, path: Path, *, shortest: int) -> float:
        found = _LENGTH.fullmatch(text)
        seconds = int(found[1]) * _SECONDS[found[2]] if found is not None else -1
        if not shortest <= seconds <= _LONGEST:
            self.faults.append((path, "This is a length of time, such as `90s`, `5m` or `1h`, of a day at most."))
            return 60
        return seconds

    def _date(self, text: str, path: Path) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.faults.append((path, "This is a date, such as 2026-11-02."))
            return date(2026, 1, 1)


def _placed(document: YamlDocument, name: str, words: str) -> str:
    """A decoder's words, with the line instead of its path."""
    found = _WHERE.search(words)
    steps: list[str | int] = []
    for step in _STEP.finditer("" if found is None else found[1]):
        if step[1] is not None:
            steps.append(step[1])
        elif step[2].isdigit():
            steps.append(int(step[2]))
    return _at(document, name, tuple(steps), f"{_WHERE.sub('', words)}.")


def _at(document: YamlDocument, name: str, path: Path, words: str) -> str:
    line, column = document.place(path)
    return f"{name}:{line}:{column}: {words}"
