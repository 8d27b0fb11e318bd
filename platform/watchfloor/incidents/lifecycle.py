"""The life of an incident: one table says which move leads from which state to which.

Pure. The desk asks it before it writes, surfaces ask it which actions to offer; no other place knows the states'
order. An incident is resolved only once somebody has said what it was.
"""

from enum import StrEnum
from typing import Final

from watchfloor.incidents.incident import State, VerdictKind
from watchfloor.kernel.errors import Conflict


class Move(StrEnum):
    """What changes an incident's state."""

    ACKNOWLEDGE = "acknowledge"
    CONTAIN = "contain"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"


class Action(StrEnum):
    """What a person may be offered to do with an incident."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    VERDICT = "verdict"
    CONTAIN = "contain"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE = "note"
    REPORT = "report"
    ASK = "ask"
    ANSWERED = "answered"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"
    PROPOSE = "propose"
    APPROVE = "approve"
    DECLINE = "decline"


TRANSITIONS: Final[dict[Move, dict[State, State]]] = {
    Move.ACKNOWLEDGE: {"new": "acknowledged"},
    Move.CONTAIN: {"acknowledged": "contained"},
    Move.RESOLVE: {"acknowledged": "resolved", "contained": "resolved"},
    Move.CLOSE: {"resolved": "closed"},
    Move.REOPEN: {"resolved": "acknowledged", "closed": "acknowledged"},
}
"""From where each move leads to where. What is not here is not allowed."""

REACHED: Final[dict[Move, tuple[State, ...]]] = {
    Move.ACKNOWLEDGE: ("acknowledged", "contained", "resolved", "closed"),
    Move.CONTAIN: ("contained",),
    Move.RESOLVE: ("resolved", "closed"),
    Move.CLOSE: ("closed",),
    Move.REOPEN: ("new", "acknowledged", "contained"),
}
"""Where a move has nothing left to do: saying it again is an answer, not an error."""

VERDICT_STATES: Final[tuple[State, ...]] = ("acknowledged", "contained", "resolved")
"""Where a verdict can be given or corrected: once somebody looks, until it is closed."""

ASSIGN_STATES: Final[tuple[State, ...]] = ("new", "acknowledged", "contained", "resolved")
"""Where somebody can be put in charge."""

PROPOSE_STATES: Final[tuple[State, ...]] = ("acknowledged", "contained")
"""Where an action against what the incident names can be proposed."""

UNDO_STATES: Final[tuple[State, ...]] = ("acknowledged", "contained", "resolved")
"""Where an action can be taken back."""

WAIT_STATES: Final[tuple[State, ...]] = ("acknowledged", "contained")
"""Where an incident can wait on the customer or be laid aside: somebody looks, and the work is not done. Both lie over
the state and end with it."""

_DONE: Final[dict[Move, str]] = {
    Move.ACKNOWLEDGE: "acknowledged",
    Move.CONTAIN: "contained",
    Move.RESOLVE: "resolved",
    Move.CLOSE: "closed",
    Move.REOPEN: "reopened",
}


def next_state(state: State, move: Move, *, verdict: VerdictKind | None) -> State | None:
    """The state that the move leads to, or None when it has nothing left to do.

    Raises Conflict, with what to do instead, when the table does not allow the move from here.
    """
    if state in REACHED[move]:
        return None
    target = TRANSITIONS[move].get(state)
    if target is None:
        raise Conflict(f"An incident that is {state} cannot be {_DONE[move]}.", remedy=_advice(state, _DONE[move]))
    if move is Move.RESOLVE and verdict is None:
        raise Conflict("An incident cannot be resolved without a verdict.", remedy="Give a verdict first.")
    return target


def require_state(state: State, allowed: tuple[State, ...], *, doing: str) -> None:
    """Raises Conflict unless the incident is in one of the states; `doing` completes "... cannot be <doing>"."""
    if state not in allowed:
        raise Conflict(f"An incident that is {state} cannot be {doing}.", remedy=_advice(state, doing))


def actions(
    state: State, *, verdict: VerdictKind | None, is_waiting: bool = False, is_snoozed: bool = False
) -> tuple[Action, ...]:
    """What can be done with an incident now, the next step first."""
    offered: list[Action] = [
        Action(move)
        for move in (Move.ACKNOWLEDGE, Move.CONTAIN, Move.RESOLVE, Move.CLOSE)
        if state in TRANSITIONS[move] and not (move is Move.RESOLVE and verdict is None)
    ]
    if state in VERDICT_STATES:
        offered.insert(0 if verdict is None else len(offered), Action.VERDICT)
    if state in ASSIGN_STATES:
        offered.append(Action.ASSIGN)
    if state in WAIT_STATES:
        if is_waiting:
            offered.insert(0, Action.ANSWERED)
        else:
            offered.append(Action.ASK)
        offered.append(Action.UNSNOOZE if is_snoozed else Action.SNOOZE)
    if state in PROPOSE_STATES:
        offered.append(Action.PROPOSE)
    if state in TRANSITIONS[Move.REOPEN]:
        offered.append(Action.REOPEN)
    return (*offered, Action.NOTE, Action.REPORT)


def _advice(state: State, wants: str) -> str:
    if state in ("resolved", "closed"):
        return "Reopen it first."
    return "Resolve it first." if wants == _DONE[Move.CLOSE] else "Acknowledge it first."
