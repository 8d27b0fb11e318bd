"""Offers: the values behind buttons that suggest a next step, kept here and never sent.

A button's name has no room for values, and at most levels they may not leave. They are kept for the quarter of an hour
for which an answer can be pressed anyway; after a restart the person asks again.
"""

import secrets
import time
from collections import OrderedDict
from typing import Final

KEPT_SECONDS: Final = 900.0
_MOST: Final = 2_000


class Offers:
    """The offers of this process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, dict[str, str]]] = OrderedDict()

    def keep(self, values: dict[str, str]) -> str:
        """A token for the values."""
        token = secrets.token_hex(8)
        self._kept[token] = (time.monotonic(), values)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return token

    def values(self, token: str) -> dict[str, str] | None:
        """The values; None when they have run out."""
        kept = self._kept.get(token)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS else None
