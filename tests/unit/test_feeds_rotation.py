"""Whose turn it is: equal shares for busy tenants, whatever their batches weigh (Q3)."""

import random
from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from watchfloor.feeds.intake.queue import Lane
from watchfloor.feeds.rotation import Rotation
from watchfloor.kernel.ids import TenantId


def tenant(number: int) -> TenantId:
    return TenantId(UUID(int=number))


def work(rotation: Rotation, weigh: dict[TenantId, int], turns: int) -> Counter[TenantId]:
    """How much each tenant got in so many turns, when all always have more."""
    got = Counter[TenantId]()
    for _ in range(turns):
        turn = rotation.next()
        assert turn is not None
        taken = 0
        while taken == 0 or taken + weigh[turn.tenant_id] <= turn.allowance:
            taken += weigh[turn.tenant_id]
        got[turn.tenant_id] += taken
        rotation.settle(turn, cost=taken, has_more=True)
    return got


def jain(shares: Counter[TenantId]) -> float:
    """Jain's index of fairness: 1 when all shares are equal."""
    return sum(shares.values()) ** 2 / (len(shares) * sum(share * share for share in shares.values()))


@given(st.lists(st.integers(1, 5_000), min_size=2, max_size=8))
def test_busy_tenants_get_equal_shares_whatever_their_batches_weigh(weights: list[int]) -> None:
    weigh = {tenant(number): weight for number, weight in enumerate(weights)}
    rotation = Rotation(quantum=1_000)
    for one in weigh:
        rotation.add(one)
    assert jain(work(rotation, weigh, 400 * len(weights))) >= 0.95


def test_a_tenant_with_one_small_batch_waits_for_at_most_one_turn_of_each_other() -> None:
    rotation = Rotation(quantum=1_000)
    for number in range(5):
        rotation.add(tenant(number))
    work(rotation, {tenant(number): 100_000 for number in range(5)}, 20)
    rotation.add(tenant(9))
    waited = 0
    while (turn := rotation.next()) is not None and turn.tenant_id != tenant(9):
        rotation.settle(turn, cost=100_000, has_more=True)
        waited += 1
    assert waited <= 5


def test_a_tenant_that_was_idle_has_saved_nothing_up() -> None:
    rotation = Rotation(quantum=1_000)
    for _ in range(50):
        rotation.add(tenant(1))
        turn = rotation.next()
        assert turn is not None
        assert turn.allowance <= 1_000
        rotation.settle(turn, cost=1, has_more=False)
    assert rotation.next() is None


def test_what_was_overdrawn_is_owed_even_after_a_pause() -> None:
    rotation = Rotation(quantum=1_000)
    rotation.add(tenant(1))
    turn = rotation.next()
    assert turn is not None
    rotation.settle(turn, cost=10_000, has_more=False)
    rotation.add(tenant(1))
    rotation.add(tenant(2))
    order = list[TenantId]()
    for _ in range(4):
        turn = rotation.next()
        assert turn is not None
        order.append(turn.tenant_id)
        rotation.settle(turn, cost=1_000, has_more=True)
    assert order == [tenant(2)] * 4


def test_nobody_gets_two_turns_at_once_and_no_hint_is_forgotten() -> None:
    rotation = Rotation(quantum=1_000)
    rotation.add(tenant(1))
    rotation.add(tenant(1))
    turn = rotation.next()
    assert turn is not None
    assert rotation.next() is None
    rotation.add(tenant(1))
    assert rotation.next() is None
    rotation.settle(turn, cost=1, has_more=False)
    again = rotation.next()
    assert again is not None
    rotation.settle(again, cost=1, has_more=False)
    assert rotation.next() is None


def test_whatever_is_said_in_whatever_order_every_tenant_with_work_gets_its_turn() -> None:
    chance = random.Random(7)
    rotation = Rotation(quantum=100)
    pending = Counter[TenantId]()
    for _ in range(5_000):
        one = tenant(chance.randrange(6))
        if chance.random() < 0.5:
            pending[one] += chance.randrange(1, 500)
            rotation.add(one)
        elif (turn := rotation.next()) is not None:
            taken = min(pending[turn.tenant_id], max(turn.allowance, 1))
            pending[turn.tenant_id] -= taken
            rotation.settle(turn, cost=taken, has_more=pending[turn.tenant_id] > 0)
    while (turn := rotation.next()) is not None:
        pending[turn.tenant_id] = 0
        rotation.settle(turn, cost=1, has_more=False)
    assert not any(pending.values())


def test_nobody_works_in_a_later_lane_while_anybody_waits_in_an_earlier_one() -> None:
    rotation = Rotation(quantum=1_000)
    for number in range(3):
        rotation.add(tenant(number), Lane.BULK)
        rotation.add(tenant(number), Lane.BACKFILL)
    rotation.add(tenant(2), Lane.LIVE)
    order = list[tuple[Lane, TenantId]]()
    while (turn := rotation.next()) is not None:
        order.append((turn.lane, turn.tenant_id))
        rotation.settle(turn, cost=500, has_more=False)
    assert [lane for lane, _ in order] == [Lane.LIVE] + [Lane.BACKFILL] * 3 + [Lane.BULK] * 3


def test_what_was_overdrawn_in_a_later_lane_is_not_owed_in_an_earlier_one() -> None:
    rotation = Rotation(quantum=1_000)
    rotation.add(tenant(1), Lane.BACKFILL)
    turn = rotation.next()
    assert turn is not None
    rotation.add(tenant(1), Lane.LIVE)
    assert rotation.next() is None
    rotation.settle(turn, cost=1_000_000, has_more=True)
    turn = rotation.next()
    assert turn is not None
    assert (turn.lane, turn.allowance) == (Lane.LIVE, 1_000)
