"""What people are shown of exceptions: what one would hide, what waits for a second person, what ends soon.

Typed rows, read from the record at this moment. What an event's fields held is foreign text wherever it stands.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from watchfloor.alerts.overlay.flow import requests
from watchfloor.alerts.overlay.flow.proposal import Fired, Proposal
from watchfloor.alerts.overlay.flow.requests import Request
from watchfloor.alerts.overlay.flow.shapes import LABELS, Described
from watchfloor.alerts.overlay.listing import ExceptionState, KeptException
from watchfloor.alerts.overlay.preview import Preview
from watchfloor.desk.card import Deadline, Foreign, Moment, Person, Row, Rule, Text, Value
from watchfloor.desk.display import queries
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.neutralise import Untrusted

_VALUE_SHOWN: Final = 300
_CASES_SHOWN: Final = 3

STATE_WORDS: Final[dict[ExceptionState, str]] = {
    "active": "hides",
    "expired": "is over",
    "ended": "was ended",
    "broken": "hides nothing: a list of it is gone",
}


def preview_rows(fired: Fired, proposal: Proposal, seen: Preview, *, code: str, because: str) -> Iterator[Row]:
    """What an exception would hide, how much that was, and who must agree."""
    described = proposal.described
    yield Row("Rule", (Rule(Untrusted(fired.rule.title), fired.severity, fired.alerts),))
    yield Row("Hides", (Text(LABELS[described.shape]),))
    yield from _cases(described)
    yield Row(f"Last {seen.days} days", tuple(_counted(seen)))
    yield Row("True positives", (_attacks(seen.judged_true, code),))
    yield Row("Second person", (Text(f"needed: {because}" if because else "not needed"),))


def rule_rows(rules: Sequence[Fired], chosen: Fired) -> Iterator[Row]:
    """The incident's other rules, numbered as one may name them."""
    for fired in rules:
        if fired.number != chosen.number:
            yield Row(f"Rule {fired.number}", (Rule(Untrusted(fired.rule.title), fired.severity, fired.alerts),))


async def waiting_of(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> tuple[Row, ...]:
    """An incident's exceptions that wait for a second person, for its card."""
    found = await requests.requests_of(tx, cipher, incident_id)
    return tuple(waiting_row(request) for request in found if request.row.state == "proposed")


def waiting_row(request: Request, *, ref: str = "") -> Row:
    """A request that waits, with what one needs to decide. `ref` names its incident in a list."""
    row = request.row
    values: tuple[Value, ...] = (
        Text(f"needs a second person: {row.because}"),
        Deadline(row.answer_by),
        Person(requests.requester(request)),
        Foreign(Untrusted(request.body.written.title)),
        Foreign(Untrusted(request.body.reason[:_VALUE_SHOWN])),
    )
    return Row(" ".join((*((ref,) if ref else ()), f"exception {row.number} waits")), values)


def kept_row(kept: KeptException, *, label: str, days: int) -> Row:
    """An exception as it stands."""
    hidden = f"hid {kept.hidden:,} {'match' if kept.hidden == 1 else 'matches'} in {days} days"
    last: tuple[Value, ...] = () if kept.last_hidden_at is None else (Moment(kept.last_hidden_at),)
    values: tuple[Value, ...] = (
        Text(STATE_WORDS[kept.state]),
        Deadline(kept.expires_at),
        Text(hidden),
        *last,
        Foreign(Untrusted(kept.body.written.title)),
        Foreign(Untrusted(kept.body.owner)),
    )
    return Row(label, values)


async def ending_rows(tx: TenantTx) -> tuple[Row, ...]:
    """That exceptions of the tenant end soon, as long as they do; nothing when none does.

    The label says it alone, for surfaces where nothing but a deadline may stand beside it.
    """
    ending, tenant = await queries.count_ending(tx), await queries.select_tenant(tx)
    if ending.first_at is None or tenant is None:
        return ()
    told = "one" if ending.exceptions == 1 else f"{ending.exceptions}, the first"
    return (Row(f"{tenant.code} exceptions that end soon", (Text(told), Deadline(ending.first_at))),)


def until_row(at: datetime, days: int) -> Row:
    """Until when it would hold."""
    return Row("Until", (Moment(at + timedelta(days=days)),))


def _cases(described: Described) -> Iterator[Row]:
    for number, values in enumerate(described.values[:_CASES_SHOWN], start=1):
        told: tuple[Value, ...] = tuple(
            Foreign(Untrusted(f"{name}: {value[:_VALUE_SHOWN]}"))
            for name, value in zip(described.fields, values, strict=True)
        )
        label = "Same" if len(described.values) == 1 else f"Case {number} of {len(described.values)}"
        yield Row(label, told)


def _counted(seen: Preview) -> Iterator[Value]:
    """How much it would have hidden."""
    hosts = f"{seen.hosts} host{'s' * (seen.hosts != 1)}"
    yield Text(
        f"{seen.alerts_hidden} of {seen.alerts} alerts, {seen.events_hidden} of {seen.events} kept events, on {hosts}"
    )
    if seen.all_alerts > seen.alerts:
        yield Text(f"only the newest of {seen.all_alerts:,} alerts were looked at")


def _attacks(numbers: Iterable[int], code: str) -> Value:
    names = ", ".join(f"{code}-{number}" for number in numbers)
    return Text(f"it would have hidden events of {names}" if names else "none would have been hidden")
