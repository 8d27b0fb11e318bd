"""Texts with wildcards as expressions of RE2, which looks through a whole column at a time.

Owns the translation. RE2's disregard of letter case is simple case folding, as detection's is, and its time is linear
in what it reads, whatever the text.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from watchfloor.detect.condition import Text, Wildcard

_WILDCARDS: Final = {Wildcard.ANY: ".*", Wildcard.ONE: "."}
_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ROUNDED: Final = "[0-9][eE]"


def is_whole(tests: Sequence[Text], values: pa.Array) -> pa.Array:
    """For each value, whether it is one of the texts, all of it. All texts are cased, or none is."""
    pattern = "|".join(_expression(test.parts) for test in tests)
    return pc.match_substring_regex(values, f"(?s)^(?:{pattern})$", ignore_case=not tests[0].cased)


def is_within(tests: Sequence[Text], values: pa.Array) -> pa.Array:
    """For each value, whether it passes one of the texts as a keyword: one without wildcards may stand anywhere."""
    pattern = "|".join(_anywhere(test.parts) for test in tests)
    return pc.match_substring_regex(values, f"(?s)(?:{pattern})", ignore_case=not tests[0].cased)


def may_be_within(tests: Sequence[Text], documents: pa.Array) -> pa.Array:
    """For each JSON document, whether a value in it may pass one of the texts as a keyword: never too few."""
    pattern = "|".join([*(_needle(test.parts) for test in tests), _ROUNDED])
    return pc.match_substring_regex(documents, f"(?s)(?:{pattern})", ignore_case=True)


def _expression(parts: Sequence[str | Wildcard]) -> str:
    return "".join(_quoted(part) if isinstance(part, str) else _WILDCARDS[part] for part in parts)


def _anywhere(parts: Sequence[str | Wildcard]) -> str:
    has_wildcard = any(isinstance(part, Wildcard) for part in parts)
    return f"^(?:{_expression(parts)})$" if has_wildcard else _expression(parts)


def _needle(parts: Sequence[str | Wildcard]) -> str:
    """The longest literal part, as JSON writes it."""
    literal = max((part for part in parts if isinstance(part, str)), key=len, default="")
    return _quoted(msgspec.json.encode(literal).decode()[1:-1])


def _quoted(text: str) -> str:
    """The text as RE2 reads it literally."""
    return _SPECIAL.sub(r"\\\g<0>", text).replace("\0", r"\x00")
