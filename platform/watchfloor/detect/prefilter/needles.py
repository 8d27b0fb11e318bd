r"""Needles: what must stand in an event's JSON text for a test on it to hold.

A needle is folded text as it stands in canonical JSON (compact, UTF-8, minimal escapes; what `msgspec.json.encode`
writes), with the quotation mark of a value's beginning or end where the test is anchored there. Owns soundness at the
level of one test: if the test holds for some value, one of the needles of each of its clauses is in the text, without
regard to letter case. Too many hits cost time; one too few would lose an alert.

The traps, each with a test: numbers and booleans have no quotation marks; an object is matched in its rendered form,
in which strings are escaped once, as they are in the event's text; a letter outside ASCII may have several forms.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from watchfloor.detect.condition import Wildcard
from watchfloor.detect.folding import fold
from watchfloor.detect.prefilter.rewriting import MARK

Clause = frozenset[str]
"""Needles of which one must occur."""

SHORTEST: Final = 2
"""Bytes of the shortest needle. Shorter ones are in every event, but for some signs."""

_DASHES: Final = frozenset("\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}")
"""What Windows' programs take for a hyphen."""

_FIRST_SYMBOL: Final = "\u2100"
_LAST_SYMBOL: Final = "\u2bff"
SYMBOL: Final = MARK + r"\xe2[\x84-\xaf]"
"""A needle for any letter of the blocks of symbols, from U+2100 to U+2BFF."""

_LAST_OF_BASIC_PLANE: Final = "\uffff"
SUPPLEMENTARY: Final = MARK + r"[\xf0-\xf4]"
"""A needle for any letter above U+FFFF, such as emoji."""

SIGNS: Final = frozenset("<>|^&")
"""Needles of one byte: what is rare in events."""

LONGEST: Final = 64
"""Characters of the longest needle; more add nothing but size."""

_NUMERIC: Final = re.compile(r"[0-9.e+-]*")
_RENDERED: Final = re.compile(r"(?:[^\\\x00-\x1f]|\\[\"\\bfnrtu])*\\?")
_WORDS: Final = ("true", "false")


def pattern_clauses(parts: Sequence[str | Wildcard], *, quoted: bool) -> list[Clause]:
    """The clauses of a text pattern, one for each run of letters between wildcards.

    `quoted` says whether the pattern is about a whole value, whose quotation marks count; a keyword's is not.
    """
    clauses: list[Clause] = []
    last = len(parts) - 1
    for place, part in enumerate(parts):
        if isinstance(part, str):
            clause = _run_clause(fold(part), begins=quoted and place == 0, ends=quoted and place == last)
            if clause is not None:
                clauses.append(clause)
    if not parts and quoted:
        clauses.append(frozenset(('""',)))
    return clauses


def number_clause(number: int) -> Clause:
    """The clause of a number that a value is, whether it stands there as a number or as text."""
    return _bare_clause(str(number))


def literal_clause(text: str) -> Clause | None:
    """The clause of a text that must occur somewhere in a value; None if it is too short to be of use."""
    return _run_clause(fold(text), begins=False, ends=False)


def _run_clause(text: str, *, begins: bool, ends: bool) -> Clause | None:
    if begins and ends and (_is_numeric(text) or text in _WORDS):
        return _bare_clause(text)
    begins = begins and not _may_begin_unquoted(text)
    ends = ends and not _may_end_unquoted(text)
    escaped = _escape(text)
    if begins or ends:
        # Only a string has quotation marks, so the rendered form of an object is out of the question.
        forms = {f'"{escaped}' if begins else escaped}
        if ends:
            forms = {f'{form}"' for form in forms}
    else:
        forms = {_without_first_escape(text, escaped)}
        if escaped != text and _may_be_rendered(text):
            forms.add(text)
    cut = frozenset(_shorten(form) for form in forms)
    return cut if all(len(form.encode()) >= SHORTEST or form in SIGNS for form in cut) else None


def is_numeric(needle: str) -> bool:
    """Whether a needle may be (part of) a number as it is written."""
    return _is_numeric(needle.strip(':,["'))


def _bare_clause(text: str) -> Clause:
    """A number or a boolean as a whole value: in quotation marks, or after what may stand before it."""
    return frozenset((f'"{text}"', *(f"{before}{text}" for before in ":,[")))


def _may_begin_unquoted(text: str) -> bool:
    """Whether a number's, a boolean's or an object's text may begin so."""
    return text[:1] in {"{", ""} or _is_numeric(text) or any(word.startswith(text) for word in _WORDS)


def _may_end_unquoted(text: str) -> bool:
    return text[-1:] in {"}", ""} or _is_numeric(text) or any(word.endswith(text) for word in _WORDS)


def _is_numeric(text: str) -> bool:
    return _NUMERIC.fullmatch(text) is not None


def _escape(text: str) -> str:
    return msgspec.json.encode(text).decode("utf-8")[1:-1]


def _without_first_escape(text: str, escaped: str) -> str:
    r"""`\\x` and `\"x` without the first backslash, so that the needle is also in the rendered form `\x`, `"x`."""
    return escaped[1:] if text[:1] in {"\\", '"'} else escaped


def _may_be_rendered(text: str) -> bool:
    """Whether the text can be part of an object's JSON text as it is; its beginning may be half an escape."""
    return _RENDERED.fullmatch(text) is not None or (text[0] == "\\" and _RENDERED.fullmatch(text[1:]) is not None)


def _shorten(needle: str) -> str:
    """The end of a long needle, as paths differ at their ends; of one with a rare letter, what stands for that letter.

    `windash` and lists of emoji make thousands of such needles, which would slow down every scan.
    """
    for letter in needle:
        if letter in _DASHES:
            return letter
        if _FIRST_SYMBOL <= letter <= _LAST_SYMBOL:
            return SYMBOL
        if letter > _LAST_OF_BASIC_PLANE:
            return SUPPLEMENTARY
    return needle[-LONGEST:]
