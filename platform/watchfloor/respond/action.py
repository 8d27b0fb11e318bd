"""What an action is: its states and its row."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from watchfloor.kernel.ids import ActionId, IncidentId, PersonId
from watchfloor.normalise.event import EntityKind
from watchfloor.respond.kinds import ActionName, Executor
from watchfloor.respond.policy import Decision

ActionState = Literal["proposed", "approved", "running", "done", "failed", "declined", "expired", "withdrawn"]

STATE_WORDS: Final[dict[ActionState, str]] = {
    "proposed": "waits for approval",
    "approved": "approved, about to run",
    "running": "under way",
    "done": "done",
    "failed": "failed",
    "declined": "declined",
    "expired": "expired, nothing was done",
    "withdrawn": "withdrawn",
}

NO_SUCH_ACTION: Final = "There is no such action on this incident."


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action as it stands now: one that nobody decided about in time is expired, whatever its row says."""

    id: ActionId
    incident_id: IncidentId
    number: int
    kind: ActionName
    target_kind: EntityKind
    target_index: bytes
    payload: bytes
    payload_hash: bytes
    state: ActionState
    decision: Decision
    executor: Executor
    requested_by: PersonId
    requested_at: datetime
    expires_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    undoes: UUID | None
    question_id: UUID | None
    outcome: bytes | None
