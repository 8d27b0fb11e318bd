"""What a figure is made of, so that its value and its comparison come from the same numbers. Pure."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import msgspec


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """A number for each day of the period that has begun: their sum is the figure."""

    counts: tuple[int, ...]


class Spans(msgspec.Struct, frozen=True, kw_only=True):
    """Lengths of time in seconds, rising: their median and 95th percentile are the figure."""

    seconds: tuple[float, ...]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """So many of so many. A share of nothing is no figure."""

    part: int
    whole: int


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """How many there were at an instant, or in the period as a whole. None where that was not kept."""

    number: int | None


Basis: TypeAlias = Days | Spans | Share | Stock


def quantile(values: Sequence[float], part: float) -> float | None:
    """The nearest-rank quantile of values in rising order, a value that was measured; None of none."""
    return values[max(math.ceil(part * len(values)), 1) - 1] if values else None


def value_of(basis: Basis) -> float | None:
    """The figure itself."""
    match basis:
        case Days(counts=counts):
            return sum(counts)
        case Spans(seconds=seconds):
            return quantile(seconds, 0.5)
        case Share(part=part, whole=whole):
            return part / whole if whole else None
        case Stock(number=number):
            return number


def size_of(basis: Basis) -> int:
    """How many cases the figure rests on: n."""
    match basis:
        case Days(counts=counts):
            return sum(counts)
        case Spans(seconds=seconds):
            return len(seconds)
        case Share(whole=whole):
            return whole
        case Stock(number=number):
            return number or 0
