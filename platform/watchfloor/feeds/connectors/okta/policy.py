"""What a customer puts in place at Okta: an application that can read the System Log and nothing else."""

from collections.abc import Mapping
from typing import Final

from watchfloor.feeds.connectors.connector import Policy
from watchfloor.feeds.connectors.okta.manifest import CLIENT, DOMAIN, SCOPE

_APPLICATION: Final = """\
1. Create App Integration > API Services. Name: Watchfloor reads the System Log.
2. General > Client Credentials > Edit: Public key / Private key. Save keys in Okta > Add key > Generate new key.
   Copy the private key as PEM (it is shown once) and note its key id (KID).
3. General > General Settings > Edit: clear "Require Demonstrating Proof of Possession (DPoP) header in token requests".
4. Note the client id.
"""
_ROLE: Final = """\
Application > Admin roles > Edit assignments: Report Administrator.
Less: a custom role with the one permission "View logs", where your edition has it, on the resource set "All logs".
"""


def policies(settings: Mapping[str, str]) -> list[Policy]:
    """The steps, in their order."""
    domain = settings.get(DOMAIN, "").strip() or "acme.okta.com"
    client = settings.get(CLIENT, "").strip() or "the application"
    console = f"https://{domain.replace('.', '-admin.', 1)}"
    return [
        Policy(
            title="Application", place=f"{console} > Applications > Applications", text=_APPLICATION, language="text"
        ),
        Policy(
            title="Scope",
            place=f"Applications > {client} > Okta API Scopes",
            text=f"Grant {SCOPE}. Nothing else.\n",
            language="text",
        ),
        Policy(title="Role of the application", place=f"Applications > {client}", text=_ROLE, language="text"),
        Policy(
            title="Organisation id",
            place=f"https://{domain}/.well-known/okta-organization",
            text='The value of "id", which begins with 00o. Give it as org_id.\n',
            language="text",
        ),
    ]
