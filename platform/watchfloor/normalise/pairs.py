"""Reads `name=value` texts: audit records, firewalls' logs. Linear in the text, bounded in the pairs.

Never interprets a value; quotes are taken off and that is all.
"""

import re
from typing import Final

MAX_PAIRS: Final = 512

_PAIR: Final = re.compile(
    r"""(?<![^\s,;{'"])([A-Za-z_][\w.\-\[\]]{0,63})=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|'([^']*)'|([^\s"'][^\s]*)?)"""
)


def read_pairs(text: str) -> dict[str, str]:
    """The pairs in `text`; the first of a name counts, and no more than `MAX_PAIRS`."""
    pairs: dict[str, str] = {}
    for name, double, single, bare in _PAIR.findall(text):
        if len(pairs) >= MAX_PAIRS:
            break
        pairs.setdefault(name, double or single or bare)
    return pairs


def read_bare_pairs(text: str) -> tuple[dict[str, str], frozenset[str]]:
    """The pairs in `text`, and the names of those whose value stood without quotes."""
    pairs: dict[str, str] = {}
    bare_names: set[str] = set()
    for matched in _PAIR.finditer(text):
        if len(pairs) >= MAX_PAIRS:
            break
        name, double, single, bare = matched.groups()
        if name in pairs:
            continue
        pairs[name] = double or single or bare or ""
        if bare is not None:
            bare_names.add(name)
    return pairs, frozenset(bare_names)
