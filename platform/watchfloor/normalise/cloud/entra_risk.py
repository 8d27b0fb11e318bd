"""Entra ID Protection's risk detections, risky users, and the alerts of Privileged Identity Management.

They are findings of Microsoft's, not observations. Adds Sigma's names; never weighs a risk.
"""

from typing import Final

from watchfloor.normalise.cloud.azure_shapes import AzureRecord
from watchfloor.normalise.cloud.reading import put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, LogSource
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "entra.risk"
PARSER: Final = "entra.risk/1"

_RISK: Final = (LogSource(product="azure", service="riskdetection"),)
_PIM: Final = (LogSource(product="azure", service="pim"),)
LOGSOURCES: Final = (*_RISK, *_PIM)
"""What its events belong to."""

_LIFTED: Final = (
    "riskEventType",
    "riskState",
    "riskLevel",
    "riskDetail",
    "userPrincipalName",
    "ipAddress",
    "detectionTimingType",
    "source",
    "activity",
)


def parse_risk(record: AzureRecord) -> Parsed:
    """One risk detection, one change of a user's risk, or one alert of privileged identities."""
    fields = record.fields
    for name in _LIFTED:
        put(fields, name, record.folded.get(name.lower()))
    if record.kind == "pim":
        put(fields, "riskEventType", as_text(fields.get("@odata.type")).rpartition(".")[2])
    risk_id = record.text("id")
    time = record.get("activitydatetime", "detecteddatetime", "risklastupdateddatetime", "time", "timegenerated")
    # The same detection is written again when its state changes.
    state = record.text("lastupdateddatetime", "risklastupdateddatetime")
    return Parsed(
        source=SOURCE,
        logsources=_PIM if record.kind == "pim" else _RISK,
        time=parse_time(time),
        identity=("entra.risk", risk_id, state) if risk_id else None,
        fields=fields,
        entities=_entities(record),
        summary=_summary(record),
        parser=PARSER,
    )


def _entities(record: AzureRecord) -> tuple[Entity, ...]:
    found = EntityList()
    for name in ("userprincipalname", "assigneeuserprincipalname"):
        found.user(record.text(name))
        found.email(record.text(name))
    found.ip(record.text("ipaddress"))
    return found.found()


def _summary(record: AzureRecord) -> str:
    who = record.text("userprincipalname", "assigneeuserprincipalname", "userdisplayname") or "someone"
    what = as_text(record.fields.get("riskEventType")) or record.text("riskdetail") or "risk"
    level = record.text("risklevel")
    where = record.text("ipaddress")
    return f"Entra ID reports {what} for {who}{f' from {where}' if where else ''}{f', level {level}' if level else ''}"
