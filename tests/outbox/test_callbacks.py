"""Status callbacks as the carrier sends them: late, twice, shuffled, and about texts of others."""

from __future__ import annotations

from functools import reduce
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from app.models import Message, Outgoing, OutgoingState, table
from app.outbox.callbacks import StatusUpdate, follow_statuses
from app.outbox.states import apply_news
from app.telephony import DeliveryStatus, translate_status
from tests.service import House

WORDS = ["queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "invented"]
# A word about our text, named by our id or only by the carrier's; or about somebody else's.
told = st.tuples(st.sampled_from(WORDS), st.sampled_from(["id", "sid", "foreign id", "foreign"]))


@pytest.fixture(scope="module")
def message_id(shared_house: House) -> UUID:
    case = shared_house.read(shared_house.case_of("hello")["id"])
    return UUID(next(m["id"] for m in case["messages"] if m["direction"] == "outbound"))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(told, max_size=4), max_size=4))
def test_a_status_never_goes_back(
    shared_house: House, message_id: UUID, batches: list[list[tuple[str, str]]]
) -> None:
    text_id, sid = uuid4(), f"SM{uuid4().hex}"
    _on_its_way(shared_house, text_id, sid, message_id)
    expected = OutgoingState.SENDING
    for batch in batches:
        with shared_house.database.transaction() as db:
            updates = [_update(word, about, text_id, sid) for word, about in batch]
            follow_statuses(db, updates, shared_house.clock())
        known = [translate_status(word) for word, about in batch if not about.startswith("foreign")]
        expected = reduce(apply_news, [status for status in known if status], expected)
        with shared_house.database.snapshot() as db:
            states = select(Outgoing.state, Message.status).join(Message).where
            assert db.execute(states(Outgoing.id == text_id)).one() == (expected, expected)


def _update(word: str, about: str, text_id: UUID, sid: str) -> StatusUpdate:
    named = {"id": text_id, "sid": None, "foreign id": uuid4(), "foreign": None}[about]
    whose = f"SM{uuid4().hex}" if about.startswith("foreign") else sid
    return StatusUpdate(named, DeliveryStatus(whose, translate_status(word), None))


def _on_its_way(house: House, text_id: UUID, sid: str, message_id: UUID) -> None:
    """A text that the carrier has taken over and told nothing of so far."""
    with house.database.transaction() as db:
        values = {
            "id": text_id,
            "message_id": message_id,
            "state": "sending",
            "purpose": "reply",
            "segments": 1,
            "queued_at": house.clock(),
            "sid_lookup": db.keys.sid_lookup(sid),
        }
        db.execute(insert(table(Outgoing)), [values])
        db.execute(update(Message).where(Message.id == message_id).values(status="sending"))
