"""Sigma filters (filters specification 2.1): what a filter says, what it hides, and which rules it is for.

The specification does not say how a filter's condition joins a rule's. Its purpose ("suppress matches") and its only
example (an account's name, `condition: selection`) say: what the condition describes is hidden. So it is read here
(`suppress`). Other tools join the condition as it is written, so that their filters say `not selection`; a filter that
says `watchfloor: {reading: restrict}` is read so. Which of the two was meant shows: a filter that hides what it does
not speak of is refused until it says so itself (`docs/decisions/0015-filters.md`).
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Annotated, Final, Literal, TypeAlias, cast

import msgspec

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import AllOf, AnyOf, Condition, Exists, Keyword, Not, OnField, Reference, Selection
from watchfloor.detect.diagnosis import check_shape
from watchfloor.detect.document import DocumentFault, LogSourceSection, fault_of
from watchfloor.detect.lists import fill, names_of
from watchfloor.detect.logsource import covers
from watchfloor.detect.rule import Rule, RuleFault
from watchfloor.detect.translation import translate
from watchfloor.detect.view import EventView
from watchfloor.detect.yaml_document import YamlDocument, YamlFault, YamlValue, read_documents
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import FieldValue, LogSource

ANY: Final = "any"
"""What a filter writes instead of rules when it is for all rules of its log source."""

Reading: TypeAlias = Literal["suppress", "restrict"]

_NOT_SELECTIONS: Final = ("rules", "condition")
_LONGEST_TITLE: Final = 256
_LONGEST_DESCRIPTION: Final = 65_535
_PROBE: Final = "\u2400 no such value"
_LISTED: Final = "\u2401 nor such a one"


class FilterOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `watchfloor` section of a filter."""

    reading: Reading | None = None


class FilterDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A Sigma filter as it is written, section by section. `filter` holds `rules`, selections and `condition`."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_TITLE)]
    logsource: LogSourceSection
    filter: dict[str, object]
    id: str | None = None
    description: Annotated[str, msgspec.Meta(max_length=_LONGEST_DESCRIPTION)] | None = None
    watchfloor: FilterOptions = FilterOptions()

    @property
    def source(self) -> LogSource:
        """Its log source."""
        section = self.logsource
        return LogSource(
            product=_word(section.product), category=_word(section.category), service=_word(section.service)
        )

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids and names that it is for; none if it is for all rules of its log source."""
        written = self.filter.get("rules")
        names = cast("list[str]", written) if isinstance(written, list) else [cast("str", written)]
        return () if names == [ANY] else tuple(name.strip() for name in names)

    def is_for(self, rule: Rule) -> bool:
        """Whether it hides matches of this rule. A correlation has no log source: it must be named."""
        wanted = self.rules
        if not wanted:
            return rule.correlation is None and covers(self.source, rule.logsource)
        named = rule.id in wanted or rule.id in {name.lower() for name in wanted} or rule.name in wanted
        return named and (rule.correlation is not None or covers(self.source, rule.logsource))


class PlacedFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter from a file: how people call the file, and the places in it."""

    written: FilterDocument
    document: YamlDocument
    path: str


def is_filter(value: YamlValue) -> bool:
    """Whether a document is a filter."""
    return isinstance(value, dict) and "filter" in value


def read_filter(value: YamlValue) -> FilterDocument:
    """The typed form of a filter's document, wholly checked. Raises DocumentFault with the path of what is wrong."""
    try:
        written = msgspec.convert(value, FilterDocument)
    except msgspec.ValidationError as error:
        raise fault_of(str(error)) from None
    if written.source == LogSource():
        raise DocumentFault("A log source names a product, a category or a service.", path=("logsource",))
    _check_rules(written.filter)
    condition = hidden_by(written)
    if written.watchfloor.reading != "restrict" and is_blunt(condition):
        raise DocumentFault(
            "The filter would hide every event that it says nothing of. A filter describes what is to be hidden;"
            " if it is written to be joined with `and` as it stands, say `watchfloor: {reading: restrict}`.",
            path=("filter", "condition"),
        )
    return written


def parse_filter(text: str) -> FilterDocument:
    """The one filter in a YAML text. Raises Invalid with `where` as `line:column`."""
    try:
        documents = list(read_documents(text.encode("utf-8", "surrogatepass")))
    except YamlFault as fault:
        raise Invalid(f"This is not YAML. {fault.message}", where=f"{fault.line}:{fault.column}") from None
    if len(documents) != 1:
        raise Invalid("Give exactly one Sigma filter.", where="1:1")
    (document,) = documents
    try:
        return read_filter(document.value)
    except DocumentFault as fault:
        line, column = document.place(fault.path)
        raise Invalid(fault.message, where=f"{line}:{column}") from None


def hidden_by(written: FilterDocument) -> Condition:
    """What an event must be for the filter to hide its matches; a tenant's lists are still open in it.

    Raises DocumentFault.
    """
    section = {name: value for name, value in written.filter.items() if name != "rules"}
    if isinstance(section.get("condition"), list):
        raise DocumentFault("A filter has one condition.", path=("filter", "condition"))
    plain = cast("dict[str, YamlValue]", section)
    try:
        check_shape(plain)
        condition = translate(section, {})
    except DocumentFault as fault:
        raise _inside_filter(fault.message, fault.path) from None
    return Not(condition) if written.watchfloor.reading == "restrict" else condition


def is_blunt(condition: Condition) -> bool:
    """Whether a condition holds for an event that has nothing of what it speaks of, or nothing but odd values."""
    closed = fill(condition, dict.fromkeys(names_of(condition), ((_LISTED,),)))
    holds = compile_condition(closed)
    odd: dict[str, FieldValue] = {name: f"{_PROBE} {number}" for number, name in enumerate([_PROBE, *_fields(closed)])}
    return holds(EventView({})) or holds(EventView(odd))


def apply_filters(
    rules: Sequence[Rule], filters: Iterable[PlacedFilter]
) -> tuple[tuple[Rule, ...], tuple[RuleFault, ...]]:
    """The rules with what shared filters hide taken out of their conditions, and what is wrong with the filters.

    A rule that a filter changes has another `content_hash`. A filter that names a rule which is not there, is a
    correlation or has another log source is refused whole.
    """
    changed = {rule.id: rule for rule in rules}
    faults: list[RuleFault] = []
    for placed in filters:
        wrong = tuple(_misplaced(placed, rules))
        if wrong:
            faults.extend(wrong)
            continue
        for rule in rules:
            if placed.written.is_for(rule):
                changed[rule.id] = _without(changed[rule.id], placed.written)
    return tuple(changed[rule.id] for rule in rules), tuple(faults)


def rule_called(rules: Iterable[Rule], name: str) -> Rule | None:
    """The rule that a document calls so: by its id, else by its name."""
    wanted = name.strip()
    return next((rule for rule in rules if rule.id == wanted.lower() or rule.name == wanted), None)


def faults_of(written: FilterDocument, rules: Sequence[Rule]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the rules that a filter names: path and reason of each."""
    names = written.rules
    if not names and not any(written.is_for(rule) for rule in rules):
        yield ("logsource",), "No rule looks at this log source."
    for index, name in enumerate(names):
        path = ("filter", "rules", index) if isinstance(written.filter["rules"], list) else ("filter", "rules")
        rule = rule_called(rules, name)
        if rule is None:
            yield path, f"There is no rule with the id or name {name!r}."
        elif not written.is_for(rule):
            yield path, f"The rule {rule.path} looks at another log source than the filter."


def _misplaced(placed: PlacedFilter, rules: Sequence[Rule]) -> Iterator[RuleFault]:
    found = list(faults_of(placed.written, rules))
    for index, name in enumerate(placed.written.rules):
        rule = rule_called(rules, name)
        if rule is not None and rule.correlation is not None:
            found.append((("filter", "rules", index), "A correlation looks at matches; filter the rules it counts."))
    for path, reason in found:
        line, column = placed.document.place(path)
        yield RuleFault(file=placed.path, line=line, column=column, reason=reason)


def _without(rule: Rule, written: FilterDocument) -> Rule:
    hidden = Selection(f"filter: {written.title}", hidden_by(written))
    digest = sha256(bytes.fromhex(rule.content_hash) + msgspec.json.encode(written, order="sorted"))
    return msgspec.structs.replace(
        rule, condition=AllOf((rule.condition, Not(hidden))), content_hash=digest.hexdigest()
    )


def _check_rules(section: dict[str, object]) -> None:
    written = section.get("rules")
    names = cast("list[object]", written) if isinstance(written, list) else [written]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise DocumentFault("A filter has `rules`: ids or names of rules, or `any`.", path=("filter", "rules"))
    if len(names) != len(set(names)):
        raise DocumentFault("A rule is named twice.", path=("filter", "rules"))
    if not set(section) - set(_NOT_SELECTIONS):
        raise DocumentFault("A filter has at least one selection.", path=("filter",))


def _inside_filter(reason: str, path: tuple[str | int, ...]) -> DocumentFault:
    return DocumentFault(reason, path=("filter", *path[1:]))


def _fields(condition: Condition) -> list[str]:
    """The fields that a condition tests, each once; those whose presence alone is asked for are left out."""
    match condition:
        case AllOf() | AnyOf():
            return list(dict.fromkeys(name for item in condition.items for name in _fields(item)))
        case Not() | Selection():
            return _fields(condition.item)
        case Keyword():
            return []
        case OnField():
            if isinstance(condition.test, Exists):
                return []
            other = [condition.test.field] if isinstance(condition.test, Reference) else []
            return [condition.field, *other]


def _word(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()
