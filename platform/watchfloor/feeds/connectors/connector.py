"""What a connector is: one vendor's log, fetched page by page.

Owns the shapes that the runner and the connectors share. A connector asks its vendor and tells the runner what came;
it writes nothing. The runner makes a page durable, its records and the cursor that leads past them in one transaction,
before it asks for the next, and only then lets the connector settle with the vendor. So a page may be asked for again
at any moment, and nothing is lost or doubled by it: each record has a key, and a key that was stored is not stored
again.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Protocol, TypeAlias

import msgspec

from watchfloor.kernel.clock import Clock
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.errors import Invalid, Refused, Unavailable
from watchfloor.kernel.secret import Secret

Tier: TypeAlias = Literal["bronze", "silver", "gold"]
"""Bronze: its samples parse. Silver: it backs off, signs in again and keeps to the vendor's limits. Gold: it has lost
and doubled nothing when killed, and shows how late it is."""

CursorValue: TypeAlias = str | int | float | bool | list["CursorValue"] | dict[str, "CursorValue"] | None
Cursor: TypeAlias = dict[str, CursorValue]
"""Where a stream stands, in the connector's own words; stored as JSON, and without secrets."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer tells a connector. `pattern` is a regular expression that the whole value must match.

    A secret is sealed and never shown again. `is_list`: several values, divided by commas.
    """

    name: str
    label: str
    help: str = ""
    is_required: bool = True
    is_secret: bool = False
    is_list: bool = False
    pattern: str = ""


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One log of a vendor's. `lag` is how late its records usually come; silence is judged after it.

    `source_hint` says what its records are, for the normaliser; None lets the content decide.
    """

    name: str
    title: str
    source_hint: str | None
    every: timedelta
    lag: timedelta
    is_on: bool = True


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a connector. `page` is its page in the documentation; `why` says what its tier rests on."""

    name: str
    title: str
    vendor: str
    settings: tuple[Setting, ...]
    streams: tuple[Stream, ...]
    tier: Tier
    why: str
    page: str


class Remote(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's account at a vendor, and the means to ask it.

    `known` returns which of these keys or marks were stored before. `stand_ins` are the operator's own places for a
    vendor's origins (`https://sqs.eu-central-1.amazonaws.com`): a private endpoint, or a server of the tests.
    """

    settings: Mapping[str, str]
    secrets: Mapping[str, Secret]
    egress: Egress
    clock: Clock
    known: Callable[[Sequence[str]], Awaitable[set[str]]]
    stand_ins: Mapping[str, str] = {}

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a setting that is a list, in order; empty when it is not set."""
        return tuple(part for value in self.settings.get(name, "").split(",") if (part := value.strip()))

    def origin(self, usual: str) -> str:
        """Where requests for a vendor's origin go: there, or to the operator's stand-in for it."""
        return self.stand_ins.get(usual, usual)


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """One record as the vendor wrote it. `key` is unique among this connector's records of this customer.

    `at` is when it happened, if the connector knows without reading the record.
    """

    body: bytes
    key: str
    at: datetime | None = None


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """Records that name an account, organisation or tenant which is not among the customer's.

    They are counted and shown by that name, and are never stored: they may be another customer's.
    """

    account: str
    records: int
    place: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What came with one answer or one part of an object: at most a few thousand records.

    `cursor` leads past it; None leaves it where it stood. `marks` are keys of what is finished without being a record,
    such as a whole object. `receipts` are settled when all is durable. `behind` is how much is known to wait still.
    """

    records: tuple[Pulled, ...] = ()
    cursor: Cursor | None = None
    marks: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    newest: datetime | None = None
    behind: timedelta | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a test of the connector found: one permission or setting, whether it is good, and what to do if not."""

    what: str
    is_good: bool
    remedy: str = ""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A document for the customer: the least that the connector needs. `place` says where it is to be put."""

    title: str
    place: str
    text: str
    language: Literal["json", "text"] = "json"


class Throttled(Unavailable):
    """The vendor asks us to wait. `retry_after_seconds` is what it said, or our own guess."""

    code: ClassVar[str] = "throttled"


class Denied(Refused):
    """The vendor knows us and does not let us: `where` names the permission, `remedy` what the customer is to do.

    The stream stops until a person changes something, and is looked at again once an hour.
    """

    code: ClassVar[str] = "denied"


class Expired(Refused):
    """The credentials are not good any more. `remedy` says how to replace them. The stream stops as with Denied."""

    code: ClassVar[str] = "expired"


class Malformed(Invalid):
    """The vendor's answer is not what its documentation says. The page is asked for again later, with back-off."""

    code: ClassVar[str] = "malformed"


class Connector(Protocol):
    """One vendor's logs. It has no state of its own: all of it is in the cursor."""

    @property
    def manifest(self) -> Manifest:
        """What is said of it."""
        ...

    def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """The pages from the cursor on, until there is nothing now; without one, from a beginning that it chooses.

        The runner stores each page before it asks for the next, and may close the generator at any time: what was not
        settled is then to be given back, so that nothing waits for a time-out.

        Raises Throttled, Denied, Expired, Malformed, Unavailable, EgressRefused.
        """
        ...

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """Tells the vendor that these are stored. It may be repeated, and may be lost. Raises like `pull`."""
        ...

    async def check(self, remote: Remote) -> list[Finding]:
        """Tries each permission that it needs, by name; stores and changes nothing. Raises Unavailable."""
        ...

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """The documents that a customer is to put in place, for these settings."""
        ...

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """The cursor of a backfill: `pull` from it gives what happened in the window and then ends.

        Raises Invalid when the vendor does not keep that long, or the connector cannot.
        """
        ...
