r"""The language in which people ask: terms, joined by `and`, `or`, `not` and parentheses; side by side means `and`.

    powershell                           words in the record as it came, without regard to case
    "failed password"                    the same with blanks
    Image:*\powershell.exe               a field; `*` and `?` stand for any text and one letter, as in Sigma
    CommandLine:"* -enc *"               a value with blanks
    EventID:(4624 or 4625)               several values
    bytes:>1000   src_ip:10.0.0.0/8      numbers that compare; addresses of a network
    User:/^adm.*/                        a regular expression (RE2)
    ParentImage:*                        the field is there
    @source:windows.sysmon  @host:ws-7   what every event has
    @ip:203.0.113.9  @entity:evil[.]com  a thing in the event, whatever the field is called
    -term  not term                      not this

A field is named as its source names it, also with a dotted path; letter case does not count. It owns the reading; what
the parts mean is `detect.condition`'s.
"""

import re
from collections.abc import Callable, Sequence
from html import escape
from ipaddress import ip_network
from typing import Final

import msgspec

from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Cidr,
    Comparison,
    Condition,
    Exists,
    Not,
    OnField,
    Regex,
    Text,
    Wildcard,
)
from watchfloor.detect.lists import pattern_of
from watchfloor.detect.regex import compile_regex
from watchfloor.kernel.errors import Invalid
from watchfloor.lake.columns import entity_text
from watchfloor.normalise.event import Entity
from watchfloor.search.indicator import entities_in

LONGEST: Final = 4_000
MOST_TERMS: Final = 200
DEEPEST: Final = 20
"""Characters, terms and parentheses within each other that one query may have."""

_OWN: Final = {"source": ":source", "host": ":host", "summary": ":summary", "raw": ":raw", "parser": ":parser"}
_KINDS: Final = ("entity", "user", "ip", "hash", "domain", "file", "account", "email", "process")
_FIELD: Final = re.compile(r"@?[^\s:()\"]{1,200}:(?!//)")
_WORD: Final = re.compile(r"[^\s()\"]+")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_REGEX: Final = re.compile(r"/((?:[^/\\\n]|\\.)+)/")
_NUMBER: Final = re.compile(r"[+-]?\d{1,60}(\.\d{1,60})?")
_NETWORK: Final = re.compile(r"[0-9a-fA-F.:]{2,45}/\d{1,3}")
_RELATIONS: Final = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}
_JOINERS: Final = frozenset({"and", "or", "not"})


def parse(text: str) -> Condition:
    """The condition that a query states; an empty one holds for every event.

    Raises Invalid, with the column, for what cannot be read.
    """
    if len(text) > LONGEST:
        raise Invalid(f"A query has {LONGEST:,} characters at most; this has {len(text):,}.", where="query")
    return _Reader(text.strip()).whole() if text.strip() else AllOf(())


def naming(things: Sequence[Entity]) -> Condition:
    """Events in which one of these things is, whatever the field is called. There must be one."""
    tests = [Text((Wildcard.ANY, entity_text(thing), Wildcard.ANY), cased=True) for thing in things]
    return _any([OnField(":entities", test) for test in tests])


class _Reader:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._terms = 0

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._text)

    def whole(self) -> Condition:
        """All of it."""
        condition = self.alternatives(0)
        if not self.is_done:
            raise self.fault("Here is a closing parenthesis too many.", "Take it out, or put quotes around it.")
        return condition

    def skip(self) -> None:
        """Passes over blanks."""
        while not self.is_done and self._text[self._at].isspace():
            self._at += 1

    def fault(self, message: str, remedy: str) -> Invalid:
        """An error at this place."""
        return Invalid(f"Column {self._at + 1}: {message}", where="query", remedy=remedy)

    def alternatives(self, depth: int) -> Condition:
        """Terms joined by `or`, to the end or a closing parenthesis."""
        found = [self._together(depth)]
        while self._takes("or"):
            found.append(self._together(depth))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def _together(self, depth: int) -> Condition:
        found = [self._term(depth)]
        while not self.is_done and not self._sees("or") and self._text[self._at] != ")":
            self._takes("and")
            found.append(self._term(depth))
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def _term(self, depth: int) -> Condition:
        self.skip()
        if self.is_done or self._text[self._at] == ")" or self._sees("or") or self._sees("and"):
            raise self.fault("A term is missing here.", "Name what to look for, or leave out the joining word.")
        self._count()
        if depth > DEEPEST:
            raise self.fault(f"There are more than {DEEPEST} levels within each other.", "Ask more simply.")
        if self._takes("not") or self._takes_sign():
            return Not(self._term(depth + 1))
        if self._text[self._at] == "(":
            return self._parenthesised(lambda: self.alternatives(depth + 1))
        field = _FIELD.match(self._text, self._at)
        if field is None or _is_path(self._text, field):
            return _words(self._value())
        self._at = field.end()
        return self._on(field[0][:-1])

    def _on(self, field: str) -> Condition:
        """The test on a field that stands here."""
        if not self.is_done and self._text[self._at] == "(":
            return self._parenthesised(lambda: self._values(field))
        return self._value_on(field)

    def _values(self, field: str) -> Condition:
        """Values joined by `or`; side by side means `or`, too."""
        found: list[Condition] = []
        self.skip()
        while not self.is_done and self._text[self._at] != ")":
            self._count()
            found.append(self._value_on(field))
            self._takes("or")
        if not found:
            raise self.fault(f"No value is named for {field}.", "Name one, or `*` for any.")
        return AnyOf(tuple(found))

    def _value_on(self, field: str) -> Condition:
        pattern = _REGEX.match(self._text, self._at)
        if pattern is not None and not field.startswith("@"):
            self._at = pattern.end()
            self.skip()
            return OnField(field, _expression(pattern[1]))
        relation = next((sign for sign in _RELATIONS if self._text.startswith(sign, self._at)), None)
        if relation is not None and not field.startswith("@"):
            self._at += len(relation)
            return OnField(field, self._comparison(relation))
        begin = self._at
        is_quoted = self._text.startswith('"', self._at)
        value = self._value()
        if not value and not is_quoted:
            raise self.fault(f"No value is named for {field}.", "Name one, or `*` for any.")
        if field.startswith("@"):
            try:
                return _own(field[1:].lower(), value)
            except Invalid:
                self._at = begin
                raise
        return OnField(field, _test(value, is_quoted=is_quoted))

    def _comparison(self, relation: str) -> Comparison:
        written = self._value()
        if _NUMBER.fullmatch(written) is None:
            raise self.fault(f"After {relation} comes a number.", "Such as bytes:>1000.")
        number = float(written) if "." in written else int(written)
        match _RELATIONS[relation]:
            case "gt":
                return Comparison("gt", number)
            case "gte":
                return Comparison("gte", number)
            case "lt":
                return Comparison("lt", number)
            case _:
                return Comparison("lte", number)

    def _value(self) -> str:
        """The value that stands here, without its quotes."""
        quoted = _QUOTED.match(self._text, self._at)
        word = quoted or _WORD.match(self._text, self._at)
        if word is None:
            if self._text.startswith('"', self._at):
                raise self.fault("This quote is not closed.", 'Add a ", or write \\" for a quote itself.')
            return ""
        self._at = word.end()
        self.skip()
        return quoted[1].replace('\\"', '"') if quoted is not None else word[0]

    def _parenthesised(self, read: Callable[[], Condition]) -> Condition:
        self._at += 1
        inner = read()
        if self.is_done or self._text[self._at] != ")":
            raise self.fault("A closing parenthesis is missing.", "Add it, or put quotes around the opening one.")
        self._at += 1
        self.skip()
        return inner

    def _count(self) -> None:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise self.fault(f"A query has {MOST_TERMS} terms at most.", "Use a sweep for many indicators.")

    def _sees(self, joiner: str) -> bool:
        word = _WORD.match(self._text, self._at)
        return word is not None and word[0].lower() == joiner

    def _takes(self, joiner: str) -> bool:
        self.skip()
        if not self._sees(joiner):
            return False
        self._at += len(joiner)
        self.skip()
        return True

    def _takes_sign(self) -> bool:
        following = self._text[self._at + 1 : self._at + 2]
        if self._text[self._at] != "-" or not following or following.isspace():
            return False
        self._at += 1
        return True


def _is_path(text: str, field: "re.Match[str]") -> bool:
    r"""Whether what looks like a field is the drive of a path: `C:\Windows`."""
    return len(field[0]) == 2 and text[field.end() : field.end() + 1] in {"\\", "/"}


def _test(value: str, *, is_quoted: bool) -> Text | Cidr | Exists:
    if value == "*" and not is_quoted:
        return Exists(present=True)
    if _NETWORK.fullmatch(value) and not is_quoted:
        try:
            return Cidr(str(ip_network(value, strict=False)))
        except ValueError:
            pass
    return Text(pattern_of(value))


def _expression(pattern: str) -> Regex:
    plain = pattern.replace("\\/", "/")
    compile_regex(plain, "i")
    return Regex(plain, "i")


def _own(name: str, value: str) -> Condition:
    """A test on what every event has, or on a thing in it."""
    if name in _KINDS:
        things = [entity for entity in entities_in(value) if name in {"entity", entity.kind}]
        if not things:
            raise Invalid(f"{value} is no {name} that events are kept under.", where="query")
        return naming(things)
    column = _OWN.get(name)
    if column is None:
        names = ", ".join(f"@{known}" for known in (*_OWN, *_KINDS))
        raise Invalid(f"There is no @{name}.", where="query", remedy=f"There are {names}.")
    return OnField(column, Text(pattern_of(value)))


def _words(text: str) -> Condition:
    """The text in the record as it came: as it is, and as JSON and XML write it."""
    forms = dict.fromkeys((text, msgspec.json.encode(text).decode()[1:-1], escape(text, quote=False)))
    return _any([OnField(":raw", Text((Wildcard.ANY, *_loose(form), Wildcard.ANY))) for form in forms])


def _any(tests: Sequence[Condition]) -> Condition:
    return tests[0] if len(tests) == 1 else AnyOf(tuple(tests))


def _loose(form: str) -> tuple[str | Wildcard, ...]:
    """Words stand for themselves, but `*` and `?`."""
    parts = re.split(r"([*?])", form)
    return tuple(Wildcard.ANY if part == "*" else Wildcard.ONE if part == "?" else part for part in parts if part)
