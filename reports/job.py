"""The job behind `report.requested`: a queued report becomes a PDF, or says why it cannot.

In the transaction that ends the message it collects, renders in the sandbox, signs, keeps the file, notes it, and
adds to the audit log (A1, O3, Q1). Only a queued report is worked on, under a lock, so a message that comes again
changes nothing; a file that a killed run left is named by nothing, is sealed with the tenant's key, and a chore
removes it.

What can never work (a language that reports do not know, a report too large) ends as `failed` with a sentence. What
may work later is tried again: a broken sandbox a few times, a database that is away for as long as it takes.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from reports import queries
from reports.collecting import collect
from reports.facts import Provider, ReportFacts
from reports.language.locale import locale_for
from reports.letterhead import Desk
from reports.outcome import FAIL, FINISH, Finished
from reports.printed import own, sentence
from reports.sandbox import render_in_sandbox
from reports.signing.signer import Signed, Signing
from reports.signing.stamp import Stamp
from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Role, TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, Unavailable, WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.outbox import INCIDENT_CHANGED, REPORT_REQUESTED, publish
from watchfloor.kernel.queries import Message
from watchfloor.ops.consumers import Resources
from watchfloor.tenancy.files import StoredFile, TenantFiles

TRIES: Final = 4
"""How often a report is rendered before a sandbox that breaks each time is taken for the report's own fault."""

FILES_KIND: Final = "reports"
"""The store that files are sealed for. The API opens them from the store of this name."""

_LONGEST_ERROR: Final = 1_000
_LONGEST_NAME: Final = 60

_log: Final = logging.getLogger(__name__)


class Broken(WatchfloorError):
    """The sandbox broke. The message is put off, and no other one waits for it."""

    code = "report_sandbox_broken"


class ReportJob:
    """Takes `report.requested` from the outbox; a message's key is the report's id."""

    name: str = "reports"
    topic: str = REPORT_REQUESTED
    role: Role = Role.REPORT
    batch: int = 1

    def __init__(self, resources: Resources, clock: Clock | None = None) -> None:
        """Raises Invalid when the settings ask for signatures that they do not give the means for."""
        self._resources = resources
        self._clock = clock or SystemClock()
        self._signing = Signing(resources.settings)
        self._files = TenantFiles(resources.settings.reports_dir, FILES_KIND)

    async def handle(self, tx: TenantTx, message: Message) -> None:
        """Makes the report. Raises Broken or Conflict for what may work later, Unavailable when a service is away."""
        request = await queries.lock_request(tx, ids.parse("rpt", message.key))
        if request is None or request.state != "queued":
            return
        cipher = await self._resources.keyring.cipher(tx)
        try:
            made = await self._make(tx, cipher, request, tried=message.attempts + 1)
        except (Broken, Conflict, Unavailable):
            raise
        except WatchfloorError as fault:
            _log.warning("a report cannot be made: %s", fault)
            error = str(fault)[:_LONGEST_ERROR]
            await queries.update_failed(tx, request.id, error=error)
            await _tell(tx, request, message, Finished(state="failed", error=error))
            return
        await queries.update_ready(tx, request.id, file=made.file, pages=made.pages)
        finished = Finished(
            state="ready", sha256=made.file.sha256.hex(), unsigned_sha256=made.signed.unsigned_sha256.hex()
        )
        await _tell(tx, request, message, finished)

    async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
        """Hints at the cards that show the incident; without it they follow a few seconds later."""
        del messages
        await self._resources.wake.hint(INCIDENT_CHANGED, tenant_id)

    async def _make(self, tx: TenantTx, cipher: TenantCipher, request: queries.RequestRow, *, tried: int) -> "_Made":
        settings = self._resources.settings
        desk = Desk(
            provider=Provider(name=settings.operator_name, contact=settings.public_url),
            directory=await self._resources.database(Role.AUTH),
            settings=settings,
            records=await self._resources.database(Role.REPORT),
            keyring=self._resources.keyring,
        )
        report = await collect(tx, cipher, request, desk=desk)
        try:
            printed = await render_in_sandbox(report)
        except Unavailable as fault:
            if tried >= TRIES:
                raise Invalid(fault.message, where=fault.where, remedy="Tell the operator of this system.") from fault
            raise Broken(fault.message, where=fault.where) from fault
        now = self._clock.now()
        signed = await self._signing.sign(printed, stamp_for(report, now), at=now)
        return _Made(file=await self._files.write(tx, cipher, signed.pdf), signed=signed, pages=printed.pages)


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is signed and kept."""

    file: StoredFile
    signed: Signed
    pages: int


def stamp_for(report: ReportFacts, at: datetime) -> Stamp:
    """The words of the visible signature, in the customer's language."""
    locale = locale_for(report.customer.language, report.customer.time_zone)
    words = locale.phrases.seal
    by = sentence(words.signed_by, name=own(report.provider.name, _LONGEST_NAME)).unescape()
    return Stamp(
        lines=(by, sentence(words.signed_at, time=locale.moment_utc(at)).unescape()),
        description=f"{words.signature}: {by}",
    )


def open_reports(resources: Resources) -> ReportJob:
    """The consumer, for the worker."""
    return ReportJob(resources)


async def _tell(tx: TenantTx, request: queries.RequestRow, message: Message, finished: Finished) -> None:
    """Records the end of the report, and has the incident's cards drawn again."""
    actor = Actor(kind="system", id="reports", role="system", request_id=ids.show("out", message.id))
    await append(
        tx,
        actor,
        action=FINISH if finished.state == "ready" else FAIL,
        object_kind="report",
        object_id=ids.show("rpt", request.id),
        before=request,
        after=finished,
    )
    if request.incident_id is not None:
        await publish(tx, topic=INCIDENT_CHANGED, key=ids.show("inc", request.incident_id))
