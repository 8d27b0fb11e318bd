"""What a Sigma rule means, told as naively as the specification 2.1 tells it: letter by letter, without an index.

An interpreter over a rule's detection section as YAML gives it. It shares no code with the engine, is slow, and exists
to disagree with it. `may_match` says whether a rule may fire on an event for some tenant's lists, which is what an
engine that knows no lists answers.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import product
from typing import Final, Literal, TypeAlias

from tests.unit.sigma_regex_oracle import found_by_regex
from watchfloor.normalise.event import FieldValue

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Fields: TypeAlias = dict[str, FieldValue]
Mark: TypeAlias = Literal["?", "*", "%"]
Letter: TypeAlias = str | int | tuple[Mark]
"""One letter of a pattern: a character, a byte that an encoding made, or a mark (`?`, `*`, a list's place)."""
Bounds: TypeAlias = tuple[bool, bool]
"""Whether something must hold and whether it may, whatever the tenants' lists are."""

ONE: Final[tuple[Mark]] = ("?",)
ANY: Final[tuple[Mark]] = ("*",)
LISTED: Final[tuple[Mark]] = ("%",)
DASHES: Final = "-/\u2013\u2014\u2015"
PLACING: Final = {"contains", "startswith", "endswith"}

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_TIME: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?")
_TOKEN: Final = re.compile(r"[()]|[^\s()]+")


class Refused(Exception):
    """The rule cannot be run."""


def may_match(detection: dict[str, Plain], fields: Fields) -> bool:
    """Whether the detection section may fire on an event's fields. Raises Refused."""
    searches = {name: search(item, fields) for name, item in detection.items() if name != "condition"}
    conditions = detection["condition"]
    texts = conditions if isinstance(conditions, list) else [conditions]
    return some([Reading(str(text), searches).whole() for text in texts])[1]


class Reading:
    """Reads a condition: `or` binds least, then `and`, then `not`."""

    def __init__(self, text: str, searches: dict[str, Bounds]) -> None:
        self.tokens = _TOKEN.findall(text)
        self.searches = searches

    def whole(self) -> Bounds:
        found = self.some()
        if self.tokens:
            raise Refused("there is more")
        return found

    def some(self) -> Bounds:
        items = [self.every()]
        while self.took("or"):
            items.append(self.every())
        return some(items)

    def every(self) -> Bounds:
        items = [self.one()]
        while self.took("and"):
            items.append(self.one())
        return every(items)

    def one(self) -> Bounds:
        if self.took("not"):
            return nothing(self.one())
        if self.took("("):
            found = self.some()
            if not self.took(")"):
                raise Refused("no end")
            return found
        if not self.tokens:
            raise Refused("nothing is there")
        word = self.tokens.pop(0)
        if self.took("of"):
            return self.several(word, self.tokens.pop(0))
        if word not in self.searches:
            raise Refused("unknown")
        return self.searches[word]

    def several(self, count: str, pattern: str) -> Bounds:
        shown = {
            name: item for name, item in self.searches.items() if pattern.startswith("_") or not name.startswith("_")
        }
        items = [item for name, item in shown.items() if pattern == "them" or fnmatchcase(name, pattern)]
        if not items or count not in {"1", "any", "all"}:
            raise Refused("of nothing")
        return every(items) if count == "all" else some(items)

    def took(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False


def every(items: Iterable[Bounds]) -> Bounds:
    fixed = list(items)
    return all(must for must, _ in fixed), all(may for _, may in fixed)


def some(items: Iterable[Bounds]) -> Bounds:
    fixed = list(items)
    return any(must for must, _ in fixed), any(may for _, may in fixed)


def nothing(item: Bounds) -> Bounds:
    return not item[1], not item[0]


def search(item: Plain, fields: Fields) -> Bounds:
    """What a search identifier says: a map is AND, a list is OR, plain values are keywords."""
    if isinstance(item, dict):
        return every([detect(key, value, fields) for key, value in item.items()])
    if isinstance(item, list) and any(isinstance(inner, dict) for inner in item):
        return some([search(inner, fields) for inner in item])
    return detect("", item, fields)


def detect(key: str, value: Plain, fields: Fields) -> Bounds:
    """What one line of a map says."""
    name, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    found = [value_bounds(name.replace(" ", ""), modifiers, one, fields) for one in values]
    joined = every(found) if "all" in modifiers else some(found)
    return nothing(joined) if "neq" in modifiers else joined


def value_bounds(name: str, modifiers: list[str], value: Plain, fields: Fields) -> Bounds:
    if isinstance(value, str) and not {"re", "cidr", "fieldref"} & set(modifiers):
        return text_bounds(name, modifiers, value, fields)
    holds = value_holds(name, modifiers, value, fields)
    return holds, holds


def value_holds(name: str, modifiers: list[str], value: Plain, fields: Fields) -> bool:
    found = texts_of(name, fields)
    values = values_of(name, fields)
    if "exists" in modifiers:
        return (values is not None) is value
    if "re" in modifiers:
        flags = "".join(flag for flag in "ims" if flag in modifiers)
        return any(found_by_regex(str(value), flags, text) for text in found)
    if "cidr" in modifiers:
        return any(in_network(str(value), one) for one in values or ())
    if "fieldref" in modifiers:
        others = texts_of(str(value).replace(" ", ""), fields)
        return any(related(fold(mine), fold(other), modifiers) for mine in found for other in others)
    return plain_holds(name, modifiers, value, fields)


def plain_holds(name: str, modifiers: list[str], value: Plain, fields: Fields) -> bool:
    if value is None:
        return all(one is None for one in values_of(name, fields) or ())
    if isinstance(value, bool):
        return any(text.lower() == str(value).lower() for text in texts_of(name, fields))
    if not isinstance(value, (int, float)):
        raise Refused("a value of no kind")
    return number_holds(name, modifiers, value, fields)


def number_holds(name: str, modifiers: list[str], number: float, fields: Fields) -> bool:
    values = values_of(name, fields) or ()
    part = next((word for word in modifiers if word in {"minute", "hour", "day", "week", "month", "year"}), None)
    relation = next((word for word in modifiers if word in {"lt", "lte", "gt", "gte"}), None)
    if PLACING & set(modifiers):
        return text_bounds(name, modifiers, str(number), fields)[1]
    if name == "":
        return any(str(number) in text for text in texts_of(name, fields))
    if part is None and relation is None:
        return any(same_number(value, number) for value in values)
    for value in values:
        mine = time_part(value, part) if part is not None else as_number(value)
        if mine is not None and compare(mine, relation, number):
            return True
    return False


def compare(mine: float, relation: str | None, number: float) -> bool:
    match relation:
        case "lt":
            return mine < number
        case "lte":
            return mine <= number
        case "gt":
            return mine > number
        case "gte":
            return mine >= number
        case _:
            return mine == number


def text_bounds(name: str, modifiers: list[str], value: str, fields: Fields) -> Bounds:
    patterns = alternatives(value, modifiers)
    if name == "" and not PLACING & set(modifiers):
        patterns = [[ANY, *pattern, ANY] for pattern in patterns]
    if any(LISTED in pattern for pattern in patterns):
        return False, True
    cased = "cased" in modifiers
    texts = texts_of(name, fields)
    holds = any(fits(text, pattern, cased=cased) for text in texts for pattern in patterns)
    return holds, holds


def alternatives(value: str, modifiers: list[str]) -> list[list[Letter]]:
    """The patterns that a text stands for, its modifiers applied in their order. Raises Refused."""
    patterns = [letters_of(value, placeholders="expand" in modifiers)]
    for modifier in modifiers:
        patterns = [changed for pattern in patterns for changed in change(modifier, pattern)]
    return [as_text(pattern) for pattern in patterns]


def letters_of(value: str, *, placeholders: bool = False) -> list[Letter]:
    """The letters that a value is written with: `*` and `?` are marks unless a backslash stands before them."""
    found: list[Letter] = []
    place = 0
    while place < len(value):
        letter, rest = value[place], value[place + 1 :]
        if letter == "\\" and rest[:1] and rest[0] in "\\*?" + "%" * placeholders:
            found.append(rest[0])
            place += 2
            continue
        end = rest.find("%")
        if placeholders and letter == "%" and end > 0 and "\\" not in rest[:end]:
            found.append(LISTED)
            place += end + 2
            continue
        found.append(ANY if letter == "*" else ONE if letter == "?" else letter)
        place += 1
    return found


def change(modifier: str, pattern: list[Letter]) -> list[list[Letter]]:
    if modifier == "windash":
        choices = [list(DASHES) if str(letter) in DASHES else [letter] for letter in pattern]
        if sum(len(choice) > 1 for choice in choices) > 4:
            raise Refused("too many dashes")
        return [list(chosen) for chosen in product(*choices)]
    if modifier in {"base64", "base64offset"}:
        data = data_of(pattern)
        if modifier == "base64":
            return [list(b64encode(data).decode())]
        return [list(steady_part(data, offset)) for offset in range(3)]
    if modifier in {"wide", "utf16", "utf16le", "utf16be"}:
        encoded = wide(pattern, "utf-16-be" if modifier == "utf16be" else "utf-16-le")
        return [[0xFF, 0xFE, *encoded] if modifier == "utf16" else encoded]
    before = [ANY] * (modifier in {"contains", "endswith"})
    after = [ANY] * (modifier in {"contains", "startswith"})
    return [[*before, *pattern, *after]]


def wide(pattern: list[Letter], encoding: str) -> list[Letter]:
    found: list[Letter] = []
    for letter in pattern:
        if isinstance(letter, str):
            found.extend(letter.encode(encoding))
        elif isinstance(letter, int):
            found.extend(chr(letter).encode(encoding))
        else:
            found.append(letter)
    return found


def data_of(pattern: list[Letter]) -> bytes:
    found = b""
    for letter in pattern:
        if isinstance(letter, tuple):
            raise Refused("a wildcard has no encoding")
        found += letter.encode() if isinstance(letter, str) else bytes([letter])
    return found


def steady_part(data: bytes, offset: int) -> str:
    """What stays the same of the encoded data, `offset` bytes into a longer text, whatever stands around it."""
    after = (-len(data) - offset) % 3
    low = b64encode(bytes(offset) + data + bytes(after)).decode()
    high = b64encode(b"\xff" * offset + data + b"\xff" * after).decode()
    steady = "".join(one for one, other in zip(low, high, strict=True) if one == other)
    if not steady:
        raise Refused("nothing stays the same")
    return steady


def as_text(pattern: list[Letter]) -> list[Letter]:
    found: list[Letter] = []
    data = b""
    for letter in [*pattern, ""]:
        if isinstance(letter, int):
            data += bytes([letter])
            continue
        try:
            found.extend(data.decode())
        except UnicodeDecodeError:
            raise Refused("bytes are no text") from None
        data = b""
        found.append(letter)
    return [letter for letter in found if letter != ""]


def fits(text: str, pattern: list[Letter], *, cased: bool) -> bool:
    """Whether the pattern is the text, all of it."""
    way = str if cased else fold
    text = way(text)
    reached = {0}
    for letter in pattern:
        if letter == ANY:
            reached = set(range(min(reached, default=len(text) + 1), len(text) + 1))
        elif letter == ONE:
            reached = {place + 1 for place in reached if place < len(text)}
        else:
            same = way(str(letter))
            reached = {place + 1 for place in reached if place < len(text) and text[place] == same}
            if not reached:
                return False
    return len(text) in reached


@lru_cache(maxsize=10_000)
def fold(text: str) -> str:
    """Simple case folding: what letters of one length fold to."""
    return "".join(next((way for way in (one.casefold(), one.lower()) if len(way) == 1), one) for one in text)


def values_of(name: str, fields: Fields) -> list[FieldValue] | None:
    """The values of a field; all of an event's for a keyword."""
    if name == "":
        return leaves(fields)
    ways: list[Callable[[str], str]] = [str, fold]
    for way in ways:
        for key, value in fields.items():
            if way(key) == way(name):
                return apart(value)
        found = follow(fields, way(name), way)
        if "." in name and found:
            return found
    return None


def follow(node: FieldValue, path: str, way: Callable[[str], str]) -> list[FieldValue]:
    if isinstance(node, list):
        return [value for item in node for value in follow(item, path, way)]
    if not isinstance(node, dict):
        return []
    found: list[FieldValue] = []
    for key, value in node.items():
        if way(key) == path:
            found += apart(value)
        elif path.startswith(way(key) + "."):
            found += follow(value, path[len(key) + 1 :], way)
    return found


def apart(value: FieldValue) -> list[FieldValue]:
    return [inner for item in value for inner in apart(item)] if isinstance(value, list) else [value]


def leaves(value: FieldValue) -> list[FieldValue]:
    if isinstance(value, dict):
        return [inner for item in value.values() for inner in leaves(item)]
    return [inner for item in value for inner in leaves(item)] if isinstance(value, list) else [value]


def texts_of(name: str, fields: Fields) -> list[str]:
    return [text for value in values_of(name, fields) or () for text in texts(value)]


def texts(value: FieldValue) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return [str(int(value))]
    if isinstance(value, (dict, list)):
        return [json.dumps(value, separators=(",", ":"), ensure_ascii=False)]
    return [str(value)]


def same_number(value: FieldValue, number: float) -> bool:
    if isinstance(value, (bool, str)):
        return value == str(number)
    return isinstance(value, (int, float)) and value == number


def as_number(value: FieldValue) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(written := value.strip()):
        return float(written) if "." in written else int(written)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def time_part(value: FieldValue, part: str) -> int | None:
    """The part of a written time, as it is written there."""
    matched = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if matched is None:
        return None
    year, month, day, hour, minute = (int(number or 0) for number in matched.groups())
    try:
        week = date(year, month, day).isocalendar().week
    except ValueError:
        return None
    return {"week": week, "minute": minute, "hour": hour, "day": day, "month": month, "year": year}[part]


def _bare(address: str) -> str:
    """Without the zone that an address may name after a percent sign, whatever that is."""
    return address.strip().partition("%")[0]


def in_network(network: str, value: FieldValue) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(_bare(value)) if isinstance(value, str) else IPv4Address("-")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address) in ip_network(network)


def related(mine: str, other: str, modifiers: list[str]) -> bool:
    if "contains" in modifiers or {"startswith", "endswith"} <= set(modifiers):
        return other in mine
    if "startswith" in modifiers:
        return mine.startswith(other)
    return mine.endswith(other) if "endswith" in modifiers else mine == other
