"""A world to test the application in: the MSSP and two customers, with everything that the API shows.

There is a person for each role in each tenant, with a session and an API key, and in both customers one of everything.
All that belongs to one tenant carries its canary.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, TypedDict
from uuid import UUID

from tests.api.running import Api, Voice
from tests.drawings import drawn, png
from tests.wire.connectors.made_up import MadeUp
from watchfloor.access.api_keys.issue import create_key
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.access.roles import Permission, Role
from watchfloor.access.sessions import OpenedSession, open_session
from watchfloor.alerts.overlay import commands
from watchfloor.alerts.record import lock, record
from watchfloor.audit.append import Actor
from watchfloor.audit.heads import open_signer, sign
from watchfloor.breach import store
from watchfloor.breach.decisions import Ruling, decide
from watchfloor.breach.entering import Stated as StatedFact
from watchfloor.breach.entering import state
from watchfloor.breach.notices import sending
from watchfloor.breach.notices.drafting import Wanted, draft
from watchfloor.breach.notices.notice import Notice
from watchfloor.breach.opening import Opening, open_case
from watchfloor.breach.rules.enisa import Identification, Processing
from watchfloor.breach.severity import Scores, assess_case
from watchfloor.controls.entries.keeping import Stated, attach, enter, evidence_files
from watchfloor.controls.library import shipped
from watchfloor.desk import moves, responding, work
from watchfloor.detect.condition import Keyword, Text
from watchfloor.detect.engine import Matches
from watchfloor.detect.filters import parse_filter
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.rule import Rule
from watchfloor.feeds.connectors.connector import Finding, Remote
from watchfloor.feeds.connectors.instances.registry import add_connector
from watchfloor.feeds.intake.quarantine import PutAside, put_aside
from watchfloor.feeds.osquery.live import questions
from watchfloor.feeds.osquery.live.answers import Found, Given, keep
from watchfloor.feeds.osquery.nodes import Host, enrol
from watchfloor.feeds.registry import create_feed
from watchfloor.incidents.group import group
from watchfloor.incidents.incident import State
from watchfloor.kernel import ids
from watchfloor.kernel.credentials import parse_agent_key
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import BatchId, CaseId, IncidentId, NodeId, NoticeId, PersonId, ReportId, TenantId, new_uuid
from watchfloor.lake.opening import open_lake
from watchfloor.normalise.event import Entity, Event, LogSource
from watchfloor.reporting.branding.brand import Brand
from watchfloor.reporting.branding.keeping import keep_brand
from watchfloor.reporting.branding.logo import bare_logo
from watchfloor.respond import queries as actions
from watchfloor.respond.approvals import Voter
from watchfloor.respond.kinds import ActionName
from watchfloor.respond.payload import code
from watchfloor.tenancy.files import TenantFiles
from watchfloor.web.cookies import cookie_name

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CUSTOMER_ROLES: Final = tuple(role for role in Role if role is not Role.PLATFORM_ADMIN)
FILTER: Final = """\
title: {title}
logsource: {{product: windows, category: process_creation}}
filter:
    rules: any
    selection: {{User: {user}}}
    condition: selection
"""
_NARROW: Final = """\
title: {title}
logsource: {{product: windows, category: process_creation}}
filter:
    rules: [RULE]
    selection: {{User: {user}, Image: 'C:\\backup\\pack.exe'}}
    condition: selection
"""
RESPONSE: Final = '{"response": {"scan_host": "two_persons"}}'
STAFF: Final = (Role.ANALYST, Role.LEAD, Role.CONTENT_ENGINEER, Role.PLATFORM_ADMIN)
SYSTEM: Final = Actor(kind="system", id="test", role="system", request_id="test")


@dataclass
class Caller:
    """A person with one role in one tenant, with a session and a key."""

    tenant: "TenantWorld"
    role: Role
    person_id: PersonId
    email: str
    session: OpenedSession
    key: str = ""
    key_id: str = ""

    def by_session(self, api: Api) -> Voice:
        cookie = f"{cookie_name(api.services.settings)}={self.session.id.reveal()}"
        return api.speak(cookie=cookie, x_csrf_token=self.session.csrf.reveal())

    def by_key(self, api: Api) -> Voice:
        return api.speak(authorization=f"Bearer {self.key}")


@dataclass
class TenantWorld:
    """A tenant with its people and one of everything."""

    id: TenantId
    slug: str
    code: str
    name: str
    canary: str
    callers: dict[Role, Caller] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    """What a path parameter or body field of this name may be called: real ids of this tenant."""
    secrets: set[str] = field(default_factory=set)

    @property
    def shown(self) -> str:
        return ids.show("ten", self.id)


class Ready(MadeUp):
    """A connector whose vendor finds everything good, but for one key, and is never asked."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Whether the key is not the bad one."""
        is_good = remote.secrets["key"].reveal() != "bad"
        return [Finding(what="The log can be read.", is_good=is_good, remedy="Give the key the permission log.read.")]


class Named(TypedDict):
    """Which notice is meant."""

    case_id: CaseId
    notice_id: NoticeId


class World:
    """The MSSP and its two customers."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.services = api.services
        self.services.connectors = {Ready.manifest.name: Ready()}
        self._serial = 0
        self.operator = api.run(self.tenant("mssp", "MSSP", "operator"))
        self.alpha = api.run(self.tenant("alpha", "ALPHA", "customer"))
        self.beta = api.run(self.tenant("beta", "BETA", "customer"))
        for role in STAFF:
            self.operator.callers[role] = api.run(self.caller(self.operator, role))
        for tenant in (self.alpha, self.beta):
            for role in CUSTOMER_ROLES:
                tenant.callers[role] = api.run(self.caller(tenant, role))
            api.run(self._fill(tenant))
        api.run(self._dress_house())

    def keep_signed_in(self) -> None:
        """Nobody's session has been idle."""

        async def touch() -> None:
            async with directory_tx(self.services.auth) as tx:
                await tx.execute("update auth.sessions set last_seen_at = now()")

        self.api.run(touch())

    async def caller(self, tenant: TenantWorld, role: Role) -> Caller:
        """A new person with the role in the tenant; the MSSP's people are members of the operator's tenant, too."""
        self._serial += 1
        person_id = PersonId(new_uuid())
        domain = "mssp.example" if role in STAFF else f"{tenant.slug}.example"
        email = f"{role.replace('_', '-')}-{self._serial}-{tenant.canary.lower()}@{domain}"
        async with directory_tx(self.services.auth) as tx:
            await tx.execute("insert into auth.people (id, email, name) values ($1, $2, $3)", person_id, email, email)
        await self.add_role(tenant, person_id, role)
        if role in STAFF and tenant.slug != "mssp":
            await self.add_role(self.operator, person_id, role)
        async with directory_tx(self.services.auth) as tx:
            session = await open_session(tx, person_id, authenticated_by="oidc", user_agent="test")
            principal = await principal_of(tx, person_id)
        caller = Caller(tenant, role, person_id, email, session)
        caller.key, caller.key_id = await self.key(tenant, principal)
        return caller

    async def add_role(self, tenant: TenantWorld, person_id: PersonId, role: Role) -> UUID:
        membership_id = new_uuid()
        async with directory_tx(self.services.auth) as tx:
            await tx.execute(
                "insert into auth.memberships (id, tenant_id, person_id, role) values ($1, $2, $3, $4)",
                membership_id,
                tenant.id,
                person_id,
                role,
            )
        return membership_id

    async def key(self, tenant: TenantWorld, principal: Principal) -> tuple[str, str]:
        """A key of the person's with all that the person may do in the tenant: its text and its id."""
        async with tenant_tx(self.services.auth, tenant.id) as tx:
            issued = await create_key(
                tx,
                SYSTEM,
                principal=principal,
                environment="test",
                name=f"key {tenant.canary}",
                scopes=principal.permissions_in(tenant.id),
                days=30,
            )
        return issued.text.reveal(), issued.id

    async def key_of(self, tenant: TenantWorld, caller: Caller) -> str:
        """The id of one more key of the caller's."""
        async with directory_tx(self.services.auth) as tx:
            principal = await principal_of(tx, caller.person_id)
        return (await self.key(tenant, principal))[1]

    async def incident(self, tenant: TenantWorld, state: State = "new") -> str:
        """A new incident in this state, as `inc_...`."""
        self._serial += 1
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            incident_id = await _detect(tx, cipher, tenant.canary, self._serial)
            await self._bring(tx, cipher, incident_id, state)
        return incident_id

    async def keep(self, tenant: TenantWorld, *events: Event) -> None:
        """Puts events into the lake."""
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            await open_lake(self.services.settings).append(tx, cipher, events)

    async def report(self, tenant: TenantWorld) -> str:
        """A finished report with a file, as `rpt_...`."""
        incident = ids.parse("inc", await self.incident(tenant))
        report_id = ReportId(new_uuid())
        files = TenantFiles(self.services.settings.reports_dir, "reports")
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            stored = await files.write(tx, cipher, f"%PDF-1.7 {tenant.canary} {report_id}".encode())
            await tx.execute(
                "insert into wf.reports (tenant_id, id, kind, incident_id, language, state, requested_by, ready_at,"
                " path, sha256, bytes, pages) values ($1, $2, 'incident', $3, 'en', 'ready', 'test', now(), $4, $5,"
                " $6, 1)",
                tenant.id,
                report_id,
                incident,
                stored.path,
                stored.sha256,
                stored.size,
            )
        return ids.show("rpt", report_id)

    async def entry(self, tenant: TenantWorld) -> str:
        """An entry of evidence with a document."""
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            files = evidence_files(self.services.settings.home)
            document = await attach(tx, cipher, files, name="accounts.txt", content=tenant.canary.encode())
            stated = Stated(
                kind="E14",
                metric="accounts",
                first=NOON.date().replace(day=1),
                until=NOON.date(),
                note=f"note {tenant.canary}",
                numerator=9,
                denominator=10,
            )
            made = await enter(
                tx, cipher, SYSTEM, library=shipped(), stated=stated, today=NOON.date(), document=document
            )
        return ids.show("evd", made)

    async def breach(self, tenant: TenantWorld) -> str:
        """A breach case of an incident of its own, as `brc_...`."""
        lead = tenant.callers[Role.LEAD]
        incident = IncidentId(ids.parse("inc", await self.incident(tenant)))
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            actor = Actor(kind="person", id=ids.show("per", lead.person_id), role="lead", request_id="test")
            opening = Opening(incident_ids=(incident,), reason=f"Papers of {tenant.canary} were taken.")
            case = await open_case(tx, cipher, actor, frozenset(Permission), opening)
            said = StatedFact(path="nature.description", value=f"taken from {tenant.canary}")
            everything, case_id = frozenset(Permission), CaseId(case.id)
            await state(tx, cipher, actor, everything, case_id=case_id, facts=[said])
            scores = Scores(
                dpc=(Processing(category="simple", score=1),),
                ei=(Identification(identifier="full_name", score=0.25),),
            )
            await assess_case(tx, cipher, actor, everything, case_id=case_id, scores=scores)
        return ids.show("brc", case.id)

    async def notice(self, tenant: TenantWorld, case: str, far: str = "sent") -> Notice:
        """A notice of a case to the authority: a draft, approved, or sent with a file that came back."""
        person = tenant.callers[Role.PRIVACY_OFFICER].person_id
        actor = Actor(kind="person", id=ids.show("per", person), role="privacy_officer", request_id="test")
        everything, why = frozenset(Permission), f"Papers of {tenant.canary} were taken."
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher, case_id = await self.services.keyring.cipher(tx), await store.find(tx, case)
            for path, value in (("risk.risk", "risk"), ("risk.art33_decision", "yes")):
                ruling = Ruling(path=path, value=value, reason=why)
                await decide(tx, cipher, actor, everything, case_id=case_id, ruling=ruling)
            who = (tx, cipher, actor, everything)
            made = (await draft(*who, case_id=case_id, wanted=Wanted(regime="gdpr-authority"))).notice
            named: Named = {"case_id": case_id, "notice_id": made.id}
            if far != "draft":
                made = await sending.approve(*who, **named, sha256=made.sha256, reason=why, knows_gaps=True)
            if far == "sent":
                at = await store.now(tx)
                made = await sending.send(*who, **named, sent=sending.Sent(submitted_at=at, channel=why))
                made = await sending.receive(*who, **named, name="receipt.txt", content=tenant.canary.encode())
        return made

    async def exception(self, tenant: TenantWorld) -> str:
        """An exception and a list, both with the canary; the exception as `exc_...`."""
        self._serial += 1
        at, why = self.services.clock.now(), f"reason {tenant.canary}"
        wanted = commands.NewException(
            written=parse_filter(FILTER.format(title=f"{tenant.canary} {self._serial}", user=tenant.canary)),
            owner=f"{tenant.canary}@{tenant.slug}.example",
            reason=why,
            expires_at=at + timedelta(days=30),
        )
        rules = await self.services.catalogue.rules()
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            made = await commands.add_exception(tx, cipher, SYSTEM, wanted=wanted, rules=rules, at=at)
            for rule, change in zip(rules, (commands.disable_rule, commands.enable_rule), strict=False):
                await change(tx, cipher, SYSTEM, rule=rule, reason=why)
        await self.put_list(tenant)
        return commands.shown(made)

    async def connector(self, tenant: TenantWorld) -> str:
        """One more connector, as its feed's `feed_...`."""
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            name, given = f"pulled-{new_uuid().hex}", {"account": "mine", "key": "k"}
            feed = await add_connector(tx, cipher, SYSTEM, Ready(), name=name, given=given)
        return ids.show("feed", feed.id)

    async def feed(self, tenant: TenantWorld) -> str:
        """One more feed, as `feed_...`."""
        async with tenant_tx(self.services.app, tenant.id) as tx:
            feed = await create_feed(tx, SYSTEM, name=f"feed-{new_uuid().hex}", door="hec")
        return ids.show("feed", feed.id)

    async def question(self, tenant: TenantWorld) -> str:
        """A host that was asked and has answered, all of it with the canary; the question as `qst_...`."""
        self._serial += 1
        at = self.services.clock.now()
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            feed = await create_feed(tx, SYSTEM, name=f"osquery-{new_uuid().hex}", door="osquery")
            host = Host(identifier=f"{tenant.canary}-{self._serial}", details={})
            key = await enrol(tx, cipher, feed, host)
            node_id = NodeId(parse_agent_key("node", key.text.reveal()).owner)
            sql = f"select '{tenant.canary}'"
            asked = await questions.ask(
                tx, cipher, SYSTEM, sql=sql, nodes=[node_id], expires_at=at + timedelta(hours=1), at=at
            )
            await questions.waiting_for(tx, cipher, node_id)
            found = Found(total=1, rows=[f'{{"a":"{tenant.canary}"}}'.encode()])
            given = Given(question=questions.shown(asked), status=0, message="", found=found)
            assert await keep(tx, cipher, node_id, given)
        return questions.shown(asked)

    async def action(self, tenant: TenantWorld, kind: ActionName = "scan_host") -> tuple[str, str]:
        """A proposal of the lead's, the canary in it, against an incident of its own: as `act_...`, and its code."""
        incident, lead = await self.incident(tenant, "acknowledged"), tenant.callers[Role.LEAD]
        actor = Actor(kind="person", id=ids.show("per", lead.person_id), role="lead", request_id="test")
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            voter = Voter(person_id=lead.person_id, side="analyst", is_key=False, has_stepped_up=True)
            await responding.contain(
                tx,
                cipher,
                actor,
                frozenset(Permission),
                incident=incident,
                kind=kind,
                target="1",
                reason=f"reason {tenant.canary}",
                voter=voter,
            )
            (action,) = await actions.select_of_incident(tx, IncidentId(ids.parse("inc", incident)), limit=2)
        return ids.show("act", action.id), code(action.number, action.payload_hash)

    async def put_list(self, tenant: TenantWorld) -> str:
        """The tenant's list, the canary in it, there again if it was removed. Its name, which stands in paths."""
        name, why = f"people_of_{tenant.slug}", f"reason {tenant.canary}"
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            await commands.set_list(tx, cipher, SYSTEM, name=name, entries=[tenant.canary], reason=why)
        return name

    async def _bring(self, tx: TenantTx, cipher: TenantCipher, incident: str, state: State) -> None:
        """Moves an incident to the state, through the desk."""
        everything = frozenset(Permission)
        steps: dict[State, list[str]] = {
            "new": [],
            "acknowledged": ["acknowledge", "verdict"],
            "contained": ["acknowledge", "verdict", "contain"],
            "resolved": ["acknowledge", "verdict", "resolve"],
            "closed": ["acknowledge", "verdict", "resolve", "close"],
        }
        for step in steps[state]:
            if step == "verdict":
                await work.verdict(
                    tx, cipher, SYSTEM, everything, incident=incident, verdict="true_positive", reason="seen by a test"
                )
            else:
                taken = {"acknowledge": moves.acknowledge, "contain": moves.contain}
                taken |= {"resolve": moves.resolve, "close": moves.close}
                await taken[step](tx, cipher, SYSTEM, everything, incident=incident)

    async def tenant(self, slug: str, code: str, kind: str) -> TenantWorld:
        canary = f"CANARY{slug.upper()}{secrets.token_hex(6)}"
        tenant = TenantWorld(TenantId(new_uuid()), slug, code, f"{code} {canary}", canary)
        async with directory_tx(self.services.auth) as tx:
            await tx.execute(
                "insert into auth.tenants (id, slug, code, name, kind, state) values ($1, $2, $3, $4, $5, 'active')",
                tenant.id,
                slug,
                code,
                tenant.name,
                kind,
            )
        async with tenant_tx(self.services.app, tenant.id) as tx:
            await tx.execute(
                "insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)"
                " values ($1, $2, $3, 'en', 'Europe/Berlin', $4, sha256('x'))",
                tenant.id,
                code,
                tenant.name,
                RESPONSE,
            )
            await self.services.keyring.create(tx)
        return tenant

    async def _fill(self, tenant: TenantWorld) -> None:
        """One of everything."""
        incident, report = await self.incident(tenant, "acknowledged"), await self.report(tenant)
        exception = await self.exception(tenant)
        analyst = tenant.callers[Role.ANALYST]
        email, member = await self._contact(tenant)
        async with tenant_tx(self.services.app, tenant.id) as tx:
            cipher = await self.services.keyring.cipher(tx)
            feed = await create_feed(tx, SYSTEM, name=f"feed-{tenant.canary.lower()}", door="hec")
            batch = BatchId(new_uuid())
            await put_aside(
                tx,
                cipher,
                [
                    PutAside(
                        feed_id=feed.id,
                        batch_id=batch,
                        event_index=number,
                        code="not_json",
                        reason=f"{tenant.canary} is no JSON.",
                        received_at=NOON,
                        body=f"{{{tenant.canary}".encode(),
                    )
                    for number in range(3)
                ],
            )
            await work.note(tx, cipher, SYSTEM, frozenset(Permission), incident=incident, text=f"note {tenant.canary}")
            quarantined = (await tx.values(UUID, "select id from wf.quarantine where tenant_id = $1", tenant.id))[0]
            alerts = await tx.values(UUID, "select id from wf.alerts where tenant_id = $1", tenant.id)
            await sign(tx, open_signer(self.services.settings), at=NOON)
            await open_lake(self.services.settings).append(tx, cipher, [kept_event(tenant.canary, n) for n in range(5)])
            await keep_brand(tx, cipher, Brand(contact=f"Ask {tenant.canary}."))
        case = await self.breach(tenant)
        notice = await self.notice(tenant, case)
        tenant.names = {
            "tenant": [tenant.shown, tenant.slug],
            "incident": [incident, f"{tenant.code}-1"],
            "alert": [ids.show("alr", alert) for alert in alerts[:2]],
            "quarantine": [ids.show("qua", quarantined)],
            "report": [report],
            "entry": [await self.entry(tenant)],
            "case": [case],
            "notice": [ids.show("ntc", notice.id)],
            "receipt": [notice.receipts[0].sha256],
            "exception": [exception],
            "list_name": [f"people_of_{tenant.slug}"],
            "question": [await self.question(tenant)],
            "action": [(await self.action(tenant))[0]],
            "api_key": [analyst.key_id],
            "key_id": [analyst.key_id],
            "member": [ids.show("mem", member)],
            "assignee": [analyst.email],
            "feed": [ids.show("feed", feed.id)],
            "connector": [await self.connector(tenant)],
            "email": [email],
        }
        # These are never asked for by anybody else, so wherever they appear they have leaked.
        tenant.secrets = {
            tenant.canary,
            await self.incident(tenant),
            await self.report(tenant),
            await self.entry(tenant),
            await self.breach(tenant),
            await self.exception(tenant),
            await self.question(tenant),
            (await self.action(tenant))[0],
        }

    async def _dress_house(self) -> None:
        """The MSSP's own logo, which every tenant's reports get."""
        async with tenant_tx(self.services.app, self.operator.id) as tx:
            await keep_brand(tx, await self.services.keyring.cipher(tx), Brand(logo=bare_logo(png(drawn()))))

    async def _contact(self, tenant: TenantWorld) -> tuple[str, UUID]:
        """The address, which says nothing of the tenant, and the membership of one more member."""
        person_id, email = PersonId(new_uuid()), f"{new_uuid().hex}@elsewhere.example"
        async with directory_tx(self.services.auth) as tx:
            await tx.execute("insert into auth.people (id, email, name) values ($1, $2, 'Contact')", person_id, email)
        return email, await self.add_role(tenant, person_id, Role.VIEWER)


@cache
def kept_event(canary: str, number: int) -> Event:
    """An event of the day before, as the lake keeps it."""
    at = datetime.now(UTC) - timedelta(hours=20, minutes=number)
    return Event(
        key=number.to_bytes(16),
        source="windows.security",
        logsources=(LogSource(product="windows", service="security"),),
        time=at,
        time_quality="parsed",
        received_at=at,
        fields={"EventID": 4625, "TargetUserName": canary, "n": number},
        entities=(Entity(kind="host", value="dc-1"), Entity(kind="ip", value=f"203.0.113.{number}")),
        summary=f"logon failed: {canary}",
        raw=b'{"TargetUserName":"' + canary.encode() + b'"}',
        parser="windows/1",
    )


@cache
def narrow_filter() -> str:
    """A filter, but for its title and the user, that one person may make an exception of."""
    for rule in load_shared_rules().rules:
        is_process = (rule.logsource.product, rule.logsource.category) == ("windows", "process_creation")
        if is_process and rule.level in ("low", "medium"):
            return _NARROW.replace("RULE", rule.id)
    raise LookupError


async def _detect(tx: TenantTx, cipher: TenantCipher, canary: str, number: int) -> str:
    """Lets a rule fire on one event, on a host of its own, so that it opens an incident of its own."""
    digest = hashlib.sha256(f"{canary}{number}".encode()).hexdigest()
    source = LogSource(product="windows", service="security")
    rule = Rule(
        id=str(UUID(digest[:32])),
        title=f"Rule {canary}",
        level="high",
        status="stable",
        author="Watchfloor",
        references=(),
        tags=("attack.t1110.001",),
        why=f"Because {canary}.",
        false_positives=(),
        runbook=(),
        dedup=("host",),
        window_seconds=3600,
        licence="Apache-2.0",
        link=None,
        logsource=source,
        path="windows/test.yml",
        content_hash=digest,
        condition=Keyword(Text(("x",))),
    )
    moment = NOON + timedelta(days=2 * number)
    event = Event(
        key=bytes.fromhex(digest[:32]),
        source="windows.security",
        logsources=(source,),
        time=moment,
        time_quality="parsed",
        received_at=moment,
        fields={"EventID": 4625, "TargetUserName": canary},
        entities=(Entity("host", f"{canary.lower()}-{number}"),),
        summary=f"event {canary}",
        raw=canary.encode(),
        parser="windows/1",
    )
    await lock(tx)
    changes = await record(tx, cipher, events=[event], matches=Matches([0], [0]), rules=[rule])
    (incident_id,) = await group(tx, cipher, changes)
    return ids.show("inc", IncidentId(incident_id))
