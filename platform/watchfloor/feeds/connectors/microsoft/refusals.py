"""Why Entra ID gives no token: its error numbers (AADSTS), and what a customer is to do about each.

Owns which of our errors each becomes. Its own words are not passed on, but for the number.
"""

import re
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Denied, Expired, Throttled
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Unavailable, WatchfloorError

ROTATE: Final = (
    "Make a new client secret or certificate for the application and give it with `watchfloor connector rotate`."
)
CONSENT: Final = "Open the consent link that `watchfloor connector policy` prints, as an administrator of the tenant."

_SECRET: Final = {
    7000215: "The client secret is wrong.",
    7000222: "The client secret has run out.",
    7000216: "The application has no such secret.",
    700027: "The application does not know the certificate, or it has run out.",
    700030: "The certificate is not good for this.",
    1000502: "The certificate has run out.",
}
_APPLICATION: Final = {
    700016: ("The tenant does not know the application.", CONSENT),
    7000229: ("The application was not admitted to the tenant.", CONSENT),
    65001: ("Nobody has consented to what the application asks for.", CONSENT),
    500011: (
        "The tenant does not have the service that is to be read.",
        "Have the service activated, then consent again.",
    ),
    90002: ("There is no such tenant.", "Look whether the directory (tenant) ID is right."),
    900023: ("There is no such tenant.", "Look whether the directory (tenant) ID is right."),
    7000112: (
        "The application is switched off in the tenant.",
        "Enterprise applications: let users sign in to it again.",
    ),
    53003: ("Conditional Access keeps the application out.", "Except it, or add the address of this installation."),
    530004: ("Conditional Access keeps the application out.", "Except it, or add the address of this installation."),
}
_CLOCK: Final = 700024
_BUSY: Final = frozenset({90033, 50196, 90006})
_NUMBER: Final = re.compile(r"AADSTS(\d{4,8})")
_SECONDS: Final = 30


class _Body(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""
    error_codes: list[int] = []


def refusal_of(reply: Reply) -> WatchfloorError:
    """The error for an answer that is no token."""
    body = _read(reply.body)
    number = _number(body)
    said = f" It says AADSTS{number}." if number else ""
    if reply.status == 429 or number in _BUSY:
        seconds = reply.retry_after_seconds or _SECONDS
        return Throttled(f"Entra ID asks us to wait.{said}", where="sign-in", retry_after_seconds=seconds)
    if reply.status >= 500 or body.error == "temporarily_unavailable":
        return Unavailable(f"Entra ID has a fault of its own.{said}", where="sign-in")
    if number == _CLOCK:
        remedy = "Set the clock of this machine."
        return Unavailable(f"Entra ID refuses the time of our signature.{said}", where="sign-in", remedy=remedy)
    if number in _APPLICATION:
        message, remedy = _APPLICATION[number]
        return Denied(f"{message}{said}", where="sign-in", remedy=remedy)
    if number in _SECRET or body.error == "invalid_client":
        message = _SECRET.get(number, "Entra ID does not take the credentials.")
        return Expired(f"{message}{said}", where="sign-in", remedy=ROTATE)
    return Denied(f"Entra ID does not let the application sign in.{said}", where="sign-in", remedy=CONSENT)


def _read(body: bytes) -> _Body:
    try:
        return msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeError):
        return _Body()


def _number(body: _Body) -> int:
    found = _NUMBER.search(body.error_description)
    return body.error_codes[0] if body.error_codes else int(found[1]) if found else 0
