"""How samples are written in a rule's document, and the bytes that they stand for.

A rule's sample is one event: a map (JSON) or a text (a raw line). A correlation's sample is a sequence of events: a
list of them, or a map of `common`, which all share, and `events`, which say what differs, nested maps being joined
key by key.
"""

from collections.abc import Sequence
from typing import cast

import msgspec

from watchfloor.detect.document import DocumentFault, SampleSection, WrittenSample
from watchfloor.detect.rule import Samples

_Map = dict[str, object]
_Path = tuple[str | int, ...]


def event_samples(section: SampleSection) -> Samples:
    """The samples of a rule, one event each. Raises DocumentFault for a sequence."""
    fires, silent = (
        tuple(_event(sample, path) for sample, path in _placed(kind, samples))
        for kind, samples in (("fires", section.fires), ("silent", section.silent))
    )
    return Samples(fires=fires, silent=silent)


def sequence_samples(section: SampleSection) -> Samples:
    """The samples of a correlation, each a JSON list of events. Raises DocumentFault for what is no sequence."""
    fires, silent = (
        tuple(_sequence(sample, path) for sample, path in _placed(kind, samples))
        for kind, samples in (("fires", section.fires), ("silent", section.silent))
    )
    return Samples(fires=fires, silent=silent)


def events_of(sequence: bytes) -> list[bytes]:
    """The events of a correlation's sample, each as its source writes it."""
    events = [bytes(raw) for raw in msgspec.json.decode(sequence, type=list[msgspec.Raw])]
    return [msgspec.json.decode(event, type=str).encode() if event.startswith(b'"') else event for event in events]


def _placed(kind: str, samples: Sequence[WrittenSample]) -> list[tuple[WrittenSample, _Path]]:
    return [(sample, ("watchfloor", "samples", kind, index)) for index, sample in enumerate(samples)]


def _event(sample: WrittenSample, path: _Path) -> bytes:
    if isinstance(sample, list):
        raise DocumentFault("A rule's sample is one event; sequences are for correlations.", path=path)
    return sample.encode() if isinstance(sample, str) else msgspec.json.encode(sample)


def _sequence(sample: WrittenSample, path: _Path) -> bytes:
    common: _Map = {}
    events: object = sample
    if isinstance(sample, dict):
        if set(sample) != {"common", "events"} or not isinstance(sample["common"], dict):
            raise DocumentFault(
                "A correlation's sample is a list of events, or a map of `common` and `events`.", path=path
            )
        common, events = cast("_Map", sample["common"]), sample["events"]
    if not isinstance(events, list) or not events:
        raise DocumentFault("A correlation's sample has a list of events.", path=path)
    joined: list[object] = []
    for index, event in enumerate(cast("list[object]", events)):
        if isinstance(event, dict):
            joined.append(_joined(common, cast("_Map", event)))
        elif isinstance(event, str) and not common:
            joined.append(event)
        else:
            raise DocumentFault("An event is a map, or the text of a line.", path=(*path, index))
    return msgspec.json.encode(joined)


def _joined(common: _Map, own: _Map) -> _Map:
    """Both together; where both have a key, maps are joined and anything else is the event's own."""
    joined = {**common, **own}
    for key in common.keys() & own.keys():
        theirs, ours = common[key], own[key]
        if isinstance(theirs, dict) and isinstance(ours, dict):
            joined[key] = _joined(cast("_Map", theirs), cast("_Map", ours))
    return joined
