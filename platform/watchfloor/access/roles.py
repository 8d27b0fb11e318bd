"""Roles, permissions and which role has which: the one table that every surface asks.

A permission is what a route or a desk command needs; a role is what a membership gives. `PERMISSIONS_OF` is the
whole policy and is read as data by the tests. Roles of the customer and roles of the MSSP never mix: a customer's
tenant knows `CUSTOMER_TENANT_ROLES`, the operator's own tenant `OPERATOR_TENANT_ROLES`; a membership with any other
role there gives nothing (I9: a platform identity has no way into a customer's tenant).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Literal


class Role(StrEnum):
    """What a membership makes of a person inside one tenant."""

    VIEWER = "viewer"
    APPROVER = "approver"
    ADMIN = "admin"
    PRIVACY_OFFICER = "privacy_officer"
    ANALYST = "analyst"
    LEAD = "lead"
    CONTENT_ENGINEER = "content_engineer"
    PLATFORM_ADMIN = "platform_admin"


class Permission(StrEnum):
    """What may be done. `platform.*` reaches across tenants and counts in the operator's tenant only."""

    INCIDENT_READ = "incident.read"
    INCIDENT_NOTE = "incident.note"
    INCIDENT_ACKNOWLEDGE = "incident.acknowledge"
    INCIDENT_ASSIGN = "incident.assign"
    INCIDENT_WAIT = "incident.wait"
    INCIDENT_CONTAIN = "incident.contain"
    INCIDENT_RESOLVE = "incident.resolve"
    INCIDENT_VERDICT = "incident.verdict"
    INCIDENT_MERGE = "incident.merge"
    INCIDENT_RATE = "incident.rate"
    RESPONSE_PROPOSE = "response.propose"
    RESPONSE_APPROVE = "response.approve"
    BLOCKLIST_READ = "blocklist.read"
    INCIDENT_PAGE = "incident.page"
    ALERT_READ = "alert.read"
    BREACH_READ = "breach.read"
    BREACH_WRITE = "breach.write"
    BREACH_DECIDE = "breach.decide"
    BREACH_NOTIFY = "breach.notify"
    RULE_READ = "rule.read"
    RULE_TUNE = "rule.tune"
    FEED_READ = "feed.read"
    FEED_MANAGE = "feed.manage"
    QUARANTINE_READ = "quarantine.read"
    QUARANTINE_MANAGE = "quarantine.manage"
    OSQUERY_READ = "osquery.read"
    OSQUERY_ASK = "osquery.ask"
    EVENTS_SEARCH = "events.search"
    REPORT_READ = "report.read"
    REPORT_REQUEST = "report.request"
    REPORT_MANAGE = "report.manage"
    EVIDENCE_ENTER = "evidence.enter"
    AUDIT_READ = "audit.read"
    KEY_CREATE = "key.create"
    KEY_MANAGE = "key.manage"
    MEMBER_READ = "member.read"
    MEMBER_MANAGE = "member.manage"
    ONCALL_READ = "oncall.read"
    ONCALL_MANAGE = "oncall.manage"
    PLATFORM_TENANTS = "platform.tenants"
    PLATFORM_KEYS = "platform.keys"
    PLATFORM_METRICS = "platform.metrics"


TenantKind = Literal["customer", "operator"]

CUSTOMER_ROLES: Final = frozenset({Role.VIEWER, Role.APPROVER, Role.ADMIN, Role.PRIVACY_OFFICER})
STAFF_ROLES: Final = frozenset({Role.ANALYST, Role.LEAD, Role.CONTENT_ENGINEER, Role.PLATFORM_ADMIN})

CUSTOMER_TENANT_ROLES: Final = (CUSTOMER_ROLES | STAFF_ROLES) - {Role.PLATFORM_ADMIN}
OPERATOR_TENANT_ROLES: Final = STAFF_ROLES

_READ: Final = frozenset(
    {
        Permission.INCIDENT_READ,
        Permission.ALERT_READ,
        Permission.RULE_READ,
        Permission.FEED_READ,
        Permission.OSQUERY_READ,
        Permission.REPORT_READ,
    },
)
_TAKE_PART: Final = _READ | {Permission.INCIDENT_NOTE, Permission.REPORT_REQUEST, Permission.KEY_CREATE}
_WORK: Final = _TAKE_PART | {
    Permission.INCIDENT_ACKNOWLEDGE,
    Permission.INCIDENT_ASSIGN,
    Permission.INCIDENT_WAIT,
    Permission.INCIDENT_CONTAIN,
    Permission.INCIDENT_RESOLVE,
    Permission.INCIDENT_VERDICT,
    Permission.INCIDENT_MERGE,
    Permission.INCIDENT_RATE,
    Permission.INCIDENT_PAGE,
    Permission.ONCALL_READ,
    Permission.RESPONSE_PROPOSE,
    Permission.RESPONSE_APPROVE,
    Permission.BLOCKLIST_READ,
    Permission.BREACH_READ,
    Permission.BREACH_WRITE,
    Permission.OSQUERY_ASK,
    Permission.EVENTS_SEARCH,
    Permission.QUARANTINE_READ,
    Permission.MEMBER_READ,
}
_OVERSEE: Final = frozenset({Permission.AUDIT_READ, Permission.MEMBER_READ})
_ADMINISTER: Final = _OVERSEE | {Permission.KEY_CREATE, Permission.KEY_MANAGE, Permission.MEMBER_MANAGE}

PERMISSIONS_OF: Final[dict[Role, frozenset[Permission]]] = {
    Role.VIEWER: _READ,
    Role.APPROVER: _TAKE_PART | {Permission.RESPONSE_APPROVE},
    Role.ADMIN: _TAKE_PART
    | _ADMINISTER
    | {
        Permission.QUARANTINE_READ,
        Permission.QUARANTINE_MANAGE,
        Permission.FEED_MANAGE,
        Permission.EVENTS_SEARCH,
        Permission.REPORT_MANAGE,
        Permission.RESPONSE_APPROVE,
        Permission.BLOCKLIST_READ,
        Permission.BREACH_READ,
        Permission.EVIDENCE_ENTER,
    },
    Role.PRIVACY_OFFICER: _TAKE_PART
    | _OVERSEE
    | {
        Permission.QUARANTINE_READ,
        Permission.BREACH_READ,
        Permission.BREACH_WRITE,
        Permission.BREACH_DECIDE,
        Permission.EVIDENCE_ENTER,
    },
    Role.ANALYST: _WORK,
    Role.LEAD: _WORK
    | _ADMINISTER
    | {
        Permission.ONCALL_MANAGE,
        Permission.RULE_TUNE,
        Permission.FEED_MANAGE,
        Permission.REPORT_MANAGE,
        Permission.QUARANTINE_MANAGE,
        Permission.EVIDENCE_ENTER,
        Permission.BREACH_NOTIFY,
    },
    Role.CONTENT_ENGINEER: _READ
    | {
        Permission.ONCALL_READ,
        Permission.INCIDENT_NOTE,
        Permission.KEY_CREATE,
        Permission.EVENTS_SEARCH,
        Permission.QUARANTINE_READ,
        Permission.QUARANTINE_MANAGE,
        Permission.RULE_TUNE,
    },
    Role.PLATFORM_ADMIN: _ADMINISTER
    | {
        Permission.ONCALL_READ,
        Permission.ONCALL_MANAGE,
        Permission.PLATFORM_TENANTS,
        Permission.PLATFORM_KEYS,
        Permission.PLATFORM_METRICS,
    },
}
"""The policy."""

PLATFORM_PERMISSIONS: Final = frozenset(p for p in Permission if p.startswith("platform."))

_NAMES: Final = frozenset(str(permission) for permission in Permission)

MAY_GRANT: Final[dict[Role, frozenset[Role]]] = {
    Role.ADMIN: CUSTOMER_ROLES,
    Role.LEAD: frozenset({Role.ANALYST, Role.CONTENT_ENGINEER}),
    Role.PLATFORM_ADMIN: STAFF_ROLES,
}
"""Which memberships a role may give and take. A lead's and an admin's circles do not touch."""


def counts_in(role: Role, kind: TenantKind) -> bool:
    """Whether a membership with this role means anything in a tenant of this kind."""
    return role in (OPERATOR_TENANT_ROLES if kind == "operator" else CUSTOMER_TENANT_ROLES)


def known_permissions(names: Iterable[str]) -> frozenset[Permission]:
    """The permissions among these names. A name that means nothing any more gives nothing."""
    return frozenset(Permission(name) for name in names if name in _NAMES)
