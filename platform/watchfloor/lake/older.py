"""Files of the lake's form before this one: read once more, and rewritten.

Content was zstd over lines of JSON (see `line`), sealed as column `file` of row `id` of `lake_segments`.
"""

import zstandard

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.ids import TenantId
from watchfloor.lake.columns import to_table
from watchfloor.lake.line import read_lines
from watchfloor.lake.queries import OlderSegment, Segment
from watchfloor.lake.segments import SegmentStore


def rewrite(store: SegmentStore, tenant_id: TenantId, cipher: TenantCipher, old: OlderSegment) -> Segment:
    """A fresh file with the events of an old one; no row of the manifest names it yet.

    It blocks. Raises Unopenable for a file that is damaged or not this tenant's, Unavailable for one that is gone.
    """
    sealed = store.files.read(old.path)
    compressed = cipher.open_(sealed, table="lake_segments", column="file", row=old.id)
    events = read_lines(zstandard.ZstdDecompressor().decompress(compressed))
    raw_bytes = sum(len(event.raw) for event in events)
    return store.store(tenant_id, cipher, to_table(events), level=0, raw_bytes=raw_bytes)
