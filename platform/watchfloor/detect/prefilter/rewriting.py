r"""Regular expressions over values, rewritten as ones over the JSON text in which the values stand.

The result matches wherever the original does, and possibly elsewhere: anchors are dropped, letter case is ignored,
and what is hard to say is said loosely. Letters are written as canonical JSON writes them, a repetition stays within
its string. In Hyperscan's syntax, for bytes, to be compiled caseless.
"""

import string
from collections.abc import Sequence
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]  # the parser behind `re`
from typing import Final, cast

import hyperscan
import msgspec

from watchfloor.detect.folding import fold, forms_of

MARK: Final = "\0"
"""What a needle begins with that is an expression. No JSON text has it."""

LONGEST_REPEAT: Final = 128
"""A repetition of more is taken as one without end."""

Token = tuple[object, object]

_FOREIGN: Final = rb"[\xc0-\xff][\x80-\xbf]{1,3}"
_LETTER: Final = rb'(?:[^"\\\x80-\xff]|' + _FOREIGN + rb"|\\(?:u[0-9a-f]{4}|[^u]))"
_WORD: Final = string.ascii_letters + string.digits + "_"
_SPACE: Final = "\t\n\f\r "
_CATEGORIES: Final[dict[object, str]] = {
    codes.CATEGORY_WORD: _WORD,
    codes.CATEGORY_DIGIT: string.digits,
    codes.CATEGORY_SPACE: _SPACE,
}


def rewrite(tokens: Sequence[Token]) -> str | None:
    """The rewritten expression as a needle; None if it would say nothing or Hyperscan cannot take it."""
    expression = _sequence(tokens)
    return MARK + expression.decode("ascii") if _is_taken(expression) else None


def expression_of(needle: str) -> bytes:
    """The needle as Hyperscan's expression, to be compiled caseless for ASCII."""
    if needle.startswith(MARK):
        return needle[len(MARK) :].encode("ascii")
    return b"".join(_letter(letter) for letter in needle)


@lru_cache(maxsize=4_096)
def _is_taken(expression: bytes) -> bool:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[expression], ids=[0], elements=1, flags=[hyperscan.HS_FLAG_CASELESS])
    except hyperscan.error:
        return False
    return True


def _sequence(tokens: Sequence[Token]) -> bytes:
    return b"".join(_token(operator, argument) for operator, argument in tokens)


def _token(operator: object, argument: object) -> bytes:
    if operator is codes.LITERAL:
        return _written(chr(cast("int", argument)))
    if operator is codes.IN:
        return _one_of(cast("Sequence[Token]", argument))
    if operator is codes.AT:
        return b""
    return _group(operator, argument)


def _group(operator: object, argument: object) -> bytes:
    if operator is codes.SUBPATTERN:
        return b"(?:%s)" % _sequence(cast("tuple[object, object, object, Sequence[Token]]", argument)[3])
    if operator is codes.BRANCH:
        branches = cast("tuple[object, Sequence[Sequence[Token]]]", argument)[1]
        return b"(?:%s)" % b"|".join(map(_sequence, branches))
    if operator in {codes.MAX_REPEAT, codes.MIN_REPEAT}:
        least, most, repeated = cast("tuple[int, int, Sequence[Token]]", argument)
        return _repeated(_sequence(repeated), least, most)
    return _LETTER


def _repeated(expression: bytes, least: int, most: int) -> bytes:
    if not expression:
        return b""
    least = min(least, LONGEST_REPEAT)
    end = b"%d" % most if most <= LONGEST_REPEAT else b""
    return b"(?:%s){%d,%s}" % (expression, least, end)


def _one_of(items: Sequence[Token]) -> bytes:
    """A class. One that is negated or hard to list is any letter."""
    letters: set[str] = set()
    foreign = False
    for operator, argument in items:
        if operator is codes.LITERAL:
            letters.add(chr(cast("int", argument)))
        elif operator is codes.RANGE:
            first, last = cast("tuple[int, int]", argument)
            letters.update(map(chr, range(first, min(last, 0x7F) + 1)))
            foreign = foreign or last > 0x7F
        elif operator is codes.CATEGORY and argument in _CATEGORIES:
            letters.update(_CATEGORIES[argument])
        else:
            return _LETTER
    foreign = foreign or not all(map(str.isascii, letters))
    written = sorted(_written(letter) for letter in {fold(letter) for letter in letters} if letter.isascii())
    return b"(?:%s)" % b"|".join([*written, *([_FOREIGN] if foreign else [])])


def _written(letter: str) -> bytes:
    """A letter as it stands in a JSON string."""
    text = msgspec.json.encode(fold(letter)).decode("utf-8", "surrogatepass")[1:-1]
    return b"".join(map(_letter, text))


def _letter(letter: str) -> bytes:
    if letter.isascii():
        return letter.encode() if letter.isalnum() else b"\\x%02x" % ord(letter)
    return b"(?:%s)" % b"|".join(_bytes(form) for form in forms_of(letter))


def _bytes(letter: str) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in letter.encode("utf-8", "surrogatepass"))
