"""Text as it is put on paper: neutralised, and made only of characters that our fonts have (O1, O3).

Owns the last step before a template. A character without a glyph would be printed as an empty box or in a
font of the machine's own, so it is spelled out by its number; the attached data has it as it was.
Everything here gives `Markup`, so that a template cannot escape it a second time.
"""

import re
import unicodedata
from functools import cache, lru_cache
from io import BytesIO
from typing import Final

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # the library has no types
from markupsafe import Markup, escape

from reports.assets import FONTS, read_font
from watchfloor.kernel.characters import visible
from watchfloor.kernel.neutralise import Untrusted, for_pdf

TEXT_LIMIT: Final = 1_200
"""Characters of one value that a report shows when nothing else is said."""
SPELLED_OUT_LIMIT: Final = 12
"""How many characters in a row are spelled out before the rest is only counted."""
LINES_LIMIT: Final = 60
"""Lines of one text that stay lines."""
OWN_LIMIT: Final = 160
"""Characters of a text of the operator's own."""

WHOLE_LIMIT: Final = 31
"""Characters of a machine's value that is not broken: what the narrowest column of such values holds."""

_LONGEST_SPELLING: Final = len("[U+10FFFF]")
_UNFINISHED: Final = re.compile(r"\[[^\]]*\Z")


def printed(text: str, limit: int = TEXT_LIMIT) -> Markup:
    """`text`, which nobody vouches for, as escaped text of at most `limit` characters in one paragraph."""
    return escape(" ".join(_safe(text, limit).split()))


def lines(text: str, limit: int = TEXT_LIMIT) -> Markup:
    """`printed` for what a person wrote in lines: the first `LINES_LIMIT` lines stay lines."""
    written = _safe(text, limit).split("\n", LINES_LIMIT)
    left = written[LINES_LIMIT:]
    return escape("\n".join(written[:LINES_LIMIT]) + ("\n…" if left else ""))


def code(text: str, limit: int = TEXT_LIMIT) -> Markup:
    """`printed` as a value that came from a machine: set in the fixed-width font, a short one on one line."""
    shown = printed(text, limit)
    if len(shown) <= WHOLE_LIMIT and shown.isascii():
        return Markup('<code class="whole">{}</code>').format(shown)
    return Markup("<code>{}</code>").format(shown)


def words(text: str, limit: int = TEXT_LIMIT) -> Markup:
    """`printed` without breaks inside short words: names of hosts and files have hyphens and dots."""
    return Markup(" ").join(_unbroken(word) for word in printed(text, limit).split(" "))


def own(text: str, limit: int = OWN_LIMIT) -> Markup:
    """A text of the operator's or of our own making: its addresses stay as they are, for people are to use them."""
    return escape(_shortened(_unprintable().sub(_spelled_out, visible(text[: limit + 1], newline=" ")), limit))


def sentence(phrase: str, **parts: Markup) -> Markup:
    """One of our own phrases with its `{name}` filled in."""
    return escape(phrase).format(**parts)


def _unbroken(word: Markup) -> Markup:
    plain = word.unescape()
    if len(plain) > WHOLE_LIMIT or plain.isalnum() or not plain.replace("\N{HORIZONTAL ELLIPSIS}", "").isascii():
        return word
    return Markup('<span class="whole">{}</span>').format(word)


def _safe(text: str, limit: int) -> str:
    # Spelling out makes a text longer, so it is cut once more than it need be, and then to its length.
    head = Untrusted(unicodedata.normalize("NFC", text[: 2 * limit + 1]))
    shown = for_pdf(head, limit=_LONGEST_SPELLING * (2 * limit + 1))
    return _shortened(_unprintable().sub(_spelled_out, shown), limit)


@cache
def coverage() -> frozenset[int]:
    """The code points that every style of our text font, or the fixed-width font behind it, has."""
    covered = {name: frozenset(_cmap(read_font(name))) for name in FONTS}
    text = covered["inter-regular.ttf"] & covered["inter-semibold.ttf"]
    return text | covered["noto-sans-mono.ttf"]


@lru_cache(maxsize=1)
def _unprintable() -> re.Pattern[str]:
    """Matches a run of characters that `coverage` lacks; a line break is no character of a font."""
    points = sorted(coverage() | {ord("\n")})
    ranges: list[tuple[int, int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1] = (ranges[-1][0], point)
        else:
            ranges.append((point, point))
    return re.compile("[^" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]+")


def _spelled_out(run: re.Match[str]) -> str:
    characters = run[0]
    numbers = " ".join(f"U+{ord(character):04X}" for character in characters[:SPELLED_OUT_LIMIT])
    left = len(characters) - SPELLED_OUT_LIMIT
    return f"[{numbers} … +{left}]" if left > 0 else f"[{numbers}]"


def _shortened(text: str, limit: int) -> str:
    """At most `limit` characters: spelling out makes a text longer. No number is cut in two."""
    if len(text) <= limit:
        return text
    return _UNFINISHED.sub("", text[: limit - 1]) + "…"


def _cmap(font: bytes) -> list[int]:
    with TTFont(BytesIO(font), lazy=True) as face:
        return sorted(face.getBestCmap() or {})
