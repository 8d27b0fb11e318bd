"""SQL of the bulk door: the documents that senders numbered themselves."""

from collections.abc import Sequence
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

INSERT_DOCUMENTS: Final[LiteralString] = """
insert into wf.bulk_documents (tenant_id, feed_id, document_index, content_index)
select $1,
       $2,
       sent.document_index,
       sent.content_index
  from unnest($3::bytea[], $4::bytea[]) as sent (document_index, content_index)
on conflict (tenant_id, feed_id, document_index) do nothing
returning document_index
"""

REPLACE_DOCUMENTS: Final[LiteralString] = """
insert into wf.bulk_documents (tenant_id, feed_id, document_index, content_index)
select $1,
       $2,
       sent.document_index,
       sent.content_index
  from unnest($3::bytea[], $4::bytea[]) as sent (document_index, content_index)
on conflict (tenant_id, feed_id, document_index) do update
   set content_index = excluded.content_index
"""

SELECT_DOCUMENTS: Final[LiteralString] = """
select document_index,
       content_index
  from wf.bulk_documents
 where tenant_id = $1
   and feed_id = $2
   and document_index = any ($3)
"""

DELETE_DOCUMENTS: Final[LiteralString] = """
delete from wf.bulk_documents
 where tenant_id = $1
   and taken_at < now() - make_interval(secs => $2)
"""


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was taken, by keyed hashes."""

    document_index: bytes
    content_index: bytes


async def insert_documents(tx: TenantTx, feed_id: FeedId, rows: Sequence[DocumentRow]) -> list[bytes]:
    """Remembers documents; returns the hashes of those that were not remembered yet."""
    documents, contents = _columns(rows)
    return await tx.values(bytes, INSERT_DOCUMENTS, tx.tenant_id, feed_id, documents, contents)


async def replace_documents(tx: TenantTx, feed_id: FeedId, rows: Sequence[DocumentRow]) -> None:
    """Remembers documents whose content is another one now."""
    documents, contents = _columns(rows)
    await tx.execute(REPLACE_DOCUMENTS, tx.tenant_id, feed_id, documents, contents)


async def select_documents(tx: TenantTx, feed_id: FeedId, documents: Sequence[bytes]) -> list[DocumentRow]:
    """Those of the documents that are remembered."""
    return await tx.rows(DocumentRow, SELECT_DOCUMENTS, tx.tenant_id, feed_id, documents)


async def delete_documents(tx: TenantTx, *, older_than_seconds: float) -> int:
    """Forgets old documents; returns how many."""
    return await tx.execute(DELETE_DOCUMENTS, tx.tenant_id, older_than_seconds)


def _columns(rows: Sequence[DocumentRow]) -> tuple[list[bytes], list[bytes]]:
    return [row.document_index for row in rows], [row.content_index for row in rows]
