"""What a customer tells each connector for Microsoft: the tenant, and the application that may read its logs."""

from typing import Final

from watchfloor.feeds.connectors.connector import Setting

GUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def several(pattern: str) -> str:
    """The pattern of a list whose values each match this one."""
    return rf"(?:{pattern})(?:\s*,\s*(?:{pattern}))*"


TENANT: Final = Setting(
    name="tenant_id",
    label="Directory (tenant) ID",
    help="Of the customer's Entra ID. Records of another tenant are counted, never stored.",
    pattern=GUID,
)
CLIENT: Final = Setting(
    name="client_id",
    label="Application (client) ID",
    help="Of the application that was registered for Watchfloor.",
    pattern=GUID,
)
CLIENT_SECRET: Final = Setting(
    name="client_secret",
    label="Client secret",
    help="Its value, not its id. A certificate is better: its key never leaves Watchfloor.",
    is_required=False,
    is_secret=True,
)
CERTIFICATE: Final = Setting(
    name="certificate",
    label="Certificate with its private key",
    help="Both as PEM, one behind the other. Where there is a secret too, the certificate is used.",
    is_required=False,
    is_secret=True,
)
SIGN_IN: Final = (TENANT, CLIENT, CLIENT_SECRET, CERTIFICATE)
"""All that it takes to sign in."""
