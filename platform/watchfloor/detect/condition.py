"""A rule's condition as data: a tree of AND, OR, NOT and tests on fields. The seam between parsing and engines.

`translation` makes it from pySigma's tree; an engine compiles it; explanation walks it. It holds no pySigma object and
no closure, so it can be hashed, compared and cached. What each test means is stated here and nowhere else; the
meanings follow the Sigma specification 2.1.

A field names values as follows. The event's own key comes first, then a dotted path through nested objects, then both
again without regard to letter case. A list stands for its elements. A test on a field holds if it holds for any of its
values; a test on a missing field does not hold, except `IsNull` and `Exists(present=False)`.
"""

from enum import IntEnum
from typing import Literal, TypeAlias

import msgspec


class Wildcard(IntEnum):
    """Sigma's wildcards in a pattern: `?` and `*`."""

    ONE = 1
    ANY = 2

    @property
    def symbol(self) -> str:
        """As it is written in a rule."""
        return "?" if self is Wildcard.ONE else "*"


class ListName(msgspec.Struct, frozen=True, tag=True):
    """A place in a pattern that a tenant's list of this name fills (modifier `expand`)."""

    name: str


class Text(msgspec.Struct, frozen=True, tag=True):
    """The value's text is `parts`, all of it. Without regard to letter case (simple case folding) unless `cased`.

    A number's text is its shortest decimal form, a boolean's `true` or `false`, an object's its compact JSON. Null has
    no text.
    """

    parts: tuple[str | Wildcard, ...]
    cased: bool = False


class Number(msgspec.Struct, frozen=True, tag=True):
    """The value is this number, or is text that is this number's decimal form."""

    value: int | float


class Comparison(msgspec.Struct, frozen=True, tag=True):
    """The value is a number, or decimal text, that stands in this relation to `value`."""

    operator: Literal["lt", "lte", "gt", "gte", "neq"]
    value: int | float


class TimePart(msgspec.Struct, frozen=True, tag=True):
    """The value is a time (ISO 8601 text) whose part, as written there without conversion, compares so to `value`.

    `week` is the ISO 8601 week.
    """

    part: Literal["minute", "hour", "day", "week", "month", "year"]
    operator: Literal["eq", "lt", "lte", "gt", "gte", "neq"]
    value: int


class Regex(msgspec.Struct, frozen=True, tag=True):
    """The expression matches somewhere in the value's text. `flags` are out of `i`, `m`, `s`, in this order."""

    pattern: str
    flags: str = ""


class Cidr(msgspec.Struct, frozen=True, tag=True):
    """The value is an IP address in this network. An IPv4-mapped IPv6 address counts as IPv4."""

    network: str


class IsNull(msgspec.Struct, frozen=True, tag=True):
    """The field is missing, or has no value but null."""


class Exists(msgspec.Struct, frozen=True, tag=True):
    """The field is there, whatever its value (or is not there)."""

    present: bool


class Reference(msgspec.Struct, frozen=True, tag=True):
    """The value's text relates so to the text of a value of another field, without regard to letter case."""

    field: str
    relation: Literal["equals", "startswith", "endswith", "contains"]


class Listed(msgspec.Struct, frozen=True, tag=True):
    """`Text`, once for each value of the lists named in `parts`. What a tenant's lists are, only its overlay knows."""

    parts: tuple[str | Wildcard | ListName, ...]
    cased: bool = False


ClosedTest: TypeAlias = Text | Number | Comparison | TimePart | Regex | Cidr | IsNull | Exists | Reference
Test: TypeAlias = ClosedTest | Listed


class OnField(msgspec.Struct, frozen=True, tag=True):
    """A test on the values of a field."""

    field: str
    test: Test


class Keyword(msgspec.Struct, frozen=True, tag=True):
    """A test on every value in the event, at any depth. A `Text` without wildcards may match anywhere in a value."""

    test: Text | Listed | Number | Regex


class AllOf(msgspec.Struct, frozen=True, tag=True):
    """Every item holds."""

    items: tuple["Condition", ...]


class AnyOf(msgspec.Struct, frozen=True, tag=True):
    """At least one item holds."""

    items: tuple["Condition", ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """The item does not hold."""

    item: "Condition"


class Selection(msgspec.Struct, frozen=True, tag=True):
    """What the rule's search identifier `name` says. Engines look through it; explanations show it."""

    name: str
    item: "Condition"


Condition: TypeAlias = AllOf | AnyOf | Not | Selection | OnField | Keyword
