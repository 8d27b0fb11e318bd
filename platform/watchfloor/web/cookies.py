"""The session's cookie (I5): one name, one set of attributes, nothing else in it than the session's id.

Behind https it is a `__Host-` cookie, which no subdomain and no plain http can set. A demo on http has a cookie of
another name, so that neither is ever taken for the other.
"""

from typing import Literal

from litestar.datastructures import Cookie

from watchfloor.access.sessions import ABSOLUTE
from watchfloor.kernel.config import Settings
from watchfloor.kernel.secret import Secret


def cookie_name(settings: Settings) -> str:
    """The cookie's name in this installation."""
    return "__Host-watchfloor" if is_https(settings) else "watchfloor-session"


def is_https(settings: Settings) -> bool:
    """Whether people reach this installation by https."""
    return settings.public_url.startswith("https://")


def session_cookie(settings: Settings, session_id: Secret) -> Cookie:
    """The cookie that begins a session."""
    return _cookie(settings, session_id.reveal(), int(ABSOLUTE.total_seconds()))


def no_cookie(settings: Settings) -> Cookie:
    """The cookie that makes the browser forget the session."""
    return _cookie(settings, "", 0)


def _cookie(settings: Settings, value: str, max_age: int) -> Cookie:
    same_site: Literal["lax"] = "lax"
    return Cookie(
        key=cookie_name(settings),
        value=value,
        path="/",
        secure=is_https(settings),
        httponly=True,
        samesite=same_site,
        max_age=max_age,
    )
