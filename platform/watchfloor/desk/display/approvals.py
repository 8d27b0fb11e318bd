"""What a card, a queue and a customer are shown of response actions: typed rows, read from the record at this moment.

Names the action, the target, how far it reaches, who asks, who must agree until when, and how it is undone. Reads only.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from watchfloor.desk.card import Deadline, EntityValue, Foreign, Moment, Person, Row, Text, Value
from watchfloor.desk.display import queries as display
from watchfloor.incidents.incident import Reference
from watchfloor.incidents.lifecycle import Action as Offered
from watchfloor.incidents.queries import select_incident
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.respond import queries
from watchfloor.respond.action import STATE_WORDS, Action
from watchfloor.respond.kinds import KINDS
from watchfloor.respond.payload import code, open_outcome, open_payload
from watchfloor.respond.policy import NEEDS, ON_SILENCE
from watchfloor.respond.targets.named import reach_of, reach_words

_READ: Final = 20
_ENDED_SHOWN: Final = 3
_WAITING_SHOWN: Final = 5
_REASON_SHOWN: Final = 300


class Responses(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of an incident's actions, and what they make somebody do next."""

    rows: tuple[Row, ...]
    is_waiting: bool

    @property
    def first(self) -> tuple[Offered, ...]:
        """What comes before all else on the card."""
        return (Offered.APPROVE, Offered.DECLINE) if self.is_waiting else ()


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal in a list: what it is, its incident's reference, and its row."""

    action: Action
    ref: str
    row: Row


async def responses_of(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> Responses:
    """An incident's actions: what waits, then what is under way, then what ended last."""
    actions = await queries.select_of_incident(tx, incident_id, limit=_READ)
    waiting = [action for action in actions if action.state == "proposed"]
    under_way = [action for action in actions if action.state in ("approved", "running")]
    ended = [action for action in actions if action.ended_at is not None or action.state == "expired"]
    rows = [await waiting_row(tx, cipher, action) for action in waiting[:_WAITING_SHOWN]]
    rows += [_under_way_row(cipher, action) for action in under_way]
    rows += [_ended_row(cipher, action) for action in ended[:_ENDED_SHOWN]]
    return Responses(rows=tuple(rows), is_waiting=bool(waiting))


async def waiting_row(tx: TenantTx, cipher: TenantCipher, action: Action, *, ref: str = "") -> Row:
    """A proposal that waits for somebody, with all that one needs to decide. `ref` names its incident in a list."""
    kind, payload = KINDS[action.kind], open_payload(cipher, action.id, action.payload)
    reach = await reach_of(tx, cipher, action.incident_id, payload.entity)
    undo = "Nothing undoes it." if kind.undo is None else f"Undone by: {KINDS[kind.undo].label}."
    values: tuple[Value, ...] = (
        Text(kind.label),
        EntityValue(payload.target_kind, Untrusted(payload.target)),
        Text(f"It {kind.reach}. {reach_words(reach)} {undo}"),
        Text(f"It {NEEDS[action.decision]}. {ON_SILENCE}"),
        Deadline(action.expires_at),
        Person(action.requested_by),
        Foreign(Untrusted(payload.reason[:_REASON_SHOWN])),
    )
    return Row(" ".join(("Approve", *((ref,) if ref else ()), code(action.number, action.payload_hash))), values)


async def list_waiting(tx: TenantTx, cipher: TenantCipher, *, limit: int) -> list[Waiting]:
    """All of the tenant's proposals that wait, those that expire first first."""
    tenant = await display.select_tenant(tx)
    found: list[Waiting] = []
    for action in await queries.select_waiting(tx, limit=limit):
        incident = await select_incident(tx, action.incident_id)
        if tenant is not None and incident is not None:
            ref = str(Reference(tenant.code, incident.number))
            found.append(Waiting(action=action, ref=ref, row=await waiting_row(tx, cipher, action, ref=ref)))
    return found


def target_rows(targets: Sequence[tuple[int, EntityValue]], label: str) -> tuple[Row, ...]:
    """The things that an action can be done to, numbered as one may type them."""
    return tuple(Row(f"{label} {number}", (value,)) for number, value in targets)


def _under_way_row(cipher: TenantCipher, action: Action) -> Row:
    kind, payload = KINDS[action.kind], open_payload(cipher, action.id, action.payload)
    values: list[Value] = [Text(kind.label), EntityValue(payload.target_kind, Untrusted(payload.target))]
    if action.executor != "hand":
        values.append(Text(STATE_WORDS[action.state]))
        return Row(f"Running {action.number}", tuple(values))
    values += [Text(f"{number}. {step}") for number, step in enumerate(kind.steps, start=1)]
    return Row(f"To do by hand {action.number}", tuple(values))


def _ended_row(cipher: TenantCipher, action: Action) -> Row:
    kind, payload = KINDS[action.kind], open_payload(cipher, action.id, action.payload)
    values: list[Value] = [
        Text(kind.label),
        EntityValue(payload.target_kind, Untrusted(payload.target)),
        Text(STATE_WORDS[action.state]),
        Moment(action.ended_at or action.expires_at),
    ]
    outcome = open_outcome(cipher, action.id, action.outcome)
    if outcome:
        values.append(Foreign(Untrusted(outcome[:_REASON_SHOWN])))
    return Row(f"Action {action.number}", tuple(values))
