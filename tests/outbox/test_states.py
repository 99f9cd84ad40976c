"""Texts go from state to state as the table allows; news of the carrier come in any order."""

from __future__ import annotations

from functools import reduce
from itertools import permutations, product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models import OUTGOING_TRANSITIONS, Outgoing, OutgoingState, WrongStep
from app.outbox.states import apply_news, mark_queued, mark_sending, settle_text
from app.store.db import Db
from app.telephony import MessageStatus, translate_status

states = st.sampled_from(OutgoingState)
words = st.sampled_from(get_args(MessageStatus))


def bring(row: Outgoing, state: OutgoingState) -> None:
    match state:
        case OutgoingState.QUEUED:
            mark_queued(NoDb(), row)
        case OutgoingState.SENDING:
            mark_sending(NoDb(), row)
        case _:
            settle_text(NoDb(), row, state)


class NoDb(Db):
    """A transaction in which nothing is written."""

    def __init__(self) -> None:
        return

    def flush(self, objects: object = None) -> None:
        return


@pytest.mark.parametrize(("before", "after"), [*product(OutgoingState, OutgoingState)])
def test_a_text_takes_the_steps_of_the_table_alone(
    before: OutgoingState, after: OutgoingState
) -> None:
    row = Outgoing(state=before)
    if before != after and after not in OUTGOING_TRANSITIONS[before]:
        with pytest.raises(WrongStep):
            bring(row, after)
    else:
        bring(row, after)
        assert row.state == after


def test_shuffled_callbacks_end_in_the_same_status() -> None:
    told: list[MessageStatus] = ["sending", "sent", "delivered", "sent"]
    ends = {reduce(apply_news, order, OutgoingState.QUEUED) for order in permutations(told)}
    assert ends == {"delivered"}


@given(old=states, word=words)
def test_a_repeated_callback_changes_nothing(old: OutgoingState, word: MessageStatus) -> None:
    once = apply_news(old, word)
    assert apply_news(once, word) == once


@given(old=states, told=st.lists(words, max_size=6), data=st.data())
def test_in_any_order_the_same_is_known_in_the_end(
    old: OutgoingState, told: list[MessageStatus], data: st.DataObject
) -> None:
    lost = {"undelivered", "failed"}  # of these the one that came first stays
    orders = (told, data.draw(st.permutations(told)))
    one, other = (reduce(apply_news, order, old) for order in orders)
    assert one == other or {one, other} == lost


def test_any_word_from_the_carrier_settles_an_uncertain_text() -> None:
    told = [translate_status(word) or "received" for word in ("queued", "failed")]
    uncertain = OutgoingState.UNCERTAIN
    assert [apply_news(uncertain, word) for word in told] == ["sending", "failed"]


def test_a_receipt_from_the_handset_outweighs_a_reported_failure() -> None:
    assert apply_news(OutgoingState.UNDELIVERED, "delivered") == "delivered"
    assert apply_news(OutgoingState.DELIVERED, "failed") == "delivered"
