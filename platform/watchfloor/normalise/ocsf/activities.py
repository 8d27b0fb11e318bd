"""What happened, as an activity number of the event's class (OCSF 1.8.0). 0 where the source does not say."""

from collections.abc import Callable
from typing import Final

from watchfloor.normalise.envelope.envelope import Envelope
from watchfloor.normalise.event import Event
from watchfloor.normalise.ocsf import classes
from watchfloor.normalise.ocsf.classes import OcsfClass
from watchfloor.normalise.parsed import as_text

OTHER: Final = 99

_BY_CATEGORY: Final[dict[int, dict[str, int]]] = {
    classes.PROCESS.uid: {
        "process_creation": 1,
        "process_termination": 2,
        "process_access": 3,
        "create_remote_thread": 4,
    },
    classes.FILE.uid: {"file_event": 1, "file_change": 6, "file_delete": 4, "file_delete_detected": 4},
}
_FIXED: Final = {classes.JOB.uid: 6, classes.MODULE.uid: 1, classes.EVENT_LOG.uid: 1, classes.FINDING.uid: 1}
_LOGONS: Final = {4634: 2, 4647: 2, 4779: 2, 4768: 3, 4769: 4, 4770: 5, 4771: 6, 4648: 1}
_ACCOUNTS: Final = {
    4720: 1, 4722: 2, 4723: 3, 4724: 4, 4725: 5, 4726: 6, 4740: 9, 4767: 12,
}  # fmt: skip
_METHODS: Final = {
    "CONNECT": 1, "DELETE": 2, "GET": 3, "HEAD": 4, "OPTIONS": 5, "POST": 6, "PUT": 7, "TRACE": 8, "PATCH": 9,
}  # fmt: skip
_VERBS: Final = (
    (("create", "add", "insert", "put", "new", "invite", "register", "run"), 1),
    (("get", "list", "describe", "read", "view", "search", "head", "download", "lookup", "watch", "mailitems"), 2),
    (("update", "modify", "set", "change", "patch", "attach", "detach", "edit", "enable", "disable", "write"), 3),
    (("delete", "remove", "destroy", "terminate", "purge", "revoke"), 4),
)
_DENIED: Final = frozenset({"deny", "denied", "block", "blocked", "drop", "dropped", "reject", "rejected"})
_CLOSED: Final = frozenset({"close", "end", "teardown", "timeout"})


def activity_of(event: Event, envelope: Envelope, kind: OcsfClass) -> int:
    """The activity."""
    table = _BY_CATEGORY.get(kind.uid)
    if table is not None:
        return next((table[one.category] for one in event.logsources if one.category in table), 0)
    teller = _TELLERS.get(kind.uid)
    if teller is not None:
        return teller(event)
    return _call(envelope) if kind is classes.API else _FIXED.get(kind.uid, 0)


def _authentication(event: Event) -> int:
    number = event.fields.get("EventID")
    if isinstance(number, int) and event.source.startswith("windows"):
        return _LOGONS.get(number, 1)
    if event.source == "linux.sudo":
        return 7
    text = as_text(event.fields.get("action") or event.fields.get("eventType")).lower()
    return 2 if text in {"session_closed", "disconnected", "closed", "user.session.end", "logout"} else 1


def _account(event: Event) -> int:
    number = event.fields.get("EventID")
    if isinstance(number, int) and event.source.startswith("windows"):
        return _ACCOUNTS.get(number, OTHER)
    text = as_text(
        event.fields.get("activityDisplayName") or event.fields.get("eventType") or event.fields.get("operationName")
    ).lower()
    words = (
        ("reset", 4), ("delete", 6), ("create", 1), ("add user", 1), ("disable", 5), ("suspend", 5), ("deactivate", 5),
        ("enable", 2), ("unsuspend", 2), ("unlock", 12), ("lock", 9), ("password", 3), ("activate", 2),
    )  # fmt: skip
    return next((activity for word, activity in words if word in text), OTHER)


def _call(envelope: Envelope) -> int:
    """By the first verb of the operation: `CreateUser`, `compute.instances.insert`, `Add member to role.`."""
    operation = (envelope.action or "").lower()
    parts = [operation, operation.rpartition(".")[2], operation.rpartition("/")[2]]
    for part in parts:
        for verbs, activity in _VERBS:
            if part.startswith(verbs):
                return activity
    return OTHER if operation else 0


def _traffic(event: Event) -> int:
    if event.fields.get("blocked") is True:
        return 5
    action = as_text(event.fields.get("action")).lower()
    if action in _DENIED:
        return 5
    if action in _CLOSED:
        return 2
    return 1 if any(one.category == "network_connection" for one in event.logsources) else 6


def _request(event: Event) -> int:
    method = as_text(event.fields.get("cs-method")).upper()
    return _METHODS.get(method, OTHER if method else 0)


def _look_up(event: Event) -> int:
    return 2 if event.fields.get("answer") or event.fields.get("QueryResults") else 1


_TELLERS: Final[dict[int, Callable[[Event], int]]] = {
    classes.AUTHENTICATION.uid: _authentication,
    classes.ACCOUNT.uid: _account,
    classes.HTTP.uid: _request,
    classes.DNS.uid: _look_up,
    classes.TRAFFIC.uid: _traffic,
    classes.SSH.uid: _traffic,
}
