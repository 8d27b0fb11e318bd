"""From a rule's detection section to a `Condition`. pySigma parses; this module and `diagnosis` alone import it.

Everything that pySigma gives has a test in `condition`, or is refused here with a reason. Nothing is dropped, and
nothing is guessed: a placeholder without values, a null in a list and an empty list refuse the rule.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final, Literal

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.rule.detection import SigmaDetections
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
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
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
    Not,
    Number,
    OnField,
    Reference,
    Regex,
    Test,
    Text,
    TimePart,
    Wildcard,
)
from watchfloor.detect.regex import compile_regex
from watchfloor.kernel.errors import Invalid

Placeholders = Mapping[str, Sequence[str]]

MAX_EXPANSIONS: Final = 1_000
MAX_CONDITION: Final = 8_000
MAX_PARENTHESES: Final = 24

_Operator = Literal["lt", "lte", "gt", "gte", "neq"]
_Part = Literal["minute", "hour", "day", "week", "month", "year"]
_OPERATORS: Final[dict[str, _Operator]] = {"LT": "lt", "LTE": "lte", "GT": "gt", "GTE": "gte", "NEQ": "neq"}
_PARTS: Final[dict[str, _Part]] = {
    "MINUTE": "minute",
    "HOUR": "hour",
    "DAY": "day",
    "WEEK": "week",
    "MONTH": "month",
    "YEAR": "year",
}
_FLAGS: Final = (
    (SigmaRegularExpressionFlag.IGNORECASE, "i"),
    (SigmaRegularExpressionFlag.MULTILINE, "m"),
    (SigmaRegularExpressionFlag.DOTALL, "s"),
)
_Node = ConditionItem | ConditionFieldEqualsValueExpression | ConditionValueExpression | None


def translate(detection: dict[str, object], placeholders: Placeholders) -> Condition:
    """The condition of a detection section. Several conditions are alternatives.

    Raises Invalid with the reason; `diagnosis.locate` finds the place.
    """
    try:
        detections = SigmaDetections.from_dict(detection)
        for text in detections.condition:
            _check_condition(text)
        parsed = [condition.parsed for condition in detections.parsed_condition]
    except SigmaError as error:
        raise Invalid(reason_of(error)) from None
    alternatives = tuple(_translate_node(node, placeholders) for node in parsed)
    return alternatives[0] if len(alternatives) == 1 else AnyOf(alternatives)


def translate_value(field: str | None, value: SigmaType, placeholders: Placeholders) -> Condition:
    """The condition of one value of a detection item; `field` is None for a keyword. Raises Invalid."""
    if isinstance(value, SigmaExpansion):
        return AnyOf(tuple(translate_value(field, inner, placeholders) for inner in value.values))
    tests = _tests(value, placeholders)
    conditions = tuple(_bind(field, test) for test in tests)
    return conditions[0] if len(conditions) == 1 else AnyOf(conditions)


def reason_of(error: SigmaError) -> str:
    """PySigma's message as a sentence."""
    text = str(error.args[0]).strip() if error.args else type(error).__name__
    return text if text.endswith(".") else f"{text}."


def _check_condition(text: str) -> None:
    if len(text) > MAX_CONDITION or text.count("(") > MAX_PARENTHESES:
        raise Invalid(f"A condition has at most {MAX_CONDITION} characters and {MAX_PARENTHESES} parentheses.")


def _translate_node(node: _Node, placeholders: Placeholders) -> Condition:
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return translate_value(node.field, node.value, placeholders)
    if isinstance(node, ConditionValueExpression):
        return translate_value(None, node.value, placeholders)
    if node is None:
        raise Invalid("The condition has an empty part.")
    items = tuple(_translate_node(item, placeholders) for item in node.args)
    if isinstance(node, ConditionAND):
        return AllOf(items)
    if isinstance(node, ConditionOR):
        return AnyOf(items)
    if isinstance(node, ConditionNOT):
        return Not(items[0])
    raise Invalid(f"The condition has a part that is not supported: {type(node).__name__}.")


def _bind(field: str | None, test: Test) -> Condition:
    if field is not None:
        # Field names are written without blanks (specification 2.1, Field Usage), as the normaliser writes them.
        return OnField(field.replace(" ", ""), test)
    if isinstance(test, (Text, Number, Regex)):
        return Keyword(test)
    raise Invalid("A keyword is text, a number or a regular expression.")


def _tests(value: SigmaType, placeholders: Placeholders) -> tuple[Test, ...]:
    if isinstance(value, SigmaString):
        return _texts(value, placeholders)
    return (_test(value),)


def _test(value: SigmaType) -> Test:  # noqa: PLR0911  # one line for each type there is
    match value:
        case SigmaTimestampPart():
            return TimePart(_PARTS[value.timestamp_part.name], "eq", int(value.number))
        case SigmaNumber():
            return Number(_exact(value.number))
        case SigmaBool():
            return Text(("true" if value.boolean else "false",))
        case SigmaNull():
            return IsNull()
        case SigmaExists():
            return Exists(value.exists)
        case SigmaRegularExpression():
            return _regex(value)
        case SigmaCIDRExpression():
            return Cidr(str(value.network))
        case SigmaCompareExpression():
            return _comparison(value)
        case SigmaFieldReference():
            return _reference(value)
        case _:
            raise Invalid(f"A value of this type is not supported: {type(value).__name__}.")


def _texts(value: SigmaString, placeholders: Placeholders) -> tuple[Text, ...]:
    """The texts that a string stands for: one, or one for each combination of its placeholders' values."""
    choices: list[list[tuple[str | Wildcard, ...]]] = []
    count = 1
    for part in value.s:
        options = _placeholder(part, placeholders) if isinstance(part, Placeholder) else [_parts([part])]
        choices.append(options)
        count *= len(options)
        if count > MAX_EXPANSIONS:
            raise Invalid(f"The placeholders of one value stand for more than {MAX_EXPANSIONS} texts.")
    cased = isinstance(value, SigmaCasedString)
    return tuple(Text(_join(combination), cased) for combination in product(*choices))


def _placeholder(part: Placeholder, placeholders: Placeholders) -> list[tuple[str | Wildcard, ...]]:
    values = placeholders.get(part.name)
    if not values:
        raise Invalid(f"The placeholder %{part.name}% has no values here.")
    return [_parts(SigmaString(value).s) for value in values]


def _parts(parts: Sequence[str | SpecialChars | Placeholder]) -> tuple[str | Wildcard, ...]:
    found: list[str | Wildcard] = []
    for part in parts:
        if isinstance(part, str):
            found.append(part)
        elif part is SpecialChars.WILDCARD_MULTI:
            found.append(Wildcard.ANY)
        elif part is SpecialChars.WILDCARD_SINGLE:
            found.append(Wildcard.ONE)
        else:
            raise Invalid("A value has a part that is not supported.")
    return tuple(found)


def _join(pieces: Sequence[tuple[str | Wildcard, ...]]) -> tuple[str | Wildcard, ...]:
    """One pattern of pieces: neighbouring texts as one, repeated `*` as one, no empty text."""
    joined: list[str | Wildcard] = []
    for part in (part for piece in pieces for part in piece):
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part and not (part is Wildcard.ANY and last is Wildcard.ANY):
            joined.append(part)
    return tuple(joined)


def _regex(value: SigmaRegularExpression) -> Regex:
    if value.contains_placeholder():
        raise Invalid("Placeholders in regular expressions are not supported.")
    flags = "".join(letter for flag, letter in _FLAGS if flag in value.flags)
    pattern = value.to_plain()
    compile_regex(pattern, flags)
    return Regex(pattern, flags)


def _comparison(value: SigmaCompareExpression) -> Comparison | TimePart:
    operator = _OPERATORS[value.op.name]
    if isinstance(value.number, SigmaTimestampPart):
        return TimePart(_PARTS[value.number.timestamp_part.name], operator, int(value.number.number))
    return Comparison(operator, _exact(value.number.number))


def _exact(number: int | float) -> int | float:  # noqa: PYI041  # the difference is what counts here
    """The number, unless pySigma has rounded it on its way here."""
    if abs(number) >= 2**53 and not isinstance(number, int):
        raise Invalid("A number of this size cannot be compared exactly.")
    return number


def _reference(value: SigmaFieldReference) -> Reference:
    relation: Literal["equals", "startswith", "endswith", "contains"] = "equals"
    if value.starts_with and value.ends_with:
        relation = "contains"
    elif value.starts_with:
        relation = "startswith"
    elif value.ends_with:
        relation = "endswith"
    return Reference(value.field.replace(" ", ""), relation)
