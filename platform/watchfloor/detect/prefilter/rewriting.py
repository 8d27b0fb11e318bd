r"""Regular expressions over values, rewritten as ones over the JSON text in which the values stand.

The result matches wherever the original does, and possibly elsewhere: anchors are dropped, letter case is ignored,
and what is hard to say is said loosely. Letters are written as canonical JSON writes them. In Hyperscan's syntax, for
bytes, to be compiled caseless.
"""

import re
import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, cast

import hyperscan
import msgspec

from watchfloor.detect.folding import fold, forms_of
from watchfloor.detect.prefilter import grammar
from watchfloor.detect.prefilter.grammar import Token

MARK: Final = "\0"
"""What a needle begins with that is an expression. No JSON text has it."""

LONGEST_REPEAT: Final = 16
"""A repetition of more is taken as one without end."""

_FOREIGN: Final = rb"[\xc0-\xff][\x80-\xbf]{1,3}"
_LETTER: Final = rb".{1,6}"
"""Any letter: one byte, or up to four, or an escape of six. That it may reach over a value's end does no harm."""

_SCANNED_AS_ASCII: Final = {"k", "s"}
"""The Kelvin sign and the long s stand so in the text that is scanned."""

_ESCAPED: Final = {'"': rb"\x5c?\x22", "\\": rb"\x5c{1,2}"}
"""In a string they are escaped; an object is matched as it stands, so that its own escapes are letters of the value."""

_LONGEST_LETTER: Final = 6
_ANYTHING: Final = re.compile(rb"(?:\.|[(?:)]|[*+]|\{\d*,\d*\})*")
_WORD: Final = string.ascii_letters + string.digits + "_"
_SPACE: Final = "\t\n\f\r "
_CATEGORIES: Final[dict[object, str]] = {
    grammar.CATEGORY_WORD: _WORD,
    grammar.CATEGORY_DIGIT: string.digits,
    grammar.CATEGORY_SPACE: _SPACE,
}


def rewrite(tokens: Sequence[Token]) -> str | None:
    """The rewritten expression as a needle; None if it would say nothing or Hyperscan cannot take it."""
    expression = _sequence(tokens)
    says_nothing = _ANYTHING.fullmatch(expression) is not None
    return None if says_nothing or not _is_taken(expression) else MARK + expression.decode("ascii")


def expression_of(needle: str) -> bytes:
    """The needle as Hyperscan's expression, to be compiled caseless for ASCII."""
    if needle.startswith(MARK):
        return needle[len(MARK) :].encode("ascii")
    return b"".join(_letter(letter) for letter in needle)


@lru_cache(maxsize=4_096)
def _is_taken(expression: bytes) -> bool:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[expression], ids=[0], elements=1, flags=[hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL]
        )
    except hyperscan.error:
        return False
    return True


def _sequence(tokens: Sequence[Token]) -> bytes:
    return b"".join(_token(operator, argument) for operator, argument in tokens)


def _token(operator: object, argument: object) -> bytes:
    if operator is grammar.LITERAL:
        return _written(chr(cast("int", argument)))
    if operator is grammar.IN:
        return _one_of(cast("Sequence[Token]", argument))
    if operator is grammar.AT:
        return b""
    return _group(operator, argument)


def _group(operator: object, argument: object) -> bytes:
    if operator is grammar.SUBPATTERN:
        return b"(?:%s)" % _sequence(cast("tuple[object, object, object, Sequence[Token]]", argument)[3])
    if operator is grammar.BRANCH:
        branches = cast("tuple[object, Sequence[Sequence[Token]]]", argument)[1]
        return b"(?:%s)" % b"|".join(map(_sequence, branches))
    if operator in grammar.REPEATS:
        least, most, repeated = cast("tuple[int, int, Sequence[Token]]", argument)
        return _repeated(_sequence(repeated), least, most)
    return _LETTER


def _repeated(expression: bytes, least: int, most: int) -> bytes:
    if not expression:
        return b""
    least = min(least, LONGEST_REPEAT)
    if expression == _LETTER:
        expression, most = b".", most * _LONGEST_LETTER
    end = b"%d" % most if most <= LONGEST_REPEAT else b""
    repeat = {(0, b""): b"*", (1, b""): b"+", (0, b"1"): b"?"}.get((least, end), b"{%d,%s}" % (least, end))
    return (expression if _is_single(expression) else b"(?:%s)" % expression) + repeat


def _is_single(expression: bytes) -> bool:
    """Whether a repetition after the expression repeats all of it."""
    return expression == b"." or (expression.startswith(b"[") and expression.find(b"]") == len(expression) - 1)


def _one_of(items: Sequence[Token]) -> bytes:
    """A class. One that is negated or hard to list is any letter."""
    letters: set[str] = set()
    foreign = False
    for operator, argument in items:
        if operator is grammar.LITERAL:
            letters.add(chr(cast("int", argument)))
        elif operator is grammar.RANGE:
            first, last = cast("tuple[int, int]", argument)
            letters.update(map(chr, range(first, min(last, 0x7F) + 1)))
            foreign = foreign or last > 0x7F
        elif operator is grammar.CATEGORY and argument in _CATEGORIES:
            letters.update(_CATEGORIES[argument])
        else:
            return _LETTER
    foreign = foreign or not all(map(str.isascii, letters))
    if foreign:
        letters |= _SCANNED_AS_ASCII
    folded = sorted({fold(letter) for letter in letters if letter.isascii()})
    plain = b"".join(_letter(letter) for letter in folded if _is_plain(letter))
    choices = [_written(letter) for letter in folded if not _is_plain(letter)]
    choices += [b"[%s]" % plain] if plain else []
    choices += [_FOREIGN] if foreign else []
    return choices[0] if len(choices) == 1 else b"(?:%s)" % b"|".join(choices)


def _is_plain(letter: str) -> bool:
    """Whether a letter of ASCII stands in JSON as it is."""
    return letter.isprintable() and letter not in {'"', "\\"}


def _written(letter: str) -> bytes:
    """A letter as it stands in a JSON string, or in an object."""
    if letter in _ESCAPED:
        return _ESCAPED[letter]
    text = msgspec.json.encode(fold(letter)).decode("utf-8", "surrogatepass")[1:-1]
    return b"".join(map(_letter, text))


def _letter(letter: str) -> bytes:
    if letter.isascii():
        return letter.encode() if letter.isalnum() else b"\\x%02x" % ord(letter)
    return b"(?:%s)" % b"|".join(_bytes(form) for form in forms_of(letter))


def _bytes(letter: str) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in letter.encode("utf-8", "surrogatepass"))
