"""One way to use each verb of the desk with success, as data: what must stand before, and what is then asked."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

import msgspec

from bot.console.identity import KeyLogin
from tests.chat.floor import SETTING_UP, Floor
from tests.domain.workplace import Tenant
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.access.roles import Role
from watchfloor.access.step_up import note_login
from watchfloor.alerts.alert import Severity
from watchfloor.desk.front import Login
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent, Verb
from watchfloor.incidents.incident import Reference
from watchfloor.kernel.db import DirectoryTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import IncidentId, PersonId
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.paging.duty.keeping import begin_watch, set_rota
from watchfloor.paging.rota import LAYERS, Layer, Rota
from watchfloor.tenancy.keyring import Keyring

ANA: Final = "ana@mssp.example"
LEA: Final = "lea@mssp.example"
NED: Final = "ned@mssp.example"
"""A lead of NORD's, who has nothing to do with ACME."""

CANARY: Final = "CANARY4acme"
"""Stands in the title of every incident of ACME's, and in nothing else."""

WHY: Final = "The backup packs this share each night."

BUNDLE: Final = (
    '{"chat": {"discord": true, "detail": "full"},'
    ' "response": {"isolate_host": "analysts", "disable_account": "preapproved"}}'
)

_LOGON: Final[dict[str, FieldValue]] = {
    "EventID": 4625,
    "TargetUserName": "svc_backup",
    "IpAddress": "10.0.0.7",
    "LogonType": 3,
}

Step = tuple[str, str, dict[str, str]]


@dataclass(frozen=True)
class Scenario:
    """A verb used with success: what was done `before`, by whom, and what `by` then asks.

    In values `{other}`, `{host}`, `{user}`, `{code}` stand for what is the scene's own.
    """

    arguments: dict[str, str] = field(default_factory=dict)
    before: tuple[Step, ...] = ()
    by: str = LEA
    level: Severity = "medium"


_ACK: Final[Step] = (LEA, "ack", {})
_JUDGED: Final[tuple[Step, ...]] = (_ACK, (LEA, "verdict", {"verdict": "benign", "reason": WHY}))
_RESOLVED: Final[tuple[Step, ...]] = (*_JUDGED, (LEA, "resolve", {}))
_ISOLATE: Final = {"kind": "isolate_host", "target": "{host}", "reason": WHY}
_PROPOSED: Final[tuple[Step, ...]] = (_ACK, (ANA, "contain", _ISOLATE))
_RUNNING: Final[tuple[Step, ...]] = (
    _ACK,
    (ANA, "contain", {"kind": "disable_account", "target": "{user}", "reason": WHY}),
)
_EXCEPT: Final = {"mode": "make", "match": "exact", "lasts": "7d", "reason": WHY}
_WAITS: Final[tuple[Step, ...]] = (_ACK, (ANA, "except", _EXCEPT))

SCENARIOS: Final[dict[str, Scenario]] = {
    "queue": Scenario({"which": "all"}),
    "show": Scenario(),
    "ack": Scenario(),
    "contained": Scenario(before=(_ACK,)),
    "resolve": Scenario(before=_JUDGED),
    "close": Scenario(before=_RESOLVED),
    "reopen": Scenario(before=_RESOLVED),
    "assign": Scenario({"to": ANA}),
    "verdict": Scenario({"verdict": "false_positive", "reason": WHY}, before=(_ACK,)),
    "note": Scenario({"text": "Jonas knows of it, don't call again."}),
    "report": Scenario({"language": "de"}),
    "merge": Scenario({"into": "{other}"}),
    "unmerge": Scenario(before=((LEA, "merge", {"into": "{other}"}),)),
    "split": Scenario({"by": "host", "value": "{host}"}),
    "severity": Scenario({"level": "critical", "reason": WHY}),
    "weigh": Scenario({"weight": "high", "name": "{host}"}),
    "ask": Scenario({"question": "Is the backup of tonight yours?"}, before=(_ACK,)),
    "answered": Scenario({"text": "It is."}, before=(_ACK, (LEA, "ask", {"question": "Is the backup yours?"}))),
    "snooze": Scenario({"for": "2h", "reason": WHY}, before=(_ACK,)),
    "unsnooze": Scenario(before=(_ACK, (LEA, "snooze", {"for": "2h", "reason": WHY}))),
    "contain": Scenario(_ISOLATE, before=(_ACK,)),
    "undo": Scenario(
        {"action": "1", "reason": WHY},
        before=(*_RUNNING, (LEA, "result", {"action": "1", "result": "done", "text": "It is off."})),
    ),
    "withdraw": Scenario({"action": "1", "reason": WHY}, before=_PROPOSED),
    "result": Scenario({"action": "1", "result": "done", "text": "It is off."}, before=_RUNNING),
    "approve": Scenario({"action": "1"}, before=_PROPOSED),
    "decline": Scenario({"action": "1", "reason": WHY}, before=_PROPOSED),
    "approvals": Scenario(before=_PROPOSED),
    "page": Scenario({"to": ANA, "text": "Please look."}),
    "escalate": Scenario({"reason": "It spreads."}),
    "confirm": Scenario(before=((ANA, "page", {"to": LEA, "text": "Please look."}),)),
    "pages": Scenario(before=((ANA, "page", {"to": LEA, "text": "Please look."}),)),
    "oncall": Scenario(),
    "override": Scenario({"layer": "primary", "person": ANA, "length": "8h", "reason": WHY}),
    "handover": Scenario({"shift": "8h"}),
    "takeover": Scenario({"code": "{code}"}),
    "except": Scenario(_EXCEPT, before=(_ACK,)),
    "except-approve": Scenario({"which": "1"}, before=_WAITS, level="high"),
    "except-decline": Scenario({"which": "1", "reason": WHY}, before=_WAITS, level="high"),
    "except-extend": Scenario({"which": "1", "lasts": "60d", "reason": WHY}, before=_WAITS),
    "exceptions": Scenario({"which": "all"}, before=_WAITS),
    "search": Scenario({"text": "{host}"}),
    "ioc": Scenario({"value": "{host}"}),
    "events": Scenario({"query": "@host:{host}", "span": "2h"}),
    "summary": Scenario(),
    "restrict": Scenario({"to": ANA}),
    "unrestrict": Scenario({"to": ANA}, before=((LEA, "restrict", {"to": ANA}),)),
    "breach": Scenario({"reason": "Freight papers with names were taken."}),
    "breaches": Scenario(before=((LEA, "breach", {"reason": "Freight papers with names were taken."}),)),
    "timeline": Scenario(
        {"author": "jonas", "at": "2026-03-02T08:14:27+00:00", "message": "m-1", "text": "It is our backup."}
    ),
}


class PersonLogin:
    """A surface that knows the person."""

    def __init__(self, person_id: PersonId) -> None:
        self._person_id = person_id

    async def principal(self, tx: DirectoryTx) -> Principal:
        return await principal_of(tx, self._person_id)


@dataclass(frozen=True)
class Scene:
    """A verb that can be used now: where, and with what."""

    verb: Verb
    scenario: Scenario
    incident_id: IncidentId
    ref: str
    names: dict[str, str]

    @property
    def incident(self) -> str:
        """The reference that the verb takes; nothing for one that is about no incident."""
        return self.ref if self.verb.reach == "incident" else ""

    @property
    def arguments(self) -> dict[str, str]:
        """The values of the verb's fields, in their order."""
        return self.filled(self.scenario.arguments)

    def filled(self, arguments: dict[str, str]) -> dict[str, str]:
        """Arguments with the scene's own names in them."""
        return {name: value.format_map(self.names) for name, value in arguments.items()}


class Stage:
    """Sets scenes on a floor, each with an incident of its own."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.front = floor.front()
        self._serial = 0

    @classmethod
    async def build(cls, floor: Floor) -> "Stage":
        """The floor with customers that agreed to what is asked here, a rota, and people who signed in by hand."""
        for tenant, code in ((floor.acme.id, ""), (floor.nord.id, ""), (floor.operator, "MSSP")):
            if code:
                await floor.superuser.execute(
                    "insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)"
                    " values ($1, $2, 'Example MSSP', 'en', 'UTC', '{}', sha256('x'))",
                    tenant,
                    code,
                )
            else:
                await floor.superuser.execute(
                    "update wf.tenants set bundle = $1::jsonb where tenant_id = $2", BUNDLE, tenant
                )
        await floor.person(NED, "Ned Nord", operator=Role.LEAD, nord=Role.LEAD)
        stage = cls(floor)
        await stage.sign_in(ANA, LEA, NED)
        async with tenant_tx(floor.acme.database, floor.operator) as tx:
            await Keyring.open(floor.settings).create(tx)
            await set_rota(tx, SETTING_UP, _rota(floor.people[ANA]))
            await begin_watch(tx, SETTING_UP, lead_id=floor.people[ANA], handover="0" * 16)
        return stage

    async def sign_in(self, *people: str) -> None:
        """Notes that they proved who they are, just now."""
        async with directory_tx(self.floor.directory) as tx:
            for email in people:
                await note_login(tx, self.floor.people[email], authenticated_by="oidc")

    def login(self, email: str) -> Login:
        """The person, in person."""
        return PersonLogin(self.floor.people[email])

    def key_login(self, email: str) -> Login:
        """The person's key."""
        return KeyLogin(self.floor.keys[email], self.floor.settings)

    async def scene(self, name: str, scenario: Scenario | None = None) -> Scene:
        """What a verb needs to be used with success; or what another scenario than its own needs."""
        scenario = scenario or SCENARIOS[name]
        incident_id, ref, names = await self._incident(self.floor.acme, scenario.level)
        steps = (*scenario.before, (scenario.by, name, scenario.arguments))
        if any("{other}" in value for _, _, given in steps for value in given.values()):
            names["other"] = (await self._incident(self.floor.acme, scenario.level))[1]
        scene = Scene(TABLE[name], scenario, incident_id, ref, names)
        for who, verb, arguments in scenario.before:
            intent = Intent(verb=verb, incident=ref, arguments=scene.filled(arguments))
            reply = (await self.front.perform(self.login(who), intent)).reply
            assert reply.changed, (name, verb, reply.text)
        return scene

    async def _incident(self, tenant: Tenant, level: Severity) -> tuple[IncidentId, str, dict[str, str]]:
        """An incident with two hosts and one user, none of which any other incident has."""
        self._serial += 1
        number = self._serial
        floor = self.floor
        await floor.superuser.execute("update wf.incident_origins set opened_at = now() - interval '1 hour'")
        names = {"host": f"ws-{number}a.acme.example", "user": f"user{number}", "code": f"{number:016x}"}
        rule = floor.make_rule(f"{CANARY} {number}", level=level)
        [incident_id] = await tenant.work(
            (rule, self._event(2 * number, host=names["host"], user=names["user"])),
            (rule, self._event(2 * number + 1, host=f"ws-{number}b.acme.example", user=names["user"])),
        )
        found: int = await floor.superuser.fetchval("select number from wf.incidents where id = $1", incident_id)
        return incident_id, str(Reference(tenant.code, found)), names

    def _event(self, number: int, *, host: str, user: str) -> Event:
        made = self.floor.make_event(number, host=host, user=user)
        return msgspec.structs.replace(made, fields={**_LOGON, "Computer": host})


def _rota(person: PersonId) -> Rota:
    return Rota(
        layers=tuple(
            Layer(name=layer, zone="UTC", period="daily", first=date(2026, 1, 1), at=time(9), people=(person,))
            for layer in LAYERS
        )
    )
