"""A program in use: one thread's scanner, which says for a text which rules are candidates."""

from typing import Final

import hyperscan

from watchfloor.detect.prefilter.program import TRIGGER, Program

_LONG_S: Final = "\N{LATIN SMALL LETTER LONG S}".encode()
_KELVIN: Final = "\N{KELVIN SIGN}".encode()


class Scanner:
    """Scans texts for one program. Belongs to one thread, like its scratch space.

    Rules with one clause and no refuter are candidates as soon as a needle is found. Only the others are weighed: each
    has a bit in three masks (first clause found, second clause found, refuted).
    """

    __slots__ = (
        "_always",
        "_database",
        "_first",
        "_hits",
        "_note",
        "_quiet",
        "_scratch",
        "_second",
        "_table",
        "_weighed",
    )

    def __init__(self, program: Program) -> None:
        weighed = _weighed(program)
        bits = {place: 1 << bit for bit, place in enumerate(weighed)}
        self._weighed = tuple((bits[place], program.rules[place]) for place in weighed)
        self._first, self._second = (_mask(places, bits) for places in program.open)
        self._table = [
            (
                tuple(program.rules[place] for place in program.found[0][pattern] if place not in bits),
                _mask(program.found[0][pattern], bits),
                _mask(program.found[1][pattern], bits),
                _mask(refuted, bits),
            )
            for pattern, refuted in enumerate(program.refuted)
        ]
        self._always = tuple(program.rules[place] for place in program.open[0] if place not in bits)
        self._quiet = tuple(sorted(self._always + self._among(self._first & self._second)))
        self._database: hyperscan.Database | None = None
        if program.scanner:
            self._database = hyperscan.loadb(program.scanner, hyperscan.HS_MODE_BLOCK)
            self._scratch = hyperscan.Scratch(self._database)
        self._hits: list[int] = []
        add = self._hits.append

        def note(pattern: int, _from: int, _to: int, _flags: int, _context: object) -> None:
            add(pattern)

        self._note = note

    def candidates(self, text: bytes) -> tuple[int, ...] | None:
        """The candidates' numbers for a text (canonical JSON); None if a flat program cannot judge it."""
        if self._database is None:
            return self._quiet
        if not text.isascii():
            # The only letters outside ASCII that fold into it.
            text = text.replace(_LONG_S, b"s").replace(_KELVIN, b"k")
        self._database.scan(text, self._note, 0, None, self._scratch)
        return self._weigh() if self._hits else self._quiet

    def _weigh(self) -> tuple[int, ...] | None:
        """What the hits come to."""
        hits, table = self._hits, self._table
        first, second, refuted = self._first, self._second, 0
        found = self._always
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
            found += self._among(left)
        if len(found) > 1:
            return tuple(sorted(set(found)))
        return found

    def _among(self, mask: int) -> tuple[int, ...]:
        return tuple(number for bit, number in self._weighed if mask & bit)


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
