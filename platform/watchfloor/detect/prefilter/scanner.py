"""A program in use: what says for a text which rules are candidates."""

from collections.abc import Callable
from typing import Final

import hyperscan

from watchfloor.detect.prefilter.program import TRIGGER, Program

_LONG_S: Final = "\N{LATIN SMALL LETTER LONG S}".encode()
_KELVIN: Final = "\N{KELVIN SIGN}".encode()


Scan = Callable[[bytes], tuple[int, ...] | None]
"""Gives the numbers of the candidates for a text (canonical JSON); None if a flat program cannot judge it."""


class OpenProgram:
    """A program that can be scanned for. Threads share it, and each scans in a room of its own.

    Rules with one clause and no refuter are candidates as soon as a needle is found. Only the others are weighed: each
    has a bit in three masks (first clause found, second clause found, refuted).
    """

    def __init__(self, program: Program) -> None:
        weighed = _weighed(program)
        bits = {place: 1 << bit for bit, place in enumerate(weighed)}
        self._numbers = tuple(program.rules[place] for place in weighed)
        self._open = tuple(_mask(places, bits) for places in program.open)
        self._always = tuple(program.rules[place] for place in program.open[0] if place not in bits)
        self._table = _table(program, bits)
        self._database = hyperscan.loadb(program.scanner, hyperscan.HS_MODE_BLOCK) if program.scanner else None

    def scan(self) -> Scan:
        """What scans texts. Belongs to the thread that asks for it, like the scratch space in it."""
        numbers, always, table = self._numbers, self._always, self._table
        open_first, open_second = self._open
        quiet = tuple(sorted(always + _among(numbers, open_first & open_second)))
        if self._database is None:
            return lambda _: quiet
        scratch = hyperscan.Scratch(self._database)
        scan_text = self._database.scan
        hits: list[int] = []

        def note(pattern: int, _from: int, _to: int, _flags: int, _context: object) -> None:
            hits.append(pattern)

        def weigh() -> tuple[int, ...] | None:
            first, second, refuted, found = open_first, open_second, 0, always
            for pattern in hits:
                plain, found_first, found_second, found_against = table[pattern]
                if plain:
                    found += plain
                first |= found_first
                second |= found_second
                refuted |= found_against
            not_flat = TRIGGER in hits
            hits.clear()
            if not_flat:
                return None
            left = first & second & ~refuted
            if left:
                found += _among(numbers, left)
            return tuple(sorted(set(found))) if len(found) > 1 else found

        def scan(text: bytes) -> tuple[int, ...] | None:
            if not text.isascii():
                # The only letters outside ASCII that fold into it.
                text = text.replace(_LONG_S, b"s").replace(_KELVIN, b"k")
            scan_text(text, note, 0, None, scratch)
            return weigh() if hits else quiet

        return scan


def _among(numbers: tuple[int, ...], mask: int) -> tuple[int, ...]:
    """The numbers whose bits are set."""
    found: list[int] = []
    while mask:
        lowest = mask & -mask
        found.append(numbers[lowest.bit_length() - 1])
        mask ^= lowest
    return tuple(found)


_Row = tuple[tuple[int, ...], int, int, int]


def _table(program: Program, bits: dict[int, int]) -> list[_Row]:
    """For each pattern: the rules that it makes candidates at once, and its bits in the three masks."""
    first, second = program.found
    return [
        (
            tuple(program.rules[place] for place in first[pattern] if place not in bits),
            _mask(first[pattern], bits),
            _mask(second[pattern], bits),
            _mask(refuted, bits),
        )
        for pattern, refuted in enumerate(program.refuted)
    ]


def _weighed(program: Program) -> list[int]:
    """The places of the rules that have more to be weighed than one clause."""
    second = {place for places in program.found[1] for place in places}
    refuted = {place for places in program.refuted for place in places}
    return sorted(second | refuted)


def _mask(places: tuple[int, ...], bits: dict[int, int]) -> int:
    mask = 0
    for place in places:
        mask |= bits.get(place, 0)
    return mask
