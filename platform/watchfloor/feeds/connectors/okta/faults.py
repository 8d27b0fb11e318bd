"""What Okta says when it does not do as it is asked: its error codes, its limits, and what a customer is to do.

Owns which of our errors each answer becomes. Okta's own words are not passed on, but for the code.
"""

import re
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.budget import Budget, seconds_until_reset
from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Throttled
from watchfloor.feeds.connectors.okta.manifest import KEY, SCOPE, TOKEN
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable, WatchfloorError

ROTATE_KEY: Final = "Give the application a new key and hand it over with `watchfloor connector rotate`."
RENEW: Final = "Make a new API token and hand it over with `watchfloor connector rotate`."
GRANT: Final = f"Applications > the application > Okta API Scopes: grant {SCOPE}."
ROLE: Final = "Give it the role Report Administrator, or a role of your own with the permission to read logs."

LIMIT: Final = "x-rate-limit"
"""How the headers begin in which Okta names its limit, which all programs of the organisation share."""

_WAIT_SECONDS: Final = 60
_DENIED: Final = frozenset({"E0000006", "E0000015", "E0000022", "E0000038"})
_CURSOR: Final = frozenset({"E0000001", "E0000003", "E0000030", "E0000031"})
_CODE: Final = re.compile(r"E[0-9]{7}")
_WORD: Final = re.compile(r"[a-z_]{1,60}")


class _Body(msgspec.Struct):
    code: str = msgspec.field(default="", name="errorCode")
    error: str = ""


def spent(budget: Budget) -> Throttled:
    """The error by which we leave the rest of a limit to others."""
    return Throttled(
        "Okta's limit is nearly used up by all programs of the organisation together; the rest is left to them.",
        where="x-rate-limit-remaining",
        retry_after_seconds=budget.seconds,
    )


def is_bad_cursor(reply: Reply) -> bool:
    """Whether an answer may mean that what the query asks to go on from is not known any more."""
    return reply.status in (400, 404, 410) and _read(reply).code in _CURSOR | {""}


def error_of(reply: Reply, *, now: datetime, is_token: bool) -> WatchfloorError:
    """The error for an answer that is not what was asked for. `is_token`: an API token was used."""
    body = _read(reply)
    said = f" It says {body.code}." if _CODE.fullmatch(body.code) else ""
    if reply.status == 429 or body.code == "E0000047":
        return Throttled(f"Okta asks us to wait.{said}", where="rate limit", retry_after_seconds=_wait(reply, now))
    if reply.status in (401, 403) or body.code in _DENIED:
        return _refused(reply.status, said, is_token=is_token)
    if reply.status >= 500:
        return Unavailable(f"Okta has a fault of its own.{said}", where="api/v1/logs")
    if reply.status == 404:
        remedy = "Look whether the domain is right and the organisation is active."
        return Denied("There is no System Log at this domain.", where="domain", remedy=remedy)
    return Malformed(f"Okta answers {reply.status}.{said}", where="api/v1/logs")


def _refused(status: int, said: str, *, is_token: bool) -> WatchfloorError:
    if status != 401:
        remedy = ROLE if is_token else f"{GRANT} Admin roles: {ROLE}"
        return Denied(f"The System Log may not be read.{said}", where=SCOPE, remedy=remedy)
    if is_token:
        return Expired(f"Okta does not take the API token.{said}", where=TOKEN, remedy=RENEW)
    return Expired(f"Okta does not take a new token either.{said}", where=KEY, remedy=ROTATE_KEY)


def sign_in_error_of(reply: Reply, *, now: datetime) -> WatchfloorError:
    """The error for an answer of the token endpoint that is no token."""
    body = _read(reply)
    word = body.error if _WORD.fullmatch(body.error) else body.code if _CODE.fullmatch(body.code) else ""
    said = f" It says {word}." if word else ""
    if reply.status == 429:
        return Throttled(f"Okta asks us to wait.{said}", where="sign-in", retry_after_seconds=_wait(reply, now))
    if reply.status >= 500:
        return Unavailable(f"Okta has a fault of its own.{said}", where="sign-in")
    if word in ("invalid_scope", "access_denied", "unauthorized_client"):
        return Denied(f"The application may not ask for {SCOPE}.{said}", where=SCOPE, remedy=GRANT)
    if word in ("invalid_dpop_proof", "use_dpop_nonce"):
        remedy = "Applications > the application > General: clear *Require Demonstrating Proof of Possession (DPoP)*."
        return Denied(f"The application asks for DPoP, which is not done here.{said}", where="DPoP", remedy=remedy)
    if word in ("invalid_client", "invalid_grant") or reply.status == 401:
        remedy = f"{ROTATE_KEY} Look also whether the client id and key id are right and the application is active."
        return Expired(f"Okta does not take the application's key.{said}", where=KEY, remedy=remedy)
    return Malformed(f"Okta's token endpoint answers {reply.status}.{said}", where="sign-in")


def _wait(reply: Reply, now: datetime) -> int:
    return reply.retry_after_seconds or seconds_until_reset(reply, LIMIT, now=now) or _WAIT_SECONDS


def _read(reply: Reply) -> _Body:
    try:
        return msgspec.json.decode(reply.body, type=_Body)
    except (msgspec.DecodeError, UnicodeError):
        return _Body()
