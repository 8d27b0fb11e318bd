"""What the suite asks of a vendor that is played on the loopback.

A vendor's server keeps to the vendor's own paging, throttling and error bodies; here is only what the suite needs to
make things happen to it. A vendor that knows no such thing as one of the troubles says why in `CANNOT`, and the test
that would need it is passed over with that reason.
"""

import abc
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Literal, Self, TypeAlias

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
        raise NotImplementedError

    def expire(self) -> None:
        """What was signed in with until now is not good any more; signing in again helps."""
        raise NotImplementedError

    def revoke(self, *, is_back: bool = False) -> None:
        """The credentials themselves are not good any more, or are good again."""
        raise NotImplementedError

    def forbid(self, *, is_back: bool = False) -> None:
        """The credentials may not read the records any more, or may again."""
        raise NotImplementedError

    def repeat(self) -> None:
        """From now on each page, message or object is offered twice."""
        raise NotImplementedError

    def disorder(self) -> None:
        """From now on records, messages or objects come in another order than they happened in."""
        raise NotImplementedError

    def between(self, do: Callable[[], Awaitable[object]] | None) -> None:
        """What happens once, after the first page was given and before the next is asked for."""
        raise NotImplementedError

    @property
    @abc.abstractmethod
    def requests(self) -> int:
        """How many requests came in all."""

    async def unsettled(self) -> int:
        """How much was offered and waits to be settled. For vendors that do not keep count: 0."""
        return 0
