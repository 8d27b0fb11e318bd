"""What must be in a text for a regular expression to match in it.

Walks the expression as Python's own parser reads it. Expressions in which RE2's syntax means something else are left
alone (no clauses), so is everything but letters, groups, alternatives and repetitions.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, cast

from watchfloor.detect.prefilter import grammar
from watchfloor.detect.prefilter.grammar import Token
from watchfloor.detect.prefilter.needles import Clause, literal_clause
from watchfloor.detect.prefilter.rewriting import rewrite

_UNLIKE: Final = re.compile(r"\\\\|(\[\[?[:.=]|\\[QEpPCzZXRKGhHvVN\d]|\(\?(?![ims]*[:)]|P<))")
"""Where RE2 and Python's `re` may read an expression differently (group 1); a backslash that stands for itself is no
such place, and says nothing of what follows it."""

Weigh = Callable[[frozenset[str]], float]
"""How common a clause's needles are."""

RARE: Final = 0.005
"""If a clause is rarer, the expression itself need not be looked for."""


_GAP: Final = re.compile(r"(?<!\\)\.[*+]")
"""Anything, however long. A few such expressions slow down a scan by half, so what is in them is looked for instead."""


def regex_clauses(pattern: str, weigh: Weigh) -> list[Clause]:
    """The clauses of an expression, whatever the letter case; none if nothing must be there."""
    if any(found[1] for found in _UNLIKE.finditer(pattern)):
        return []
    try:
        tokens = grammar.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return []
    clauses = _clauses(tokens, weigh)
    if min(map(weigh, clauses), default=1.0) < RARE:
        return clauses
    rewritten = rewrite(tokens)
    if rewritten is None or _GAP.search(rewritten):
        return clauses
    return [*clauses, frozenset((rewritten,))]


def _clauses(tokens: Sequence[Token], weigh: Weigh) -> list[Clause]:
    found: list[Clause] = []
    run: list[str] = []

    def end_run() -> None:
        clause = literal_clause("".join(run))
        if clause is not None:
            found.append(clause)
        run.clear()

    for operator, argument in _flat(tokens):
        if operator is grammar.LITERAL:
            run.append(chr(cast("int", argument)))
            continue
        end_run()
        if operator is grammar.BRANCH:
            found += _branch(cast("tuple[object, list[Sequence[Token]]]", argument)[1], weigh)
        elif operator in grammar.REPEATS:
            least, _, repeated = cast("tuple[int, object, Sequence[Token]]", argument)
            if least >= 1:
                found += _clauses(repeated, weigh)
    end_run()
    return found


def _flat(tokens: Sequence[Token]) -> Iterable[Token]:
    """The tokens with those of plain groups in their places."""
    for operator, argument in tokens:
        if operator is grammar.SUBPATTERN:
            yield from _flat(cast("tuple[object, object, object, Sequence[Token]]", argument)[3])
        else:
            yield operator, argument


def _branch(branches: Sequence[Sequence[Token]], weigh: Weigh) -> list[Clause]:
    needles: set[str] = set()
    for branch in branches:
        clauses = _clauses(branch, weigh)
        if not clauses:
            return []
        needles |= min(clauses, key=lambda clause: weigh(frozenset(clause)))
    return [frozenset(needles)]
