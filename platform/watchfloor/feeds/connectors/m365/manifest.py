"""What is said of the connector for Microsoft 365, and what a customer tells it."""

from datetime import timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import Manifest, Setting, Stream
from watchfloor.feeds.connectors.microsoft.settings import GUID, SIGN_IN

CONTENT_TYPES: Final = {
    "azure-active-directory": "Audit.AzureActiveDirectory",
    "exchange": "Audit.Exchange",
    "sharepoint": "Audit.SharePoint",
    "general": "Audit.General",
    "dlp": "DLP.All",
}
"""The vendor's name of each stream's content."""

_TITLES: Final = {
    "azure-active-directory": "Entra ID, as Microsoft 365 records it",
    "exchange": "Exchange Online",
    "sharepoint": "SharePoint and OneDrive",
    "general": "Teams, Defender, Power Platform and all else",
    "dlp": "Data loss prevention",
}

MANIFEST: Final = Manifest(
    name="m365",
    title="Microsoft 365: the unified audit log",
    vendor="Microsoft",
    settings=(
        *SIGN_IN,
        Setting(
            name="publisher_id",
            label="Publisher",
            help="The tenant ID of whoever runs this installation: requests with it have a quota of their own. "
            "Without it the customer's tenant ID is sent.",
            is_required=False,
            pattern=GUID,
        ),
    ),
    streams=tuple(
        Stream(
            name=name,
            title=title,
            source_hint="json",
            every=timedelta(minutes=3),
            lag=timedelta(minutes=90),
            is_on=name != "dlp",
        )
        for name, title in _TITLES.items()
    ),
    tier="gold",
    why="Killed at random points against a server that keeps to the vendor's windows, quotas and errors: nothing lost, "
    "none doubled. It was never run against Microsoft itself.",
    page="connectors/m365.md",
)
