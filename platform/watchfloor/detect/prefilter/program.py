"""The program of an event type: the rules that may match such events, and the scanner that says which.

Made once from conditions (slow), kept as plain data, opened for use (fast). One Hyperscan database holds all needles;
a needle that is found sets bits, one for each rule; a rule is a candidate if each of its clauses was found and nothing
was found that refutes it. Rules without clauses are candidates whenever no refuter is found.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import hyperscan
import msgspec

from watchfloor.detect.condition import Condition
from watchfloor.detect.prefilter.additions import Computed
from watchfloor.detect.prefilter.census import Census, census_of
from watchfloor.detect.prefilter.necessary import MOST_CLAUSES, Necessity, Refuter, refuters_of
from watchfloor.detect.prefilter.needles import Clause, is_numeric
from watchfloor.detect.prefilter.rewriting import expression_of

TRIGGER: Final = 0
"""The pattern that says that the text is not that of a flat event in canonical form."""

HIT_COST: Final = 0.08
"""What a needle that is found costs, in decisions on candidates."""

RARE: Final = 0.01
"""A rule whose first clause is rarer needs no second."""

LEAST_REFUTED: Final = 0.02
"""A refuter that is likely to be in fewer events than this share is not looked for."""

MOST_REFUTERS: Final = 8

_FLAGS: Final = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
_CASELESS: Final = _FLAGS | hyperscan.HS_FLAG_CASELESS

_BLANKS: Final = " \t\r\n"
_TRIGGERS: Final = (
    *(f'":{opening}' for opening in "{["),
    *(f'":{blank}' for blank in _BLANKS),
    *(f'"{blank}:' for blank in _BLANKS),
)
"""A value that is an object or a list; white space around a colon."""

_ODD_ESCAPE: Final = rb"[^\\](?:\\\\)*\\[u/]"
"""An escape that canonical JSON does not have, or a control character."""

_ODD_NUMBERS: Final = tuple(b'":%s[0-9]*[.eE]' % first.encode() for first in "0123456789-")
"""A number with a fraction or an exponent. One expression for each first letter is faster than one for all."""


class Program(msgspec.Struct, frozen=True, array_like=True):
    """The data of a program.

    `rules` are numbers in the rule set, ascending; places in it are what the other columns count. `scanner` is a
    serialized Hyperscan database (empty: nothing to look for). For each pattern, `found[k]` are the places whose clause
    `k` it satisfies, `refuted` those that it refutes. `open[k]` are the places that have no clause `k`.
    """

    rules: tuple[int, ...]
    scanner: bytes
    found: tuple[tuple[tuple[int, ...], ...], ...]
    refuted: tuple[tuple[int, ...], ...]
    open: tuple[tuple[int, ...], ...]


def assemble(rules: Sequence[tuple[int, Condition]], *, flat: bool, kind: str, computed: Computed) -> Program:
    """The program of rules, given by their numbers and what their conditions come to for the event type.

    A `flat` program may be asked about events without objects and lists only: its trigger says where one has them.
    `kind` is the type's name in the census, `computed` what need not stand in such events' text.
    """
    patterns = _Patterns()
    if flat:
        patterns.add_triggers([*map(expression_of, _TRIGGERS), _ODD_ESCAPE])
    choice = _Choice(census_of(kind), computed)
    without: list[list[int]] = [[] for _ in range(MOST_CLAUSES)]
    for place, (_, condition) in enumerate(rules):
        clauses = choice.clauses(condition)
        for turn in range(MOST_CLAUSES):
            if turn < len(clauses):
                patterns.add_clause(clauses[turn], turn=turn, place=place)
            else:
                without[turn].append(place)
        if flat:
            for refuter in choice.refuters(condition, clauses):
                patterns.add_refuter(refuter, place=place)
    if flat and patterns.numeric:
        patterns.add_triggers(_ODD_NUMBERS)
    return Program(
        rules=tuple(number for number, _ in rules),
        scanner=patterns.compile() if rules or flat else b"",
        found=patterns.found(),
        refuted=patterns.refuted(),
        open=tuple(tuple(places) for places in without),
    )


class _Choice:
    """Chooses what to look for: what saves more decisions than finding it costs."""

    def __init__(self, census: Census, computed: Computed) -> None:
        self._census = census
        self._computed = computed
        self._necessity = Necessity(census, computed)

    def clauses(self, condition: Condition) -> list[Clause]:
        """The first clause, and the second if it is worth it."""
        clauses = self._necessity.clauses_of(condition)
        if len(clauses) < 2:
            return clauses
        first, second = map(self._necessity.weight, clauses[:2])
        return clauses if first > RARE and first * (1 - second) > second * HIT_COST else clauses[:1]

    def refuters(self, condition: Condition, clauses: list[Clause]) -> list[Refuter]:
        """The refuters that are worth it, the most common first."""
        left = 1.0
        for clause in clauses:
            left *= self._necessity.weight(clause)
        chosen: list[Refuter] = []
        likely = [
            (self._census.share(refuter.label), refuter)
            for refuter in refuters_of(condition)
            if refuter.field not in self._computed.fields
        ]
        for share, refuter in sorted(likely, reverse=True)[:MOST_REFUTERS]:
            if left <= HIT_COST or share < LEAST_REFUTED:
                break
            chosen.append(refuter)
            left *= 1 - share
        return chosen


class _Patterns:
    """The patterns of a program while it is assembled. Pattern 0 stands for all triggers."""

    def __init__(self) -> None:
        self.numeric = False
        """Whether a needle may be a number's text."""

        self._triggers: list[bytes] = []
        self._ids: dict[tuple[bytes, int], int] = {}
        self._found: list[list[list[int]]] = [[] for _ in range(MOST_CLAUSES)]
        self._refuted: list[list[int]] = []
        self._column()

    def add_triggers(self, expressions: Iterable[bytes]) -> None:
        self._triggers += expressions

    def add_clause(self, clause: Clause, *, turn: int, place: int) -> None:
        self.numeric = self.numeric or any(map(is_numeric, clause))
        for needle in sorted(clause):
            self._found[turn][self._id(expression_of(needle), _CASELESS)].append(place)

    def add_refuter(self, refuter: Refuter, *, place: int) -> None:
        self._refuted[self._id(refuter_expression(refuter), _FLAGS)].append(place)

    def compile(self) -> bytes:
        """The serialized database."""
        expressions = [*self._triggers, *(expression for expression, _ in self._ids)]
        if not expressions:
            return b""
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=expressions,
            ids=[TRIGGER] * len(self._triggers) + list(self._ids.values()),
            elements=len(expressions),
            flags=[_FLAGS] * len(self._triggers) + [flags for _, flags in self._ids],
        )
        return hyperscan.dumpb(database)

    def found(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        return tuple(tuple(tuple(places) for places in turn) for turn in self._found)

    def refuted(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(places) for places in self._refuted)

    def _id(self, expression: bytes, flags: int) -> int:
        key = expression, flags
        if key not in self._ids:
            self._ids[key] = self._column()
        return self._ids[key]

    def _column(self) -> int:
        for turn in self._found:
            turn.append([])
        self._refuted.append([])
        return len(self._refuted) - 1


def refuter_expression(refuter: Refuter) -> bytes:
    """The refuter as Hyperscan's expression: the key as it is, the text without regard to letter case."""
    text = msgspec.json.encode(refuter.text).decode("utf-8")[1:-1]
    begin = b"" if refuter.begins else b'[^"]*'
    end = b'"' if refuter.ends else b""
    return b'"%s":"%s(?i:%s)%s' % (refuter.field.encode("ascii"), begin, expression_of(text), end)
