"""Value modifiers: what a field's values become, one modifier after the other, in the order they are written.

Those of pySigma where it does what the specification 2.1 says, our own where it does not (decision 17 says which). A
value that a modifier cannot be applied to refuses the rule. `all` and `neq` change no value; `translation` reads them.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, TypeAlias, cast

from sigma.modifiers import (
    SigmaCaseSensitiveModifier,
    SigmaCIDRModifier,
    SigmaContainsModifier,
    SigmaEndswithModifier,
    SigmaExistsModifier,
    SigmaGreaterThanEqualModifier,
    SigmaGreaterThanModifier,
    SigmaLessThanEqualModifier,
    SigmaLessThanModifier,
    SigmaModifier,
    SigmaStartswithModifier,
    SigmaValueModifier,
)
from sigma.rule.detection import SigmaDetectionItem
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
    TimestampPart,
)

from watchfloor.detect.lists import MAX_EXPANSIONS
from watchfloor.kernel.errors import Invalid

Scalar: TypeAlias = str | int | float | bool | None
Part: TypeAlias = str | SpecialChars | Placeholder

LINKING: Final = frozenset({"all", "neq"})
"""Modifiers of a line as a whole."""

_DASHES: Final = "-/\u2013\u2014\u2015"
_ESCAPED: Final = frozenset("\\*?")
_WILDCARDS: Final = {"*": SpecialChars.WILDCARD_MULTI, "?": SpecialChars.WILDCARD_SINGLE}
_ON_ANY_TYPE: Final = frozenset({"contains", "startswith", "endswith", "cased"})
_FIRST: Final = frozenset({"re", "cidr", "exists", "fieldref", "minute", "hour", "day", "week", "month", "year"})
_RANGES: Final = {
    TimestampPart.MINUTE: (0, 59),
    TimestampPart.HOUR: (0, 23),
    TimestampPart.DAY: (1, 31),
    TimestampPart.WEEK: (1, 53),
    TimestampPart.MONTH: (1, 12),
    TimestampPart.YEAR: (1, 9_999),
}
_KINDS: Final[tuple[tuple[type[SigmaType], str], ...]] = (
    (SigmaString, "text"),
    (SigmaTimestampPart, "a part of a time"),
    (SigmaNumber, "a number"),
    (SigmaBool, "a boolean"),
    (SigmaNull, "null"),
    (SigmaCompareExpression, "a comparison"),
    (SigmaFieldReference, "a field's name"),
    (SigmaCIDRExpression, "a network"),
    (SigmaExists, "the existence of a field"),
)


class Expression(SigmaType):
    """A regular expression as it is written. `flags` are out of `i`, `m`, `s`."""

    def __init__(self, pattern: str, flags: frozenset[str] = frozenset()) -> None:
        self.pattern = pattern
        self.flags = flags


def modified(field: str | None, names: Sequence[str], values: Sequence[Scalar]) -> list[SigmaType]:
    """The values of a line after its modifiers. `field` is None for keywords.

    Raises Invalid, and SigmaError for what pySigma refuses.
    """
    _check(names)
    changing = [name for name in names if name not in LINKING]
    read = [_read(value, changing) for value in values]
    item = SigmaDetectionItem(field, [], read)
    applied: list[type[SigmaModifier[SigmaType, SigmaType]]] = []
    for name in changing:
        kind = MODIFIERS[name]
        modifier = kind(item, list(applied))
        for value in _single(read):
            if not modifier.type_check(value):
                raise Invalid(f"The modifier `{name}` does not apply to {_kind(value)}.")
        read = [new for value in read for new in modifier.apply(value)]
        applied.append(kind)
    return read


def _check(names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        if name not in MODIFIERS and name not in LINKING:
            raise Invalid(f"The modifier `{name}` is unknown.")
        if name in names[:index]:
            raise Invalid(f"The modifier `{name}` stands here twice.")
    if "expand" in names and "re" in names:
        raise Invalid("Placeholders in regular expressions are not supported.")
    changing = [name for name in names if name not in LINKING]
    late = next((name for name in changing[1:] if name in _FIRST), None)
    if late is not None:
        raise Invalid(f"The modifier `{late}` takes a value as it is written; it stands first.")


def read_text(text: str, *, placeholders: bool = False) -> SigmaString:
    r"""A text as a rule writes it: wildcards, `\` before what it takes the meaning from, and `%name%` if asked for."""
    escaped = _ESCAPED | {"%"} if placeholders else _ESCAPED
    parts: list[Part] = []
    place = 0
    while place < len(text):
        letter = text[place]
        end = text.find("%", place + 1) if placeholders and letter == "%" else -1
        if letter == "\\" and text[place + 1 : place + 2] in escaped and place + 1 < len(text):
            parts.append(text[place + 1])
            place += 2
        elif end > place + 1 and "\\" not in text[place:end]:
            parts.append(Placeholder(text[place + 1 : end]))
            place = end + 1
        else:
            parts.append(_WILDCARDS.get(letter, letter))
            place += 1
    return _string(SigmaString(), parts, original=text)


def _read(value: Scalar, names: Sequence[str]) -> SigmaType:
    if isinstance(value, str):
        if _FIRST.isdisjoint(names) or "fieldref" in names:
            return read_text(value, placeholders="expand" in names)
        return SigmaString.from_str(value)
    if value is None:
        return SigmaNull()
    if isinstance(value, bool):
        return SigmaBool(value)
    number = _Exact(value)
    if names and _ON_ANY_TYPE.issuperset(names):
        return _string(SigmaString(), [str(number.number)], original=str(number.number))
    return number


def _string(empty: SigmaString, parts: Sequence[Part], *, original: str = "") -> SigmaString:
    """`empty` with these parts, neighbouring texts joined."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part != "":
            joined.append(part)
    empty.s = joined
    empty.original = original
    return empty


def _single(values: Sequence[SigmaType]) -> Iterator[SigmaType]:
    for value in values:
        if isinstance(value, SigmaExpansion):
            yield from _single(value.values)
        else:
            yield value


def _kind(value: SigmaType) -> str:
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "a regular expression")


class _Exact(SigmaNumber):
    """A number that is not rounded on its way."""

    def __post_init__(self, init_number: float) -> None:
        super().__post_init__(init_number)
        if isinstance(init_number, int):
            self.number = init_number


class _Windash(SigmaValueModifier[SigmaString, SigmaExpansion]):
    """Every dash and slash as every other one, wherever it stands in the value."""

    def modify(self, val: SigmaString) -> SigmaExpansion:
        letters = [letter for part in val.s for letter in (part if isinstance(part, str) else (part,))]
        choices = [tuple(_DASHES) if isinstance(one, str) and one in _DASHES else (one,) for one in letters]
        if len(_DASHES) ** sum(len(choice) > 1 for choice in choices) > MAX_EXPANSIONS:
            raise Invalid(f"The dashes of one value stand for more than {MAX_EXPANSIONS} texts; write several values.")
        return SigmaExpansion([_string(type(val)(), chosen) for chosen in product(*choices)])


class _Encoded(SigmaValueModifier[SigmaString, SigmaString]):
    """The text's bytes in UTF-16. Bytes that are no UTF-8 stand as lone surrogates until they are encoded further."""

    encoding = "utf-16-le"
    mark = b""

    def modify(self, val: SigmaString) -> SigmaString:
        parts: list[Part] = [self.mark.decode("utf-8", "surrogateescape")]
        for part in val.s:
            if isinstance(part, Placeholder):
                raise Invalid("A placeholder cannot be encoded.")
            parts.append(self._encoded(part) if isinstance(part, str) else part)
        return _string(type(val)(), parts)

    def _encoded(self, text: str) -> str:
        return text.encode(self.encoding).decode("utf-8", "surrogateescape")


class _BigEndian(_Encoded):
    encoding = "utf-16-be"


class _Marked(_Encoded):
    mark = b"\xff\xfe"


class _Base64(SigmaValueModifier[SigmaString, SigmaString]):
    """The text's bytes in Base64."""

    def modify(self, val: SigmaString) -> SigmaString:
        return _string(type(val)(), [b64encode(_bytes(val)).decode()])


class _Base64Offset(SigmaValueModifier[SigmaString, SigmaExpansion]):
    """What stays the same of the text's Base64 at each of the three offsets, whatever stands around it."""

    def modify(self, val: SigmaString) -> SigmaExpansion:
        data = _bytes(val)
        if len(data) < 2:
            raise Invalid("A value under `base64offset` has two bytes or more; of fewer, nothing is sure to be found.")
        return SigmaExpansion([_string(type(val)(), [self._steady(data, offset)]) for offset in range(3)])

    @staticmethod
    def _steady(data: bytes, offset: int) -> str:
        # A letter of Base64 is six bits: those that hold a bit of a neighbour's are cut.
        first, last = -(-offset * 8 // 6), (offset + len(data)) * 8 // 6
        return b64encode(bytes(offset) + data).decode()[first:last]


class _Expression(SigmaValueModifier[SigmaString, Expression]):
    """The text as a regular expression."""

    def modify(self, val: SigmaString) -> Expression:
        return Expression(val.original)


class _Flag(SigmaValueModifier[Expression, Expression]):
    """One more flag on a regular expression."""

    flag = "i"

    def modify(self, val: Expression) -> Expression:
        return Expression(val.pattern, val.flags | {self.flag})


class _Multiline(_Flag):
    flag = "m"


class _DotAll(_Flag):
    flag = "s"


class _FieldReference(SigmaValueModifier[SigmaString, SigmaFieldReference]):
    """The text as a field's name."""

    def modify(self, val: SigmaString) -> SigmaFieldReference:
        if any(not isinstance(part, str) for part in val.s) or not val.s:
            raise Invalid("The name of a field has no wildcards and no placeholders.")
        return SigmaFieldReference("".join(part for part in val.s if isinstance(part, str)))


class _Expand(SigmaValueModifier[SigmaString, SigmaString]):
    """Nothing: the placeholders have been read with the text."""

    def modify(self, val: SigmaString) -> SigmaString:
        return val


class _TimePart(SigmaValueModifier[SigmaNumber, SigmaTimestampPart]):
    """The number as a part of a time."""

    unit = TimestampPart.MINUTE

    def modify(self, val: SigmaNumber) -> SigmaTimestampPart:
        least, most = _RANGES[self.unit]
        if not isinstance(val.number, int) or not least <= val.number <= most:
            raise Invalid(f"The modifier `{self.unit.name.lower()}` takes a whole number from {least} to {most}.")
        return SigmaTimestampPart(self.unit, val.number)


class _Hour(_TimePart):
    unit = TimestampPart.HOUR


class _Day(_TimePart):
    unit = TimestampPart.DAY


class _Week(_TimePart):
    unit = TimestampPart.WEEK


class _Month(_TimePart):
    unit = TimestampPart.MONTH


class _Year(_TimePart):
    unit = TimestampPart.YEAR


def _bytes(val: SigmaString) -> bytes:
    if any(not isinstance(part, str) for part in val.s):
        raise Invalid("Wildcards and placeholders cannot be encoded in Base64.")
    return "".join(part for part in val.s if isinstance(part, str)).encode("utf-8", "surrogateescape")


MODIFIERS: Final = cast(
    "dict[str, type[SigmaModifier[SigmaType, SigmaType]]]",
    {
        "base64": _Base64,
        "base64offset": _Base64Offset,
        "cased": SigmaCaseSensitiveModifier,
        "cidr": SigmaCIDRModifier,
        "contains": SigmaContainsModifier,
        "day": _Day,
        "endswith": SigmaEndswithModifier,
        "exists": SigmaExistsModifier,
        "expand": _Expand,
        "fieldref": _FieldReference,
        "gt": SigmaGreaterThanModifier,
        "gte": SigmaGreaterThanEqualModifier,
        "hour": _Hour,
        "i": _Flag,
        "lt": SigmaLessThanModifier,
        "lte": SigmaLessThanEqualModifier,
        "m": _Multiline,
        "minute": _TimePart,
        "month": _Month,
        "re": _Expression,
        "s": _DotAll,
        "startswith": SigmaStartswithModifier,
        "utf16": _Marked,
        "utf16be": _BigEndian,
        "utf16le": _Encoded,
        "week": _Week,
        "wide": _Encoded,
        "windash": _Windash,
        "year": _Year,
    },
)
"""The modifiers of the specification 2.1 that change values."""
