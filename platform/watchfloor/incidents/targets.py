"""How soon an incident must be acknowledged and resolved, by severity.

The defaults here hold where a tenant's bundle says nothing. Calendars, pauses and warnings are the SLA's, not this
module's: these targets run around the clock from the opening of the incident.
"""

from datetime import timedelta
from typing import Final

import msgspec

from watchfloor.alerts.alert import Severity


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The longest that each stage may take, from the opening of the incident."""

    acknowledge_within: timedelta
    resolve_within: timedelta


DEFAULTS: Final[dict[Severity, Target]] = {
    "critical": Target(acknowledge_within=timedelta(minutes=15), resolve_within=timedelta(hours=4)),
    "high": Target(acknowledge_within=timedelta(minutes=30), resolve_within=timedelta(hours=8)),
    "medium": Target(acknowledge_within=timedelta(hours=4), resolve_within=timedelta(days=2)),
    "low": Target(acknowledge_within=timedelta(days=1), resolve_within=timedelta(days=5)),
    "informational": Target(acknowledge_within=timedelta(days=3), resolve_within=timedelta(days=10)),
}

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class _Agreed(msgspec.Struct, frozen=True):
    """The part of a bundle's SLA that targets are made of: durations such as `15m` by severity."""

    acknowledge: dict[Severity, str] = msgspec.field(default_factory=dict)
    resolve: dict[Severity, str] = msgspec.field(default_factory=dict)


def target_of(sla: str | None, severity: Severity) -> Target:
    """The target for a severity; `sla` is that part of the tenant's bundle as JSON, None when there is none."""
    default = DEFAULTS[severity]
    if sla is None:
        return default
    agreed = msgspec.json.decode(sla, type=_Agreed)
    return Target(
        acknowledge_within=_length(agreed.acknowledge.get(severity), default.acknowledge_within),
        resolve_within=_length(agreed.resolve.get(severity), default.resolve_within),
    )


def _length(duration: str | None, default: timedelta) -> timedelta:
    return default if duration is None else timedelta(**{_UNITS[duration[-1]]: int(duration[:-1])})
