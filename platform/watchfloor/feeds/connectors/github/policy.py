"""What a customer puts in place at GitHub: an App with one permission, or a token with one scope."""

import json
from collections.abc import Mapping
from typing import Final

from watchfloor.feeds.connectors.connector import Policy
from watchfloor.feeds.connectors.github.manifest import ENTERPRISE, ORGANIZATION, PERMISSION, SCOPE

_NAME: Final = "Watchfloor audit log"


def policies(settings: Mapping[str, str]) -> list[Policy]:
    """The App for an organisation, the token for an enterprise; both when neither is said."""
    organization, enterprise = settings.get(ORGANIZATION, "").strip(), settings.get(ENTERPRISE, "").strip()
    found: list[Policy] = []
    if organization or not enterprise:
        found += _app(organization or "ORGANISATION")
    if enterprise or not organization:
        found.append(_token(enterprise or "ENTERPRISE"))
    return found


def _app(organization: str) -> list[Policy]:
    manifest: dict[str, object] = {
        "name": _NAME,
        "url": "https://example.com",
        "public": False,
        "default_permissions": {PERMISSION: "read"},
        "default_events": [],
        "hook_attributes": {"url": "https://example.com", "active": False},
    }
    steps = (
        "1. Organization permissions > Administration: Read-only. No other permission, no event, no webhook.\n"
        "2. Where can this GitHub App be installed? Only on this account.\n"
        "3. Note the App ID. Private keys > Generate a private key: the .pem file is the secret private_key.\n"
        f"4. Install App > {organization}. Only select repositories: it needs none.\n"
    )
    return [
        Policy(
            title="GitHub App",
            place=f"https://github.com/organizations/{organization}/settings/apps/new",
            text=steps,
            language="text",
        ),
        Policy(
            title="The same as an App manifest",
            place="GitHub's App manifest flow, instead of the form",
            text=json.dumps(manifest, indent=2) + "\n",
        ),
    ]


def _token(enterprise: str) -> Policy:
    return Policy(
        title=f"Personal access token for the enterprise {enterprise}",
        place="https://github.com/settings/tokens/new",
        text=(
            "GitHub gives an enterprise's audit log to classic tokens of an enterprise owner, and to no App.\n"
            "1. Sign in as an enterprise owner; best an account of its own, with a second factor.\n"
            f"2. Note: {_NAME}. Expiration: 90 days or as you rotate. Scope: {SCOPE}, nothing else.\n"
            "3. Where single sign-on is enforced: Configure SSO > Authorize.\n"
        ),
        language="text",
    )
