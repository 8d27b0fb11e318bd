"""The classes of OCSF 1.8.0 that events are exported as, and which of them an event is.

Owns the numbers (schema.ocsf.io, version 1.8.0) and the choice by source and Sigma category. An event of which no class
speaks is a base event (class 0): it keeps everything, and claims nothing.
"""

from typing import Final

import msgspec

from watchfloor.normalise.event import Event
from watchfloor.normalise.parsed import as_text

VERSION: Final = "1.8.0"


class OcsfClass(msgspec.Struct, frozen=True):
    """A class and its category."""

    uid: int
    name: str
    category_uid: int
    category_name: str


_SYSTEM: Final = (1, "System Activity")
_FINDINGS: Final = (2, "Findings")
_IAM: Final = (3, "Identity & Access Management")
_NETWORK: Final = (4, "Network Activity")
_APPLICATION: Final = (6, "Application Activity")

BASE: Final = OcsfClass(0, "Base Event", 0, "Uncategorized")
FILE: Final = OcsfClass(1001, "File System Activity", *_SYSTEM)
MODULE: Final = OcsfClass(1005, "Module Activity", *_SYSTEM)
JOB: Final = OcsfClass(1006, "Scheduled Job Activity", *_SYSTEM)
PROCESS: Final = OcsfClass(1007, "Process Activity", *_SYSTEM)
EVENT_LOG: Final = OcsfClass(1008, "Event Log Activity", *_SYSTEM)
FINDING: Final = OcsfClass(2004, "Detection Finding", *_FINDINGS)
ACCOUNT: Final = OcsfClass(3001, "Account Change", *_IAM)
AUTHENTICATION: Final = OcsfClass(3002, "Authentication", *_IAM)
TRAFFIC: Final = OcsfClass(4001, "Network Activity", *_NETWORK)
HTTP: Final = OcsfClass(4002, "HTTP Activity", *_NETWORK)
DNS: Final = OcsfClass(4003, "DNS Activity", *_NETWORK)
SSH: Final = OcsfClass(4007, "SSH Activity", *_NETWORK)
API: Final = OcsfClass(6003, "API Activity", *_APPLICATION)

CLASSES: Final = (
    BASE, FILE, MODULE, JOB, PROCESS, EVENT_LOG, FINDING, ACCOUNT, AUTHENTICATION, TRAFFIC, HTTP, DNS, SSH, API,
)  # fmt: skip

_DETECTIONS: Final = frozenset(
    {
        "wazuh", "aws.guardduty", "aws.securityhub", "entra.risk", "suricata.alert", "modsecurity",
        "cloudflare.firewall_events", "paloalto.threat", "zeek.notice",
    }
)  # fmt: skip
_CALLS: Final = frozenset(
    {
        "aws.cloudtrail", "entra.audit", "azure.activity", "gcp.audit", "google_workspace", "kubernetes.audit", "m365",
        "github", "okta",
    }
)  # fmt: skip
_SOURCES: Final = {
    "entra.signin": AUTHENTICATION,
    "linux.sshd": AUTHENTICATION,
    "linux.sudo": AUTHENTICATION,
    "linux.cron": JOB,
    "zeek.ssh": SSH,
    "suricata.ssh": SSH,
    "paloalto.threat": FINDING,
}
_CATEGORIES: Final = {
    "process_creation": PROCESS,
    "process_termination": PROCESS,
    "process_access": PROCESS,
    "create_remote_thread": PROCESS,
    "file_event": FILE,
    "file_change": FILE,
    "file_delete": FILE,
    "file_delete_detected": FILE,
    "image_load": MODULE,
    "driver_load": MODULE,
    "network_connection": TRAFFIC,
    "dns_query": DNS,
    "dns": DNS,
    "antivirus": FINDING,
    "webserver": HTTP,
    "proxy": HTTP,
    "firewall": TRAFFIC,
}
_CLEARED: Final = frozenset({("windows.security", 1102), ("windows.system", 104)})
_LOGONS: Final = frozenset({4624, 4625, 4634, 4647, 4648, 4768, 4769, 4770, 4771, 4776, 4778, 4779})
_ACCOUNTS: Final = frozenset({4720, 4722, 4723, 4724, 4725, 4726, 4738, 4740, 4767, 4781})
_NAMES: Final = {
    "aws.cloudtrail": "eventName",
    "m365": "Operation",
    "okta": "eventType",
    "entra.audit": "activityDisplayName",
    "google_workspace": "eventName",
}
_SIGN_INS: Final = frozenset(
    {"consolelogin", "userloggedin", "userloginfailed", "login_success", "login_failure", "logout"}
)
_OKTA_SESSIONS: Final = ("user.session.start", "user.session.end", "user.authentication.")
_DIRECTORY: Final = frozenset(
    {
        "add user", "delete user", "disable account", "enable account", "reset user password", "change user password",
        "update user", "reset password (by admin)", "user registered security info",
    }
)  # fmt: skip
_OKTA_ACCOUNTS: Final = ("user.lifecycle.", "user.account.", "user.mfa.factor.")


def class_of(event: Event) -> OcsfClass:
    """The class that speaks of such an event. Whether the event has what the class demands is another question."""
    if event.source in _CALLS:
        return _call(event)
    if event.source.startswith("windows."):
        return _windows(event) or _by_category(event)
    return FINDING if event.source in _DETECTIONS else _SOURCES.get(event.source) or _by_category(event)


def _windows(event: Event) -> OcsfClass | None:
    number = event.fields.get("EventID")
    if (event.source, number) in _CLEARED:
        return EVENT_LOG
    if event.source != "windows.security":
        return None
    return AUTHENTICATION if number in _LOGONS else ACCOUNT if number in _ACCOUNTS else None


def _call(event: Event) -> OcsfClass:
    """Log-ons and changes of accounts among the calls; all others are calls of an interface."""
    name = _operation(event).lower()
    if name in _SIGN_INS or name.startswith(_OKTA_SESSIONS):
        return AUTHENTICATION
    return ACCOUNT if name in _DIRECTORY or name.startswith(_OKTA_ACCOUNTS) else API


def _operation(event: Event) -> str:
    field = _NAMES.get(event.source)
    value = event.fields.get(field) if field is not None else None
    return as_text(value[0]) if isinstance(value, list) and value else as_text(value)


def _by_category(event: Event) -> OcsfClass:
    for logsource in event.logsources:
        found = _CATEGORIES.get(logsource.category or "")
        if found is not None:
            return found
    is_network = event.source.startswith(("suricata", "zeek", "cef")) and "dst_ip" in event.fields
    return TRAFFIC if is_network else BASE
