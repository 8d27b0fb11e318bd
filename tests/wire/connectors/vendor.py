"""What the suite asks of a vendor that is played on the loopback.

A vendor's server keeps to the vendor's own paging, throttling and error bodies; here is only what the suite needs to
make things happen to it. A vendor that knows no such thing as one of the troubles says why in `CANNOT`, and the test
that would need it is passed over with that reason.
"""

import abc
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Literal, Self, TypeAlias

from tests.wire.connectors.loopback import Loopback

Trouble: TypeAlias = Literal[
    "throttle", "expire", "revoke", "forbid", "repeat", "disorder", "between", "late", "stranger"
]


class Vendor(abc.ABC):
    """A vendor's server with one customer's account, open inside the block. It begins without records.

    Its pages are small (five to twenty records), so that a few dozen records are many pages.
    """

    CONNECTOR: ClassVar[str]
    """Where the connector is imported from: `module:NAME`, its name in the catalogue being its manifest's."""

    STREAM: ClassVar[str]
    """The one stream that is pulled."""

    CANNOT: ClassVar[Mapping[Trouble, str]] = {}
    """The troubles that there are none of at this vendor, and why."""

    server: Loopback

    def __init__(self) -> None:
        self._throttled = 0
        self._is_forbidden = self._repeats = self._disorders = False
        self._between: Callable[[], Awaitable[object]] | None = None

    @abc.abstractmethod
    async def __aenter__(self) -> Self:
        """Begins to listen."""

    @abc.abstractmethod
    async def __aexit__(self, *_: object) -> None:
        """Ends."""

    @abc.abstractmethod
    def given(self) -> Mapping[str, str]:
        """What the customer tells the connector: settings and secrets, all that the server takes for good."""

    @abc.abstractmethod
    def stand_ins(self) -> Mapping[str, str]:
        """The vendor's usual origins and where they stand here."""

    @abc.abstractmethod
    async def happen(self, count: int, *, is_late: bool = False, is_foreign: bool = False) -> list[str]:
        """So many records happen and can be asked for; gives their names.

        Late ones happened an hour or more before the newest one that was shown already. Foreign ones name an account
        that is not the customer's.
        """

    @abc.abstractmethod
    def name_of(self, body: bytes) -> str:
        """The name of a record as it was stored."""

    def throttle(self, times: int) -> None:
        """So many of the next requests for records are answered with 429, asking to wait for a second."""
        self._throttled = times

    @abc.abstractmethod
    def expire(self) -> None:
        """What was signed in with until now is not good any more; signing in again helps."""

    @abc.abstractmethod
    def revoke(self, *, is_back: bool = False) -> None:
        """The credentials themselves are not good any more, or are good again."""

    def forbid(self, *, is_back: bool = False) -> None:
        """The credentials may not read the records any more, or may again."""
        self._is_forbidden = not is_back

    def repeat(self) -> None:
        """From now on each page, message or object is offered twice."""
        self._repeats = True

    def disorder(self) -> None:
        """From now on records, messages or objects come in another order than they happened in."""
        self._disorders = True

    def between(self, do: Callable[[], Awaitable[object]] | None) -> None:
        """What happens once, after the first page was given and before the next is asked for."""
        self._between = do

    @property
    def requests(self) -> int:
        """How many requests came in all."""
        return len(self.server.requests)

    async def unsettled(self) -> int:
        """How much was offered and waits to be settled. For vendors that do not keep count: 0."""
        return 0

    async def _interrupt(self) -> bool:
        """Lets happen once what is to happen between two pages, when a page was answered; whether anything did."""
        do, self._between = self._between, None
        if do is not None:
            await do()
        return do is not None
