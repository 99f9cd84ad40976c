from __future__ import annotations

from itertools import product

import pytest

from app.members.confirmations import move_confirmation
from app.models import CONFIRMATION_TRANSITIONS, Confirmation, ConfirmationState
from app.models.steps import WrongStep
from tests.premises import Premises


@pytest.mark.parametrize(("before", "after"), list(product(ConfirmationState, repeat=2)))
def test_a_confirmation_makes_the_steps_of_its_table_and_no_other(
    shared_premises: Premises, before: ConfirmationState, after: ConfirmationState
) -> None:
    with shared_premises.writing() as db:
        confirmation = db.query(Confirmation).limit(1).one()
        confirmation.state = before
        if after == before or after in CONFIRMATION_TRANSITIONS[before]:
            move_confirmation(db, confirmation, after, None, shared_premises.now)
            assert confirmation.state == after
        else:
            with pytest.raises(WrongStep):
                move_confirmation(db, confirmation, after, None, shared_premises.now)
