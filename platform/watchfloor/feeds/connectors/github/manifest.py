"""What is said of the connector for GitHub, and what a customer tells it."""

from datetime import timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import Manifest, Setting, Stream

ORGANIZATION: Final = "organization"
ENTERPRISE: Final = "enterprise"
ORGANIZATIONS: Final = "organizations"
EVENTS: Final = "events"
HOST: Final = "api_host"
APP: Final = "app_id"
KEY: Final = "private_key"
TOKEN: Final = "token"  # noqa: S105  the name of a setting

USUAL_HOST: Final = "api.github.com"
STREAM: Final = "audit-log"
PERMISSION: Final = "organization_administration"
"""What an application needs, for reading."""

SCOPE: Final = "read:audit_log"
"""What a personal access token needs."""

_LOGIN: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?(_[A-Za-z0-9]{1,20})?"
_SLUG: Final = r"[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?"

MANIFEST: Final = Manifest(
    name="github",
    title="GitHub: audit log",
    vendor="GitHub",
    settings=(
        Setting(
            name=ORGANIZATION,
            label="Organisation",
            help="Its name in github.com/NAME. Give this or an enterprise; each organisation is a connector.",
            is_required=False,
            pattern=_LOGIN,
        ),
        Setting(
            name=ENTERPRISE,
            label="Enterprise",
            help="Its name in github.com/enterprises/NAME, for the log of all its organisations.",
            is_required=False,
            pattern=_SLUG,
        ),
        Setting(
            name=ORGANIZATIONS,
            label="Organisations of the enterprise",
            help="Entries of others are not taken. Leave it out for all of the enterprise's.",
            is_required=False,
            is_list=True,
            pattern=rf"{_LOGIN}(\s*,\s*{_LOGIN})*",
        ),
        Setting(
            name=EVENTS,
            label="Which events",
            help="all, web (everything but Git) or git. As a rule all.",
            is_required=False,
            pattern=r"all|web|git",
        ),
        Setting(
            name=APP,
            label="Application id",
            help="Of a GitHub App of the organisation's, or its client id. Leave it out for a token.",
            is_required=False,
            pattern=r"[0-9]{1,12}|Iv[0-9a-zA-Z.]{10,40}",
        ),
        Setting(
            name=KEY,
            label="Private key",
            help="Of the GitHub App: the .pem file.",
            is_required=False,
            is_secret=True,
            pattern=r"\s*-----BEGIN[\s\S]{400,16000}",
        ),
        Setting(
            name=TOKEN,
            label="Personal access token",
            help=f"With {SCOPE} alone, of an owner. An enterprise's log can be read with nothing else.",
            is_required=False,
            is_secret=True,
            pattern=r"[A-Za-z0-9_]{20,255}",
        ),
        Setting(
            name=HOST,
            label="Host of the API",
            help="For an enterprise with data residency: api.NAME.ghe.com.",
            is_required=False,
            pattern=r"api\.github\.com|api\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.ghe\.com",
        ),
    ),
    streams=(
        Stream(
            name=STREAM,
            title="Audit log",
            source_hint="json",
            every=timedelta(minutes=1),
            lag=timedelta(minutes=10),
        ),
    ),
    tier="gold",
    why=(
        "Killed at random points against a server that keeps to GitHub's cursors, limits and errors: nothing lost or "
        "doubled. Each request is held to GitHub's own description of its API; GitHub has not been asked."
    ),
    page="connectors/github.md",
)
