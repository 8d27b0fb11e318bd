"""What an intake keeps about a request: what it said about itself, and what an honest retry is known by."""

import hashlib

import msgspec

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.intake.queue import Sender
from watchfloor.kernel.crypto import bind


def request_hash(sender: Sender, batch: PackedBatch) -> bytes | None:
    """What a request is remembered by: its key and its events. Another request under a used key is a new one."""
    if sender.request_key is None:
        return None
    return hashlib.sha256(bind(sender.request_key, hashlib.sha256(batch.packed).digest())).digest()


def metadata_of(sender: Sender) -> bytes:
    """What is kept about who sent it, to be sealed."""
    return msgspec.msgpack.encode(
        {
            "content_type": sender.content_type[:200],
            "request_id": sender.request_id[:200],
            "request_key": (sender.request_key or "")[:200],
        }
    )
