"""The rota: who is on call at an instant. Pure: layers and overrides in, duties out; no clock, no database.

A layer hands over at a time of day in its own time zone, each day or each week, from person to person in a circle.
Turns are counted by dates, not by hours, so that a hand-over at nine stays at nine when the clocks change; a turn is
then an hour shorter or longer. A time of day that the clocks skip is the instant that far behind the skip's beginning.
An override puts somebody else in the layer's place for a while; of several the one that was made last counts.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.kernel.ids import PersonId
from watchfloor.paging.ladder import LADDERS, Ladder, LadderName

LayerName = Literal["primary", "secondary", "lead"]
LAYERS: Final[tuple[LayerName, ...]] = ("primary", "secondary", "lead")

_DAYS: Final = {"daily": 1, "weekly": 7}


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the rota. Turns begin on `first` and every day or week after it, `at` the time of day in `zone`."""

    name: LayerName
    zone: str
    period: Literal["daily", "weekly"]
    first: date
    at: time
    people: tuple[PersonId, ...]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long things take at most, in seconds.

    `lease`: a worker for one step; `chat`: the chat to take one; `uncertain`: how long to wait before another lane
    follows one of which nobody knows whether it arrived.
    """

    lease: float = 20.0
    chat: float = 30.0
    uncertain: float = 60.0


class Rota(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of what the operator agreed on. A layer that is missing has nobody."""

    layers: tuple[Layer, ...] = ()
    ladders: dict[LadderName, Ladder] = msgspec.field(default_factory=dict)
    timing: Timing = Timing()

    def ladder(self, name: LadderName) -> Ladder:
        """The ladder of this name: the operator's, or the one that Watchfloor brings."""
        return self.ladders.get(name, LADDERS[name])


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody stands in for a layer from `starts_at` until just before `ends_at`."""

    layer: LayerName
    person_id: PersonId
    starts_at: datetime
    ends_at: datetime
    made_at: datetime


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call for a layer, and until when that stays so. `person_id` is None where there is a gap."""

    layer: LayerName
    person_id: PersonId | None
    until: datetime | None
    stands_in: bool = False


def who_is_on_call(rota: Rota, overrides: Iterable[Override], at: datetime) -> dict[LayerName, Duty]:
    """The duty of every layer at an instant."""
    overrides = tuple(overrides)
    by_name = {layer.name: layer for layer in rota.layers}
    return {name: _duty(name, by_name.get(name), overrides, at) for name in LAYERS}


def next_change(rota: Rota, overrides: Iterable[Override], at: datetime, *, layer: LayerName) -> Duty | None:
    """The layer's next duty after the one at `at`; None when nothing changes any more."""
    overrides = tuple(overrides)
    now = who_is_on_call(rota, overrides, at)[layer]
    return None if now.until is None else who_is_on_call(rota, overrides, now.until)[layer]


def _duty(name: LayerName, layer: Layer | None, overrides: Sequence[Override], at: datetime) -> Duty:
    own = [override for override in overrides if override.layer == name]
    standing_in = [override for override in own if override.starts_at <= at < override.ends_at]
    edges = [edge for override in own for edge in (override.starts_at, override.ends_at) if edge > at]
    person, turn_ends = _turn(layer, at)
    if standing_in:
        person = max(standing_in, key=lambda override: (override.made_at, override.starts_at)).person_id
    elif turn_ends is not None:
        edges.append(turn_ends)
    return Duty(layer=name, person_id=person, until=min(edges, default=None), stands_in=bool(standing_in))


def _turn(layer: Layer | None, at: datetime) -> tuple[PersonId | None, datetime | None]:
    """Whose turn it is by the circle alone, and when that turn ends. Before the first turn it is nobody's."""
    if layer is None or not layer.people:
        return None, None
    days = (at.astimezone(ZoneInfo(layer.zone)).date() - layer.first).days
    number = days // _DAYS[layer.period]
    if _begins(layer, number) > at:
        number -= 1
    elif _begins(layer, number + 1) <= at:
        number += 1
    if number < 0:
        return None, _begins(layer, 0)
    return layer.people[number % len(layer.people)], _begins(layer, number + 1)


def _begins(layer: Layer, number: int) -> datetime:
    """The instant at which a turn begins. Of a time of day that comes twice it is the first."""
    on = layer.first + timedelta(days=number * _DAYS[layer.period])
    return datetime.combine(on, layer.at, ZoneInfo(layer.zone)).astimezone(UTC)
