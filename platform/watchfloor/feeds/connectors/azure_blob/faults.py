"""What Azure's storage says when it does not do as it is asked.

Owns the reading of its error bodies (XML), and which of our errors each becomes.
"""

import re
from html import unescape
from typing import Final

from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Throttled
from watchfloor.feeds.connectors.microsoft.refusals import ROTATE
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable, WatchfloorError

_SECONDS: Final = 10
_BUSY: Final = frozenset({"ServerBusy", "OperationTimedOut", "TooManyRequests"})
_SAS_SCOPE: Final = frozenset(
    {
        "AuthorizationPermissionMismatch", "AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch",
        "AuthorizationProtocolMismatch",
    }
)  # fmt: skip
_NETWORK: Final = frozenset({"AuthorizationFailure", "AuthorizationSourceIPMismatch"})


def element(text: str, name: str) -> str | None:
    """The text of the first element of this name; entities and document types mean nothing here."""
    found = re.search(rf"<{name}(?: [^<>]{{0,200}})?>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else None


def code_of(reply: Reply) -> str:
    """The vendor's word for what is wrong; empty when there is none."""
    code = reply.headers.get("x-ms-error-code") or element(_text(reply), "Code") or ""
    return code[:100]


def is_absent(reply: Reply) -> bool:
    """Whether there is no such container or blob: none yet, or none any more."""
    return reply.status == 404


def error_of(reply: Reply, *, has_sas: bool, place: str) -> WatchfloorError:
    """The error for an answer that is no success. `place` is what the request was about."""
    code = code_of(reply)
    said = f" It says {code}." if code else ""
    if reply.status == 429 or code in _BUSY:
        seconds = reply.retry_after_seconds or _SECONDS
        return Throttled(f"The storage account asks us to wait.{said}", where=place, retry_after_seconds=seconds)
    if reply.status >= 500:
        return Unavailable(f"The storage account has a fault of its own.{said}", where=place, retry_after_seconds=15)
    if code in _NETWORK:
        remedy = "Let the address of this installation through: the storage account, Networking, Firewall."
        return Denied(f"The storage account's firewall keeps us out.{said}", where=place, remedy=remedy)
    if code == "AuthenticationFailed" or reply.status == 401:
        return _unknown(said, has_sas=has_sas)
    if code in _SAS_SCOPE or reply.status == 403:
        missing = "read and list" if has_sas else "Storage Blob Data Reader"
        remedy = "Put in place what `watchfloor connector policy` prints."
        return Denied(f"{missing} is missing on {place}.{said}", where=missing, remedy=remedy)
    return Malformed(f"The storage account answers {reply.status}.{said}", where=place)


def expired_signature(said: str) -> Expired:
    """The error for a shared access signature that is not good, or not good any more."""
    remedy = "Make a new one and give it with `watchfloor connector rotate`."
    return Expired(f"The shared access signature is wrong or has run out.{said}", where="sas", remedy=remedy)


def _unknown(said: str, *, has_sas: bool) -> Expired:
    if has_sas:
        return expired_signature(said)
    return Expired(
        f"The storage account does not take the application's token.{said}", where="client_id", remedy=ROTATE
    )


def _text(reply: Reply) -> str:
    return reply.body[:65_536].decode("utf-8", "replace")
