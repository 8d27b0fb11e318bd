"""What GitHub says when it does not do as it is asked.

Owns which of our errors each answer becomes. 403 means that one may not, that the hour's limit is used up, or that one
asks too fast; and 404 often means that one may not. Only heads and words tell them apart. GitHub's own words are not
passed on.
"""

from datetime import datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.budget import Budget, seconds_until_reset
from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Throttled
from watchfloor.feeds.connectors.github.manifest import APP, KEY, PERMISSION, SCOPE, TOKEN
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable, WatchfloorError

LIMIT: Final = "x-ratelimit"
"""How the headers begin in which GitHub names its hourly limit."""

RENEW: Final = f"Make a new personal access token with {SCOPE} and hand it over with `watchfloor connector rotate`."
ROTATE: Final = "Make a new private key for the GitHub App and hand it over with `watchfloor connector rotate`."
INSTALL: Final = "Install the GitHub App in the organisation, as `watchfloor connector policy` prints."

_SECONDARY_SECONDS: Final = 60
"""How long we wait when GitHub finds us too fast and does not say for how long."""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Whose log is asked for, and with what."""

    place: str
    is_app: bool

    @property
    def permission(self) -> str:
        """What it takes to read it."""
        return f"{PERMISSION}:read" if self.is_app else SCOPE

    @property
    def remedy(self) -> str:
        """What the customer is to do when it may not be read."""
        if self.is_app:
            return "Give the GitHub App the organisation permission Administration (read), and approve it where it is."
        return f"Use a token with {SCOPE} of an owner of {self.place}."


class _Body(msgspec.Struct):
    message: str = ""


def spent(budget: Budget) -> Throttled:
    """The error by which we leave the rest of a limit to others."""
    return Throttled(
        "GitHub's hourly limit is nearly used up; the rest is left to the customer's other programs.",
        where=f"{LIMIT}-remaining",
        retry_after_seconds=budget.seconds,
    )


def throttled(reply: Reply, *, now: datetime) -> Throttled | None:
    """The error for an answer that asks us to wait; None when it says something else."""
    if reply.status not in (403, 429):
        return None
    is_used_up = reply.headers.get(f"{LIMIT}-remaining", "").strip() == "0"
    if reply.retry_after_seconds is not None:
        seconds = max(reply.retry_after_seconds, 1)
    elif is_used_up:
        seconds = seconds_until_reset(reply, LIMIT, now=now) or _SECONDARY_SECONDS
    elif reply.status == 429 or "rate limit" in _said(reply):
        seconds = _SECONDARY_SECONDS
    else:
        return None
    what = "The hourly limit is used up." if is_used_up else "GitHub finds that we ask too fast."
    return Throttled(what, where="rate limit", retry_after_seconds=seconds)


def error_of(reply: Reply, need: Need, *, now: datetime) -> WatchfloorError:
    """The error for an answer that is no page."""
    if (waits := throttled(reply, now=now)) is not None:
        return waits
    if reply.status == 401:
        if need.is_app:
            return Expired("GitHub does not take a new token of the App either.", where=KEY, remedy=ROTATE)
        return Expired("GitHub does not take the token: it ran out or was revoked.", where=TOKEN, remedy=RENEW)
    if reply.status == 403:
        return _denied(reply, need)
    if reply.status == 404:
        remedy = f"Look whether the name is right. {need.remedy} It needs GitHub Enterprise Cloud."
        return Denied(f"GitHub shows no audit log of {need.place}.", where=need.permission, remedy=remedy)
    return _otherwise(reply)


def sign_in_error_of(reply: Reply, need: Need, *, now: datetime) -> WatchfloorError:
    """The error for an answer that is not an installation or its token."""
    if (waits := throttled(reply, now=now)) is not None:
        return waits
    if reply.status == 401:
        return _not_taken(_said(reply))
    if reply.status == 403:
        return _denied(reply, need)
    if reply.status == 404:
        return Denied(f"The GitHub App is not installed in {need.place}.", where="installation", remedy=INSTALL)
    if reply.status == 422:
        return Denied("The GitHub App does not have the permission.", where=need.permission, remedy=need.remedy)
    return _otherwise(reply)


def _not_taken(said: str) -> WatchfloorError:
    if any(word in said for word in ("'exp'", "'iat'", "expiration time", "issued at")):
        remedy = "Set the clock of this machine."
        return Unavailable("GitHub refuses the time of our signature.", where="sign-in", remedy=remedy)
    remedy = f"{ROTATE} Look also whether {APP} is right."
    return Expired("GitHub does not take the App's key.", where=KEY, remedy=remedy)


def _denied(reply: Reply, need: Need) -> Denied:
    said = _said(reply)
    if "x-github-sso" in reply.headers:
        remedy = "GitHub > Settings > Personal access tokens > Configure SSO: authorise the token."
        return Denied("The token is not authorised for single sign-on.", where="x-github-sso", remedy=remedy)
    if "ip allow list" in said:
        remedy = "Add the address of this installation to the IP allow list."
        return Denied(f"The IP allow list of {need.place} keeps us out.", where="IP allow list", remedy=remedy)
    if "suspended" in said:
        remedy = "Organisation > Settings > GitHub Apps: unsuspend it."
        return Denied("The installation of the GitHub App is suspended.", where="installation", remedy=remedy)
    return Denied(f"The audit log of {need.place} may not be read.", where=need.permission, remedy=need.remedy)


def _otherwise(reply: Reply) -> WatchfloorError:
    if reply.status >= 500:
        return Unavailable("GitHub has a fault of its own.", where="audit-log")
    return Malformed(f"GitHub answers {reply.status}.", where="audit-log")


def _said(reply: Reply) -> str:
    try:
        return msgspec.json.decode(reply.body, type=_Body).message.lower()
    except (msgspec.DecodeError, UnicodeError):
        return ""
