"""Verbs: what can be asked of the desk, as data from which every surface draws its commands, buttons and forms.

A verb names its arguments as fields and the act that carries it out. Chat, terminal and web page know the table of
verbs and nothing else of the desk, so that what one surface can do, all can.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from watchfloor.access.principal import Principal
from watchfloor.access.roles import Permission
from watchfloor.access.visits import record_view
from watchfloor.audit.append import Actor
from watchfloor.desk.eventdesk import EventDesk
from watchfloor.desk.reply import Reply
from watchfloor.incidents.lifecycle import Action
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx

Reach = Literal["incident", "tenants", "operator"]
"""Where a verb acts: on one incident, in each of the person's customers, or in the MSSP's own tenant."""

FieldKind = Literal["text", "paragraph", "choice", "colleague", "incident", "duration"]
"""What a field holds: a short text, a long one, one of the choices, a colleague's mail address or `me`, another
incident's reference, or a length of time such as `90m`, `2h`, `3d`."""


class Choice(msgspec.Struct, frozen=True):
    """A value that can be chosen, how people read it, and what they may type for short."""

    value: str
    label: str
    short: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """An argument of a verb. `label` is what a form shows; `shortest` and `longest` count characters.

    On a typed line a field that `takes_rest` is all of it, but for `name=value` of other fields at its end.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    choices: tuple[Choice, ...] = ()
    is_required: bool = True
    shortest: int = 1
    longest: int = 200
    takes_rest: bool = False


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for: a verb's name, the incident if it is about one, and the values of its fields.

    A `request_id` of the surface's makes the request safe to deliver again.
    """

    verb: str
    incident: str = ""
    arguments: dict[str, str] = msgspec.field(default_factory=dict)
    request_id: str = ""

    def argument(self, name: str) -> str:
        """The value of a field, empty when it was left out."""
        return self.arguments.get(name, "").strip()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an intent is carried out, and for whom. `directory` answers who people are.

    `session_began` is when the session began in which the person acts, where the surface has sessions. `operator` is
    what the MSSP is called outside; `events` is where events are looked for, on surfaces that can.
    """

    tx: TenantTx
    cipher: TenantCipher
    principal: Principal
    actor: Actor
    may: frozenset[Permission]
    directory: Database
    session_began: datetime | None = None
    operator: str | None = None
    events: EventDesk | None = None

    async def note_visit(self, *, object_kind: str, object_id: str) -> None:
        """Notes in the tenant's access log that the MSSP's people looked (R7, A1)."""
        if self.principal.acts_as_staff_in(self.tx.tenant_id):
            await record_view(self.tx, self.actor, object_kind=object_kind, object_id=object_id)


Act: TypeAlias = Callable[[Place, Intent], Awaitable[Reply]]


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked for.

    `does` completes "This verb lets you ..." in a few words. `permission` decides under which role the actor stands
    in the audit log; the act itself checks it. `action` is the offer on cards that leads here. `changes` is False for
    what only reads. `summary` says in a sentence what the replies of several customers come to, put together; `most` is
    how many incidents and rows are shown of them all.
    """

    name: str
    does: str
    permission: Permission
    reach: Reach
    act: Act
    fields: tuple[Field, ...] = ()
    action: Action | None = None
    changes: bool = True
    summary: Callable[[Reply], str] | None = None
    most: int | None = None
