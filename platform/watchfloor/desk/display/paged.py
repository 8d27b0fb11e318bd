"""Who was paged about an incident, as a row of its card."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from watchfloor.desk.card import Moment, Person, Row, Text, Value
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId
from watchfloor.paging.queries import StepRow, select_steps_of_subject

_SHOWN: Final = 3
_READ: Final = 50
_TOLD: Final = {"sent": "by", "uncertain": "perhaps, by"}


async def paged(tx: TenantTx, incident_id: UUID) -> tuple[Row, ...]:
    """The last ones who were told; no row where nobody was."""
    told = [step for step in await select_steps_of_subject(tx, incident_id, limit=_READ) if step.state in _TOLD]
    if not told:
        return ()
    values = tuple(value for step in told[:_SHOWN] for value in _step(step))
    return (Row("Paged", values, more=max(len(told) - _SHOWN, 0)),)


def _step(step: StepRow) -> Iterator[Value]:
    yield Text(step.recipient) if step.person_id is None else Person(PersonId(step.person_id))
    yield Text(f"{_TOLD[step.state]} {step.lane}")
    yield Moment(step.sent_at or step.due_at)
