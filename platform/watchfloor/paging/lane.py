"""The seam between a page and the ways by which it can reach somebody.

A lane says whether whoever takes its messages recognises a repeat. One that does is asked again, with the same key,
after a crash or a lost answer. One that does not must call `handing` just before the words leave, which writes that
down first; whatever happens from there on, that step is not sent by that lane again.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Literal, Protocol
from uuid import UUID

import msgspec

from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.neutralise import Untrusted

LaneName = Literal["chat", "email", "webhook"]
LANES: Final[tuple[LaneName, ...]] = ("chat", "email", "webhook")
"""In the order in which they are tried."""


class Uncertain(WatchfloorError):
    """The words left, and nobody said whether they arrived."""

    code = "uncertain"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a lane tells. It holds no personal data but the addresses of those whom it goes to.

    `step_id` names the attempt for good: a repeat has the same one. `reason` is our own words.
    """

    step_id: UUID
    page_id: UUID
    addresses: tuple[str, ...]
    recipient: str
    rung: int
    urgency: str
    reason: str
    ref: str
    summary: Untrusted
    raised_at: datetime
    answer_by: datetime | None
    at: datetime


Handing = Callable[[], Awaitable[None]]
"""Writes down that the words are about to leave. Raises Conflict when the step belongs to another worker by now."""


class Lane(Protocol):
    """A way to reach somebody."""

    @property
    def name(self) -> LaneName:
        """What the record calls it."""
        ...

    @property
    def knows_repeats(self) -> bool:
        """Whether the other side recognises a message that comes twice."""
        ...

    async def send(self, notice: Notice, handing: Handing) -> str:
        """Tells, and returns what the other side said.

        Raises Uncertain when it may have arrived, any other error of the tree when it has not.
        """
        ...
