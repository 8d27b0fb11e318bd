"""What Microsoft Graph says when it does not do as it is asked.

Owns which of our errors each answer becomes.
"""

from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Denied, Malformed, Throttled
from watchfloor.feeds.connectors.entra.logs import Log
from watchfloor.feeds.connectors.microsoft.refusals import CONSENT
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable, WatchfloorError

_NO_LICENCE: Final = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
_SECONDS: Final = 10


class _Error(msgspec.Struct, frozen=True):
    code: str = ""


class _Body(msgspec.Struct, frozen=True):
    error: _Error = _Error()


def error_of(reply: Reply, log: Log) -> WatchfloorError:
    """The error for an answer that is no success."""
    code = _code(reply.body)
    said = f" It says {code}." if code else ""
    if reply.status == 429:
        seconds = reply.retry_after_seconds or _SECONDS
        return Throttled(f"Graph asks us to wait.{said}", where=log.path, retry_after_seconds=seconds)
    if reply.status in (503, 504) and reply.retry_after_seconds:
        return Throttled(f"Graph is busy.{said}", where=log.path, retry_after_seconds=reply.retry_after_seconds)
    if reply.status >= 500:
        return Unavailable(f"Graph has a fault of its own.{said}", where=log.path, retry_after_seconds=_SECONDS)
    if code == _NO_LICENCE:
        remedy = f"The log takes a licence {log.licence or 'Entra ID P1'}. Get one, or switch the stream off."
        return Denied("The tenant has no licence for this log.", where="licence", remedy=remedy)
    if reply.status == 403:
        remedy = f"Give the application the permission {log.permission} of Microsoft Graph. {CONSENT}"
        return Denied(f"The application may not read {log.path}.{said}", where=log.permission, remedy=remedy)
    return Malformed(f"Graph answers {reply.status}.{said}", where=log.path)


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Body).error.code[:100]
    except (msgspec.DecodeError, UnicodeError):
        return ""
