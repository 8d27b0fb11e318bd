"""What a test asks of a field, in words that follow the field's name: "ends with 'cmd.exe'"."""

from typing import Final, assert_never

from watchfloor.detect.condition import (
    Cidr,
    Comparison,
    Exists,
    IsNull,
    Listed,
    ListName,
    Number,
    Reference,
    Regex,
    Test,
    Text,
    TimePart,
    Wildcard,
)

_RELATIONS: Final = {
    "eq": "is",
    "neq": "is not",
    "lt": "is less than",
    "lte": "is at most",
    "gt": "is more than",
    "gte": "is at least",
}
_REFERENCES: Final = {
    "equals": "is the same as",
    "startswith": "starts with",
    "endswith": "ends with",
    "contains": "contains",
}


def words_of(test: Test) -> str:  # noqa: PLR0911  # one line for each test there is
    """The test as words. The rule's own texts stand in quotes, as they are."""
    match test:
        case Text() | Listed():
            return _text(test.parts, cased=test.cased)
        case Number():
            return f"is the number {test.value}"
        case Comparison():
            return f"{_RELATIONS[test.operator]} {test.value}"
        case TimePart():
            return f"as a time has a {test.part} that {_RELATIONS[test.operator]} {test.value}"
        case Regex():
            return f"has a match of /{test.pattern}/{test.flags}"
        case Cidr():
            return f"is an address in {test.network}"
        case IsNull():
            return "is missing or null"
        case Exists():
            return "is there" if test.present else "is not there"
        case Reference():
            return f"{_REFERENCES[test.relation]} the field {test.field}"
        case _:
            assert_never(test)


def words_of_keyword(test: Text | Listed | Number | Regex) -> str:
    """A keyword's test as words: a text without wildcards may stand anywhere in a value."""
    if isinstance(test, (Text, Listed)) and not any(isinstance(part, Wildcard) for part in test.parts):
        return _text((Wildcard.ANY, *test.parts, Wildcard.ANY), cased=test.cased)
    return f"contains {test.value}" if isinstance(test, Number) else words_of(test)


def _text(parts: tuple[str | Wildcard | ListName, ...], *, cased: bool) -> str:
    case = ", in this letter case" if cased else ""
    if not parts:
        return "is empty"
    if parts == (Wildcard.ANY,):
        return "is any text"
    start, end = parts[0] is Wildcard.ANY, parts[-1] is Wildcard.ANY
    inner = parts[start : len(parts) - end]
    if any(isinstance(part, Wildcard) for part in inner):
        return f"is like '{_written(parts)}'{case}"
    relation = {(True, True): "contains", (True, False): "ends with", (False, True): "starts with"}
    return f"{relation.get((start, end), 'is')} '{_written(inner)}'{case}"


def _written(parts: tuple[str | Wildcard | ListName, ...]) -> str:
    shown = (
        part.symbol if isinstance(part, Wildcard) else f"%{part.name}%" if isinstance(part, ListName) else part
        for part in parts
    )
    return "".join(shown)
