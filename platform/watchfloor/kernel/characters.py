"""Which characters a reader sees as they are, and how the others are spelled out.

Owns the classes of Unicode characters that hide, reorder or fake text (UTR #36, Default_Ignorable_Code_Point
of UAX #44, Bidi_Control of UAX #9), used by `neutralise`. It knows no sink. Everything that Unicode 14
(the table of our oldest Python) does not assign counts as hidden, too.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

MARKS_ALLOWED: Final = 4
"""How many combining marks in a row stay; more would paint over neighbouring lines."""

_LINE_BREAKS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
# Printable by their category, yet nothing is seen: fillers, variation selectors, joiners, the blank braille cell.
_UNSEEN: Final = frozenset(
    {
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    }
)


def visible(text: str, *, newline: str) -> str:
    """`text` with hidden characters spelled out as `[U+202E]` and each line break given as `newline`.

    Tabs and all kinds of spaces become a plain space.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(text.replace("\r\n", "\n"), newline))


def one_line(text: str, *, newline: str) -> str:
    """Like `visible`, with each run of blanks made one blank and none at the ends."""
    return " ".join(piece for piece in visible(text, newline=newline).split(" ") if piece)


def _spelled(text: str, newline: str) -> Iterator[str]:
    marks = 0
    for character in text:
        if character in _LINE_BREAKS:
            marks = 0
            yield newline
            continue
        shown, is_mark = _classified(character)
        marks = marks + 1 if is_mark else 0
        yield shown if marks <= MARKS_ALLOWED else _code(character)


@lru_cache(maxsize=4096)
def _classified(character: str) -> tuple[str, bool]:
    """How one character is shown, and whether it is a combining mark."""
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return " ", False
    if not character.isprintable() or ord(character) in _UNSEEN:
        return _code(character), False
    return character, category in ("Mn", "Me")


def _code(character: str) -> str:
    return f"[U+{ord(character):04X}]"
