"""Entra ID sign-ins: of people, services and managed identities.

Brings each shape to Graph's names on the top level, beside the names that came, and adds the names and words under
which Sigma's signinlogs rules look. Never says whether a sign-in was good.
"""

from typing import Final

from watchfloor.normalise.cloud.azure_shapes import AzureRecord
from watchfloor.normalise.cloud.reading import put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "entra.signin"
PARSER: Final = "entra.signin/1"

LOGSOURCES: Final = (LogSource(product="azure", service="signinlogs"),)
"""What its events belong to."""
_LIFTED: Final = (
    "userPrincipalName",
    "userDisplayName",
    "userId",
    "userType",
    "servicePrincipalId",
    "servicePrincipalName",
    "appId",
    "appDisplayName",
    "resourceDisplayName",
    "resourceId",
    "ipAddress",
    "status",
    "clientAppUsed",
    "userAgent",
    "isInteractive",
    "conditionalAccessStatus",
    "authenticationRequirement",
    "authenticationProtocol",
    "originalTransferMethod",
    "incomingTokenType",
    "crossTenantAccessType",
    "homeTenantId",
    "resourceTenantId",
    "riskState",
    "riskDetail",
    "riskLevelDuringSignIn",
    "riskLevelAggregated",
    "riskEventTypes",
    "riskEventTypes_v2",
    "deviceDetail",
    "networkLocationDetails",
    "authenticationDetails",
    "autonomousSystemNumber",
)
_MESSAGES: Final = {"deviceCode": "Device Code", "ropc": "ROPC"}
# Entra's own names of its error codes (learn.microsoft.com, "Microsoft Entra authentication and authorization error
# codes"), where Sigma's rules quote another text than the record's `failureReason`.
_ERRORS: Final = {
    "50074": "Strong Auth required",
    "50097": "Device authentication is required",
    "50155": "DeviceAuthenticationFailed",
    "50158": "ExternalSecurityChallenge - External security challenge was not satisfied",
    "53003": "Blocked by Conditional Access",
}


def parse_signin(record: AzureRecord) -> Parsed:
    """One sign-in."""
    fields = record.fields
    result = _result(record)
    _add_names(record, result)
    sign_in_id = record.text("id")
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(record.get("createddatetime", "time", "timegenerated")),
        identity=("entra.signin", sign_in_id) if sign_in_id else None,
        fields=fields,
        entities=_entities(record),
        summary=_summary(record, result),
        parser=PARSER,
    )


def _result(record: AzureRecord) -> str:
    """Entra's error code: `0` is a success."""
    code = as_text(record.object("status").get("errorCode"))
    return code or record.text("resulttype")


def _add_names(record: AzureRecord, result: str) -> None:
    fields, status = record.fields, record.object("status")
    present = {name.lower() for name in fields}
    for name in _LIFTED:
        if name.lower() not in present:
            put(fields, name, record.folded.get(name.lower()))
    put(fields, "location", record.get("locationdetails", "location"))
    put(fields, "ResultType", result)
    reason = as_text(status.get("failureReason")) or record.text("resultdescription")
    failed = result not in {"", "0"}
    fields["ResultDescription"] = _words(reason, _ERRORS.get(result, ""), "Failure" if failed else "")
    detail = as_text(status.get("additionalDetails"))
    word = "" if not result else "Failure" if failed else "Success"
    fields["Status"] = [*([dict(status)] if "Status" in fields else []), *_words(word, detail)]
    put(fields, "ActivityDetails", "Sign-ins")
    put(fields, "ClientApp", record.text("clientappused"))
    put(fields, "Username", record.text("userprincipalname"))
    put(fields, "properties.message", _MESSAGES.get(record.text("authenticationprotocol")))
    if record.folded.get("networklocationdetails") == []:
        fields["NetworkLocationDetails"] = "[]"


def _words(*words: str) -> list[FieldValue]:
    return list(dict.fromkeys(word for word in words if word))


def _entities(record: AzureRecord) -> tuple[Entity, ...]:
    found = EntityList()
    name = record.text("userprincipalname")
    found.user(name)
    if not name:
        found.user(record.text("serviceprincipalname", "appdisplayname"))
    found.email(name)
    found.host(record.object("devicedetail").get("displayName"))
    found.ip(record.text("ipaddress", "calleripaddress"))
    found.account(record.text("resourcetenantid", "tenantid", "aadtenantid"))
    return found.found()


def _summary(record: AzureRecord, result: str) -> str:
    who = record.text("userprincipalname", "serviceprincipalname", "userdisplayname", "appdisplayname") or "someone"
    app = record.text("appdisplayname") or "an application"
    where = record.text("ipaddress", "calleripaddress") or "an unknown address"
    location = record.object("locationdetails", "location")
    country = as_text(location.get("countryOrRegion"))
    did = "signed in to" if result == "0" else f"was not let in ({result or 'no result'}) to"
    return f"{who} {did} {app} from {where}{f' ({country})' if country else ''}"
