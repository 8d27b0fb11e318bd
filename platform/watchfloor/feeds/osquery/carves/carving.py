"""Files that hosts were asked for: begun by the host, taken block by block, complete when each one is there.

Owns what is taken: only from a host that was given the question, only under the session that it got, only blocks of
the length that was announced, only within the limits. Blocks are sealed as they come. A file is an archive that was
packed by a host that may be hostile: it is handed out as it is, and never opened here.
"""

import math
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from watchfloor.feeds.feed import Feed
from watchfloor.feeds.osquery.carves import queries
from watchfloor.feeds.osquery.live.queries import select_asked
from watchfloor.feeds.osquery.queries import select_node
from watchfloor.kernel import ids
from watchfloor.kernel.credentials import MintedAgentKey, PresentedAgentKey, matches, mint_agent_key
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused, TooLarge
from watchfloor.kernel.ids import CarveId, NodeId, QuestionId

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_BYTES_OF_TENANT: Final = 1024 * 1024 * 1024
MOST_BLOCKS: Final = 20_000
LARGEST_BLOCK: Final = 2_000_000
NO_SESSION: Final = "There is no such session."


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """What a host says it is going to send. `request_id` is the question's id."""

    request_id: str
    block_count: int
    block_size: int
    carve_size: int


async def begin(tx: TenantTx, feed: Feed, node_id: NodeId, announced: Announced) -> MintedAgentKey:
    """The session under which the host sends the blocks. What it had begun and not finished is dropped.

    Raises Refused when it was not asked for a file, Invalid, TooLarge, and Conflict when the file is complete.
    """
    try:
        question_id = QuestionId(ids.parse("qst", announced.request_id))
    except NotFound:
        raise Refused("Nobody asked for this file.") from None
    if await select_asked(tx, node_id, question_id) != "carve":
        raise Refused("Nobody asked for this file.")
    _check(announced)
    before = await queries.select_of_answer(tx, question_id, node_id)
    if before is not None:
        if before.state == "complete":
            raise Conflict("The file is here already.")
        await queries.delete_carve(tx, before.id)
    if await queries.sum_carves(tx) + announced.carve_size > MOST_BYTES_OF_TENANT:
        raise TooLarge("The tenant's files have no room for another one.")
    carve_id = CarveId(ids.new_uuid())
    session = mint_agent_key("carve", feed_id=feed.id, owner=carve_id)
    row = queries.NewCarveRow(
        id=carve_id,
        query_id=question_id,
        node_id=node_id,
        session_hash=session.digest,
        block_count=announced.block_count,
        block_size=announced.block_size,
        carve_size=announced.carve_size,
    )
    if not await queries.insert_carve(tx, row):
        raise Conflict("The host is sending this file already.")
    return session


async def take_block(
    tx: TenantTx, cipher: TenantCipher, session: PresentedAgentKey, *, number: int, request_id: str, block: bytes
) -> None:
    """Takes one block; the same one again changes nothing.

    Raises Refused when the session is nobody's or the question another one, Invalid when the block is not of the
    length that was announced.
    """
    row = await queries.select_carve(tx, CarveId(session.owner))
    if not matches(None if row is None else row.session_hash, session) or row is None:
        raise Refused(NO_SESSION)
    node = await select_node(tx, row.node_id)
    if node is None or node.state != "active":
        raise Refused(NO_SESSION)
    if request_id and request_id != ids.show("qst", row.query_id):
        raise Refused("The session is for another file.")
    if not 0 <= number < row.block_count or len(block) != _length(row, number):
        raise Invalid("The block is not one that was announced.", where="block_id")
    place = f"{row.id}:{number}"
    sealed = cipher.seal(block, table="osquery_carve_blocks", column="body", row=place)
    await queries.insert_block(tx, row.id, number=number, body=sealed)


async def blocks_of(tx: TenantTx, cipher: TenantCipher, carve_id: CarveId) -> AsyncIterator[bytes]:
    """The blocks of a complete file, in order. Raises NotFound, and Conflict while some are missing."""
    row = await queries.select_carve(tx, carve_id)
    if row is None:
        raise NotFound("There is no such file.")
    if row.state != "complete":
        raise Conflict(f"{row.received_blocks} of {row.block_count} blocks have come.", remedy="Try again later.")
    for number in range(row.block_count):
        sealed = await queries.select_block(tx, carve_id, number)
        if sealed is None:
            raise Conflict(f"Block {number} is missing.")
        yield cipher.open_(sealed, table="osquery_carve_blocks", column="body", row=f"{carve_id}:{number}")


def shown(carve_id: CarveId) -> str:
    """A file's id, as people see it."""
    return ids.show("crv", carve_id)


def _check(announced: Announced) -> None:
    if announced.carve_size > MOST_BYTES or announced.block_size > LARGEST_BLOCK or announced.block_count > MOST_BLOCKS:
        raise TooLarge(f"A file has at most {MOST_BYTES} bytes, in blocks of at most {LARGEST_BLOCK}.")
    if min(announced.carve_size, announced.block_size) < 1:
        raise Invalid("A file has one byte at least.", where="carve_size")
    if announced.block_count != math.ceil(announced.carve_size / announced.block_size):
        raise Invalid("The number of blocks is not that of the size.", where="block_count")


def _length(row: queries.CarveRow, number: int) -> int:
    return min(row.block_size, row.carve_size - number * row.block_size)
