"""What a vendor says of its limits in the heads of its answers: how much is left, and when it begins anew.

Owns the reading of such headers. Their times are by the vendor's clock, and are measured against the vendor's own
`Date`, so a clock that is wrong here waits neither too long nor too short.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Final

import msgspec

from watchfloor.kernel.egress import Reply

SPARE: Final = 10
"""One part in so many of a limit is left to the customer's other programs."""

_LONGEST_SECONDS: Final = 3_600


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A limit, what is left of it, and the seconds until it begins anew."""

    limit: int
    remaining: int
    seconds: int

    @property
    def is_spent(self) -> bool:
        """Whether what is left is for others."""
        return self.remaining <= self.limit // SPARE


def budget_of(reply: Reply, prefix: str, *, now: datetime) -> Budget | None:
    """The limit that an answer names in `{prefix}-limit`, `-remaining` and `-reset`; None when it names none."""
    limit, remaining = (_number(reply.headers.get(f"{prefix}-{part}")) for part in ("limit", "remaining"))
    seconds = seconds_until_reset(reply, prefix, now=now)
    if limit is None or remaining is None or seconds is None:
        return None
    return Budget(limit=limit, remaining=remaining, seconds=seconds)


def seconds_until_reset(reply: Reply, prefix: str, *, now: datetime) -> int | None:
    """When the limit begins anew, an hour at most; None when the answer does not say."""
    reset = _number(reply.headers.get(f"{prefix}-reset"))
    if reset is None:
        return None
    return min(max(ceil(reset - _their_now(reply, now).timestamp()), 1), _LONGEST_SECONDS)


def _their_now(reply: Reply, now: datetime) -> datetime:
    try:
        said = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return now
    return said if said.tzinfo is not None else said.replace(tzinfo=UTC)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 12 else None
