"""The life of an incident is one table; the tests read it as one."""

import pytest

from watchfloor.incidents.incident import STATES, State, VerdictKind
from watchfloor.incidents.lifecycle import (
    ASSIGN_STATES,
    REACHED,
    TRANSITIONS,
    VERDICT_STATES,
    Action,
    Move,
    actions,
    next_state,
)
from watchfloor.kernel.errors import Conflict

TABLE = """
            new           acknowledged  contained     resolved      closed
acknowledge acknowledged  =             =             =             =
contain     !             contained     =             !             !
resolve     !             resolved      resolved      =             =
close       !             !             !             closed        =
reopen      =             =             =             acknowledged  acknowledged
"""


def cells() -> list[tuple[Move, State, str]]:
    header, *lines = [line.split() for line in TABLE.strip().splitlines()]
    assert header == list(STATES)
    assert [line[0] for line in lines] == list(Move)
    return [(Move(line[0]), STATES[place], cell) for line in lines for place, cell in enumerate(line[1:])]


@pytest.mark.parametrize(("move", "state", "expected"), cells())
def test_each_move_from_each_state(move: Move, state: State, expected: str) -> None:
    if expected == "!":
        with pytest.raises(Conflict) as refused:
            next_state(state, move, verdict="benign")
        assert refused.value.remedy
    else:
        assert next_state(state, move, verdict="benign") == (None if expected == "=" else expected)


def test_nothing_is_resolved_without_a_verdict() -> None:
    with pytest.raises(Conflict, match="without a verdict"):
        next_state("acknowledged", Move.RESOLVE, verdict=None)


def test_a_move_leads_somewhere_or_has_been_made_but_never_both() -> None:
    for move in Move:
        assert not set(TRANSITIONS[move]) & set(REACHED[move])


def test_every_state_but_new_is_reached_by_a_move() -> None:
    assert {target for move in Move for target in TRANSITIONS[move].values()} == set(STATES) - {"new"}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("has_verdict", [False, True])
def test_what_is_offered_can_be_done(state: State, has_verdict: bool) -> None:
    verdict: VerdictKind | None = "benign" if has_verdict else None
    offered = actions(state, verdict=verdict)
    assert len(set(offered)) == len(offered)
    for action in offered:
        if str(action) in {str(move) for move in Move}:
            assert next_state(state, Move(str(action)), verdict=verdict) is not None
    assert (Action.VERDICT in offered) == (state in VERDICT_STATES)
    assert (Action.ASSIGN in offered) == (state in ASSIGN_STATES)


def test_the_next_step_comes_first() -> None:
    assert actions("new", verdict=None)[0] is Action.ACKNOWLEDGE
    assert actions("acknowledged", verdict=None)[0] is Action.VERDICT
    assert actions("contained", verdict="benign")[0] is Action.RESOLVE
    assert actions("resolved", verdict="benign")[0] is Action.CLOSE
    assert actions("closed", verdict="benign")[0] is Action.REOPEN
