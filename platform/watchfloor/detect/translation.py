"""From a rule's detection section to a `Condition`. pySigma parses; this module and `modifiers` alone import it.

Everything that the section says has a test in `condition`, or is refused here with a reason and its place. Nothing is
dropped, and nothing is guessed. Where pySigma deviates from the specification 2.1, the specification counts
(`docs/decisions/0017-pysigma-version.md`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network
from itertools import product
from typing import Final, Literal, TypeAlias, cast

from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
    SigmaCondition,
    unwrap_parse_result_operand,
)
from sigma.exceptions import SigmaError
from sigma.rule.detection import EmptySigmaDetections
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
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
)

from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Cidr,
    Comparison,
    Condition,
    Exists,
    IsNull,
    Keyword,
    Listed,
    ListName,
    Not,
    Number,
    OnField,
    Reference,
    Regex,
    Selection,
    Test,
    Text,
    TimePart,
    Wildcard,
)
from watchfloor.detect.document import DocumentFault
from watchfloor.detect.lists import MAX_EXPANSIONS, join, pattern_of
from watchfloor.detect.modifiers import Expression, Scalar, modified
from watchfloor.detect.regex import compile_regex
from watchfloor.kernel.errors import Invalid

Placeholders: TypeAlias = Mapping[str, Sequence[str]]
Path: TypeAlias = tuple[str | int, ...]

MAX_CONDITION: Final = 8_000
MAX_PARENTHESES: Final = 24
MAX_DEPTH: Final = 50
"""How deeply operators of a condition may stand within each other."""

_Operator = Literal["lt", "lte", "gt", "gte", "neq"]
_PartName = Literal["minute", "hour", "day", "week", "month", "year"]
_Pattern: TypeAlias = tuple[str | Wildcard | ListName, ...]
_Searches: TypeAlias = Mapping[str, Selection]

_PLACING: Final = frozenset({"contains", "startswith", "endswith"})
_SELECTOR: Final = re.compile(r"(?<![\w-])(1|any|all)\s+of\s+([\w*-]*-[\w*-]*)", re.ASCII)
_TOO_DEEP: Final = f"The condition nests more than {MAX_DEPTH} operators."
_PLACE: Final = re.compile(r"found (?P<found>.*?)  \(at char \d+\), \(line:\d+, col:(?P<place>\d+)\)")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def translate(detection: Mapping[str, object], placeholders: Placeholders, *, path: Path = ("detection",)) -> Condition:
    """The condition of a detection section, whose shape `diagnosis` has checked. Several conditions are alternatives.

    `placeholders` have values known beforehand; other names under `expand` become `Listed`. Raises DocumentFault, whose
    path begins with `path`, the section's own.
    """
    searches = {
        name: Selection(name, _search(definition, placeholders, (*path, name)))
        for name, definition in detection.items()
        if name != "condition"
    }
    written = detection.get("condition")
    place: Path = (*path, "condition")
    if not isinstance(written, list):
        return _condition(str(written), searches, place)
    texts = cast("list[object]", written)
    return _any([_condition(str(text), searches, (*place, index)) for index, text in enumerate(texts)])


def _search(definition: object, placeholders: Placeholders, path: Path) -> Condition:
    """What a search identifier says: maps are AND, lists are OR, values outside of maps are keywords."""
    if isinstance(definition, dict):
        lines = cast("dict[str, object]", definition)
        return _all([_line(key, value, placeholders, (*path, key)) for key, value in lines.items()])
    if isinstance(definition, list):
        items = cast("list[object]", definition)
        if any(isinstance(item, (dict, list)) for item in items):
            return _any([_search(item, placeholders, (*path, index)) for index, item in enumerate(items)])
        return _line("", items, placeholders, path)
    return _line("", definition, placeholders, path)


def _line(key: str, value: object, placeholders: Placeholders, path: Path) -> Condition:
    """What one line of a map says; the line of keywords has no key."""
    written, *names = key.split("|")
    field = written.replace(" ", "")
    values = cast("list[Scalar]", value if isinstance(value, list) else [value])
    try:
        if written and not field:
            raise DocumentFault("A field has a name.", path=path)
        conditions = [
            _value(field.replace(" ", ""), names, read, placeholders) for read in modified(field or None, names, values)
        ]
    except SigmaError as error:
        raise DocumentFault(_reason(error), path=_blame(field, names, values, path)) from None
    except Invalid as error:
        raise DocumentFault(error.message, path=_blame(field, names, values, path)) from None
    joined = _all(conditions) if "all" in names else _any(conditions)
    return Not(joined) if "neq" in names else joined


def _blame(field: str, names: Sequence[str], values: Sequence[Scalar], path: Path) -> Path:
    """The path of the value in a list that cannot be read, if it is the value's fault alone."""
    if len(values) < 2:
        return path
    faulty: list[int] = []
    for index, value in enumerate(values):
        try:
            for read in modified(field or None, names, [value]):
                _value(field, names, read, {})
        except (SigmaError, Invalid):
            faulty.append(index)
    return (*path, faulty[0]) if faulty and len(faulty) < len(values) else path


def _value(field: str, names: Sequence[str], value: SigmaType, placeholders: Placeholders) -> Condition:
    """The condition of one value; a keyword has no field. Field names are written without blanks (section Field Usage).

    A keyword is searched for in the whole event, so it may stand anywhere in a value unless a modifier says where.
    """
    if isinstance(value, SigmaExpansion):
        return _any([_value(field, names, inner, placeholders) for inner in value.values])
    tests: list[Test] = list(_texts(value, placeholders)) if isinstance(value, SigmaString) else [_test(value)]
    if field:
        return _any([OnField(field, test) for test in tests])
    anywhere = _PLACING.isdisjoint(names)
    return _any([_keyword(test, anywhere=anywhere) for test in tests])


def _keyword(test: Test, *, anywhere: bool) -> Keyword:
    if isinstance(test, (Text, Listed)):
        if anywhere and not all(isinstance(part, str) for part in test.parts):
            return Keyword(_around(test))
        return Keyword(test)
    if isinstance(test, Number):
        return Keyword(Text((str(test.value),)))
    if isinstance(test, Regex):
        return Keyword(test)
    raise Invalid("A keyword is text, a number or a regular expression.")


def _around(test: Text | Listed) -> Text | Listed:
    parts: _Pattern = test.parts
    parts = parts if parts[:1] == (Wildcard.ANY,) else (Wildcard.ANY, *parts)
    parts = parts if parts[-1:] == (Wildcard.ANY,) else (*parts, Wildcard.ANY)
    return _text(parts, cased=test.cased)


def _test(value: SigmaType) -> Test:  # noqa: PLR0911  # one line for each type there is
    match value:
        case SigmaTimestampPart():
            return TimePart(_part_of(value), "eq", int(value.number))
        case SigmaNumber():
            return Number(value.number)
        case SigmaBool():
            return Text(("true" if value.boolean else "false",))
        case SigmaNull():
            return IsNull()
        case SigmaExists():
            return Exists(value.exists)
        case Expression():
            return _regex(value)
        case SigmaCIDRExpression():
            return Cidr(_network(value.network))
        case SigmaCompareExpression():
            return _comparison(value)
        case SigmaFieldReference():
            return _reference(value)
        case _:
            raise Invalid(f"A value of this type is not supported: {type(value).__name__}.")


def _texts(value: SigmaString, placeholders: Placeholders) -> Iterator[Text | Listed]:
    """The texts that a string stands for: one, or one for each combination of its placeholders' known values."""
    choices: list[Sequence[_Pattern]] = []
    count = 1
    for part in value.s:
        options = _options(part, placeholders)
        choices.append(options)
        count *= len(options)
        if count > MAX_EXPANSIONS:
            raise Invalid(f"The placeholders of one value stand for more than {MAX_EXPANSIONS} texts.")
    cased = isinstance(value, SigmaCasedString)
    for combination in product(*choices):
        yield _text([part for piece in combination for part in piece], cased=cased)


def _options(part: str | SpecialChars | Placeholder, placeholders: Placeholders) -> Sequence[_Pattern]:
    if isinstance(part, Placeholder):
        values = placeholders.get(part.name)
        return [pattern_of(value) for value in values] if values else [(ListName(part.name),)]
    if isinstance(part, SpecialChars):
        return [(Wildcard.ANY if part is SpecialChars.WILDCARD_MULTI else Wildcard.ONE,)]
    if not part.isascii() and any("\ud800" <= letter <= "\udfff" for letter in part):
        raise Invalid("The encoded value is not text; write `base64` or `base64offset` after the encoding.")
    return [(part,)]


def _text(parts: Iterable[str | Wildcard | ListName], *, cased: bool) -> Text | Listed:
    closed: list[list[str | Wildcard]] = [[]]
    names: list[ListName] = []
    for part in parts:
        if isinstance(part, ListName):
            names.append(part)
            closed.append([])
        else:
            closed[-1].append(part)
    pieces = [join([piece]) for piece in closed]
    if not names:
        return Text(pieces[0], cased)
    open_parts: list[str | Wildcard | ListName] = [*pieces[0]]
    for name, piece in zip(names, pieces[1:], strict=True):
        open_parts += [name, *piece]
    return Listed(tuple(open_parts), cased)


def _regex(value: Expression) -> Regex:
    flags = "".join(flag for flag in "ims" if flag in value.flags)
    compile_regex(value.pattern, flags)
    return Regex(value.pattern, flags)


def _network(network: IPv4Network | IPv6Network) -> str:
    """The network as text; IPv4 written as IPv6 as IPv4, as addresses are."""
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return str(IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - 96)))
    return str(network)


def _comparison(value: SigmaCompareExpression) -> Comparison | TimePart:
    operator = cast("_Operator", value.op.name.lower())
    if isinstance(value.number, SigmaTimestampPart):
        return TimePart(_part_of(value.number), operator, int(value.number.number))
    return Comparison(operator, value.number.number)


def _part_of(value: SigmaTimestampPart) -> _PartName:
    return cast("_PartName", value.timestamp_part.name.lower())


def _reference(value: SigmaFieldReference) -> Reference:
    relation: Literal["equals", "startswith", "endswith", "contains"] = "equals"
    if value.starts_with and value.ends_with:
        relation = "contains"
    elif value.starts_with:
        relation = "startswith"
    elif value.ends_with:
        relation = "endswith"
    return Reference(value.field.replace(" ", ""), relation)


def _condition(text: str, searches: _Searches, path: Path) -> Condition:
    """One condition over the search identifiers."""
    try:
        _check_condition(text)
        # pySigma's patterns have no hyphen, although identifiers may have one.
        spelled = _SELECTOR.sub(lambda found: _spelled(found[1], found[2], searches), text)
        return _node(SigmaCondition(spelled, EmptySigmaDetections()).parse(postprocess=False), searches, 0)
    except SigmaError as error:
        raise DocumentFault(_unreadable(error), path=path) from None
    except RecursionError:
        raise DocumentFault(_TOO_DEEP, path=path) from None
    except Invalid as error:
        raise DocumentFault(error.message, path=path) from None


def _check_condition(text: str) -> None:
    if len(text) > MAX_CONDITION or text.count("(") > MAX_PARENTHESES:
        raise Invalid(f"A condition has at most {MAX_CONDITION} characters and {MAX_PARENTHESES} parentheses.")
    if "|" in text:
        raise Invalid("A condition with `|` is Sigma version 1; write a correlation rule.")


def _node(node: object, searches: _Searches, depth: int) -> Condition:
    node = unwrap_parse_result_operand(node)
    if depth > MAX_DEPTH:
        raise Invalid(_TOO_DEEP)
    if isinstance(node, ConditionIdentifier):
        return _named(node.identifier, searches)
    if isinstance(node, ConditionSelector):
        found = [searches[name] for name in _fitting(node.pattern, searches)]
        return _all(found) if node.cond_class is ConditionAND else _any(found)
    args = node.args if isinstance(node, ConditionItem) else []
    items = [_node(item, searches, depth + 1) for item in args]
    if isinstance(node, ConditionNOT):
        return Not(items[0])
    if isinstance(node, ConditionAND):
        return _all(items)
    if isinstance(node, ConditionOR):
        return _any(items)
    raise Invalid("The condition has a part that is not supported.")


def _named(name: str, searches: _Searches) -> Selection:
    found = searches.get(name)
    if found is None:
        raise Invalid(f"The condition names `{name}`, which the rule does not have.")
    return found


def _fitting(pattern: str, searches: _Searches) -> list[str]:
    """The search identifiers of a pattern. Those that begin with `_` fit only patterns that begin so too."""
    shown = [name for name in searches if pattern.startswith("_") or not name.startswith("_")]
    found = shown if pattern == "them" else [name for name in shown if fnmatchcase(name, pattern)]
    if not found:
        raise Invalid(f"The condition asks for `{pattern}`, which no search identifier of the rule fits.")
    return found


def _spelled(quantifier: str, pattern: str, searches: _Searches) -> str:
    names = _fitting(pattern, searches)
    return f"({(' and ' if quantifier == 'all' else ' or ').join(names)})"


def _all(items: Sequence[Condition]) -> Condition:
    return items[0] if len(items) == 1 else AllOf(tuple(items))


def _any(items: Sequence[Condition]) -> Condition:
    return items[0] if len(items) == 1 else AnyOf(tuple(items))


def _unreadable(error: SigmaError) -> str:
    """PySigma's message, which tells of its grammar, as a place in the condition."""
    found = _PLACE.search(str(error))
    if found is None:
        return f"The condition cannot be read: {_reason(error)}"
    if found["found"] == "end of text":
        return "The condition ends too early."
    return f"The condition cannot be read from {found['found']} on, character {found['place']}."


def _reason(error: SigmaError) -> str:
    """PySigma's message as a sentence."""
    text = str(error.args[0]).strip() if error.args else type(error).__name__
    return text if text.endswith(".") else f"{text}."
