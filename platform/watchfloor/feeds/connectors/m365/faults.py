"""What the Management Activity API says when it does not do as it is asked: its AF numbers.

Owns which of our errors each becomes. The status alone tells nothing here: a quota that is used up is a 403.
"""

from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Denied, Malformed, Throttled
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable, WatchfloorError

_NOT_SUBSCRIBED: Final = frozenset({"AF20022", "AF20023"})
_SUBSCRIBED: Final = frozenset({"AF20024"})
_GONE: Final = frozenset({"AF20050", "AF20051"})
_NO_LOG: Final = (
    "The tenant has no audit log of Microsoft 365.",
    "audit log",
    "Switch auditing on: Microsoft Purview, Audit, Start recording; it takes up to a day.",
)
_REFUSED: Final = {
    "AF20010": (
        "The tenant is not that of the application.",
        "tenant_id",
        "Look whether the directory (tenant) ID is that of the tenant where the application is registered.",
    ),
    "AF20011": _NO_LOG,
    "AF20012": _NO_LOG,
}
_WINDOW: Final = ("Microsoft 365 does not take the window.", "Look whether the clock of this machine is right.")
_LINK: Final = ("Microsoft 365 does not take its own link.", None)
_MALFORMED: Final[dict[str, tuple[str, str | None]]] = {
    "AF20030": _WINDOW,
    "AF20055": _WINDOW,
    "AF20031": _LINK,
    "AF20052": _LINK,
}
_SECONDS: Final = 60


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Body(msgspec.Struct, frozen=True):
    error: _Error = _Error()


def code_of(reply: Reply) -> str:
    """The vendor's number in an answer; empty when there is none."""
    try:
        return msgspec.json.decode(reply.body, type=_Body).error.code[:20]
    except (msgspec.DecodeError, UnicodeError):
        return ""


def is_unsubscribed(reply: Reply) -> bool:
    """Whether nobody has subscribed to the content, or the subscription was switched off."""
    return code_of(reply) in _NOT_SUBSCRIBED


def is_subscribed(reply: Reply) -> bool:
    """Whether the answer to a subscription is that there is one already, which the vendor says as an error."""
    return code_of(reply) in _SUBSCRIBED


def is_gone(reply: Reply) -> bool:
    """Whether a content blob is not kept any more."""
    return code_of(reply) in _GONE or reply.status in (404, 410)


def error_of(reply: Reply, *, permission: str) -> WatchfloorError:
    """The error for an answer that is no success. `permission` is what the request needs."""
    code = code_of(reply)
    said = f" It says {code}." if code else ""
    if reply.status == 429 or code == "AF429":
        seconds = reply.retry_after_seconds or _SECONDS
        return Throttled(f"Microsoft 365 asks us to wait.{said}", where=permission, retry_after_seconds=seconds)
    if reply.status >= 500 or code.startswith("AF5"):
        return Unavailable(f"Microsoft 365 has a fault of its own.{said}", where=permission, retry_after_seconds=30)
    if code in _REFUSED:
        message, where, remedy = _REFUSED[code]
        return Denied(f"{message}{said}", where=where, remedy=remedy)
    if reply.status == 403 or code == "AF10001":
        remedy = f"Give the application the permission {permission} of Office 365 Management APIs, and consent to it."
        return Denied(f"The application may not read the activity feed.{said}", where=permission, remedy=remedy)
    what, advice = _MALFORMED.get(code, (f"Microsoft 365 answers {reply.status}.", None))
    return Malformed(f"{what}{said}", where=permission, remedy=advice)
