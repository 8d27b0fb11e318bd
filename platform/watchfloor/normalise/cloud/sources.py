"""Which cloud or service wrote an object, decided by a few of its keys, and that source's parser.

The order is that of the marks' strength: a source whose mark another could have comes later. Each test costs a few
look-ups, whatever is in the object.
"""

from watchfloor.normalise.cloud.aws_findings import parse_finding
from watchfloor.normalise.cloud.azure_activity import parse_activity
from watchfloor.normalise.cloud.azure_shapes import AzureRecord, recognise
from watchfloor.normalise.cloud.defender import parse_defender, unwrap_defender
from watchfloor.normalise.cloud.entra_audit import parse_audit
from watchfloor.normalise.cloud.entra_risk import parse_risk
from watchfloor.normalise.cloud.entra_signin import parse_signin
from watchfloor.normalise.cloud.gcp import parse_gcp, unwrap_gcp
from watchfloor.normalise.cloud.github import is_github, parse_github
from watchfloor.normalise.cloud.kubernetes import is_kubernetes, parse_kubernetes
from watchfloor.normalise.cloud.m365 import is_m365, parse_m365
from watchfloor.normalise.cloud.okta import parse_okta, unwrap_okta
from watchfloor.normalise.cloud.vpc_flow import parse_flow
from watchfloor.normalise.cloud.wazuh import parse_wazuh
from watchfloor.normalise.cloud.workspace import is_workspace, parse_workspace
from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import Parsed


def parse_cloud(fields: dict[str, FieldValue]) -> Parsed | None:
    """The event as its source's parser understood it; None if no source of this package wrote it."""
    record = recognise(fields)
    if record is not None:
        return _parse_azure(record)
    return _parse_flat(fields) or _parse_wrapped(fields) or parse_finding(fields) or parse_wazuh(fields)


def _parse_azure(record: AzureRecord) -> Parsed:
    match record.kind:
        case "signin":
            return parse_signin(record)
        case "audit":
            return parse_audit(record)
        case "activity":
            return parse_activity(record)
        case "risk" | "pim":
            return parse_risk(record)


def _parse_flat(fields: dict[str, FieldValue]) -> Parsed | None:
    """Sources that need no unwrapping."""
    if is_m365(fields):
        return parse_m365(fields)
    if is_kubernetes(fields):
        return parse_kubernetes(fields)
    if is_workspace(fields):
        return parse_workspace(fields)
    if is_github(fields):
        return parse_github(fields)
    return parse_flow(fields)


def _parse_wrapped(fields: dict[str, FieldValue]) -> Parsed | None:
    """Sources that also come in an envelope."""
    okta = unwrap_okta(fields)
    if okta is not None:
        return parse_okta(okta)
    gcp = unwrap_gcp(fields)
    if gcp is not None:
        return parse_gcp(gcp)
    defender = unwrap_defender(fields)
    return parse_defender(defender) if defender is not None else None
