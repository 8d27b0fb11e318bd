"""What a customer puts in place in Entra ID: an application, what it may read, and the consent to it.

Owns the documents. A name that the settings do not say yet stands in them as a word in capitals.
"""

from collections.abc import Mapping

import msgspec

from watchfloor.feeds.connectors.connector import Policy
from watchfloor.feeds.connectors.microsoft.sign_in import LOGIN


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """An application permission (an app role) of an API."""

    name: str
    id: str


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """One of Microsoft's APIs, and what is asked of it."""

    name: str
    id: str
    permissions: tuple[Permission, ...]


def registration_policies(settings: Mapping[str, str], *apis: Api) -> list[Policy]:
    """The permissions as a document for the application's manifest, and the link by which they are consented to."""
    access = [
        {"resourceAppId": api.id, "resourceAccess": [{"id": one.id, "type": "Role"} for one in api.permissions]}
        for api in apis
    ]
    names = "\n".join(
        f"  {one.name} ({api.name}), an application permission" for api in apis for one in api.permissions
    )
    return [
        Policy(
            title="What the application may read",
            place="Entra ID, App registrations, the application, Manifest: requiredResourceAccess",
            text=msgspec.json.format(msgspec.json.encode({"requiredResourceAccess": access}), indent=2).decode(),
        ),
        Policy(
            title="Consent",
            place="A browser, as an administrator of the tenant",
            text=f"Open this link and accept. It asks for nothing but:\n{names}\n\n{consent_link(settings)}\n",
            language="text",
        ),
    ]


def consent_link(settings: Mapping[str, str]) -> str:
    """Where an administrator consents to what the application asks for."""
    tenant, client = settings.get("tenant_id", "TENANT_ID"), settings.get("client_id", "CLIENT_ID")
    return f"{LOGIN}/{tenant}/adminconsent?client_id={client}"
