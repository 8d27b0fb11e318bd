"""Any sequence of commands in several tenants leaves what a plain model says, and deadlocks with nothing (T10)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.desk import moves, work
from watchfloor.desk.reply import Colleague, Reply
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import State, VerdictKind
from watchfloor.incidents.lifecycle import ASSIGN_STATES, REACHED, TRANSITIONS, VERDICT_STATES, Move
from watchfloor.incidents.queries import lock_incidents
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import IncidentId, PersonId, new_uuid

INCIDENTS: Final = 2
COMMANDS: Final = ("acknowledge", "assign", "contain", "resolve", "close", "reopen", "benign", "inconclusive", "note")
MOVES: Final = {"acknowledge", "contain", "resolve", "close", "reopen"}

Step = tuple[int, str, int]


@dataclass
class Modelled:
    """An incident in the model."""

    state: State = "new"
    assignee: PersonId | None = None
    verdict: VerdictKind | None = None
    told: list[str] = field(default_factory=list)


def model_take(one: Modelled, command: str, worker: Worker, colleague: PersonId) -> bool:
    """What the command does to the incident, in the plainest form. False when it is refused."""
    if command in MOVES:
        return model_move(one, Move(command), worker)
    if command == "assign":
        if one.assignee != colleague:
            if one.state not in ASSIGN_STATES:
                return False
            one.assignee = colleague
            one.told.append("assigned")
        return True
    if command == "note":
        one.told.append("note")
        return True
    kind: VerdictKind = "benign" if command == "benign" else "inconclusive"
    if one.verdict != kind:
        if one.state not in VERDICT_STATES:
            return False
        one.verdict = kind
        one.told.append("verdict")
    return True


def model_move(one: Modelled, move: Move, worker: Worker) -> bool:
    if one.state in REACHED[move]:
        return True
    if one.state not in TRANSITIONS[move] or (move is Move.RESOLVE and one.verdict is None):
        return False
    one.state = TRANSITIONS[move][one.state]
    if move is Move.ACKNOWLEDGE:
        one.assignee = one.assignee or worker.person_id
    one.told.append("reopened" if move is Move.REOPEN else one.state)
    return True


async def desk_take(tx: TenantTx, tenant: Tenant, command: str, *, worker: Worker, who: Colleague, ref: str) -> Reply:
    place = (tx, tenant.cipher, worker.actor, worker.permissions)
    taken: dict[str, Callable[[], Awaitable[Reply]]] = {
        "acknowledge": lambda: moves.acknowledge(*place, incident=ref),
        "contain": lambda: moves.contain(*place, incident=ref),
        "resolve": lambda: moves.resolve(*place, incident=ref),
        "close": lambda: moves.close(*place, incident=ref),
        "reopen": lambda: moves.reopen(*place, incident=ref),
        "assign": lambda: work.assign(*place, incident=ref, assignee=who),
        "note": lambda: work.note(*place, incident=ref, text="Look here."),
        "benign": lambda: work.verdict(*place, incident=ref, verdict="benign", reason="We did it ourselves."),
        "inconclusive": lambda: work.verdict(*place, incident=ref, verdict="inconclusive", reason="Nobody can tell."),
    }
    return await taken[command]()


async def kept(tenant: Tenant, incident_id: IncidentId) -> Modelled:
    """The incident as the tables have it."""
    async with tenant_tx(tenant.database, tenant.id) as tx:
        [row] = await lock_incidents(tx, [incident_id])
        entries = await timeline.read(tx, tenant.cipher, incident_id, limit=1_000)
    return Modelled(row.state, row.assignee_id, row.verdict, [entry.kind for entry in entries[1:]])


steps = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(COMMANDS), st.integers(1, INCIDENTS + 1)), min_size=5, max_size=30
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=steps)
async def test_any_sequence_of_commands_leaves_what_the_model_says(
    *,
    make_tenant: MakeTenant,
    make_worker: MakeWorker,
    make_event: MakeEvent,
    make_rule: MakeRule,
    db_bot: Database,
    wanted: list[Step],
) -> None:
    tenants = [await make_tenant(f"T{new_uuid().hex[-6:].upper()}") for _ in range(2)]
    opened: dict[tuple[int, int], IncidentId] = {}
    for place, tenant in enumerate(tenants):
        for number in range(1, INCIDENTS + 1):
            [opened[place, number]] = await tenant.work((make_rule(), make_event(number, host=f"ws-{number}")))
    model = {key: Modelled() for key in opened}
    worker = make_worker()
    who = Colleague(person_id=PersonId(new_uuid()), permissions=worker.permissions)
    for turn, (place, command, number) in enumerate(wanted):
        tenant, caller = tenants[place], make_worker(request_id=f"r{turn}", person=worker.person_id)
        is_done = (place, number) in model and model_take(model[place, number], command, caller, who.person_id)
        try:
            async with tenant_tx(db_bot, tenant.id) as tx:
                await desk_take(tx, tenant, command, worker=caller, who=who, ref=f"{tenant.code}-{number}")
        except (Conflict, NotFound):
            assert not is_done
        else:
            assert is_done
    for (place, number), incident_id in opened.items():
        assert await kept(tenants[place], incident_id) == model[place, number]


async def test_people_and_the_pipeline_work_on_the_same_incidents_without_a_deadlock(
    *, acme: Tenant, make_worker: MakeWorker, make_event: MakeEvent, make_rule: MakeRule, db_bot: Database
) -> None:
    hosts = [f"ws-{number}" for number in range(4)]
    for number, host in enumerate(hosts):
        await acme.work((make_rule(), make_event(number, host=host)))

    async def note(turn: int) -> None:
        worker = make_worker(request_id=f"r{turn}")
        async with tenant_tx(db_bot, acme.id) as tx:
            reference = f"ACME-{turn % 4 + 1}"
            await work.note(tx, acme.cipher, worker.actor, worker.permissions, incident=reference, text="Look here.")

    async def detect(turn: int) -> None:
        rule = make_rule(f"rule {turn}")
        await acme.work(*((rule, make_event(100 * turn + place, host=host)) for place, host in enumerate(hosts)))

    async with asyncio.TaskGroup() as all_at_once:
        for turn in range(1, 25):
            all_at_once.create_task(note(turn))
            all_at_once.create_task(detect(turn))
    async with tenant_tx(acme.database, acme.id) as tx:
        told = await tx.values(str, "select kind from wf.incident_timeline where tenant_id = $1", acme.id)
    assert (told.count("note"), told.count("opened"), told.count("alert")) == (24, 4, 96)
