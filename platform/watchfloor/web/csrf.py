"""Refusing requests that another site makes a browser send (I6).

A session's unsafe requests need three things: no foreign `Origin`, no cross-site `Sec-Fetch-Site`, and the token that
only this session's pages know, in a header or, from a page's form, in a field. API keys are not sent by browsers on
their own, so they need none of it.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from watchfloor.access.development import is_loopback
from watchfloor.access.sessions import Session, is_csrf_token
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Refused

TOKEN_HEADER: Final = "x-csrf-token"  # noqa: S105  the header's name
TOKEN_FIELD: Final = "csrf"  # noqa: S105  the field's name
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


def allowed_origins(settings: Settings) -> frozenset[str]:
    """The origins of our own pages: the public one, and for a loopback address its other names, too."""
    parts = urlsplit(settings.public_url)
    port = "" if parts.port is None else f":{parts.port}"
    hosts = ("127.0.0.1", "localhost", "[::1]") if is_loopback(parts.hostname or "") else (_host(parts.hostname),)
    return frozenset(f"{parts.scheme}://{host}{port}" for host in hosts)


def check_origin(headers: Mapping[str, str], origins: frozenset[str]) -> None:
    """Raises Refused for a request that a page of somebody else made the browser send."""
    origin = headers.get("origin")
    if (origin is not None and origin not in origins) or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refused("This request comes from another site.", remedy="Use the pages of this installation's address.")


def check_token(presented: str, session: Session) -> None:
    """Raises Refused unless this is the token of this very session."""
    if not is_csrf_token(session, presented):
        raise Refused(
            "The CSRF token is missing or belongs to another session.",
            where=TOKEN_HEADER,
            remedy="GET /api/v1/session gives the token of this session.",
        )


def _host(name: str | None) -> str:
    return f"[{name}]" if name is not None and ":" in name else name or ""
