from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import HandoverNote, ShiftOverride, ShiftSwap
from app.rota.handover import write_handover
from app.rota.overrides import ChangedTurn, join_shift, override_turn
from app.rota.shifts import ShiftChanges, change_shift
from app.rota.swaps import offer_swap
from app.rota.unfilled import (
    describe_lacking,
    find_lacking_turns,
    find_untold_turns,
    note_told,
    put_away_old,
)
from app.texts import MemberText
from tests.premises import Premises
from tests.rota.desk import NINE, add


@pytest.fixture
def shift(premises: Premises) -> UUID:
    """One day of a shift that nobody does, in three days."""
    return add(
        premises, rule="FREQ=DAILY;COUNT=1", starts_at=NINE + timedelta(days=3), role="legal"
    )


def told(premises: Premises) -> list[datetime]:
    with premises.writing() as db:
        turns = find_untold_turns(db, premises.now)
        note_told(db, turns)
    return [turn.on for turn in turns]


def test_coordinators_hear_once_two_days_ahead(premises: Premises, shift: UUID) -> None:
    premises.clock.advance(timedelta(hours=24))
    assert told(premises) == []
    premises.clock.advance(timedelta(hours=4))
    assert told(premises) == [NINE + timedelta(days=3)]
    assert told(premises) == []


def test_they_hear_again_once_the_shift_was_changed(premises: Premises, shift: UUID) -> None:
    premises.clock.advance(timedelta(hours=28))
    told(premises)
    with premises.writing() as db:
        crane = premises.principal("crane")
        change_shift(db, crane, shift, 1, ShiftChanges(people=2), premises.now)
    assert told(premises) == [NINE + timedelta(days=3)]


def test_what_is_filled_lacks_nobody(premises: Premises, shift: UUID) -> None:
    premises.clock.advance(timedelta(hours=28))
    with premises.writing() as db:
        assert describe_lacking(find_lacking_turns(db, premises.now)).text == MemberText.LACKING_ONE
        join_shift(db, premises.principal("owl"), shift, None, premises.now)
        assert find_lacking_turns(db, premises.now) == []


def test_what_is_long_over_is_put_away(premises: Premises) -> None:
    daily = add(premises, "heron")
    with premises.writing() as db:
        heron, crane, now = premises.principal("heron"), premises.principal("crane"), premises.now
        write_handover(db, heron, daily, "all quiet", now)
        offer_swap(db, heron, daily, None, now)
        tomorrow = now + timedelta(days=1, hours=2)
        override_turn(db, crane, daily, tomorrow, ChangedTurn(cancelled=True), now)
    for days in (1, 80):
        premises.clock.advance(timedelta(days=days))
        with premises.writing() as db:
            put_away_old(db, premises.now)
    with premises.reading() as db:
        for model in (HandoverNote, ShiftSwap, ShiftOverride):
            assert db.scalars(select(model)).all() == []
