"""The courier: sends the mails about reports that are ready, by the installation's mail server.

A process may die at any moment and several may run: what is due, what is held and what left stands in the database.
No transaction is open while the mail server is spoken to.
"""

import asyncio
import logging
from typing import Final

import msgspec

from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import Role, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Unavailable, WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.telemetry import REPORT_MAILS
from watchfloor.ops.consumers import Resources
from watchfloor.paging.lane import Uncertain
from watchfloor.paging.opening import open_mail_server
from watchfloor.reporting.branding.brand import Brand
from watchfloor.reporting.branding.keeping import brand_for
from watchfloor.reporting.delivery import sending
from watchfloor.reporting.delivery.letter import From, letter, link_to
from watchfloor.reporting.delivery.sending import Taken

AT_ONCE: Final = 20
"""Mails of one tenant in one round: even a server that never answers holds up no other for long."""

_SECONDS_EACH: Final = 60.0
_NO_SERVER: Final = "This installation sends no mail."

_log: Final = logging.getLogger(__name__)


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant has to be told of, and by whom."""

    tenant_id: TenantId
    taken: tuple[Taken, ...]
    brand: Brand


class Courier:
    """Sends what is due. One for a worker."""

    def __init__(self, resources: Resources, clock: Clock) -> None:
        """Raises Invalid for mail settings that do not fit together."""
        self._resources = resources
        self._clock = clock
        self._server = open_mail_server(resources.settings)

    async def take(self, tx: TenantTx) -> Round | None:
        """What is due in the transaction's tenant, held for this worker. None when nothing is."""
        keyring = self._resources.keyring
        taken = await sending.take(tx, await keyring.cipher(tx), limit=AT_ONCE)
        if not taken:
            return None
        brand = await brand_for(
            tx,
            keyring,
            directory=await self._resources.database(Role.AUTH),
            records=await self._resources.database(Role.APP),
        )
        return Round(tenant_id=tx.tenant_id, taken=tuple(taken), brand=brand)

    async def send(self, work: Round) -> None:
        """Sends what was taken, one after the other; what fails holds up no other one. Raises Unavailable."""
        for taken in work.taken:
            with log_context(tenant_id=work.tenant_id):
                await self._attempt(work, taken)

    async def _attempt(self, work: Round, taken: Taken) -> None:
        records = await self._resources.database(Role.APP)
        is_leaving = False

        async def handing() -> None:
            nonlocal is_leaving
            async with tenant_tx(records, work.tenant_id) as tx:
                await sending.hand_over(tx, taken)
            is_leaving = True

        try:
            if self._server is None:
                raise Unavailable(_NO_SERVER, where="WATCHFLOOR_SMTP_URL")
            content = self._letter(work, taken, posted_by=self._server.sender)
            async with asyncio.timeout(_SECONDS_EACH):
                said = await self._server.take(content, (taken.to,), handing)
        except (WatchfloorError, TimeoutError) as fault:
            if isinstance(fault, Conflict):
                return
            reason = str(fault) or "It took too long."
            _log.warning("a mail about a report did not leave, or may not have: %s", reason)
            async with tenant_tx(records, work.tenant_id) as tx:
                if isinstance(fault, Uncertain) or (isinstance(fault, TimeoutError) and is_leaving):
                    REPORT_MAILS.labels("uncertain").inc()
                    await sending.note_uncertain(tx, taken, outcome=reason)
                else:
                    REPORT_MAILS.labels("failed").inc()
                    await sending.note_failed(tx, taken, outcome=reason)
            return
        REPORT_MAILS.labels("sent").inc()
        async with tenant_tx(records, work.tenant_id) as tx:
            await sending.note_sent(tx, taken, outcome=said)

    def _letter(self, work: Round, taken: Taken, *, posted_by: str) -> bytes:
        settings, brand = self._resources.settings, work.brand
        sender = From(
            name=brand.sender_name or settings.operator_name,
            address=brand.sender_address or posted_by,
            posted_by=posted_by,
            contact=brand.contact,
        )
        link = link_to(settings.public_url, work.tenant_id, taken.due.report_id)
        return letter(taken.due, to=taken.to, sender=sender, link=link, at=self._clock.now())
