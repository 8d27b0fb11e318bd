"""Journeys: work over several stores in steps, each noted when it is done, so that a cut-off run can be repeated.

A step's effect comes before its note, so a step may run twice after a crash; each one must be safe to repeat. A note
keeps the step's outcome: what a later step or the final proof needs when the thing itself is gone.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from tenants import queries
from tenants.installation import Installation
from tenants.queries import StepRow
from watchfloor.kernel.db import Tx, directory_tx
from watchfloor.kernel.ids import TenantId

T = TypeVar("T", bound=msgspec.Struct)


class Journey:
    """One tenant's way through the steps of one journey."""

    def __init__(
        self,
        installation: Installation,
        tenant_id: TenantId,
        name: queries.Journey,
        *,
        tell: Callable[[str], None],
    ) -> None:
        self._installation = installation
        self._tenant_id = tenant_id
        self._name: queries.Journey = name
        self._tell = tell

    async def step(self, name: str, kind: type[T], action: Callable[[], Awaitable[T]]) -> T:
        """What `action` gives: from now, or, when the step was done in an earlier run, from its note."""
        for done in await self.done():
            if done.step == name:
                return msgspec.json.decode(done.outcome, type=kind)
        self._tell(name)
        outcome = await action()
        async with directory_tx(self._installation.auth) as tx:
            await self.note(tx, name, outcome)
        return outcome

    async def note(self, tx: Tx, name: str, outcome: msgspec.Struct) -> None:
        """Notes a step as done. An action may do so itself, in the transaction of its effect; the first note stays."""
        text = msgspec.json.encode(outcome).decode()
        await queries.insert_step(tx, self._tenant_id, self._name, step=name, outcome=text)

    async def done(self) -> list[StepRow]:
        """The steps that are noted, in order."""
        async with directory_tx(self._installation.auth) as tx:
            return await queries.select_steps(tx, self._tenant_id, self._name)


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a step that leaves nothing to tell."""
