"""Regular expressions in the flavour that the Sigma specification 2.1 allows, matched by their definition.

Known: `.`, `^`, `$`, `*`, `+`, `?`, `{n,m}`, `[a-z]`, `[^a-z]`, `|`, `()`, and a backslash before what is no letter.
Each part maps the set of places where it may begin to the set of places where it may end.
"""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

Places: TypeAlias = frozenset[int]
Part: TypeAlias = Callable[[str, Places], Places]

_COUNT: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def found_by_regex(pattern: str, flags: str, text: str) -> bool:
    """Whether the expression matches somewhere in the text."""
    reading = Reading(pattern, flags)
    part = reading.some()
    assert not reading.rest, reading.rest
    return bool(part(text, frozenset(range(len(text) + 1))))


class Reading:
    """Reads an expression from left to right."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.rest = pattern
        self.flags = flags

    def some(self) -> Part:
        parts = [self.row()]
        while self.rest[:1] == "|":
            self.rest = self.rest[1:]
            parts.append(self.row())
        return lambda text, places: frozenset(end for part in parts for end in part(text, places))

    def row(self) -> Part:
        parts: list[Part] = []
        while self.rest and self.rest[0] not in "|)":
            parts.append(self.repeated(self.one()))

        def match(text: str, places: Places) -> Places:
            for part in parts:
                places = part(text, places)
            return places

        return match

    def repeated(self, part: Part) -> Part:
        counted = _COUNT.match(self.rest)
        if counted is not None:
            least = int(counted[1])
            most = least if counted[2] is None else int(counted[2]) if counted[2] else None
            self.rest = self.rest[counted.end() :]
            return times(part, least, most)
        bounds: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.rest[:1] in bounds:
            least, most = bounds[self.rest[0]]
            self.rest = self.rest[1:]
            return times(part, least, most)
        return part

    def one(self) -> Part:
        letter, self.rest = self.rest[0], self.rest[1:]
        match letter:
            case "(":
                part = self.some()
                assert self.rest[:1] == ")"
                self.rest = self.rest[1:]
                return part
            case "^":
                return self.at(lambda text, place: place == 0 or ("m" in self.flags and text[place - 1] == "\n"))
            case "$":
                return self.at(self.ends)
            case ".":
                return step(lambda found: "s" in self.flags or found != "\n")
            case "[":
                return self.letters()
            case "\\":
                letter, self.rest = self.rest[0], self.rest[1:]
            case _:
                pass
        wanted = self.same(letter)
        return step(lambda found: self.same(found) == wanted)

    def letters(self) -> Part:
        negated = self.rest.startswith("^")
        self.rest = self.rest[negated:]
        spans: list[tuple[str, str]] = []
        while self.rest[0] != "]":
            escaped = self.rest[0] == "\\"
            first, self.rest = self.rest[escaped], self.rest[1 + escaped :]
            last = first
            if self.rest[0] == "-" and self.rest[1] != "]":
                last, self.rest = self.rest[1], self.rest[2:]
            spans.append((first, last))
        self.rest = self.rest[1:]
        wanted = {self.same(chr(point)) for first, last in spans for point in range(ord(first), ord(last) + 1)}
        return step(lambda found: (self.same(found) in wanted) is not negated)

    def ends(self, text: str, place: int) -> bool:
        if "m" in self.flags:
            return place == len(text) or text[place] == "\n"
        return place == len(text) or text[place:] == "\n"

    def same(self, letter: str) -> str:
        if "i" not in self.flags:
            return letter
        return next((way for way in (letter.casefold(), letter.lower()) if len(way) == 1), letter)

    @staticmethod
    def at(holds: Callable[[str, int], bool]) -> Part:
        return lambda text, places: frozenset(place for place in places if holds(text, place))


def step(holds: Callable[[str], bool]) -> Part:
    return lambda text, places: frozenset(place + 1 for place in places if place < len(text) and holds(text[place]))


def times(part: Part, least: int, most: int | None) -> Part:
    def match(text: str, places: Places) -> Places:
        for _ in range(least):
            places = part(text, places)
        found, count = places, least
        while most is None or count < most:
            places = part(text, places) - found
            if not places:
                break
            found, count = found | places, count + 1
        return found

    return match
