"""Signing in to a demo without proof, for the API and for pages alike: what must hold for a request that does it."""

from watchfloor.access import development
from watchfloor.access.sessions import OpenedSession, open_session
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import Refused
from watchfloor.kernel.secret import Secret
from watchfloor.web.cookies import cookie_name
from watchfloor.web.csrf import allowed_origins, check_origin
from watchfloor.web.scope import Connection
from watchfloor.web.services import Services


async def open_demo_session(services: Services, connection: Connection, email: str) -> OpenedSession:
    """A session for a person of the demo.

    Raises Refused for who does not sit at this machine or comes from another site, Unauthenticated for an unknown
    address, NotFound outside a demo.
    """
    settings = services.settings
    if connection.client is None or not development.is_loopback(connection.client.host):
        raise Refused("The demo's login works on this machine only.")
    check_origin(connection.headers, allowed_origins(settings))
    await services.limiter.take(services.limits.all_logins, "all")
    old = connection.cookies.get(cookie_name(settings))
    async with directory_tx(services.auth) as tx:
        person = await development.sign_in(tx, settings, email=email)
        return await open_session(
            tx,
            person.person_id,
            authenticated_by="development",
            user_agent=connection.headers.get("user-agent", ""),
            replacing=Secret(old) if old else None,
        )
