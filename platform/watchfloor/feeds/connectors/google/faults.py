"""What Google says when it does not do as it is asked.

Owns the reading of its error bodies (the APIs' own and those of the token service) and which of our errors each
becomes. 403 means both "you ask too often" and "you may not": only the reason inside tells them apart.
"""

import re
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Throttled
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable, WatchfloorError

WAIT_SECONDS: Final = 30
"""How long we wait when Google does not say."""

DAILY_WAIT_SECONDS: Final = 3_600
LONGEST_WAIT_SECONDS: Final = 86_400

_QUOTA: Final = frozenset(
    {
        "ratelimitexceeded", "userratelimitexceeded", "quotaexceeded", "servinglimitexceeded",
        "concurrentlimitexceeded", "rate_limit_exceeded", "resource_exhausted", "limitexceeded",
        "variabletermlimitexceeded",
    }
)  # fmt: skip
_DAILY: Final = frozenset({"dailylimitexceeded", "dailylimitexceededunreg"})
_SWITCHED_OFF: Final = frozenset({"accessnotconfigured", "service_disabled"})
_DELAY: Final = re.compile(r"([0-9]{1,6})(?:\.[0-9]{1,9})?s")
_MOST: Final = 300
ROTATE: Final = "Make a new key for the service account and give its JSON file with `watchfloor connector rotate`."


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """An error of Google's. `reasons` are in lower case."""

    status: int
    state: str
    reasons: frozenset[str]
    message: str
    retry_after_seconds: int | None = None

    @property
    def is_quota(self) -> bool:
        """Whether it asks us to wait."""
        spent = self.reasons & (_QUOTA | _DAILY)
        return self.status == 429 or self.state == "RESOURCE_EXHAUSTED" or (self.status in (403, 503) and bool(spent))


class _Detail(msgspec.Struct):
    reason: str = ""
    delay: str = msgspec.field(default="", name="retryDelay")


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    errors: list[_Detail] = msgspec.field(default_factory=list[_Detail])
    details: list[_Detail] = msgspec.field(default_factory=list[_Detail])


class _Body(msgspec.Struct):
    error: _Error


class _TokenBody(msgspec.Struct):
    error: str = ""
    error_description: str = ""


def read_fault(reply: Reply) -> Fault:
    """What an answer that is no success says."""
    try:
        error = msgspec.json.decode(reply.body, type=_Body).error
    except (msgspec.DecodeError, UnicodeError):
        error = _Error()
    waits = [int(found[1]) + 1 for detail in error.details if (found := _DELAY.fullmatch(detail.delay))]
    return Fault(
        status=reply.status,
        state=error.status[:100],
        reasons=frozenset(detail.reason[:100].lower() for detail in [*error.errors, *error.details] if detail.reason),
        message=error.message[:2_000],
        retry_after_seconds=reply.retry_after_seconds
        if reply.retry_after_seconds is not None
        else max(waits, default=None),
    )


def error_of(fault: Fault, *, permission: str, place: str, remedy: str) -> WatchfloorError:
    """The error for a fault. `permission` is what the request needs, `place` what it is about."""
    said = _said(fault)
    if fault.is_quota:
        usual = DAILY_WAIT_SECONDS if fault.reasons & _DAILY else WAIT_SECONDS
        wait = min(fault.retry_after_seconds or usual, LONGEST_WAIT_SECONDS)
        return Throttled(f"Google asks us to wait.{said}", where=place, retry_after_seconds=wait)
    if fault.status == 401:
        return Expired(f"Google does not take the service account's key.{said}", where=permission, remedy=ROTATE)
    if fault.status in (403, 404) or fault.state == "FAILED_PRECONDITION":
        return _denied(fault, permission=permission, place=place, remedy=remedy)
    if fault.status >= 500:
        wait = min(fault.retry_after_seconds or 15, LONGEST_WAIT_SECONDS)
        return Unavailable(f"Google has a fault of its own.{said}", where=place, retry_after_seconds=wait)
    return Malformed(f"Google answers {fault.status}.{said} {fault.message[:_MOST]}".rstrip(), where=place)


def _denied(fault: Fault, *, permission: str, place: str, remedy: str) -> Denied:
    if fault.reasons & _SWITCHED_OFF:
        enable = "Enable the API in the service account's project, as `watchfloor connector policy` prints."
        return Denied(f"The API is switched off in the project.{_said(fault)}", where=permission, remedy=enable)
    if fault.status == 404:
        gone = "Look whether the name is right, and whether it was deleted."
        return Denied(f"{place} does not exist.", where=permission, remedy=gone)
    if fault.status == 403:
        return Denied(f"Google refuses {permission} on {place}.{_said(fault)}", where=permission, remedy=remedy)
    return Denied(
        f"{place} is not of the kind that can be read. {fault.message[:_MOST]}", where=permission, remedy=remedy
    )


def _said(fault: Fault) -> str:
    word = fault.state or ", ".join(sorted(fault.reasons))
    return f" It says {word}." if word else ""


def token_error_of(reply: Reply, *, scope: str, subject: str) -> WatchfloorError:
    """The error for an answer of the token service that is no token."""
    if reply.status == 429 or reply.status >= 500:
        fault = read_fault(reply)
        return error_of(fault, permission=scope, place="the token service", remedy=ROTATE)
    try:
        found = msgspec.json.decode(reply.body, type=_TokenBody)
    except (msgspec.DecodeError, UnicodeError):
        found = _TokenBody()
    code, said = found.error[:100], found.error_description[:_MOST]
    if code in ("unauthorized_client", "access_denied", "invalid_scope"):
        return Denied(
            f"The service account may not act for {subject} here. Google says {code}.",
            where=scope,
            remedy="Delegate the scope to the service account's client id, as `watchfloor connector policy` prints.",
        )
    if "email or User ID" in said:
        wrong = "Name an administrator of this Workspace who is not suspended."
        return Denied(f"Google does not know {subject}.", where="admin_email", remedy=wrong)
    if "iat" in said or "timeframe" in said:
        return Unavailable("Google refuses the time of our signature.", where=scope, remedy="Set this machine's clock.")
    if code in ("invalid_grant", "invalid_client", "disabled_client", "deleted_client") or reply.status == 401:
        return Expired(f"Google does not take the service account's key. It says {code}.", where=scope, remedy=ROTATE)
    return Malformed(f"The token service answers {reply.status}. {code} {said}".rstrip(), where=scope)
