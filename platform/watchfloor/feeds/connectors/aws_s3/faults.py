"""What AWS says when it does not do as it is asked.

Owns the reading of its error bodies, in JSON and XML, and which of our errors each becomes.
"""

import re
from html import unescape
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Throttled
from watchfloor.kernel.errors import Unavailable, WatchfloorError

_THROTTLED: Final = frozenset(
    {
        "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown", "Throttling",
        "ThrottlingException", "ThrottledException", "TooManyRequestsException", "KMS.ThrottlingException",
        "OverLimit", "AWS.SimpleQueueService.OverLimit",
    }
)  # fmt: skip
_EXPIRED: Final = frozenset(
    {
        "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "InvalidAccessKeyId",
        "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "MissingAuthenticationToken",
    }
)  # fmt: skip
_SKEWED: Final = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_ABSENT: Final = frozenset(
    {"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "NonExistentQueue", "NoSuchBucket"}
)
_ACTION: Final = re.compile(r"perform: ([a-z0-9-]+:[A-Za-z]+)")
_MOST: Final = 300


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """An error of AWS's: its code, and what it says to a person. `action` is the permission that it names."""

    status: int
    code: str
    message: str
    retry_after_seconds: int | None = None

    @property
    def action(self) -> str | None:
        """The permission that is missing, where AWS says so."""
        found = _ACTION.search(self.message)
        return found[1] if found else None

    @property
    def is_denied(self) -> bool:
        """Whether AWS knows us and does not let us."""
        return self.code not in _SKEWED and (self.status in (401, 403) or "AccessDenied" in self.code)

    @property
    def is_expired(self) -> bool:
        """Whether other credentials may help."""
        return self.code in _EXPIRED


class _JsonError(msgspec.Struct):
    type: str = msgspec.field(default="", name="__type")
    message: str = ""
    message_too: str = msgspec.field(default="", name="Message")


def element(text: str, name: str) -> str | None:
    """The text of the first element of this name in a flat XML answer."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else None


def read_fault(status: int, body: bytes, retry_after_seconds: int | None = None) -> Fault:
    """What an answer that is no success says."""
    try:
        found = msgspec.json.decode(body, type=_JsonError)
        code, message = found.type.rpartition("#")[2], found.message or found.message_too
    except (msgspec.DecodeError, UnicodeError):
        text = body[:65_536].decode("utf-8", "replace")
        code, message = element(text, "Code") or "", element(text, "Message") or ""
    return Fault(status=status, code=code[:100], message=message[:2_000], retry_after_seconds=retry_after_seconds)


def error_of(fault: Fault, *, permission: str, place: str) -> WatchfloorError:
    """The error for a fault. `permission` is what the request needs, `place` what it is about."""
    said = f" It says {fault.code}." if fault.code else ""
    if fault.code in _THROTTLED or fault.status == 429:
        return Throttled(f"AWS asks us to wait.{said}", where=place, retry_after_seconds=fault.retry_after_seconds or 5)
    if fault.is_expired:
        return Expired(
            f"AWS does not take the access key.{said}",
            where=permission,
            remedy="Make a new access key and give it with `watchfloor connector rotate`.",
        )
    if fault.code in _ABSENT or fault.is_denied:
        return _denied(fault, permission=permission, place=place)
    if fault.status >= 500 or fault.code in _SKEWED:
        remedy = "Set the clock of this machine." if fault.code in _SKEWED else None
        return Unavailable(f"AWS cannot answer now.{said}", where=place, remedy=remedy, retry_after_seconds=15)
    return Malformed(f"AWS answers {fault.status}.{said} {fault.message[:_MOST]}".rstrip(), where=place)


def _denied(fault: Fault, *, permission: str, place: str) -> Denied:
    if fault.code in _ABSENT:
        remedy = "Look whether the name is right, and whether it was deleted."
        return Denied(f"{place} does not exist.", where=permission, remedy=remedy)
    missing = fault.action or permission
    remedy = "Put the policies in place that `watchfloor connector policy` prints."
    return Denied(f"AWS refuses {missing} on {place}.", where=missing, remedy=remedy)
