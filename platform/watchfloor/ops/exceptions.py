"""The watch over exceptions, as a chore: reminders of their ends, and requests that nobody answered in time."""

from typing import Final
from uuid import UUID

from watchfloor.alerts.overlay.commands import shown
from watchfloor.alerts.overlay.flow import reminders, requests
from watchfloor.alerts.overlay.sealing import open_body
from watchfloor.audit.append import Actor, append
from watchfloor.incidents import queries, timeline
from watchfloor.incidents.timeline import Kind
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.outbox import INCIDENT_CHANGED, publish
from watchfloor.kernel.valkey import Wake
from watchfloor.tenancy.keyring import Keyring

_WATCH: Final = Actor(kind="system", id="exceptions", role="system", request_id="")
_OVER: Final = "Nobody answered in time."


async def watch_exceptions(tx: TenantTx, keyring: Keyring, wake: Wake) -> None:
    """Has incidents tell of their exceptions that end soon, and ends requests whose time is over."""
    cipher = await keyring.cipher(tx)
    told = await _remind(tx, cipher)
    ended = await _expire(tx, cipher)
    if told + ended:
        await wake.hint(INCIDENT_CHANGED, tx.tenant_id)


async def _remind(tx: TenantTx, cipher: TenantCipher) -> int:
    told = 0
    for row in await reminders.due(tx):
        if await reminders.note(tx, row):
            title = open_body(cipher, row.id, row.body).written.title
            facts = {"exception": shown(row.id), "text": title, "until": row.expires_at.isoformat()}
            await _enter(tx, cipher, row.incident_id, kind="exception_ending", facts=facts)
            told += 1
    return told


async def _expire(tx: TenantTx, cipher: TenantCipher) -> int:
    ended = await requests.expire(tx, cipher, _WATCH)
    for request in ended:
        facts = {"request": ids.show("exr", request.row.id), "text": f"{request.body.written.title}. {_OVER}"}
        await _enter(tx, cipher, request.row.incident_id, kind="exception_declined", facts=facts)
    return len(ended)


async def _enter(tx: TenantTx, cipher: TenantCipher, incident_id: UUID, *, kind: Kind, facts: dict[str, str]) -> None:
    """Adds to an incident's timeline, and tells the surfaces."""
    for before in await queries.lock_incidents(tx, [incident_id]):
        digest = await timeline.add(tx, cipher, _WATCH, IncidentId(before.id), kind=kind, facts=facts)
        await queries.update_revision(tx, before.id)
        await append(
            tx,
            _WATCH,
            action=f"incident.{kind}",
            object_kind="incident",
            object_id=ids.show("inc", before.id),
            before=before,
            after={"entry": digest},
        )
        await publish(tx, topic=INCIDENT_CHANGED, key=ids.show("inc", before.id))
