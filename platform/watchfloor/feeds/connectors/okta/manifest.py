"""What is said of the connector for Okta, and what a customer tells it."""

from datetime import timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import Manifest, Setting, Stream

DOMAIN: Final = "domain"
ORG: Final = "org_id"
CLIENT: Final = "client_id"
KEY_ID: Final = "key_id"
KEY: Final = "private_key"
TOKEN: Final = "api_token"  # noqa: S105  the name of a setting

STREAM: Final = "system-log"
SCOPE: Final = "okta.logs.read"
"""The one scope: to read the System Log."""

_LABEL: Final = r"(?![a-z0-9-]*-admin\.)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAINS: Final = r"(okta|oktapreview|okta-emea|okta-gov)\.com|okta\.mil"

MANIFEST: Final = Manifest(
    name="okta",
    title="Okta: System Log",
    vendor="Okta",
    settings=(
        Setting(
            name=DOMAIN,
            label="Domain",
            help="Of the organisation, as Okta gave it: acme.okta.com. Not the -admin one and no domain of your own.",
            pattern=rf"{_LABEL}\.({_DOMAINS})",
        ),
        Setting(
            name=ORG,
            label="Organisation id",
            help="The id in https://DOMAIN/.well-known/okta-organization. Nothing is read from any other.",
            pattern=r"00o[A-Za-z0-9]{17}",
        ),
        Setting(
            name=CLIENT,
            label="Client id",
            help="Of the API Services application. Leave it out for an API token.",
            is_required=False,
            pattern=r"[A-Za-z0-9_-]{10,100}",
        ),
        Setting(
            name=KEY,
            label="Private key",
            help="Of the application, as PEM or as the JSON that Okta shows: RSA, without a password.",
            is_required=False,
            is_secret=True,
            pattern=r"\s*(-----BEGIN|\{)[\s\S]{400,16000}",
        ),
        Setting(
            name=KEY_ID,
            label="Key id",
            help="The kid that Okta shows beside the key. It is not needed where it stands in the key.",
            is_required=False,
            pattern=r"[A-Za-z0-9._~+/=-]{1,200}",
        ),
        Setting(
            name=TOKEN,
            label="API token",
            help="Instead of an application; it can do all that its owner can.",
            is_required=False,
            is_secret=True,
            pattern=r"[A-Za-z0-9_-]{20,200}",
        ),
    ),
    streams=(
        Stream(
            name=STREAM,
            title="System Log",
            source_hint="json",
            every=timedelta(minutes=1),
            lag=timedelta(minutes=5),
        ),
    ),
    tier="gold",
    why=(
        "Killed at random points against a server that keeps to Okta's cursors, limits and errors: nothing lost or "
        "doubled. That server is our own, kept to Okta's documentation; Okta has not been asked."
    ),
    page="connectors/okta.md",
)
