"""The demo's login without proof, and why nothing else has it.

It exists only where four independent facts hold together: the settings say `demo`, the database itself says that
it is a demo (written once, never changed), the database is the embedded one, and the API listens on the loopback
interface. The first, third and fourth are checked before the route is made, the second at each login.
"""

import ipaddress

from watchfloor.access import queries
from watchfloor.access.people import principal_with_email
from watchfloor.access.principal import Principal
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.errors import NotFound, Unauthenticated


def is_possible(settings: Settings) -> bool:
    """Whether this installation may offer the login at all."""
    return settings.environment == "demo" and settings.database_url is None and is_loopback(settings.api_host)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def sign_in(tx: DirectoryTx, settings: Settings, *, email: str) -> Principal:
    """The person of the demo with this address.

    Raises NotFound outside a demo, as if there were no such thing; Unauthenticated for an unknown address.
    """
    if not is_possible(settings) or await queries.select_installation(tx) != "demo":
        raise NotFound("There is no development login here.")
    try:
        return await principal_with_email(tx, email)
    except NotFound:
        raise Unauthenticated("Nobody of the demo has this address.", where="email") from None
