"""The watch over deadlines, as a chore: warnings, and incidents whose time of being laid aside is over."""

from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk import waiting
from watchfloor.incidents.sla.queries import select_snooze_over
from watchfloor.incidents.sla.warning import WARNED_BY, warn
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.tenancy.keyring import Keyring

_WATCH: Final = Actor(kind="system", id=WARNED_BY, role="system", request_id="")
_MAY: Final = frozenset({Permission.INCIDENT_READ, Permission.INCIDENT_WAIT})
_AT_ONCE: Final = 200


async def watch_deadlines(tx: TenantTx, keyring: Keyring) -> None:
    """Tells of what is due in the tenant, and takes up again what was laid aside until now."""
    await warn(tx)
    over = await select_snooze_over(tx, limit=_AT_ONCE)
    if not over:
        return
    cipher = await keyring.cipher(tx)
    for incident_id in sorted(over):
        await waiting.unsnooze(tx, cipher, _WATCH, _MAY, incident=ids.show("inc", incident_id))
