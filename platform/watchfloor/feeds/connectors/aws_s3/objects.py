"""Objects of S3: read while they arrive, and listed.

Owns where a bucket is (its region is guessed, and learnt from S3's answer when the guess was wrong), what S3's faults
mean for one object, and the file on which a Parquet object waits until it is whole.
"""

import asyncio
import contextlib
import re
import tempfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import IO, Final, Self
from urllib.parse import unquote_plus

import msgspec

from watchfloor.feeds.connectors.aws_s3.account import Account, fault_in, is_region
from watchfloor.feeds.connectors.aws_s3.envelopes import Announcement
from watchfloor.feeds.connectors.aws_s3.faults import Fault, element, error_of, read_fault
from watchfloor.feeds.connectors.aws_s3.parse import ObjectReader, Parsed
from watchfloor.feeds.connectors.aws_s3.tables import PARQUET_BYTES, parquet_rows
from watchfloor.feeds.connectors.connector import Malformed
from watchfloor.kernel.egress import StreamedReply
from watchfloor.kernel.errors import NotFound, TooLarge

_ATTEMPTS: Final = 3
_FAULT_BYTES: Final = 65_536
_MISPLACED: Final = frozenset({301, 307, 400})
_CONTENTS: Final = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_PREFIXES: Final = re.compile(r"<CommonPrefixes>\s*<Prefix>([^<]*)</Prefix>")


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An object in a listing; `changed_at` as S3 writes it (RFC 3339, UTC)."""

    key: str
    etag: str
    changed_at: str
    size: int


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a bucket's listing, in the order of the keys."""

    objects: tuple[Listed, ...]
    folders: tuple[str, ...]
    has_more: bool


class Regions:
    """Where buckets are."""

    def __init__(self, home: str) -> None:
        """`home` is the guess for a bucket of which nothing is known."""
        self._home = home
        self._known: dict[str, str] = {}

    def of(self, bucket: str, announced: str | None = None) -> str:
        """The region to ask."""
        guess = announced if announced is not None and is_region(announced) else self._home
        return self._known.get(bucket, guess)

    def learn(self, bucket: str, fault: Fault, header: str | None, asked: str) -> bool:
        """Takes from a fault where the bucket is. Whether that is elsewhere than where it was asked for."""
        if fault.status not in _MISPLACED or header is None or not is_region(header) or header == asked:
            return False
        self._known[bucket] = header
        return True


@contextlib.asynccontextmanager
async def opened(
    account: Account, regions: Regions, place: Announcement, *, headers: dict[str, str] | None = None
) -> AsyncGenerator[StreamedReply]:
    """An object's answer, a success always. Raises NotFound when it is gone, and what `error_of` makes."""
    for attempt in range(_ATTEMPTS):
        region = regions.of(place.bucket, place.region)
        async with account.object(region, place.bucket, place.key, headers=headers) as answer:
            if answer.status in (200, 206):
                yield answer
                return
            fault = await _fault_of(answer)
            may_again = attempt < _ATTEMPTS - 1 and (
                regions.learn(place.bucket, fault, _region_said(answer, fault), region)
                or (fault.is_expired and account.forget_role())
            )
            if not may_again:
                raise _object_error(fault, place)


async def read_object(
    account: Account, regions: Regions, place: Announcement
) -> AsyncGenerator[tuple[str, list[Parsed]]]:
    """The object's ETag, with no records, and then its records, some at a time.

    Raises NotFound when it is gone, Malformed and TooLarge when it cannot be read, and what `error_of` makes.
    """
    async with opened(account, regions, place) as answer:
        etag = answer.headers.get("etag", "").strip('"') or "none"
        yield etag, []
        reader = ObjectReader(bucket=place.bucket, key=place.key, etag=etag)
        with _Shelf() as shelf:
            async for piece in answer.chunks:
                for content in reader.unpack(piece):
                    if found := shelf.take(reader, content):
                        yield etag, found
            for content in reader.unpack_rest():
                if found := shelf.take(reader, content):
                    yield etag, found
            if not reader.parquet_head():
                yield etag, reader.finish()
                return
            rows = shelf.rows()
            while (batch := await asyncio.to_thread(next, rows, None)) is not None:
                yield etag, reader.rows(batch)


class _Shelf:
    """Where a Parquet object's content lies until it is whole."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def take(self, reader: ObjectReader, content: bytes) -> list[Parsed]:
        """The records in this part of the content; of Parquet none, which is put on the shelf."""
        if not reader.parquet_head():
            found = reader.read(content)
            if not reader.parquet_head():
                return found
            content = reader.parquet_head()
        if self._file is None:
            self._file = tempfile.NamedTemporaryFile(prefix="watchfloor-object-")  # noqa: SIM115 - closed at the end
        self._size += len(content)
        if self._size > PARQUET_BYTES:
            raise TooLarge(f"The table is larger than {PARQUET_BYTES} bytes.")
        self._file.write(content)
        return []

    def rows(self) -> Iterator[list[bytes]]:
        """The rows of what lies there."""
        if self._file is None:
            return iter(())
        self._file.flush()
        return parquet_rows(Path(self._file.name))


async def list_objects(
    account: Account,
    regions: Regions,
    bucket: str,
    *,
    prefix: str,
    after: str = "",
    delimiter: str = "",
    most: int = 1_000,
) -> Listing:
    """The objects whose keys begin so, and come after that one. Raises what `error_of` makes."""
    query = {"list-type": "2", "encoding-type": "url", "max-keys": str(most), "prefix": prefix}
    if after:
        query["start-after"] = after
    if delimiter:
        query["delimiter"] = delimiter
    attempts = 0
    while True:
        attempts += 1
        region = regions.of(bucket)
        reply = await account.ask_bucket(region, bucket, query)
        if reply.status == 200:
            return _listing(reply.body)
        fault = fault_in(reply)
        said = reply.headers.get("x-amz-bucket-region") or _said(fault)
        if attempts == _ATTEMPTS or not regions.learn(bucket, fault, said, region):
            raise error_of(fault, permission="s3:ListBucket", place=f"the bucket {bucket}")


def _listing(body: bytes) -> Listing:
    text = body.decode("utf-8", "replace")
    found: list[Listed] = []
    for part in _CONTENTS.findall(text):
        key, etag, size = element(part, "Key"), element(part, "ETag"), element(part, "Size")
        if key is None or etag is None:
            raise Malformed("The bucket's listing is not what it should be.")
        found.append(
            Listed(
                key=unquote_plus(key),
                etag=etag.strip('"'),
                changed_at=element(part, "LastModified") or "",
                size=int(size) if size is not None and size.isdecimal() else 0,
            )
        )
    folders = tuple(unquote_plus(prefix) for prefix in _PREFIXES.findall(text))
    return Listing(objects=tuple(found), folders=folders, has_more=element(text, "IsTruncated") == "true")


async def _fault_of(answer: StreamedReply) -> Fault:
    body = b""
    async for piece in answer.chunks:
        body += piece
        if len(body) > _FAULT_BYTES:
            break
    return read_fault(answer.status, body, answer.retry_after_seconds)


def _region_said(answer: StreamedReply, fault: Fault) -> str | None:
    return answer.headers.get("x-amz-bucket-region") or _said(fault)


def _said(fault: Fault) -> str | None:
    """The region that S3 expects in a signature, as it says in its message."""
    found = re.search(r"expecting '([a-z0-9-]+)'", fault.message)
    return found[1] if found else None


def _object_error(fault: Fault, place: Announcement) -> Exception:
    # Without the permission to list a bucket, S3 will not say that an object is gone; it says what it would need to.
    if fault.code in ("NoSuchKey", "NoSuchVersion") or (fault.status == 403 and fault.action == "s3:ListBucket"):
        return NotFound("The object is gone.", where=place.bucket)
    if fault.code in ("InvalidObjectState", "MethodNotAllowed"):
        return Malformed("The object lies in an archive that must be opened first.", where=place.bucket)
    return error_of(fault, permission="s3:GetObject", place=f"the bucket {place.bucket}")
