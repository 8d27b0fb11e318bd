"""The connector for Azure Blob storage: diagnostic logs of several containers, a page of each in turn."""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.connectors.azure_blob.bookmark import Position
from watchfloor.feeds.connectors.azure_blob.manifest import MANIFEST
from watchfloor.feeds.connectors.azure_blob.policy import policies_for
from watchfloor.feeds.connectors.azure_blob.reading import CHUNK, Reader
from watchfloor.feeds.connectors.azure_blob.store import Store, signature_ends
from watchfloor.feeds.connectors.connector import (
    Cursor,
    Denied,
    Expired,
    Finding,
    Malformed,
    Manifest,
    Page,
    Policy,
    Remote,
)
from watchfloor.feeds.connectors.microsoft.sign_in import Tokens
from watchfloor.kernel.ids import new_uuid

FIRST: Final = timedelta(hours=24)
"""How far back a container begins that was not read before."""

_SOON: Final = timedelta(days=14)


class AzureBlob:
    """Keeps what may be forgotten at any moment only: tokens that are still good."""

    def __init__(self, *, chunk: int = CHUNK) -> None:
        """`chunk` is for tests, whose blobs are small."""
        self._chunk = chunk
        self._tokens = Tokens()

    @property
    def manifest(self) -> Manifest:
        """What is said of it."""
        return MANIFEST

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """What was appended since the cursor, of each container in turn, so that none waits for another."""
        del stream  # there is one
        position, now = Position.read(cursor), remote.clock.now()
        places = remote.values("containers")
        position.open_places(places, begin=now - FIRST, now=now)
        async with Store(remote, self._tokens) as store, contextlib.AsyncExitStack() as held:
            waiting = [
                await held.enter_async_context(contextlib.aclosing(self._reader(store, position, place).pages()))
                for place in places
            ]
            while waiting:
                for pages in tuple(waiting):
                    page = await anext(pages, None)
                    if page is None:
                        waiting.remove(pages)
                    else:
                        yield msgspec.structs.replace(page, cursor=position.cursor())

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """There is nothing to settle: blobs stay where they are."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Signs in, lists each container and reads a byte of a blob in it."""
        try:
            async with Store(remote, self._tokens) as store:
                await store.sign_in()
                looked = [await _look(store, place) for place in remote.values("containers")]
        except (Denied, Expired) as fault:
            return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]
        return [*_signature(remote), *looked]

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """How the logs come into the account, and how they may be read there."""
        return policies_for(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """The blobs of the hours in the window, so far as the customer keeps them."""
        del stream
        return Position(start=start, end=end, run=str(new_uuid())).cursor()

    def _reader(self, store: Store, position: Position, place: str) -> Reader:
        bookmark = position.places[place]
        return Reader(store, place, bookmark, run=position.run, end=position.end, chunk=self._chunk)


async def _look(store: Store, place: str) -> Finding:
    container, _, prefix = place.partition("/")
    what = f"list and read {place}"
    try:
        listing = await store.first(container, prefix=prefix, most=1)
        if listing is not None and listing.blobs:
            await store.read(container, listing.blobs[0].name, start=0, length=1)
    except (Denied, Malformed) as fault:
        return Finding(what=what, is_good=False, remedy=f"{fault.message} {fault.remedy or ''}".strip())
    if listing is None:
        remedy = "There is no such container yet. Azure makes it with the first log: look whether the name is right."
        return Finding(what=f"container {container}", is_good=False, remedy=remedy)
    return Finding(what=what, is_good=True)


def _signature(remote: Remote) -> list[Finding]:
    """Until when the shared access signature is good, if there is one."""
    secret = remote.secrets.get("sas")
    if secret is None:
        return []
    until = signature_ends(secret)
    if until is None:
        return []
    is_good = until - remote.clock.now() > _SOON
    remedy = "" if is_good else "Make a new one and give it with `watchfloor connector rotate`."
    return [Finding(what=f"shared access signature, good until {until:%Y-%m-%d}", is_good=is_good, remedy=remedy)]


CONNECTOR: Final = AzureBlob()
"""The connector."""
