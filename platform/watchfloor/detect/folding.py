"""Letter case: one folding for rules and events, of the same length as the text.

Unicode's simple case folding (CaseFolding.txt, status C and S), as regular expression engines use it. Unlike
`str.lower` it does not look at a letter's neighbours, and unlike `str.casefold` one letter stays one letter, so that
`?` counts what people count.
"""

import sys
from typing import Final


def fold(text: str) -> str:
    """`text` without letter case."""
    return text.lower() if text.isascii() else text.translate(_TABLE)


def _fold_letter(letter: str) -> str:
    folded = letter.casefold()
    if len(folded) == 1:
        return folded
    lowered = letter.lower()
    return lowered if len(lowered) == 1 else letter


_TABLE: Final[dict[int, str]] = {
    point: folded for point in range(sys.maxunicode + 1) if (folded := _fold_letter(chr(point))) != chr(point)
}


def forms_of(letter: str) -> tuple[str, ...]:
    """All letters whose folding is that of `letter`, itself among them."""
    folded = fold(letter)
    return (folded, *_FORMS.get(folded, ()))


def _forms() -> dict[str, tuple[str, ...]]:
    forms: dict[str, tuple[str, ...]] = {}
    for point, folded in _TABLE.items():
        forms[folded] = (*forms.get(folded, ()), chr(point))
    return forms


_FORMS: Final = _forms()
