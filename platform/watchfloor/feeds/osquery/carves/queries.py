"""SQL of files that hosts send in blocks."""

from typing import Final, Literal, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import CarveId, NodeId, QuestionId

CarveState = Literal["receiving", "complete"]

SELECT_CARVE: Final[LiteralString] = """
select id,
       query_id,
       node_id,
       session_hash,
       state,
       block_count,
       block_size,
       carve_size,
       received_blocks
  from wf.osquery_carves
 where tenant_id = $1
   and id = $2
"""

SELECT_OF_ANSWER: Final[LiteralString] = """
select id,
       query_id,
       node_id,
       session_hash,
       state,
       block_count,
       block_size,
       carve_size,
       received_blocks
  from wf.osquery_carves
 where tenant_id = $1
   and query_id = $2
   and node_id = $3
"""

SUM_CARVES: Final[LiteralString] = """
select coalesce(sum(carve_size), 0)::bigint
  from wf.osquery_carves
 where tenant_id = $1
"""

INSERT_CARVE: Final[LiteralString] = """
insert into wf.osquery_carves
       (tenant_id, id, query_id, node_id, session_hash, state, block_count, block_size, carve_size)
values ($1, $2, $3, $4, $5, 'receiving', $6, $7, $8)
on conflict do nothing
"""

DELETE_CARVE_BLOCKS: Final[LiteralString] = """
delete from wf.osquery_carve_blocks
 where tenant_id = $1
   and carve_id = $2
"""

DELETE_CARVE: Final[LiteralString] = """
delete from wf.osquery_carves
 where tenant_id = $1
   and id = $2
"""

INSERT_BLOCK: Final[LiteralString] = """
insert into wf.osquery_carve_blocks (tenant_id, carve_id, number, body)
values ($1, $2, $3, $4)
on conflict do nothing
"""

COUNT_BLOCK: Final[LiteralString] = """
update wf.osquery_carves
   set received_blocks = received_blocks + 1,
       state = case when received_blocks + 1 = block_count then 'complete' else 'receiving' end,
       finished_at = case when received_blocks + 1 = block_count then now() end
 where tenant_id = $1
   and id = $2
"""

SELECT_BLOCK: Final[LiteralString] = """
select body
  from wf.osquery_carve_blocks
 where tenant_id = $1
   and carve_id = $2
   and number = $3
"""


class CarveRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way."""

    id: CarveId
    query_id: QuestionId
    node_id: NodeId
    session_hash: bytes
    state: CarveState
    block_count: int
    block_size: int
    carve_size: int
    received_blocks: int


class NewCarveRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that begins; the order is that of `INSERT_CARVE`."""

    id: CarveId
    query_id: QuestionId
    node_id: NodeId
    session_hash: bytes
    block_count: int
    block_size: int
    carve_size: int


async def select_carve(tx: TenantTx, carve_id: CarveId) -> CarveRow | None:
    """One file."""
    return await tx.row(CarveRow, SELECT_CARVE, tx.tenant_id, carve_id)


async def select_of_answer(tx: TenantTx, question_id: QuestionId, node_id: NodeId) -> CarveRow | None:
    """The file that a host sends for a question."""
    return await tx.row(CarveRow, SELECT_OF_ANSWER, tx.tenant_id, question_id, node_id)


async def sum_carves(tx: TenantTx) -> int:
    """How many bytes the tenant's files have together."""
    return await tx.value(int, SUM_CARVES, tx.tenant_id) or 0


async def insert_carve(tx: TenantTx, row: NewCarveRow) -> bool:
    """Begins a file; False when the host has begun one meanwhile."""
    return await tx.execute(INSERT_CARVE, tx.tenant_id, *msgspec.structs.astuple(row)) == 1


async def delete_carve(tx: TenantTx, carve_id: CarveId) -> None:
    """Deletes a file with its blocks."""
    await tx.execute(DELETE_CARVE_BLOCKS, tx.tenant_id, carve_id)
    await tx.execute(DELETE_CARVE, tx.tenant_id, carve_id)


async def insert_block(tx: TenantTx, carve_id: CarveId, *, number: int, body: bytes) -> bool:
    """Adds a block and counts it; False when it is there already."""
    if await tx.execute(INSERT_BLOCK, tx.tenant_id, carve_id, number, body) == 0:
        return False
    await tx.execute(COUNT_BLOCK, tx.tenant_id, carve_id)
    return True


async def select_block(tx: TenantTx, carve_id: CarveId, number: int) -> bytes | None:
    """A block, sealed."""
    return await tx.value(bytes, SELECT_BLOCK, tx.tenant_id, carve_id, number)
