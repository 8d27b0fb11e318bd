"""Documents that a sender numbers itself (`_id`): remembered for a day, so that a repeat is known as one.

Owns what is written together with a batch: which documents are in it, as keyed hashes. Where the database knows one of
them already nothing is stored, the reader is told, and the body is read again without it: no document is lost, and a
second one of the same number is taken only after a crash at the wrong moment.
"""

import asyncio
from typing import Final

from watchfloor.feeds.doors.bulk import queries
from watchfloor.feeds.doors.bulk.actions import Reader
from watchfloor.feeds.doors.bulk.queries import DocumentRow
from watchfloor.feeds.doors.reception import ReadAgain
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import FeedId

DOCUMENT_SECONDS: Final = 24 * 3600.0
"""How long a document is remembered."""

_TURNS: Final = 5
_MANY: Final = 500


class Numbered:
    """Remembers the numbered documents of one request. `remember` is its `Alongside`."""

    def __init__(self, feed_id: FeedId, reader: Reader) -> None:
        self._feed_id = feed_id
        self._reader = reader
        self._turns = 0

    async def remember(self, tx: TenantTx, cipher: TenantCipher) -> None:
        """Writes what the reader took. Raises ReadAgain when it took what was there, Unavailable when that goes on."""
        taken = self._reader.taken
        if not taken:
            return
        rows = self._rows(cipher) if len(taken) <= _MANY else await asyncio.to_thread(self._rows, cipher)
        # In one order for everybody: two requests with the same documents would otherwise wait for each other.
        fresh = sorted((row.document_index, key) for key, row in rows.items() if key not in self._reader.known)
        inserted = set(await queries.insert_documents(tx, self._feed_id, [rows[key] for _, key in fresh]))
        beaten = {document: key for document, key in fresh if document not in inserted}
        if beaten:
            await self._tell(tx, rows, beaten)
        replaced = sorted((row.document_index, key) for key, row in rows.items() if key in self._reader.known)
        if replaced:
            await queries.replace_documents(tx, self._feed_id, [rows[key] for _, key in replaced])

    async def _tell(self, tx: TenantTx, rows: dict[bytes, DocumentRow], beaten: dict[bytes, bytes]) -> None:
        self._turns += 1
        if self._turns >= _TURNS:
            raise Unavailable("The same documents come in over several connections.", retry_after_seconds=1)
        for row in await queries.select_documents(tx, self._feed_id, list(beaten)):
            key = beaten[row.document_index]
            is_same = row.content_index == rows[key].content_index
            self._reader.known[key] = self._reader.taken[key] if is_same else b""
        raise ReadAgain

    def _rows(self, cipher: TenantCipher) -> dict[bytes, DocumentRow]:
        return {
            key: DocumentRow(
                document_index=cipher.index("bulk_document", f"{self._feed_id} {key.hex()}"),
                content_index=cipher.index("bulk_content", content.hex()),
            )
            for key, content in self._reader.taken.items()
        }


async def forget_documents(tx: TenantTx) -> int:
    """Forgets the tenant's documents that are older than a day; returns how many. For a regular job."""
    return await queries.delete_documents(tx, older_than_seconds=DOCUMENT_SECONDS)
