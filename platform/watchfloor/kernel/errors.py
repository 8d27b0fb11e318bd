"""The one error tree. Every error that a person may meet is one of these.

An error says what is wrong (`message`), where (`where`: a field, a file:line:column, a setting) and
what to do (`remedy`). The edges (web, bot, worker, CLI) translate it once; nothing in between
catches it. "Not yours" and "does not exist" are both `NotFound`.
"""

from typing import ClassVar


class WatchfloorError(Exception):
    """Base of all errors. `code` is stable and machine-readable; `message` is a sentence for a person."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{advice}"


class NotFound(WatchfloorError):
    """The object does not exist, or the actor may not know that it does."""

    code = "not_found"


class Refused(WatchfloorError):
    """The actor is known and may not do this."""

    code = "refused"


class Unauthenticated(Refused):
    """Nobody we know is asking."""

    code = "unauthenticated"


class Conflict(WatchfloorError):
    """The object's state does not allow this now."""

    code = "conflict"


class Invalid(WatchfloorError):
    """The input is wrong."""

    code = "invalid"


class TooLarge(Invalid):
    """The input is over a stated limit."""

    code = "too_large"


class Unavailable(WatchfloorError):
    """Something that we need is away or full. Trying again later may work."""

    code = "unavailable"

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        retry_after_seconds: int = 5,
    ) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.retry_after_seconds = retry_after_seconds
