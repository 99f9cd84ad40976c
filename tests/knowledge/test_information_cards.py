"""Information cards: nothing is told that nobody verified, or that is overdue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from app.errors import BadRequest, StaleVersion
from app.knowledge.information_cards import (
    CardFacts,
    add_card,
    change_card,
    is_card_usable,
    list_cards,
)
from app.models import InformationCard
from tests.premises import Premises
from tests.service import CALLER, House, refusal

CARD = {
    "topic": "clinic",
    "region": "montreal",
    "covers": {"en": "They do not ask for status.", "fr": "On ne demande rien."},
    "excludes": {"en": "Not the hospital."},
    "source_url": "https://example.org/policy",
    "verified_by": "A. Lawyer",
    "verified_on": "2026-01-02",
    "review_by": "2026-02-01",
}


# -- the rules


FACTS = CardFacts(
    topic="clinic",
    source_url="https://example.org/policy",
    region="montreal",
    covers={"en": "They do not ask for status.", "fr": "On ne demande rien."},
    excludes={"en": "Not the hospital."},
    verified_by="A. Lawyer",
    verified_on=date(2026, 1, 2),
    review_by=date(2026, 2, 1),
)


def add(premises: Premises, **changes: Any) -> InformationCard:
    with premises.writing() as db:
        crane = premises.principal("crane")
        return add_card(db, crane, replace(FACTS, **changes), premises.now)


def change(
    premises: Premises, card: InformationCard, version: int, verified: bool = False, **changes: Any
) -> InformationCard:
    with premises.writing() as db:
        return change_card(
            db,
            premises.principal("crane"),
            card.id,
            version,
            partial(replace, **changes),
            premises.now,
            verified=verified,
        )


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({}, True),
        ({"review_by": date(2026, 1, 15)}, True),
        ({"review_by": date(2026, 1, 14)}, False),
        ({"review_by": None}, False),
        ({"verified_by": None}, False),
        ({"verified_on": None}, False),
    ],
)
def test_a_card_is_used_once_verified_and_until_it_is_overdue(
    changes: dict[str, Any], usable: bool
) -> None:
    card = InformationCard(**{**vars(FACTS), **changes})
    assert is_card_usable(card, date(2026, 1, 15)) is usable


@pytest.mark.parametrize(
    "wrong",
    [
        {"covers": {}},
        {"covers": {"en": " "}},
        {"covers": {"xx": "?"}},
        {"covers": {"en": "x" * 2001}},
        {"excludes": {"xx": "?"}},
        {"region": "atlantis"},
        {"verified_by": None},
        {"verified_on": None},
        {"review_by": None},
        {"verified_on": date(2027, 1, 10)},
    ],
)
def test_a_card_that_cannot_be_is_refused(shared_premises: Premises, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        add(shared_premises, **wrong)


def test_a_card_that_says_something_else_has_to_be_verified_anew(premises: Premises) -> None:
    card = add(premises)
    assert change(premises, card, 1, topic="clinics").verified_by == "A. Lawyer"
    changed = change(premises, card, 2, covers={"en": "They ask."})
    assert (changed.verified_by, changed.verified_on) == (None, None)
    again = {"verified_by": "B. Lawyer", "verified_on": date(2026, 1, 10)}
    assert change(premises, card, 3, verified=True, **again).verified_by == "B. Lawyer"
    new = {"excludes": {}, "verified_on": date(2026, 1, 15)}
    assert change(premises, card, 4, verified=True, **new).verified_by == "B. Lawyer"
    with pytest.raises(StaleVersion):
        change(premises, card, 4, topic="x")


def test_cards_of_a_region_come_with_those_for_everywhere(premises: Premises) -> None:
    for topic, region in (("a", "montreal"), ("b", None), ("c", "laval")):
        add(premises, topic=topic, region=region)
    with premises.reading() as db:
        heron = premises.principal("heron")
        assert [card.topic for card in list_cards(db, heron, "montreal")] == ["a", "b"]
        assert [card.topic for card in list_cards(db, heron, topic="c")] == ["c"]


# -- announcing one


def _made(house: House, **changes: Any) -> dict[str, Any]:
    answer = house.as_("crane").post("/v1/information-cards", {**CARD, **changes})
    card: dict[str, Any] = answer.json()
    return card


def _announce(house: House, card: dict[str, Any], case_id: str) -> Any:
    path = f"/v1/information-cards/{card['id']}/announce"
    return house.as_("heron").post(path, {"case_id": case_id})


def test_a_caller_is_told_to_call_and_nothing_of_the_answer(shared_house: House) -> None:
    case = shared_house.case_of("bonjour", "2")
    assert _announce(shared_house, _made(shared_house), case["id"]).status_code == 202
    shared_house.settle()
    last = shared_house.phone(CALLER).inbox()[-1]
    assert last == "Appelez-nous pour entendre la réponse."


def test_what_is_overdue_or_unverified_is_not_told(shared_house: House) -> None:
    case = shared_house.case_of("hello", "1", number="+15145550124")
    for changes in ({"verified_by": None, "verified_on": None}, {"review_by": "2026-01-14"}):
        card = _made(shared_house, **changes)
        assert not card["usable"]
        assert refusal(_announce(shared_house, card, case["id"])) == (400, "bad-request")


def test_a_card_is_changed_over_rest(shared_house: House) -> None:
    card, crane = _made(shared_house), shared_house.as_("crane")
    path = f"/v1/information-cards/{card['id']}"
    changed = crane.patch(path, {"covers": {"en": "They ask."}}, version='"1"').json()
    assert (changed["usable"], changed["verified_by"]) == (False, None)
    again = {"verified_by": "B. Lawyer", "verified_on": "2026-01-10"}
    assert crane.patch(path, again, version='"2"').json()["usable"]
    assert refusal(crane.patch(path, {"topic": "x"}, version='"2"')) == (412, "stale-version")
    assert crane.delete(path).status_code == 204
    assert refusal(shared_house.as_("heron").get(path)) == (404, "not-found")
