"""Why a connection is closed by us.

Owns the one error by which a stream is given up, and the few words that metrics count it under.
"""

from typing import ClassVar, Literal

from watchfloor.kernel.errors import WatchfloorError

Reason = Literal[
    "malformed", "oversized", "slow", "handshake", "unidentified", "refused", "crowded", "stalled", "lost"
]  # fmt: skip
"""malformed: no frame of the protocol. oversized: over a limit. slow: something did not come in time. handshake: no TLS
was agreed on. unidentified: no credential. refused: one that is not good. crowded: too many connections. stalled:
answers are not read, or nothing could be stored for too long. lost: the connection broke."""


class StreamFault(WatchfloorError):
    """The connection is no longer worth keeping. What came in before the fault is still made durable."""

    code: ClassVar[str] = "stream_fault"

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason: Reason = reason
