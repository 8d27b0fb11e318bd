"""The kinds of response actions, as data: what each does, to what, how far it reaches, how it is undone, by whose hand.

Owns the one table that proposals, approvals and their execution are read from. A kind with no executor is done by a
person, who finds the steps here; the platform never says that it did what it cannot do.
"""

from typing import Final, Literal

import msgspec

from watchfloor.normalise.event import EntityKind

ActionName = Literal[
    "isolate_host",
    "release_host",
    "block_indicator",
    "unblock_indicator",
    "disable_account",
    "enable_account",
    "revoke_sessions",
    "reset_password",
    "kill_process",
    "quarantine_file",
    "delete_file",
    "scan_host",
    "collect_evidence",
]

Agreed = Literal[
    "isolate_host",
    "disable_account",
    "revoke_sessions",
    "reset_password",
    "kill_process",
    "quarantine_file",
    "delete_file",
    "block_address",
    "block_domain",
    "block_hash",
    "scan_host",
    "collect_evidence",
]
"""What a customer's policy decides about: a key of the bundle's `response`."""

Executor = Literal["hand", "blocklist", "osquery"]
"""Who does it: a person, the published blocklist, or a question to the host's own agent."""

_HOST: Final[tuple[EntityKind, ...]] = ("host",)
_PERSON: Final[tuple[EntityKind, ...]] = ("user", "account", "email")
_INDICATOR: Final[tuple[EntityKind, ...]] = ("ip", "domain", "hash")
_FILE: Final[tuple[EntityKind, ...]] = ("file", "hash")


class ActionKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of action.

    `reach` completes "It ...": what changes for whom. `undo` names the kind that takes it back, None when nothing
    does. `is_destructive` says that the customer's systems change for the worse until then. `needs_step_up` asks of
    who approves a recent login by hand. `steps` are for the person who does it where the platform cannot.
    """

    name: ActionName
    label: str
    targets: tuple[EntityKind, ...]
    agreed: Agreed
    reach: str
    undo: ActionName | None
    steps: tuple[str, ...]
    is_destructive: bool = True
    needs_step_up: bool = True
    executor: Executor = "hand"


_ALL: Final = (
    ActionKind(
        name="isolate_host",
        label="isolate host",
        targets=_HOST,
        agreed="isolate_host",
        reach="cuts the host off from the network, but for its protection's own console; who works there cannot go on",
        undo="release_host",
        steps=(
            "Find the host in the console of its endpoint protection; compare the full name.",
            "Choose network isolation, and write the incident's reference as the reason.",
            "Wait until the console says isolated, then check that the host no longer answers.",
        ),
    ),
    ActionKind(
        name="release_host",
        label="release host",
        targets=_HOST,
        agreed="isolate_host",
        reach="connects the host to the network again; what is still on it can spread again",
        undo="isolate_host",
        steps=(
            "Make sure that the cause is gone from the host.",
            "End the isolation in the console of its endpoint protection.",
            "Check that the host answers again.",
        ),
        is_destructive=False,
    ),
    ActionKind(
        name="block_indicator",
        label="block indicator",
        targets=_INDICATOR,
        agreed="block_address",
        reach="puts it on the blocklist that the customer's firewalls pull; nobody behind them reaches it any more",
        undo="unblock_indicator",
        steps=(),
        executor="blocklist",
    ),
    ActionKind(
        name="unblock_indicator",
        label="unblock indicator",
        targets=_INDICATOR,
        agreed="block_address",
        reach="takes it off the blocklist; it can be reached again once the firewalls have pulled the list",
        undo="block_indicator",
        steps=(),
        is_destructive=False,
        executor="blocklist",
    ),
    ActionKind(
        name="disable_account",
        label="disable account",
        targets=_PERSON,
        agreed="disable_account",
        reach="keeps the person or service from signing in anywhere; a service account's work stops",
        undo="enable_account",
        steps=(
            "Find the account in the directory that owns it; compare the full name.",
            "Disable it there, and where it is known besides.",
            "End its open sessions, or propose that.",
        ),
    ),
    ActionKind(
        name="enable_account",
        label="enable account",
        targets=_PERSON,
        agreed="disable_account",
        reach="lets the person or service sign in again, with whatever secrets are still valid",
        undo="disable_account",
        steps=(
            "Make sure that the password and second factors were renewed.",
            "Enable the account in the directory that owns it.",
        ),
        is_destructive=False,
    ),
    ActionKind(
        name="revoke_sessions",
        label="revoke sessions",
        targets=_PERSON,
        agreed="revoke_sessions",
        reach="signs the person out everywhere; what was not saved is lost",
        undo=None,
        steps=(
            "Revoke the sign-in sessions and refresh tokens at the identity provider.",
            "Sign the account out of the VPN and of mail.",
        ),
    ),
    ActionKind(
        name="reset_password",
        label="reset password",
        targets=_PERSON,
        agreed="reset_password",
        reach="makes the present password worthless; the person needs a new one before work goes on",
        undo=None,
        steps=(
            "Set a random password in the directory that owns the account, to be changed at the next login.",
            "Hand it over by voice, to the person whose voice is known.",
            "Look at the second factors that were added lately.",
        ),
    ),
    ActionKind(
        name="kill_process",
        label="kill process",
        targets=_HOST,
        agreed="kill_process",
        reach="ends a running program on the host; what it has not written is lost, and its memory as evidence",
        undo=None,
        steps=(
            "Open the host's live response in its endpoint protection.",
            "Compare path, command line and process id with the incident's evidence, then end the process.",
            "Check after a minute that it has not come back.",
        ),
    ),
    ActionKind(
        name="quarantine_file",
        label="quarantine file",
        targets=_FILE,
        agreed="quarantine_file",
        reach="moves the file away on every host that has it; programs that need it fail",
        undo=None,
        steps=(
            "Search for the file by its hash in the endpoint protection.",
            "Move it into quarantine on each host, and note the hosts.",
        ),
    ),
    ActionKind(
        name="delete_file",
        label="delete file",
        targets=_FILE,
        agreed="delete_file",
        reach="removes the file for good, as evidence too",
        undo=None,
        steps=(
            "Keep a copy with its hash as evidence first.",
            "Delete the file on each host that has it, and note the hosts.",
        ),
    ),
    ActionKind(
        name="scan_host",
        label="scan host",
        targets=_HOST,
        agreed="scan_host",
        reach="lists the running programs of the host and where they came from; it changes nothing",
        undo=None,
        steps=("Start a full scan of the host in its endpoint protection.", "Note what it finds."),
        is_destructive=False,
        needs_step_up=False,
        executor="osquery",
    ),
    ActionKind(
        name="collect_evidence",
        label="collect evidence",
        targets=_HOST,
        agreed="collect_evidence",
        reach="reads the host's network connections with the programs behind them; it changes nothing",
        undo=None,
        steps=(
            "Collect memory, running programs and connections of the host before anything is changed.",
            "Store them with their hashes where the incident's evidence is kept.",
        ),
        is_destructive=False,
        needs_step_up=False,
        executor="osquery",
    ),
)

KINDS: Final[dict[ActionName, ActionKind]] = {kind.name: kind for kind in _ALL}
"""Every kind by its name, in the order in which people are offered them."""

_BLOCKED: Final[dict[EntityKind, Agreed]] = {"ip": "block_address", "domain": "block_domain", "hash": "block_hash"}


def agreed_for(kind: ActionKind, target: EntityKind) -> Agreed:
    """Which part of the customer's policy decides about this kind of action on such a target."""
    return _BLOCKED.get(target, kind.agreed) if kind.executor == "blocklist" else kind.agreed
