"""Regular expressions as trees of tokens, read by the parser behind Python's `re`.

The one place that knows that parser's modules. They are not public, but have stood for twenty years; a Python in which
they are gone fails here, when it is imported, and not in the middle of an expression.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Final, cast

Token = tuple[object, object]
"""An operator, and its argument, whose form the operator fixes."""

_CODES: Final = import_module("re._constants")
_PARSER: Final = import_module("re._parser")

LITERAL: Final[object] = _CODES.LITERAL
IN: Final[object] = _CODES.IN
RANGE: Final[object] = _CODES.RANGE
CATEGORY: Final[object] = _CODES.CATEGORY
CATEGORY_WORD: Final[object] = _CODES.CATEGORY_WORD
CATEGORY_DIGIT: Final[object] = _CODES.CATEGORY_DIGIT
CATEGORY_SPACE: Final[object] = _CODES.CATEGORY_SPACE
AT: Final[object] = _CODES.AT
BRANCH: Final[object] = _CODES.BRANCH
SUBPATTERN: Final[object] = _CODES.SUBPATTERN
REPEATS: Final[frozenset[object]] = frozenset((_CODES.MAX_REPEAT, _CODES.MIN_REPEAT))


def parse(pattern: str) -> Sequence[Token]:
    """The tokens of an expression. Raises re.error, RecursionError or OverflowError for what cannot be read."""
    return cast("Sequence[Token]", _PARSER.parse(pattern))
