"""`/verbs`: everything that can be asked of the desk, over HTTP: what chat and terminal can do, a program can.

Holds no rule: the table of verbs says which fields there are, the desk decides. A request with an `Idempotency-Key` is
carried out once, however often it is sent.
"""

import hashlib
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.desk.front import Answer
from watchfloor.desk.reply import Offer
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import FieldKind, Intent, Reach, Verb
from watchfloor.kernel.errors import NotFound
from watchfloor.web.api.given import IDENTIFIED, IN_TENANT, Identified, InTenant
from watchfloor.web.api.views import CardRow, IncidentView, incident_view, row_view
from watchfloor.web.calls import IdentifiedCall
from watchfloor.web.declaration import identified, in_tenant

_VerbName = Annotated[str, PathParameter(description="A verb of `/verbs`.", max_length=32)]
_Incident = Annotated[str, PathParameter(description="A reference (`ACME-12`) or an id (`inc_...`).", max_length=64)]
_Key = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", description="The same request under one key is done once.", max_length=200),
]
_Value = Annotated[str, msgspec.Meta(max_length=4_000)]


class ChoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """A value that can be chosen, and how people read it."""

    value: str
    label: str


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """An argument of a verb. Lengths are in characters."""

    name: str
    label: str
    kind: FieldKind
    choices: list[ChoiceView]
    is_required: bool
    shortest: int
    longest: int


class VerbView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked for. `reach` says where: on an incident, in all customers, in the MSSP itself."""

    name: str
    does: str
    permission: Permission
    reach: Reach
    fields: list[FieldView]


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The values of a verb's fields, by name."""

    arguments: Annotated[dict[str, _Value], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=dict)


class VerbReply(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk answered. `rows` is what else there is to show, `offers` what may be wanted next."""

    text: str
    changed: bool
    incident: IncidentView | None
    rows: list[CardRow]
    offers: list[Offer]


@get("/verbs", access=identified(), dependencies=IDENTIFIED, tags=["desk"])
async def list_verbs(call: Identified) -> list[VerbView]:  # noqa: ARG001  only those whom we know may ask
    """Every verb with its fields. Who may use which is decided when it is used."""
    return [_verb_view(verb) for verb in TABLE.values()]


@post("/verbs/{verb:str}", access=identified(limit="write"), dependencies=IDENTIFIED, tags=["desk"], status_code=200)
async def perform_verb(
    call: Identified, verb: _VerbName, data: JSONBody[Arguments], idempotency_key: _Key = None
) -> VerbReply:
    """A verb that is about no single incident, in all of the caller's customers."""
    if _known(verb).reach == "incident":
        raise NotFound("This verb is about an incident; its path names one.")
    intent = Intent(verb=verb, arguments=data.arguments, request_id=_request_id(call, idempotency_key))
    return _shown(await call.services.front.perform_as(call.principal, intent, session_began=_began(call)))


@post(
    "/incidents/{incident:str}/verbs/{verb:str}",
    access=in_tenant(Permission.INCIDENT_READ, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["desk"],
    status_code=200,
)
async def perform_on_incident(
    call: InTenant, incident: _Incident, verb: _VerbName, data: JSONBody[Arguments], idempotency_key: _Key = None
) -> VerbReply:
    """A verb on one incident."""
    if _known(verb).reach != "incident":
        raise NotFound("This verb is not about an incident.")
    intent = Intent(
        verb=verb, incident=incident, arguments=data.arguments, request_id=_request_id(call, idempotency_key)
    )
    answer = await call.services.front.perform_as(
        call.principal, intent, tenant_id=call.tenant_id, session_began=_began(call)
    )
    return _shown(answer)


ROUTES: list[HTTPRouteHandler] = [perform_on_incident]
OWN_ROUTES: list[HTTPRouteHandler] = [list_verbs, perform_verb]


def _known(name: str) -> Verb:
    if name not in TABLE:
        raise NotFound("There is no such verb.", remedy="GET /api/v1/verbs lists them.")
    return TABLE[name]


def _began(call: IdentifiedCall) -> datetime | None:
    return None if call.session is None else call.session.created_at


def _request_id(call: IdentifiedCall, key: str | None) -> str:
    """The id under which the request is carried out once: nobody else's key, however alike, means the same."""
    if key is None:
        return ""
    return f"api_{hashlib.sha256(f'{call.principal.id}:{key}'.encode()).hexdigest()[:48]}"


def _shown(answer: Answer) -> VerbReply:
    reply = answer.reply.require()
    return VerbReply(
        text=reply.text,
        changed=reply.changed,
        incident=None if reply.card is None else incident_view(reply),
        rows=[row_view(row) for row in reply.rows],
        offers=list(reply.offers),
    )


def _verb_view(verb: Verb) -> VerbView:
    return VerbView(
        name=verb.name,
        does=verb.does,
        permission=verb.permission,
        reach=verb.reach,
        fields=[
            FieldView(
                name=field.name,
                label=field.label,
                kind=field.kind,
                choices=[ChoiceView(value=choice.value, label=choice.label) for choice in field.choices],
                is_required=field.is_required,
                shortest=field.shortest,
                longest=field.longest,
            )
            for field in verb.fields
        ],
    )
