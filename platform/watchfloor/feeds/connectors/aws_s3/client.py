"""The connector for Amazon S3: objects that SQS announces, and a window of the past out of the buckets."""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Final

from watchfloor.feeds.connectors.aws_s3 import queues
from watchfloor.feeds.connectors.aws_s3.account import Account, Roles, region_of
from watchfloor.feeds.connectors.aws_s3.backfill import Backfill, Position
from watchfloor.feeds.connectors.aws_s3.checkup import check_account
from watchfloor.feeds.connectors.aws_s3.fetching import Crew, Scope
from watchfloor.feeds.connectors.aws_s3.manifest import MANIFEST
from watchfloor.feeds.connectors.aws_s3.objects import Regions
from watchfloor.feeds.connectors.aws_s3.pages import Delivery, Pace
from watchfloor.feeds.connectors.aws_s3.policy import policies_for
from watchfloor.feeds.connectors.connector import Cursor, Expired, Finding, Manifest, Page, Policy, Remote
from watchfloor.kernel.errors import Invalid


class AwsS3:
    """Keeps what may be forgotten at any moment only: roles that are still good, and connections in use."""

    def __init__(self, *, pace: Pace | None = None) -> None:
        """`pace` is for tests, which cannot wait."""
        self._pace = pace or Pace()
        self._roles = Roles()
        self._open: dict[int, Account] = {}

    @property
    def manifest(self) -> Manifest:
        """What is said of it."""
        return MANIFEST

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """What the queues announce, until they are empty; from the cursor of a window, what happened in it."""
        del stream  # there is one
        position = Position.read(cursor) if cursor is not None else None
        scope = _scope(remote, position)
        async with Account(remote, self._roles) as account:
            regions = Regions(region_of(account.queues[0]))
            self._open[id(remote)] = account
            try:
                async with Crew(account, regions, scope) as crew:
                    pages = (
                        Delivery(account, crew, self._pace).pages()
                        if position is None
                        else Backfill(account, regions, crew, scope).pages(position)
                    )
                    async with contextlib.aclosing(pages):
                        async for page in pages:
                            yield page
            finally:
                del self._open[id(remote)]

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """Deletes the messages of these receipts from their queues."""
        del stream
        account = self._open.get(id(remote))
        if account is not None:
            await queues.delete(account, receipts)
            return
        async with Account(remote, self._roles) as account:
            await queues.delete(account, receipts)

    async def check(self, remote: Remote) -> list[Finding]:
        """Tries each permission by name."""
        async with Account(remote, self._roles) as account:
            try:
                return await check_account(account, _scope(remote, None))
            except Expired as expired:
                return [Finding(what="access key", is_good=False, remedy=expired.remedy or "")]

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """The role's policies, the queue's, and the bucket's notification."""
        return policies_for(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """The cursor of a backfill. S3 keeps what its owner keeps, so any past window will do. Raises Invalid."""
        del stream
        if start >= end:
            raise Invalid("A window begins before it ends.", where="window")
        return Position(start=start, end=end).cursor()


def _scope(remote: Remote, position: Position | None) -> Scope:
    places = tuple((bucket, prefix) for bucket, _, prefix in (one.partition("/") for one in remote.values("buckets")))
    return Scope(
        accounts=frozenset(remote.values("accounts")),
        places=places,
        start=position.start if position is not None else None,
        end=position.end if position is not None else None,
    )


CONNECTOR: Final = AwsS3()
