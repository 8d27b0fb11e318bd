"""Driving a connector by hand, page by page, without a runner."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Final

from tests.wire.connectors.vendor import Vendor
from watchfloor.feeds.connectors.connector import Connector, Cursor, Page, Pulled, Remote
from watchfloor.feeds.connectors.instances.registry import check_given
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.egress import Egress, public_trust

TRUST: Final = public_trust()
"""Read once: there are many authorities."""


async def nothing_known(keys: Sequence[str]) -> set[str]:
    """Nothing was stored before."""
    del keys
    return set()


def remote_for(
    vendor: Vendor, connector: Connector, *, clock: Clock | None = None, given: Mapping[str, str] | None = None
) -> Remote:
    """A customer's account at a vendor that is played; `given` replaces some of its settings."""
    told = check_given(connector.manifest, {**vendor.given(), **(given or {})})
    stand_ins = dict(vendor.stand_ins())
    return Remote(
        settings=told.settings,
        secrets=told.secrets,
        egress=Egress(trust=TRUST, loopback_origins=frozenset(stand_ins.values())),
        clock=clock or SystemClock(),
        known=nothing_known,
        stand_ins=stand_ins,
    )


class Reader:
    """A runner in little: what is settled, what is known by its key, and where the cursor stands."""

    def __init__(self, connector: Connector, remote: Remote, stream: str, cursor: Cursor | None = None) -> None:
        self.connector = connector
        self.remote = remote
        self.stream = stream
        self.cursor = cursor
        self.records: dict[str, Pulled] = {}
        self.pages: list[Page] = []
        self.repeats = 0

    def open(self) -> AsyncGenerator[Page]:
        """The pages from the cursor on, to be taken one by one."""
        return self.connector.pull(self.remote, self.stream, self.cursor)

    async def take(self, *, pages: int | None = None) -> list[Page]:
        """Takes pages until there are none, or so many, and settles each; gives those."""
        taken: list[Page] = []
        generator = self.open()
        try:
            async for page in generator:
                self._store(page)
                taken.append(page)
                if page.receipts:
                    await self.connector.settle(self.remote, self.stream, page.receipts)
                if len(taken) == pages:
                    break
        finally:
            await generator.aclose()
        return taken

    def _store(self, page: Page) -> None:
        self.pages.append(page)
        for record in page.records:
            self.repeats += record.key in self.records
            self.records[record.key] = record
        if page.cursor is not None:
            self.cursor = page.cursor


class Turning:
    """A clock that a test turns."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time that it was turned to."""
        return self.at
