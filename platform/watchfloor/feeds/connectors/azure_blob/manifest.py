"""What is said of the connector for Azure Blob storage, and what a customer tells it."""

from datetime import timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import Manifest, Setting, Stream
from watchfloor.feeds.connectors.microsoft.settings import CERTIFICATE, CLIENT_SECRET, GUID, several

LOGS: Final = "logs"
"""The one stream: all containers, in turn, each with a bookmark of its own. What is in them says what it is."""

MANIFEST: Final = Manifest(
    name="azure_blob",
    title="Azure Blob storage: diagnostic logs",
    vendor="Microsoft",
    settings=(
        Setting(
            name="account",
            label="Storage account",
            help="The name of the account to which the diagnostic settings write.",
            pattern=r"[a-z0-9]{3,24}",
        ),
        Setting(
            name="containers",
            label="Containers",
            help="Those that are read, such as insights-logs-signinlogs; each with a prefix if only a part of it is.",
            is_list=True,
            pattern=several(r"[a-z0-9$](?:[a-z0-9]|-(?=[a-z0-9])){2,62}(?:/[^,\s]{1,500})?"),
        ),
        Setting(
            name="accounts",
            label="Tenants and subscriptions",
            help="The ids whose records are taken. All others are counted, never stored.",
            is_list=True,
            pattern=several(GUID),
        ),
        Setting(
            name="sas",
            label="Shared access signature",
            help="With read and list on the containers. Leave it out with an application, which is better.",
            is_required=False,
            is_secret=True,
            pattern=r"\??[A-Za-z0-9%=&:._~+/-]{20,2000}",
        ),
        Setting(
            name="tenant_id",
            label="Directory (tenant) ID",
            help="Of the application that reads the containers.",
            is_required=False,
            pattern=GUID,
        ),
        Setting(
            name="client_id",
            label="Application (client) ID",
            help="Of the application that has the role Storage Blob Data Reader.",
            is_required=False,
            pattern=GUID,
        ),
        CLIENT_SECRET,
        CERTIFICATE,
    ),
    streams=(
        Stream(
            name=LOGS,
            title="Diagnostic logs in containers",
            source_hint="json",
            every=timedelta(minutes=1),
            lag=timedelta(minutes=30),
        ),
    ),
    tier="gold",
    why="Killed at random points against a blob server that is not ours while another program appended: nothing lost, "
    "none doubled.",
    page="connectors/azure-blob.md",
)
