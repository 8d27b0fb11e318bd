"""The one error that leaves the normaliser: this event is poison, for this reason."""

from typing import ClassVar, Literal

from watchfloor.kernel.errors import Invalid

FailureReason = Literal["empty", "too_large", "too_deep", "too_many_keys", "not_utf8", "not_json", "wrong_shape"]


class ParseFailed(Invalid):
    """An event that cannot become an `Event`. Its batch goes on without it; the event goes to quarantine.

    `reason` is stable and is what quarantine groups by. The message never quotes the event.
    """

    code: ClassVar[str] = "parse_failed"

    def __init__(self, message: str, *, reason: FailureReason, where: str | None = None) -> None:
        super().__init__(message, where=where)
        self.reason: FailureReason = reason
