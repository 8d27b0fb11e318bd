"""The courier: sends the mails about reports that are ready, by the installation's mail server.

A process may die at any moment and several may run: what is due, what is held and what left stands in the database.
No transaction is open while the mail server is spoken to. A server that cannot be used, or is slow, costs a round and
not a chore's place: what a round does not come to is given back.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import Role, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.telemetry import REPORT_MAILS
from watchfloor.ops.consumers import Resources
from watchfloor.paging.lane import Uncertain
from watchfloor.paging.mail_server import Undeliverable, Unreachable
from watchfloor.paging.opening import open_mail_server
from watchfloor.reporting.branding.brand import Brand
from watchfloor.reporting.branding.keeping import brand_for
from watchfloor.reporting.delivery import sending
from watchfloor.reporting.delivery.letter import From, letter, link_to
from watchfloor.reporting.delivery.sending import Taken

AT_ONCE: Final = 20
"""Mails of one tenant in one round."""

ROUND_SECONDS: Final = 120.0
"""When a round begins no further mail: well before what it holds would be taken by another worker."""

_SECONDS_EACH: Final = 60.0
_NO_SERVER: Final = "This installation sends no mail."

Outcome: TypeAlias = Literal["sent", "again", "unreachable", "failed", "uncertain", "broken", "lost"]
"""What became of an attempt; `lost` was another worker's by then, and is counted there."""

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
        self.is_out = False
        """Whether a round is under way: then nobody begins another."""

    async def take(self, tx: TenantTx) -> Round | None:
        """What is due in the transaction's tenant, held for this worker. None when nothing is."""
        keyring = self._resources.keyring
        found = await sending.take(tx, await keyring.cipher(tx), limit=AT_ONCE)
        REPORT_MAILS.labels("uncertain").inc(found.uncertain)
        REPORT_MAILS.labels("failed").inc(found.failed)
        if not found.taken:
            return None
        brand = await brand_for(
            tx,
            keyring,
            directory=await self._resources.database(Role.AUTH),
            records=await self._resources.database(Role.APP),
        )
        return Round(tenant_id=tx.tenant_id, taken=found.taken, brand=brand)

    async def send(self, rounds: Iterable[Round]) -> None:
        """Sends what was taken, one after the other; what fails holds up no other one. Raises Unavailable."""
        self.is_out, ends, is_reachable = True, time.monotonic() + ROUND_SECONDS, True
        try:
            for work in rounds:
                for taken in work.taken:
                    with log_context(tenant_id=work.tenant_id):
                        if is_reachable and time.monotonic() < ends:
                            is_reachable = await self._send(work, taken) != "unreachable"
                        else:
                            await self._give_back(work, taken)
        finally:
            self.is_out = False

    async def _send(self, work: Round, taken: Taken) -> Outcome:
        try:
            outcome = await self._attempt(work, taken)
        except WatchfloorError:
            raise
        except Exception:  # noqa: BLE001  the edge: one mail's trouble stops no other; its hold runs out and it is taken again
            _log.exception("a mail about a report could not be ended")
            outcome = "broken"
        if outcome != "lost":
            REPORT_MAILS.labels(outcome).inc()
        return outcome

    async def _attempt(self, work: Round, taken: Taken) -> Outcome:
        records = await self._resources.database(Role.APP)
        is_leaving = False

        async def handing() -> None:
            nonlocal is_leaving
            async with tenant_tx(records, work.tenant_id) as tx:
                await sending.hand_over(tx, taken)
            is_leaving = True

        try:
            if self._server is None:
                raise Unreachable(_NO_SERVER, where="WATCHFLOOR_SMTP_URL")
            content = self._letter(work, taken, posted_by=self._server.sender)
            async with asyncio.timeout(_SECONDS_EACH):
                said = await self._server.take(content, (taken.to,), handing)
        except Conflict:
            return "lost"
        except (WatchfloorError, TimeoutError) as fault:
            may_have_left = isinstance(fault, Uncertain) or (isinstance(fault, TimeoutError) and is_leaving)
            return await self._note_fault(work, taken, fault, may_have_left=may_have_left)
        async with tenant_tx(records, work.tenant_id) as tx:
            await sending.note_sent(tx, taken, outcome=said)
        return "sent"

    async def _note_fault(self, work: Round, taken: Taken, fault: Exception, *, may_have_left: bool) -> Outcome:
        reason = str(fault) or "It took too long."
        _log.warning("a mail about a report did not leave, or may not have: %s", reason)
        async with tenant_tx(await self._resources.database(Role.APP), work.tenant_id) as tx:
            if may_have_left:
                await sending.note_uncertain(tx, taken, outcome=reason)
                return "uncertain"
            is_useless = isinstance(fault, Undeliverable)
            if await sending.note_failed(tx, taken, outcome=reason, is_for_good=is_useless):
                return "failed"
        return "unreachable" if isinstance(fault, Unreachable) else "again"

    async def _give_back(self, work: Round, taken: Taken) -> None:
        async with tenant_tx(await self._resources.database(Role.APP), work.tenant_id) as tx:
            await sending.give_back(tx, taken)

    def _letter(self, work: Round, taken: Taken, *, posted_by: str) -> bytes:
        settings, brand = self._resources.settings, work.brand
        sender = From(
            name=brand.sender_name or settings.operator_name,
            address=posted_by,
            answers_to=brand.sender_address,
            contact=brand.contact,
        )
        link = link_to(settings.public_url, work.tenant_id, taken.due.report_id)
        return letter(taken.due, to=taken.to, sender=sender, link=link, at=self._clock.now())
