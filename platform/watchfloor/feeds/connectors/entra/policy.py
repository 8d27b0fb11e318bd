"""What a customer puts in place for Entra ID: the least that the connector needs."""

from collections.abc import Mapping
from typing import Final

from watchfloor.feeds.connectors.connector import Policy
from watchfloor.feeds.connectors.microsoft.consent import Api, Permission, registration_policies

_GRAPH_ID: Final = "00000003-0000-0000-c000-000000000000"
_READ_LOGS: Final = Permission(name="AuditLog.Read.All", id="b0afded3-3588-46d8-8b3d-9842eff778da")
_READ_RISKS: Final = Permission(name="IdentityRiskEvent.Read.All", id="6e472fd1-ad78-48da-a0f0-97ab2c6b769e")
_GRAPH: Final = Api(name="Microsoft Graph", id=_GRAPH_ID, permissions=(_READ_LOGS,))
_GRAPH_WITH_RISKS: Final = Api(name="Microsoft Graph", id=_GRAPH_ID, permissions=(_READ_LOGS, _READ_RISKS))


def policies_for(settings: Mapping[str, str]) -> list[Policy]:
    """The documents for these settings, in the order in which they are put in place."""
    risks = registration_policies(settings, _GRAPH_WITH_RISKS)[0]
    return [
        *registration_policies(settings, _GRAPH),
        Policy(title="Only for the stream risks: its permissions instead", place=risks.place, text=risks.text),
    ]
