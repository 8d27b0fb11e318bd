"""The logs that Graph has, one for each stream: where each is asked for, and by which of its times.

Owns the requests' form. Graph's version 1.0 gives the sign-ins of people only; all others are the beta's.
"""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode

import msgspec


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """A log. `time` is the property that windows are cut by, `also` a further condition.

    `version` is a property that changes when a record is written again, which is then another record.
    """

    path: str
    time: str
    permission: str
    licence: str
    page: int = 1_000
    also: str = ""
    is_ordered: bool = True
    version: str | None = None

    def place(self, start: datetime, end: datetime) -> str:
        """Path and query for what has its time from `start` to before `end`."""
        condition = f"{self.time} ge {_moment(start)} and {self.time} lt {_moment(end)}"
        asked = {"$filter": f"{condition} and {self.also}" if self.also else condition, "$top": str(self.page)}
        if self.is_ordered:
            asked["$orderby"] = f"{self.time} asc"
        return f"{self.path}?{urlencode(asked, safe='$', quote_via=quote)}"


_AUDIT_LOG: Final = "AuditLog.Read.All"
_P1: Final = "Entra ID P1"


def _beta(kind: str) -> Log:
    return Log(
        path="/beta/auditLogs/signIns",
        time="createdDateTime",
        permission=_AUDIT_LOG,
        licence=_P1,
        also=f"signInEventTypes/any(t: t eq '{kind}')",
    )


LOGS: Final = {
    "sign-ins": Log(path="/v1.0/auditLogs/signIns", time="createdDateTime", permission=_AUDIT_LOG, licence=_P1),
    "audits": Log(path="/v1.0/auditLogs/directoryAudits", time="activityDateTime", permission=_AUDIT_LOG, licence=""),
    "sign-ins-non-interactive": _beta("nonInteractiveUser"),
    "sign-ins-service-principal": _beta("servicePrincipal"),
    "sign-ins-managed-identity": _beta("managedIdentity"),
    "risks": Log(
        path="/v1.0/identityProtection/riskDetections",
        time="lastUpdatedDateTime",
        permission="IdentityRiskEvent.Read.All",
        licence="Entra ID P2",
        page=500,
        is_ordered=False,
        version="lastUpdatedDateTime",
    ),
}
"""By stream."""


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
