"""A window in the past, read out of the buckets instead of a queue.

Owns the way through a bucket: the folders that AWS's services make, by account, service, region and day, and of other
buckets everything that was changed in the window. The cursor names the folder and the last object that is done with;
folders and objects come in the order of their names, so it means the same whenever it is taken up again.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.connectors.aws_s3.account import Account
from watchfloor.feeds.connectors.aws_s3.envelopes import Announcement
from watchfloor.feeds.connectors.aws_s3.fetching import Crew, Job, Scope
from watchfloor.feeds.connectors.aws_s3.objects import Listed, Regions, list_objects
from watchfloor.feeds.connectors.aws_s3.pages import PageBuilder
from watchfloor.feeds.connectors.connector import Cursor, Page
from watchfloor.kernel.errors import Invalid

LATE: Final = timedelta(hours=6)
"""How long after its events an object may still be written."""

_GROUP: Final = 100
_BY_DAY: Final = ("CloudTrail/", "GuardDuty/", "vpcflowlogs/")
_NOT_READ: Final = ("CloudTrail-Digest/", "CloudTrail-Insight/")


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """The cursor of a backfill. `folder` is `bucket/prefix`; what sorts before it is done, as is `after` and before."""

    start: datetime
    end: datetime
    folder: str = ""
    after: str = ""

    @classmethod
    def read(cls, cursor: Cursor) -> "Position":
        """What a cursor says. Raises Invalid when it is none of a backfill."""
        try:
            return msgspec.convert(cursor, cls, strict=False)
        except msgspec.ValidationError:
            raise Invalid("The cursor is not one of a backfill.", where="cursor") from None

    def cursor(self) -> Cursor:
        """The same as a cursor."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "folder": self.folder,
            "after": self.after,
        }


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a bucket. `is_dated`: its name is of a day, so when its objects were changed does not matter."""

    bucket: str
    prefix: str
    is_dated: bool

    @property
    def name(self) -> str:
        """How a cursor names it."""
        return f"{self.bucket}/{self.prefix}"


class Backfill:
    """One window, from a position on."""

    def __init__(self, account: Account, regions: Regions, crew: Crew, scope: Scope) -> None:
        """The crew reads within the same scope."""
        self._account = account
        self._regions = regions
        self._crew = crew
        self._scope = scope

    async def pages(self, position: Position) -> AsyncGenerator[Page]:
        """What happened in the window. Raises Denied when the buckets may not be listed, and what reading raises."""
        for folder in await self._folders(position):
            if folder.name < position.folder:
                continue
            after = position.after if folder.name == position.folder else ""
            async with contextlib.aclosing(self._folder(folder, position, after)) as pages:
                async for page in pages:
                    yield page

    async def _folder(self, folder: Folder, position: Position, after: str) -> AsyncGenerator[Page]:
        while True:
            listing = await list_objects(
                self._account, self._regions, folder.bucket, prefix=folder.prefix, after=after, most=_GROUP
            )
            wanted = [listed for listed in listing.objects if folder.is_dated or _is_within(listed, position)]
            await self._crew.begin([_job(folder.bucket, listed) for listed in wanted])
            ending = asyncio.create_task(self._crew.finish())
            try:
                async with contextlib.aclosing(self._read()) as pages:
                    async for page in pages:
                        yield page
            finally:
                ending.cancel()
            if not listing.objects:
                return
            after = listing.objects[-1].key
            done = msgspec.structs.replace(position, folder=folder.name, after=after)
            yield Page(cursor=done.cursor())
            if not listing.has_more:
                return

    async def _read(self) -> AsyncGenerator[Page]:
        """What the crew reads of a group. An object that cannot be read is passed over, once and for all."""
        while (piece := await self._crew.next()) is not None:
            builder = PageBuilder()
            while piece is not None:
                builder.add(piece)
                if piece.fault is not None and not piece.is_unreadable:
                    raise piece.fault
                piece = None if builder.is_full else self._crew.next_if_any()
            if not builder.is_empty:
                yield builder.page()

    async def _folders(self, position: Position) -> list[Folder]:
        found: list[Folder] = []
        for bucket, prefix in self._scope.places:
            base = prefix.partition("AWSLogs/")[0]
            logs = f"{base if base.endswith('/') or not base else f'{base}/'}AWSLogs/"
            accounts = await self._accounts(bucket, logs)
            if not accounts:
                found.append(Folder(bucket=bucket, prefix=prefix, is_dated=False))
            for folder in accounts:
                found += await self._services(bucket, folder, position)
        return sorted((folder for folder in found if self._is_wanted(folder)), key=lambda folder: folder.name)

    async def _accounts(self, bucket: str, logs: str) -> list[str]:
        """The folders of the customer's accounts, an organisation's too."""
        found: list[str] = []
        for folder in await self._below(bucket, logs):
            name = folder.removeprefix(logs).rstrip("/")
            below = await self._below(bucket, folder) if name.startswith("o-") else [folder]
            found += [one for one in below if one.rstrip("/").rpartition("/")[2] in self._scope.accounts]
        return found

    async def _services(self, bucket: str, account: str, position: Position) -> list[Folder]:
        found: list[Folder] = []
        for service in await self._below(bucket, account):
            name = service.removeprefix(account)
            if name in _NOT_READ:
                continue
            if name not in _BY_DAY:
                found.append(Folder(bucket=bucket, prefix=service, is_dated=False))
                continue
            found += [
                Folder(bucket=bucket, prefix=f"{region}{day:%Y/%m/%d}/", is_dated=True)
                for region in await self._below(bucket, service)
                for day in _days(position)
            ]
        return found

    async def _below(self, bucket: str, prefix: str) -> list[str]:
        """The folders right below this one."""
        folders: list[str] = []
        after = ""
        while True:
            listing = await list_objects(
                self._account, self._regions, bucket, prefix=prefix, after=after, delimiter="/"
            )
            folders += listing.folders
            last = max([*listing.folders, *(listed.key for listed in listing.objects)], default="")
            if not listing.has_more or not last:
                return folders
            # The names in a folder sort before this, which no name in it has.
            after = f"{last}\U0010ffff"

    def _is_wanted(self, folder: Folder) -> bool:
        """Whether a folder lies in one of the places, or a place in it."""
        return any(
            folder.bucket == bucket and (folder.prefix.startswith(prefix) or prefix.startswith(folder.prefix))
            for bucket, prefix in self._scope.places
        )


def _days(position: Position) -> Iterator[date]:
    day, last = position.start.astimezone(UTC).date(), (position.end + LATE).astimezone(UTC).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _is_within(listed: Listed, position: Position) -> bool:
    try:
        changed = datetime.fromisoformat(listed.changed_at)
    except ValueError:
        return True
    return position.start <= changed < position.end + LATE


def _job(bucket: str, listed: Listed) -> Job:
    return Job(objects=(Announcement(bucket=bucket, key=listed.key, etag=listed.etag, size=listed.size),))
