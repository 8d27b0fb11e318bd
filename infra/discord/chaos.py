"""What goes wrong on purpose: storms of refusals, lost answers, delays. And the limits that are always there."""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

Fault = Literal["limited", "limited everywhere", "unavailable", "bad gateway", "lost", "cut"]

WINDOW_SECONDS: Final = 1.0
EVERYWHERE: Final = 50
"""Requests a second of one bot; answers to interactions do not count."""


@dataclass
class Trouble:
    """A fault for the next `times` requests whose method and path match.

    `lost` and `cut` happen after the request was obeyed: as status 502, and as a connection that ends.
    """

    fault: Fault
    pattern: re.Pattern[str]
    times: int
    seconds: float = 0.2


@dataclass
class Chaos:
    """The troubles to come."""

    troubles: list[Trouble] = field(default_factory=list)
    delay_seconds: float = 0.0
    happened: int = 0

    def make(self, fault: Fault, pattern: str = ".*", *, times: int = 1, seconds: float = 0.2) -> None:
        """The next requests whose `METHOD /path` matches meet this; `seconds` is how long a limited one should wait."""
        self.troubles.append(Trouble(fault, re.compile(pattern), times, seconds))

    def next(self, line: str) -> Trouble | None:
        """What this request meets."""
        for trouble in self.troubles:
            if trouble.times > 0 and trouble.pattern.search(line):
                trouble.times -= 1
                self.happened += 1
                return trouble
        return None


@dataclass
class Bucket:
    """A limit of one route and one channel or token."""

    limit: int
    seconds: float
    taken: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> float:
        """Takes one; returns 0, or for how many seconds there is none."""
        while self.taken and now - self.taken[0] >= self.seconds:
            self.taken.popleft()
        if len(self.taken) >= self.limit:
            return self.seconds - (now - self.taken[0])
        self.taken.append(now)
        return 0.0

    def remaining(self) -> int:
        """How many are left."""
        return max(self.limit - len(self.taken), 0)

    def resets_after(self, now: float) -> float:
        """In how many seconds the first of them is free again."""
        return max(self.seconds - (now - self.taken[0]), 0.0) if self.taken else 0.0


_LIMITS: Final[tuple[tuple[str, int, float], ...]] = (
    ("POST /channels/{channel_id}/messages", 5, 5.0),
    ("PATCH /channels/{channel_id}/messages/{message_id}", 5, 5.0),
    ("POST /channels/{channel_id}/threads", 10, 10.0),
    ("PATCH /channels/{channel_id}", 10, 10.0),
    ("POST /webhooks/{webhook_id}/{webhook_token}", 5, 2.0),
)


class Limits:
    """Limits by route and channel, and the one on everything."""

    def __init__(self) -> None:
        self.by_route = {route: (limit, seconds) for route, limit, seconds in _LIMITS}
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._everything = Bucket(EVERYWHERE, WINDOW_SECONDS)

    def take(self, route: str, major: str, now: float) -> tuple[Bucket, float, bool]:
        """Takes one of both; returns the route's bucket, the seconds to wait, and whether all requests must wait."""
        limit, seconds = self.by_route.get(route, (50, 1.0))
        bucket = self._buckets.setdefault((route, major), Bucket(limit, seconds))
        if "/interactions/" not in route and (wait := self._everything.take(now)):
            return bucket, wait, True
        return bucket, bucket.take(now), False
