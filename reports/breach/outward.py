"""A case as it may leave the house: accounts as numbers, our own entries and talks left out.

Owns what a document never says: names of accounts, which are names of people, wherever in the case they stand. Who
reports, decides or can be called is named. Everything else stays as it was frozen.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar, cast

import msgspec

from watchfloor.breach.case import BreachCase

_NOT_WORDS: Final = frozenset({"id", "tenant_id", "ref", "by", "created_by", "updated_by", "kind", "code", "sha256"})
"""Names of parts that hold no words of anybody."""
_NOBODY: Final = frozenset({"system", "root", "local service", "network service", "nt authority\\system"})
"""Accounts of machines: they are nobody's name."""
_SHORTEST: Final = 3

T = TypeVar("T", bound=msgspec.Struct)


def outward(case: BreachCase) -> BreachCase:
    """The case without names of accounts, entries that are not for the controller, and the log of talks."""
    shown = msgspec.structs.replace(
        case, contacts=(), timeline=tuple(item for item in case.timeline if item.visible_to_controller)
    )
    return _numbered(without_accounts(shown, shown))


def _numbered(case: BreachCase) -> BreachCase:
    """The case whose accounts are called by their numbers, also those with names too short to be looked for."""
    accounts = case.nature.accounts
    if accounts is None or accounts.value is None:
        return case
    numbers = enumerate(accounts.value, start=1)
    called = tuple(msgspec.structs.replace(one, name=f"[account {number}]") for number, one in numbers)
    fact = msgspec.structs.replace(accounts, value=called)
    return msgspec.structs.replace(case, nature=msgspec.structs.replace(case.nature, accounts=fact))


def without_accounts(value: T, case: BreachCase) -> T:
    """Anything of a case with the accounts that the case names as numbers."""
    names = _names(case)
    if not names:
        return value
    pattern = re.compile(
        r"(?<![\w.-])(?:" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")(?![\w-])",
        re.IGNORECASE,
    )

    def replaced(part: object) -> object:
        if isinstance(part, str):
            return pattern.sub(lambda found: f"[account {names[found[0].casefold()]}]", part)
        if isinstance(part, Mapping):
            entries = cast("Mapping[str, object]", part)
            return {name: item if name in _NOT_WORDS else replaced(item) for name, item in entries.items()}
        if isinstance(part, Sequence):
            return [replaced(item) for item in cast("Sequence[object]", part)]
        return part

    return msgspec.convert(replaced(msgspec.to_builtins(value)), type(value))


def _names(case: BreachCase) -> dict[str, int]:
    """Every way in which an account of the case may be written, with the account's number."""
    accounts = case.nature.accounts
    found = () if accounts is None or accounts.value is None else accounts.value
    names: dict[str, int] = {}
    for number, account in enumerate(found, start=1):
        whole = account.name.strip()
        for name in (whole, whole.rpartition("\\")[2], whole.partition("@")[0]):
            if len(name) >= _SHORTEST and name.casefold() not in _NOBODY:
                names.setdefault(name.casefold(), number)
    return names
