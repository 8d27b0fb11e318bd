"""Finds the one rule that a person means: by its id, its title, a part of its title, or its file."""

import difflib
from collections.abc import Sequence
from typing import Final

from watchfloor.detect.rule import Rule
from watchfloor.kernel.errors import Invalid, NotFound

_NAMED: Final = 5


def find_rule(rules: Sequence[Rule], words: str) -> Rule:
    """The rule that `words` name. Raises NotFound for none, Invalid for several."""
    wanted = words.strip().casefold()
    found = [rule for rule in rules if _is_called(rule, wanted)]
    found = found or [rule for rule in rules if wanted in rule.title.casefold() or rule.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        named = "; ".join(f"{rule.title} ({rule.id})" for rule in found[:_NAMED])
        rest = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise Invalid(f"{len(found)} rules are called so: {named}{rest}.", where=words, remedy="Name one by its id.")
    close = difflib.get_close_matches(wanted, [rule.title.casefold() for rule in rules], n=1)
    near = next((rule for rule in rules if close and rule.title.casefold() == close[0]), None)
    raise NotFound(
        "There is no such rule among those that can be run.",
        where=words,
        remedy=f"Do you mean {near.title} ({near.id})?" if near is not None else None,
    )


def named_rule(rules: Sequence[Rule], words: str) -> Rule:
    """The rule that `words` name in full. Raises NotFound."""
    wanted = words.strip().casefold()
    found = next((rule for rule in rules if _is_called(rule, wanted)), None)
    if found is None:
        raise NotFound("There is no such rule.")
    return found


def _is_called(rule: Rule, wanted: str) -> bool:
    return wanted in {rule.id, rule.title.casefold(), rule.path.casefold(), (rule.name or rule.id).casefold()}
