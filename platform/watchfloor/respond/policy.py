"""A customer's policy on response: who must agree before an action runs, read from the bundle.

Pure. Silence is never consent: a proposal that nobody answers expires and nothing is done, whatever the policy says.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, Literal

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.respond.kinds import Agreed

Decision = Literal["never", "customer", "two_persons", "analysts", "preapproved"]
Mode = Literal["notify", "collaborate", "authorize"]
Side = Literal["customer", "analyst"]

_BY_MODE: Final[dict[Mode, Decision]] = {"notify": "never", "collaborate": "customer", "authorize": "analysts"}
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}

NEEDS: Final[dict[Decision, str]] = {
    "never": "is not done for this customer: only advised",
    "customer": "needs a person of the customer",
    "two_persons": "needs two people, one of them of the customer",
    "analysts": "needs a second analyst",
    "preapproved": "is agreed beforehand",
}
"""What each decision asks for, completing "It ..."."""

ON_SILENCE: Final = "If nobody answers in time, it expires and nothing is done."


class _Agreed(msgspec.Struct, frozen=True):
    """The part of a bundle that says who decides."""

    mode: Mode = "collaborate"
    isolate_host: Decision | None = None
    disable_account: Decision | None = None
    revoke_sessions: Decision | None = None
    reset_password: Decision | None = None
    kill_process: Decision | None = None
    quarantine_file: Decision | None = None
    delete_file: Decision | None = None
    block_address: Decision | None = None
    block_domain: Decision | None = None
    block_hash: Decision | None = None
    scan_host: Decision | None = None
    collect_evidence: Decision | None = None
    by_severity: dict[Severity, dict[str, Decision | None] | None] | None = None
    approval_expires: str = "30m"


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy says about one proposal."""

    decision: Decision
    expires_within: timedelta


def ruling(response: str | None, agreed: Agreed, severity: Severity) -> Ruling:
    """The ruling on an action in an incident of this severity.

    `response` is that part of the tenant's bundle as JSON; None, or a key that is left out, is the mode's cautious
    default. What is said for a severity goes before what is said for all.
    """
    said = _Agreed() if response is None else msgspec.json.decode(response, type=_Agreed)
    for_all: Decision | None = getattr(said, agreed)
    special = ((said.by_severity or {}).get(severity) or {}).get(agreed)
    length = said.approval_expires
    return Ruling(
        decision=special or for_all or _BY_MODE[said.mode],
        expires_within=timedelta(**{_UNITS[length[-1]]: int(length[:-1])}),
    )


def is_satisfied(decision: Decision, sides: Iterable[Side]) -> bool:
    """Whether the approvals of these people, each counted once and none of them the requester's, are enough."""
    given = list(sides)
    match decision:
        case "never":
            return False
        case "preapproved":
            return True
        case "customer":
            return "customer" in given
        case "analysts":
            return "analyst" in given
        case "two_persons":
            return "customer" in given and len(given) > 1


def counts(decision: Decision, side: Side) -> bool:
    """Whether an approval from this side can be of any use."""
    return decision == "two_persons" or (decision, side) in (("customer", "customer"), ("analysts", "analyst"))
