"""What a feed is: one authenticated way by which events enter for one tenant.

Owns the shape and the words. It neither reads nor writes feeds; `registry` does.
"""

from typing import Literal, TypeAlias

import msgspec

from watchfloor.kernel.ids import FeedId, TenantId

Door: TypeAlias = Literal["hec", "ndjson"]
FeedState: TypeAlias = Literal["active", "paused"]


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed of a tenant. `source_hint` says what its events are, for the normaliser; None lets the content decide."""

    tenant_id: TenantId
    id: FeedId
    name: str
    door: Door
    source_hint: str | None
    state: FeedState
