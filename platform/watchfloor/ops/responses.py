"""Approved actions, from the outbox to what the platform does about them. Composition only: `respond` does it."""

from collections.abc import Sequence

from watchfloor.kernel import ids
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.db import Role, TenantTx
from watchfloor.kernel.ids import ActionId, TenantId
from watchfloor.kernel.outbox import ACTION_APPROVED, APPROVAL_CHANGED, INCIDENT_CHANGED
from watchfloor.kernel.queries import Message
from watchfloor.ops.consumers import Resources
from watchfloor.respond.execution import execute


class Responses:
    """The consumer of approved actions. One that ran before, or is not approved, is left as it is."""

    name = "responses"
    topic = ACTION_APPROVED
    role = Role.APP
    batch = 1

    def __init__(self, resources: Resources, *, clock: Clock) -> None:
        self._resources = resources
        self._clock = clock

    async def handle(self, tx: TenantTx, message: Message) -> None:
        """Does what was approved, in the transaction that ends the message."""
        action_id = ActionId(ids.parse("act", message.key))
        await execute(tx, await self._resources.keyring.cipher(tx), action_id, at=self._clock.now())

    async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
        """Says that incidents and their actions changed."""
        del messages  # the messages of what changed say which
        for topic in (INCIDENT_CHANGED, APPROVAL_CHANGED):
            await self._resources.wake.hint(topic, tenant_id)


def open_responses(resources: Resources) -> Responses:
    """The consumer, for the worker."""
    return Responses(resources, clock=SystemClock())
