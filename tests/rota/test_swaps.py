from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import select

from app.errors import BadRequest, NotFound, OfferTaken
from app.models import SWAP_TRANSITIONS, ShiftSwap, SwapState, WrongStep
from app.rota.overrides import ChangedTurn, override_turn
from app.rota.shifts import TwoPlaces, remove_shift
from app.rota.swaps import (
    NotYours,
    SwapOver,
    expire_swaps,
    find_swap,
    list_swaps,
    move_swap,
    offer_swap,
    take_swap,
    withdraw_swap,
)
from tests.premises import Premises
from tests.rota.desk import TODAY, TOMORROW, add, on_duty


def offer(
    premises: Premises,
    shift: UUID,
    by: str = "heron",
    at: datetime | None = TOMORROW,
    to: str | None = None,
) -> UUID:
    asked = premises.id(to) if to else None
    with premises.writing() as db:
        return offer_swap(db, premises.principal(by), shift, at, premises.now, asked)


def take(premises: Premises, swap: UUID, by: str = "plover") -> None:
    with premises.writing() as db:
        take_swap(db, premises.principal(by), swap, premises.now)


def withdraw(premises: Premises, swap: UUID, by: str = "heron") -> None:
    with premises.writing() as db:
        withdraw_swap(db, premises.principal(by), swap, premises.now)


def seen_by(premises: Premises, handle: str) -> list[UUID]:
    with premises.reading() as db:
        found = list_swaps(db, premises.principal(handle), premises.now)
    return [swap.id for swap in found]


def states(premises: Premises) -> list[str]:
    with premises.reading() as db:
        return list(db.scalars(select(ShiftSwap.state)))


@pytest.mark.parametrize(("before", "after"), list(product(SwapState, repeat=2)))
def test_a_swap_goes_only_where_the_table_leads(before: SwapState, after: SwapState) -> None:
    swap = ShiftSwap(state=before)
    if after in {before, *SWAP_TRANSITIONS[before]}:
        move_swap(swap, after)
        assert swap.state == after
    else:
        with pytest.raises(WrongStep):
            move_swap(swap, after)
        assert swap.state == before


def test_a_swap_is_offered_seen_and_taken_by_one(premises: Premises) -> None:
    swap = offer(premises, add(premises, "heron"))
    assert on_duty(premises, TOMORROW) == ["heron"], "until a colleague takes it"
    assert seen_by(premises, "heron") == seen_by(premises, "plover") == [swap]
    take(premises, swap)
    assert (on_duty(premises, TODAY), on_duty(premises, TOMORROW)) == (["heron"], ["plover"])
    assert seen_by(premises, "heron") == []
    with pytest.raises(OfferTaken):
        take(premises, swap, "wren")
    with pytest.raises(OfferTaken):
        withdraw(premises, swap)
    assert premises.log()[-2:] == ["swap.offered", "swap.taken"]


def test_without_a_time_it_is_the_next_of_ones_own_turns(premises: Premises) -> None:
    swap = offer(premises, add(premises, "heron"), at=None)
    with premises.reading() as db:
        assert find_swap(db, premises.principal("heron"), swap).turn.start == TODAY


def test_one_colleague_can_be_asked_and_then_everybody(premises: Premises) -> None:
    shift = add(premises, "heron")
    swap = offer(premises, shift, to="plover")
    with pytest.raises(NotFound):
        take(premises, swap, "wren")
    assert offer(premises, shift) == swap, "asked again, it is the same swap"
    take(premises, swap, "wren")
    assert on_duty(premises, TOMORROW) == ["wren"]


def test_only_a_colleague_who_can_do_it_is_asked(premises: Premises) -> None:
    shift = add(premises, "heron", "plover")
    for colleague in ("finch", "plover"):
        with pytest.raises(BadRequest):
            offer(premises, shift, to=colleague)


def test_only_ones_own_turn_is_offered(premises: Premises) -> None:
    shift = add(premises, "heron")
    for at in (TOMORROW, None):
        with pytest.raises(NotYours):
            offer(premises, shift, by="plover", at=at)


def test_who_may_not_take_it_does_not_learn_of_it(premises: Premises) -> None:
    swap = offer(premises, add(premises, "heron"))
    assert seen_by(premises, "finch") == []
    with pytest.raises(NotFound):
        take(premises, swap, "finch")
    with pytest.raises(NotFound):
        withdraw(premises, swap, "finch")
    with premises.reading() as db, pytest.raises(NotFound):
        find_swap(db, premises.principal("finch"), swap)


def test_who_asks_is_shown_to_who_sees_the_shift_alone(premises: Premises) -> None:
    swap = offer(premises, add(premises, "finch", role="accompanier"), by="finch")
    with premises.reading() as db:
        assert find_swap(db, premises.principal("crane"), swap).member == premises.id("finch")
        with pytest.raises(NotFound):
            find_swap(db, premises.principal("heron"), swap)


def test_nobody_takes_their_own_turn_or_does_two_at_once(premises: Premises) -> None:
    shift = add(premises, "heron")
    add(premises, "plover", hour=12)
    swap = offer(premises, shift)
    with pytest.raises(BadRequest):
        take(premises, swap, "heron")
    with pytest.raises(TwoPlaces):
        take(premises, swap, "plover")
    assert states(premises) == ["open"]


def test_a_swap_is_taken_back_by_its_member_or_a_coordinator(premises: Premises) -> None:
    shift = add(premises, "heron")
    for handle in ("heron", "crane"):
        withdraw(premises, offer(premises, shift), handle)
        assert states(premises) == []


def test_it_is_over_once_a_coordinator_settled_the_turn(premises: Premises) -> None:
    shift = add(premises, "heron")
    swap = offer(premises, shift)
    settled = ChangedTurn(away=[premises.id("heron")], extra=[premises.id("wren")])
    with premises.writing() as db:
        crane = premises.principal("crane")
        override_turn(db, crane, shift, TOMORROW, settled, premises.now)
    with pytest.raises(SwapOver):
        take(premises, swap)
    assert on_duty(premises, TOMORROW) == ["wren"]


def test_it_expires_when_the_shift_begins_and_goes_two_months_later(premises: Premises) -> None:
    shift = add(premises, "heron")
    swap = offer(premises, shift)
    premises.clock.advance(timedelta(hours=26))
    with pytest.raises(SwapOver):
        take(premises, swap)
    with premises.writing() as db:
        assert expire_swaps(db, premises.now) == 1
    assert states(premises) == ["expired"]
    with pytest.raises(SwapOver):
        offer(premises, shift)
    premises.clock.advance(timedelta(days=63))
    with premises.writing() as db:
        assert expire_swaps(db, premises.now) == 0
    assert states(premises) == []


def test_a_swap_goes_with_its_shift(premises: Premises) -> None:
    shift = add(premises, "heron")
    offer(premises, shift)
    with premises.writing() as db:
        remove_shift(db, premises.principal("crane"), shift, premises.now)
    assert states(premises) == []
