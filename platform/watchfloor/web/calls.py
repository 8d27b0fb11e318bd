"""What a handler is given: who calls, where, and the transactions in which the work is done.

A call is made by the guard after it has let the caller in; a handler that asks for one cannot run without. Staff who
read something of a customer are written into the customer's access log by the very transaction that reads it, and a
refusal inside a handler is written down after its transaction was rolled back (A1).
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from watchfloor.access.principal import Principal
from watchfloor.access.roles import Permission
from watchfloor.access.sessions import Session
from watchfloor.access.visits import record_refusal, record_view
from watchfloor.audit.append import Actor
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import Refused
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.logging import log_context
from watchfloor.web.services import Services


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What staff look at in this call."""

    object_kind: str
    object_id: str


class IdentifiedCall:
    """A call of somebody whom we know. `session` is None for an API key."""

    def __init__(self, services: Services, principal: Principal, session: Session | None, request_id: str) -> None:
        self.services = services
        self.principal = principal
        self.session = session
        self.request_id = request_id


class TenantCall(IdentifiedCall):
    """A call inside one tenant, by a principal who has the route's permission there."""

    def __init__(
        self, caller: IdentifiedCall, tenant_id: TenantId, permission: Permission, *, route: str, visit: Visit | None
    ) -> None:
        super().__init__(caller.services, caller.principal, caller.session, caller.request_id)
        self.tenant_id = tenant_id
        self.permission = permission
        self.route = route
        self._visit = visit

    @property
    def actor(self) -> Actor:
        """The principal as the tenant's audit log names it."""
        return self.principal.actor(self.tenant_id, request_id=self.request_id, permission=self.permission)

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that the principal may do in this tenant."""
        return self.principal.permissions_in(self.tenant_id)

    async def cipher(self, tx: TenantTx) -> TenantCipher:
        """The tenant's cipher."""
        return await self.services.keyring.cipher(tx)

    async def hint(self, topic: str) -> None:
        """Says that the tenant's outbox has a message of this topic; without the hint it leaves some seconds later."""
        await self.services.wake.hint(topic, self.tenant_id)

    @asynccontextmanager
    async def records(self) -> AsyncGenerator[TenantTx]:
        """A transaction on the tenant's records. A visit of staff is written by it when the work is done."""
        async with self._inside(self.services.app) as tx:
            yield tx

    @asynccontextmanager
    async def directory(self) -> AsyncGenerator[TenantTx]:
        """A transaction on the directory, inside the tenant: for members and keys. Visits are written likewise."""
        async with self._inside(self.services.auth) as tx:
            yield tx

    @asynccontextmanager
    async def _inside(self, database: Database) -> AsyncGenerator[TenantTx]:
        with log_context(tenant_id=self.tenant_id):
            try:
                async with tenant_tx(database, self.tenant_id) as tx:
                    yield tx
                    if self._visit is not None:
                        kind, object_id = self._visit.object_kind, self._visit.object_id
                        await record_view(tx, self.actor, object_kind=kind, object_id=object_id)
            except Refused:
                async with tenant_tx(self.services.app, self.tenant_id) as tx:
                    await record_refusal(tx, self.actor, route=self.route)
                raise


class PlatformCall(IdentifiedCall):
    """A call of the MSSP's own people, across tenants, under a permission of the operator's tenant."""

    def __init__(self, caller: IdentifiedCall, operator_id: TenantId, permission: Permission) -> None:
        super().__init__(caller.services, caller.principal, caller.session, caller.request_id)
        self.operator_id = operator_id
        self.permission = permission

    @property
    def actor(self) -> Actor:
        """The principal as audit logs name it."""
        return self.principal.actor(self.operator_id, request_id=self.request_id, permission=self.permission)
