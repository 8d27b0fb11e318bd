"""Which rules are held against files: those of a level, and those that correlations of that level look at."""

from collections.abc import Sequence

import msgspec

from watchfloor.detect.rule import LEVELS, Level, Rule


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The rules to run, and the numbers of those whose matches are told."""

    rules: tuple[Rule, ...]
    told: frozenset[int]


def select(rules: Sequence[Rule], *, lowest: Level | None) -> Selection:
    """The rules of at least the level `lowest` that alert, with all that they need."""
    least = LEVELS.index(lowest) if lowest is not None else 0
    wanted = {rule.id for rule in rules if rule.alerts and LEVELS.index(rule.level) >= least}
    needed = needed_by(wanted, rules)
    chosen = tuple(rule for rule in rules if rule.id in needed)
    return Selection(rules=chosen, told=frozenset(n for n, rule in enumerate(chosen) if rule.id in wanted))


def needed_by(wanted: set[str], rules: Sequence[Rule]) -> set[str]:
    """The ids of `wanted`, and of all rules that their correlations look at."""
    by_id = {rule.id: rule for rule in rules}
    needed: set[str] = set()
    open_ids = list(wanted)
    while open_ids:
        rule = by_id.get(open_ids.pop())
        if rule is not None and rule.id not in needed:
            needed.add(rule.id)
            open_ids += rule.correlation.rules if rule.correlation is not None else ()
    return needed
