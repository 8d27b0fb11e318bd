"""Letter case: one folding for rules and events, of the same length as the text.

Unicode's simple case folding (CaseFolding.txt, status C and S), as regular expression engines use it. Unlike
`str.lower` it does not look at a letter's neighbours, and unlike `str.casefold` one letter stays one letter, so that
`?` counts what people count.
"""

import sys
from functools import cache


def fold(text: str) -> str:
    """`text` without letter case."""
    return text.lower() if text.isascii() else text.translate(_table())


def _fold_letter(letter: str) -> str:
    folded = letter.casefold()
    if len(folded) == 1:
        return folded
    lowered = letter.lower()
    return lowered if len(lowered) == 1 else letter


@cache
def _table() -> dict[int, str]:
    """Every letter that folding changes. Made when the first text needs it: it looks at all of Unicode."""
    return {point: folded for point in range(sys.maxunicode + 1) if (folded := _fold_letter(chr(point))) != chr(point)}


def forms_of(letter: str) -> tuple[str, ...]:
    """All letters whose folding is that of `letter`, itself among them."""
    folded = fold(letter)
    return (folded, *_forms().get(folded, ()))


@cache
def _forms() -> dict[str, tuple[str, ...]]:
    forms: dict[str, tuple[str, ...]] = {}
    for point, folded in _table().items():
        forms[folded] = (*forms.get(folded, ()), chr(point))
    return forms
