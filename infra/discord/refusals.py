"""Refusals: Discord's error codes with its status codes, as bodies that a client understands."""

from typing import Final

from infra.discord.json_parts import Json


class Refused(Exception):
    """A request that Discord would not take."""

    def __init__(self, status: int, code: int, message: str, *, where: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.where = where

    def body(self) -> Json:
        """The answer's body."""
        body: Json = {"message": str(self), "code": self.code}
        if self.where:
            inner: Json = {"_errors": [{"code": "INVALID", "message": str(self)}]}
            for part in reversed(self.where.split(".")):
                inner = {part: inner}
            body["errors"] = inner
        return body


UNKNOWN: Final = {
    "channel": 10003,
    "guild": 10004,
    "member": 10007,
    "message": 10008,
    "overwrite": 10009,
    "role": 10011,
    "user": 10013,
    "webhook": 10015,
    "interaction": 10062,
    "command": 10063,
}


def unknown(what: str) -> Refused:
    """There is no such thing, or not for this bot."""
    return Refused(404, UNKNOWN[what], f"Unknown {what.capitalize()}")


def invalid(where: str, message: str) -> Refused:
    """A body that breaks a rule of its form."""
    return Refused(400, 50035, message, where=where)


def forbidden(message: str = "Missing Permissions", code: int = 50013) -> Refused:
    """The bot may not do this here."""
    return Refused(403, code, message)
