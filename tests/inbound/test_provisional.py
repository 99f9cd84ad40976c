"""While sealed: texts are taken in and answered with the greeting, and settled once open."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from app import audit
from app.models import Case, Message, PendingKeyword
from app.store import Db
from tests.service import CALLER, House

GREETING = "Hello / Bonjour."


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it."""
    return "sqlite"


@pytest.fixture
def sealed(house: House) -> House:
    """A house whose server has just been started again in `unseal` mode."""
    house.seal()
    return house


def _count(house: House, model: type) -> int:
    with house.database.snapshot() as db:
        return db.scalar(select(func.count()).select_from(model)) or 0


def _count_provisional(house: House) -> int:
    with house.database.snapshot() as db:
        return len(db.scalars(select(Case).where(Case.provisional)).all())


def test_texts_are_taken_in_and_answered_with_the_greeting_once(sealed: House) -> None:
    said = sealed.phone().says("they are here", "please", "hello?")
    assert [text[:16] for text in said] == [GREETING]
    assert _count(sealed, Case) == 1
    assert _count(sealed, Message) == 4


@pytest.mark.parametrize("word", ["STOP", "ARRET", "X", "ERASE"])
def test_words_that_must_bind_are_not_answered_but_wait(sealed: House, word: str) -> None:
    assert sealed.phone().says(word) == []
    assert _count(sealed, PendingKeyword) == 1


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_three_in_the_morning(house: House) -> None:
    """A restart, five texts with a STOP and a duplicate among them, and one person who wakes up."""
    case = house.case_of("hello", "2")
    house.advance(minutes=1)
    house.seal()
    caller = house.phone(CALLER)
    before = len(caller.inbox())
    house.network.faults("webhook-duplicate", count=1)
    caller.says("they took him", "are you there?", "ARRET", "please", "he is at Laval")
    assert [text[:16] for text in caller.inbox()[before:]] == [GREETING]

    house.sign_in("heron")
    house.settle()

    assert [found["id"] for found in house.queue()] == [case["id"]]
    bodies = [m["body"] for m in house.read(case["id"])["messages"] if m["direction"] == "inbound"]
    assert bodies == [
        "hello", "2", "they took him", "are you there?", "ARRET", "please", "he is at Laval"
    ]  # fmt: skip
    refused = house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "we are here"})
    assert refused.json()["type"] == "urn:kith:number-suppressed"
    assert len(caller.inbox()) == before + 1


def test_a_phone_that_was_not_known_gets_a_case_of_its_own(sealed: House) -> None:
    sealed.phone("+15145550177").says("they took my brother")
    sealed.sign_in("heron")
    sealed.settle()
    [case] = sealed.queue()
    assert case["urgency"] == 0
    assert sealed.read(case["id"])["contact"]["number_masked"].endswith("77")
    sealed.phone("+15145550177").says("are you there")
    assert len(sealed.queue()) == 1


def test_an_erase_that_waited_starts_its_dialogue(sealed: House) -> None:
    sealed.phone().says("ERASE")
    sealed.sign_in("heron")
    sealed.settle()
    assert any(character.isdigit() for character in sealed.phone().inbox()[-1])


def test_what_was_sealed_is_taken_over_also_where_the_opening_half_failed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.seal()
    house.phone("+15145550177").text("they took him")
    house.settle()
    assert _count_provisional(house) == 1
    record = audit.record

    def broken(db: Db, kind: str, *rest: Any) -> None:
        if kind == "session.started":
            raise OSError("no space left")
        record(db, kind, *rest)

    with monkeypatch.context() as full:
        full.setattr(audit, "record", broken)
        assert house.sign_in("heron").status_code == 503
    assert _count_provisional(house) == 1
    assert house.sign_in("heron").status_code == 201
    house.advance(minutes=2)
    assert _count_provisional(house) == 0
    [case] = house.queue()
    assert house.read(case["id"])["messages"][0]["body"] == "they took him"
