"""What takes messages off the outbox: the seam between the core and the surfaces above it.

The core never imports a surface. A surface registers a factory in the entry-point group `watchfloor.jobs`; the worker
opens each and feeds it. Owns the protocol, what a consumer may use, and the loading; delivers nothing itself
(`relay` does).
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import entry_points
from typing import Final, Protocol, cast

from redis.asyncio import Redis

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, TenantTx
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.queries import Message
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.tenancy.keyring import Keyring

JOB_GROUP: Final = "watchfloor.jobs"
"""The entry-point group by which packages above the core add consumers."""


class Consumer(Protocol):
    """Handles the messages of one topic, as one login role. A topic has one consumer."""

    @property
    def name(self) -> str:
        """What receipts and logs call it."""
        ...

    @property
    def topic(self) -> str:
        """The topic that it takes."""
        ...

    @property
    def role(self) -> Role:
        """The login role of the transaction that it works in."""
        ...

    @property
    def batch(self) -> int:
        """How many messages it takes in one transaction: many where each is quick, one where each takes long."""
        ...

    async def handle(self, tx: TenantTx, message: Message) -> None:
        """Does what the message asks, in the transaction that ends the message: both or neither.

        Of several messages with one key it gets the newest only. Effects outside the database must be safe to
        repeat. An error rolls back, and the message comes again later.
        """
        ...

    async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
        """Tells others, after the commit. It may be lost; nothing may depend on it."""
        ...


class Resources:
    """What a worker's consumers and chores share: settings, keys, Valkey, and databases by role, opened when asked."""

    def __init__(self, settings: Settings, opened: AsyncExitStack) -> None:
        self.settings = settings
        self.keyring = Keyring.open(settings)
        self.valkey: Redis = connect(settings)
        opened.push_async_callback(self.valkey.aclose)
        self.wake = Wake(self.valkey)
        self._opened = opened
        self._databases: dict[Role, Database] = {}

    async def database(self, role: Role) -> Database:
        """The database as a role. Raises Unavailable when it is away."""
        if role not in self._databases:
            database = await Database.open(self.settings, role)
            self._opened.push_async_callback(database.close)
            self._databases[role] = database
        return self._databases[role]


def load_consumers(resources: Resources) -> list[Consumer]:
    """All consumers of this installation.

    Raises Unavailable when one cannot be loaded, Invalid when two want the same topic: messages would go to either.
    """
    consumers: dict[str, Consumer] = {}
    for point in sorted(entry_points(group=JOB_GROUP), key=lambda point: point.name):
        try:
            factory = cast("Callable[[Resources], Consumer]", point.load())
        except ImportError as fault:
            raise Unavailable(f"The job {point.name} cannot be loaded: {fault}.", where=point.value) from None
        consumer = factory(resources)
        if consumer.topic in consumers:
            raise Invalid(f"Two jobs take the topic {consumer.topic}.", where=point.value)
        consumers[consumer.topic] = consumer
    return list(consumers.values())
