"""Made-up Sigma rules and events that they nearly match: strategies over all modifiers, with hostile letters.

`rules()` gives rules, `events()` fields of events, `pairs()` a rule and an event made for it, `batches()` some rules
and many events made for all of them. An event is made for a rule by taking the rule's own values: as they are, in
another letter case, truncated, embedded, escaped, encoded, in lists, in objects. About 40 of 100 pairs match.

Everything is drawn from a `Random`: Hypothesis's own for `rules`, `events` and `pairs`, so that what fails shrinks; a
seeded one for `batches`, which is a hundred times faster.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final, TypeAlias
from uuid import UUID

import hypothesis.strategies as st
import msgspec
import yaml

from tests.unit.sigma_oracle import ANY, DASHES, LISTED, ONE, Fields, Letter, Plain, Refused, alternatives
from watchfloor.detect.load import load_rules
from watchfloor.detect.rule import Rule as LoadedRule
from watchfloor.normalise.event import Event, FieldValue, LogSource

SOURCE: Final = LogSource("hostile")
RULE: Final = """\
title: Made up
id: {id}
level: high
author: nobody
license: CC0-1.0
logsource:
    product: hostile
"""

# Letters that escape, quote, separate, fold in odd ways (long s, Kelvin, dotless and dotted i, sharp s, iota with
# marks, final sigma, Angstrom), take two UTF-16 units, or end lines.
LETTERS: Final = (
    "aAbBcsSkKiI019"
    "\\\\\\**??%\"'/-_.:,;$^|(){}[]<>&# \t\n\r\x00\x1f\x7f\x85\u2028"
    "\u017f\u212a\u0131\u0130\u00df\u1e9e\u0390\u1fd3\u03c3\u03c2\u03a3\u00e5\u212b\u00e9"
    "\u2013\u2014\u2015\ufeff\U0001f600\U00010400\U00010428"
)
WORDS: Final = (
    "powershell.exe", "C:\\Windows\\System32\\cmd.exe", " -enc ", " /c ", "\\\\host\\share", "IEX", "sekurlsa::",
    "http://example.org/?q=*", "10.1.2.3", "2001:db8::1", "42", "-1.5", "true", "null", "{\"k\":\"v\"}", "stra\u00dfe",
    "\u212aelvin", "\\", "\\*", "\\\\*", "*", "?", "",
)  # fmt: skip
FIELDS: Final[tuple[str, ...]] = (
    "f",
    "Image",
    "CommandLine",
    "Threat Name",
    "a.b",
    "a.b.c",
    "\u0130d",
    'f"x',
    "EventID",
)
NAMES: Final[tuple[str, ...]] = (
    "selection",
    "sel_a",
    "sel_b",
    "filter_main_a",
    "filter_x",
    "_hidden",
    "_base",
    "x-y",
    "not_this",
)
TEXT_CHAINS: Final[tuple[tuple[str, ...], ...]] = (
    (), (), (), ("contains",), ("contains",), ("contains",), ("startswith",), ("endswith",), ("endswith",),
    ("cased",), ("contains", "cased"), ("cased", "endswith"), ("startswith", "cased"),
    ("windash",), ("contains", "windash"), ("windash", "contains"), ("endswith", "windash"), ("windash", "cased"),
    ("base64",), ("base64", "contains"), ("base64offset", "contains"), ("base64offset", "endswith"),
    ("wide", "base64offset", "contains"), ("utf16le", "base64"), ("utf16be", "base64offset", "contains"),
    ("utf16", "base64"), ("utf16", "base64offset", "contains"), ("wide", "contains"), ("utf16be", "contains"),
    ("windash", "base64offset", "contains"), ("expand",), ("contains", "expand"), ("expand", "startswith"),
)  # fmt: skip
ENCODINGS: Final = {"base64", "base64offset", "utf16"}
PARTS: Final = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "week": (1, 53),
    "month": (1, 12),
    "year": (1, 9999),
}
RELATIONS: Final[tuple[str, ...]] = ("lt", "lte", "gt", "gte")
NETWORKS: Final = ("10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "192.0.2.128/25", "2001:db8::/32", "::/0", "fe80::/10")
ADDRESSES: Final = (
    "10.1.2.3", "11.0.0.1", "192.0.2.200", "::ffff:10.9.9.9", "2001:DB8::1", "fe80::1", "10.1.2", "10.01.2.3",
    " 10.1.2.3 ",
)  # fmt: skip
TIMES: Final = (
    "2026-03-02T03:14:00Z", "2026-03-02 23:59:59.1234567", "1999-12-31", "2026-03-02T03:14:00+09:00",
    "2020-12-31T00:00:00", "soon", "2026-13-01", "",
)  # fmt: skip
EXPRESSIONS: Final = (
    "a.c", "^a", "s$", "^[a-k]+$", "(a|b)+c?", "\\\\", "[^a-b]", "k{1,2}", "\\.exe$", "(cmd|powershell)\\.exe", "^$",
    "\\$", "[$]a", "a|^b$", ".{2}", "\u00df", "[0-9]{1,3}\\.", " (-|/)[a-z]+", "\u017f", "(^| )IEX",
    "i", "a*$", "[*?\\-]",
)  # fmt: skip

ODD_CASE: Final = str.maketrans("skSKiI", "\u017f\u212a\u017f\u212a\u0131\u0130")

Item: TypeAlias = tuple[str, Plain]


class Rule(msgspec.Struct, frozen=True):
    """A rule's detection section, as data and as a rule file."""

    detection: dict[str, Plain]

    def text(self, number: int = 0) -> str:
        """The rule file; `number` makes the rule's id."""
        dumped = yaml.dump(
            {"detection": self.detection}, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=10_000
        )
        return RULE.format(id=UUID(int=number)) + dumped


def event(fields: Fields) -> Event:
    """An event of the log source that all the made-up rules look at."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return Event(
        key=bytes(16),
        source="hostile",
        logsources=(SOURCE,),
        time=now,
        time_quality="parsed",
        received_at=now,
        fields=fields,
        entities=(),
        summary="made up",
        raw=msgspec.json.encode(fields),
        parser="made-up/1",
    )


def load(made: Sequence[Rule], file: Path) -> dict[int, LoadedRule]:
    """The rules that load, by their place in `made`, through a file of that name. The others have been refused."""
    file.write_text("---\n".join(rule.text(number) for number, rule in enumerate(made)), encoding="utf-8")
    return {UUID(rule.id).int: rule for rule in load_rules([file]).rules}


def rules() -> st.SearchStrategy[Rule]:
    """Rules over all modifiers. A few have to be refused: an encoded wildcard, a value too short to find."""
    return st.randoms(use_true_random=False).map(make_rule)


def events() -> st.SearchStrategy[Fields]:
    """Events that no rule had in mind."""
    return st.randoms(use_true_random=False).map(any_event)


def pairs() -> st.SearchStrategy[tuple[Rule, Fields]]:
    """A rule and an event made for it."""
    return st.randoms(use_true_random=False).map(_pair)


def batches(*, rules: int = 8, events: int = 16) -> st.SearchStrategy[tuple[list[Rule], list[Fields]]]:
    """So many rules, and so many events made for some of them."""
    return st.integers(0, 2**64 - 1).map(lambda seed: make_batch(Random(seed), rules=rules, events=events))


def make_batch(random: Random, *, rules: int, events: int) -> tuple[list[Rule], list[Fields]]:
    """So many rules, and so many events made for one or two of them each."""
    made = [make_rule(random) for _ in range(rules)]
    return made, [
        make_event(random, random.sample(made, min(len(made), random.choice((1, 1, 2))))) for _ in range(events)
    ]


def _pair(random: Random) -> tuple[Rule, Fields]:
    rule = make_rule(random)
    return rule, make_event(random, [rule])


def make_rule(random: Random) -> Rule:
    """A rule of one to four search identifiers and one or two conditions."""
    names = random.sample(NAMES, random.choice((1, 1, 2, 2, 3, 4)))
    detection: dict[str, Plain] = {name: _search(random) for name in names}
    conditions: list[Plain] = [_condition(random, names, 3)]
    if random.randrange(8) == 0:
        conditions.append(_condition(random, names, 1))
    detection["condition"] = conditions if len(conditions) > 1 else conditions[0]
    return Rule(detection)


def make_event(random: Random, rules: Iterable[Rule]) -> Fields:
    """An event that has what the rules look for, or nearly."""
    fields = any_event(random) if random.randrange(4) == 0 else {}
    for key, value in [line for rule in rules for line in _lines(rule)]:
        name, *chain = key.split("|")
        choices = value if isinstance(value, list) else [value]
        if random.randrange(15):
            chosen = choices if "all" in chain else [random.choice(choices)]
            _put(fields, _key(random, name), _wrapped(random, [_witness(random, chain, one) for one in chosen]))
    return fields


def any_event(random: Random) -> Fields:
    """An event that no rule had in mind."""
    return {random.choice(FIELDS): _value(random) for _ in range(random.randrange(6))}


def _condition(random: Random, names: Sequence[str], depth: int) -> str:
    name = random.choice(names)
    kind = random.randrange(10 if depth else 5)
    if kind <= 2:
        return name
    if kind <= 4:
        return _selector(random, name)
    if kind == 5:
        return f"not {_condition(random, names, 0)}"
    if kind == 6:
        return f"({_condition(random, names, depth - 1)})"
    word = "or" if kind == 7 else "and"
    return f"{_condition(random, names, depth - 1)} {word} {_condition(random, names, depth - 1)}"


def _selector(random: Random, name: str) -> str:
    """A selector that finds at least `name`."""
    place = random.randrange(len(name))
    if name.startswith("_"):
        pattern = random.choice((name, f"{name[: place + 1]}*", "_*"))
    else:
        pattern = random.choice(
            (name, f"{name[:place]}*", f"*{name[place:]}", f"{name[:1]}*{name[place + 1 :]}", "them")
        )
    return f"{random.choice(('1', 'all', 'any'))} of {pattern}"


def _search(random: Random) -> Plain:
    kind = random.randrange(10)
    if kind < 6:
        return _map(random)
    if kind == 6:
        return [_map(random) for _ in range(random.randrange(1, 4))]
    if kind == 7:
        return _text(random) if random.randrange(3) == 0 else _several(random, _keyword, 1)
    if kind == 8:
        return {"|all": _several(random, _keyword, 2)}
    if random.randrange(2):
        return {"|re": random.choice(EXPRESSIONS)}
    key, value = _text_item(random, "")
    return {key or "|contains": value}


def _map(random: Random) -> Plain:
    return dict(_item(random, random.choice(FIELDS)) for _ in range(random.choice((1, 1, 2, 3))))


def _keyword(random: Random) -> Plain:
    return _text(random) if random.randrange(4) else random.randrange(50)


def _several(random: Random, make: Callable[[Random], Plain], least: int) -> list[Plain]:
    return [make(random) for _ in range(random.randrange(least, 4))]


def _item(random: Random, field: str) -> Item:
    return _text_item(random, field) if random.randrange(5) < 3 else _other_item(random, field)


def _text_item(random: Random, field: str) -> Item:
    chain: list[str] = list(random.choice(TEXT_CHAINS))
    values = [_text_value(random, chain) for _ in range(random.choice((1, 1, 2, 3)))]
    if len(values) > 1 and random.randrange(4) == 0:
        chain.append("all")
    if field and random.randrange(10) == 0:
        chain.append("neq")
    return "|".join([field, *chain]), values[0] if len(values) == 1 and random.randrange(2) else [*values]


def _text_value(random: Random, chain: list[str]) -> str:
    text = _text(random)
    if ENCODINGS & set(chain) and random.randrange(40):
        text = "ab" + "".join(f"\\{letter}" if letter in "*?" else letter for letter in text)
    if "windash" in chain and random.randrange(40):
        text = text.translate(dict.fromkeys(map(ord, DASHES[2:]), None)).replace("-", "")[-6:] + random.choice(
            ("-a", " /b-", "")
        )
    if "expand" in chain:
        text += random.choice(("%servers%", "\\%x%", "%a%%b%", "%%", "%"))
    return text


def _other_item(random: Random, field: str) -> Item:
    flags = "".join(f"|{flag}" for flag in random.sample("ims", random.choice((0, 0, 1, 2))))
    match random.randrange(7):
        case 0 | 1:
            return _number_item(random, field)
        case 2:
            wanted: Plain = [random.choice(EXPRESSIONS) for _ in range(2)]
            return f"{field}|re{flags}", wanted if random.randrange(3) == 0 else random.choice(EXPRESSIONS)
        case 3:
            return f"{field}|cidr", random.choice(NETWORKS)
        case 4:
            return f"{field}|exists", random.randrange(2) == 0
        case 5:
            relation = random.choice(("", "|startswith", "|endswith", "|contains", "|neq"))
            return f"{field}|fieldref{relation}", random.choice(FIELDS)
        case _:
            return random.choice((field, f"{field}|neq")), random.choice((None, "", True, False))


def _number_item(random: Random, field: str) -> Item:
    number = random.choice((random.randrange(-2, 50), 0.5, -1.5, 2**53 + 1, 2**64, 10**15))
    match random.randrange(6):
        case 0:
            return field, number
        case 1:
            return field, [number, random.randrange(50)]
        case 2:
            return f"{field}|{random.choice(('startswith', 'contains'))}", random.randrange(50)
        case 3:
            return f"{field}|{random.choice(RELATIONS)}", number
        case _:
            part = random.choice(tuple(PARTS))
            relation = random.choice(("", "", *(f"|{relation}" for relation in RELATIONS)))
            return f"{field}|{part}{relation}", random.choice((random.randint(*PARTS[part]), PARTS[part][0], 3, 10, 12))


def _lines(rule: Rule) -> list[Item]:
    """All lines of a rule's maps and keywords, as key and value."""
    found: list[Item] = []
    rest = [item for name, item in rule.detection.items() if name != "condition"]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            found.extend(item.items())
        elif isinstance(item, list) and any(isinstance(inner, dict) for inner in item):
            rest.extend(item)
        else:
            found.append(("", item))
    return found


def _key(random: Random, name: str) -> str:
    plain = name.replace(" ", "") or "message"
    return random.choice((*[plain] * 8, plain.swapcase(), f"{plain}x"))


def _put(fields: Fields, key: str, value: FieldValue) -> None:
    """Puts a value at a dotted path, if nothing stands in its way; else under the dotted name."""
    first, _, rest = key.partition(".")
    inner = fields.get(first)
    if rest and first not in fields:
        fields[first] = {rest: value}
    elif rest and isinstance(inner, dict):
        inner[rest] = value
    else:
        fields[key] = value


def _wrapped(random: Random, values: list[FieldValue]) -> FieldValue:
    """Several values as one that has all of them, or a single one, at times inside of a list or an object."""
    kind = random.randrange(12)
    if len(values) > 1 and kind < 9 and all(isinstance(value, str) for value in values):
        return random.choice(("", " ", "\n")).join(str(value) for value in values)
    if len(values) > 1 or kind == 9:
        return [_scalar(random), *values]
    if kind == 10:
        return {"k": values[0] if isinstance(values[0], (str, bool)) else None}
    return values[0]


def _witness(random: Random, chain: list[str], value: Plain) -> FieldValue:
    """A value that the rule's value may match, or nearly."""
    if random.randrange(20) == 0:
        return _value(random)
    if "cidr" in chain or set(PARTS) & set(chain):
        return random.choice(ADDRESSES if "cidr" in chain else TIMES)
    if "re" in chain:
        letters = "".join(random.choices("aAbBcCsSkK$\n.", k=random.randrange(5)))
        return random.choice((letters, letters, random.choice(WORDS), random.choice(EXPRESSIONS)))
    if isinstance(value, str) and "fieldref" not in chain:
        return _text_for(random, chain, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        near = (value, value, str(value), float(value), value + 1, value - 1, f"{value}0", f"0{value}", f"{value}.0")
        return random.choice([one for one in near if not isinstance(one, int) or abs(one) < 2**63])
    return random.choice((value if isinstance(value, bool) else None, str(value), "", None, "a", True, []))


def _text_for(random: Random, chain: list[str], value: str) -> str:
    try:
        pattern = random.choice(alternatives(value, chain))
    except Refused:
        return value
    text = "".join(_letter_for(random, letter) for letter in pattern)
    ways: tuple[str, ...] = (
        text.swapcase(),
        text.swapcase(),
        text.upper(),
        text.translate(ODD_CASE),
        text[: random.randint(0, len(text))],
        _text(random) + text + _text(random),
        text.replace("\\", "\\\\"),
        value,
    )
    return random.choice(ways) if random.randrange(2) else text


def _letter_for(random: Random, letter: Letter) -> str:
    if letter in (ANY, LISTED):
        return random.choice(("", "", "x", " \n", "\\*"))
    return random.choice(("x", "?", "\U0001f600", "\n", "")) if letter == ONE else str(letter)


def _text(random: Random) -> str:
    kind = random.randrange(12)
    letters = "".join(random.choice(LETTERS) for _ in range(random.choice((0, 1, 1, 2, 3, 6))))
    if kind < 4:
        return letters
    if kind < 8:
        return random.choice(WORDS)
    return random.choice(WORDS) + letters if kind < 11 else random.choice("aK\u017f\\x") * random.choice((60, 200))


def _scalar(random: Random) -> FieldValue:
    plain: tuple[FieldValue, ...] = (
        random.randrange(-2, 50), 0.5, -1.5, 42.0, 2**53, 2**63 - 1, 10**15, True, False, None, "",
    )  # fmt: skip
    return _text(random) if random.randrange(2) else random.choice(plain)


def _value(random: Random) -> FieldValue:
    match random.randrange(8):
        case 0:
            return [_scalar(random) for _ in range(random.randrange(4))]
        case 1:
            inner: tuple[FieldValue, ...] = (_text(random), random.randrange(9), True, None)
            return {random.choice("bkBc"): random.choice(inner) for _ in range(random.randrange(3))}
        case 2:
            return random.choice(ADDRESSES)
        case 3:
            return random.choice(TIMES)
        case _:
            return _scalar(random)
