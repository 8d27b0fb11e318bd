"""What a customer puts in place for Microsoft 365: the least that the connector needs."""

from collections.abc import Mapping
from typing import Final

from watchfloor.feeds.connectors.connector import Policy
from watchfloor.feeds.connectors.microsoft.consent import Api, Permission, registration_policies

API: Final = Api(
    name="Office 365 Management APIs",
    id="c5393580-f805-4401-95e8-94b7a6ef2fc2",
    permissions=(Permission(name="ActivityFeed.Read", id="594c1fb6-4f81-4475-ae41-0c394909246c"),),
)
DLP: Final = Api(
    name="Office 365 Management APIs",
    id=API.id,
    permissions=(*API.permissions, Permission(name="ActivityFeed.ReadDlp", id="4807a72c-ad38-4250-94c9-4eabfe26cd55")),
)

_AUDITING: Final = """\
Microsoft 365 records nothing unless auditing is on. Look, in Exchange Online PowerShell:

    Get-AdminAuditLogConfig | Format-List UnifiedAuditLogIngestionEnabled

and switch it on where it says False:

    Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true
"""


def policies_for(settings: Mapping[str, str]) -> list[Policy]:
    """The documents for these settings, in the order in which they are put in place."""
    found = registration_policies(settings, API)
    dlp = registration_policies(settings, DLP)[0]
    return [
        *found,
        Policy(title="Only for the stream dlp: its permissions instead", place=dlp.place, text=dlp.text),
        Policy(title="Auditing", place="Exchange Online PowerShell", text=_AUDITING, language="text"),
    ]
