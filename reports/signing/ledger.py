"""Whether a file is one that this installation made: by the hashes that its audit log keeps.

The log holds a hash of how a report ended, and in that the hashes of the file before and after signing. Both are made
anew from the file: the signed file and the unsigned one are beginnings of it, for whoever signs after us adds behind.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from reports.outcome import FINISH, Finished
from reports.signing import queries
from watchfloor.audit import queries as audit
from watchfloor.audit.append import state_hash
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, directory_tx, tenant_tx
from watchfloor.kernel.ids import TenantId

_END: Final = b"%%EOF"
_MOST_VERSIONS: Final = 40


async def find_tenant(settings: Settings, *, report_id: str, pdf: bytes) -> str | None:
    """The slug of the tenant in whose audit log this very file stands as finished; None if there is none."""
    directory = await Database.open(settings, Role.AUTH, connections=1)
    database = await Database.open(settings, Role.APP, connections=1)
    try:
        async with directory_tx(directory) as tx:
            chains = await audit.select_named_chains(tx, slug=None)
        for chain in chains:
            async with tenant_tx(database, TenantId(chain.id)) as inside:
                kept = await queries.select_finished(inside, report_id, action=FINISH)
            if kept and not set(kept).isdisjoint(_states(pdf)):
                return chain.slug
        return None
    finally:
        await database.close()
        await directory.close()


def _states(pdf: bytes) -> Iterator[bytes]:
    """The hash of each state that this file may be of: an unsigned beginning, and a longer, signed one."""
    versions = [digest.hex() for digest in versions_of(pdf)]
    for place, unsigned in enumerate(versions):
        for signed in versions[place + 1 :]:
            hashed = state_hash(Finished(state="ready", sha256=signed, unsigned_sha256=unsigned))
            if hashed is not None:
                yield hashed


def versions_of(pdf: bytes) -> list[bytes]:
    """The hashes of the file's beginnings that end where a PDF may end, and of the whole."""
    hashes: list[bytes] = []
    running = hashlib.sha256()
    done = place = 0
    while len(hashes) < _MOST_VERSIONS and (place := pdf.find(_END, place)) >= 0:
        place += len(_END)
        for end in (place, place + 1):  # with and without the line's end
            if done < end <= len(pdf) and (end == place or pdf[end - 1 : end] == b"\n"):
                running.update(pdf[done:end])
                done = end
                hashes.append(running.digest())
    whole = hashlib.sha256(pdf).digest()
    return hashes if whole in hashes else [*hashes, whole]
