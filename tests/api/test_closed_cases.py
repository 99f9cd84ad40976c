"""Nothing is written to a case that is over: each endpoint that writes is tried."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.models import Case, Note, Offer, Report
from tests.api.test_permissions import CASES, ENDPOINTS, OFFERS, Scene, ask
from tests.service import House, refusal

# What may still happen to a closed case: the archive opens it, a coordinator keeps it, and the
# desk erases it.
ENDS = ("/break-glass", "/reopen", "/erase", "/hold")
WRITES = [
    name
    for name, (needs, _) in ENDPOINTS.items()
    if not name.startswith("GET ")
    and CASES in needs
    and any(one in name for one in ("{case_id}", "{event_id}", "{episode_id}", "{task_id}"))
    and not name.endswith(ENDS)
]
OF_REQUESTS = [name for name in ENDPOINTS if name.startswith("POST /v1/requests/{request_id}")]
BY_WHO_WAS_ASKED = [
    name for name, (needs, _) in ENDPOINTS.items() if OFFERS in needs and name.startswith("POST")
]


def end_all(house: House, how: str = "close") -> None:
    """Close, or erase, every case that is open."""
    heron = house.as_("heron")
    for case in house.queue():
        heron.post(f"/v1/cases/{case['id']}/{how}", {"outcome": "other"})
    assert house.queue() == []


@pytest.mark.parametrize(
    "name", [*WRITES, *OF_REQUESTS, "POST /v1/information-cards/{card_id}/announce"]
)
def test_the_desk_writes_nothing_to_a_closed_case(shared_house: House, name: str) -> None:
    heron = shared_house.as_("heron")
    example = ENDPOINTS[name][1](Scene(shared_house, "heron", heron))
    end_all(shared_house)
    # A task ends with its case.
    expected = (404, "not-found") if "{task_id}" in name else (409, "case-closed")
    assert refusal(ask(heron, name, example)) == expected


@pytest.mark.parametrize("name", WRITES)
def test_nor_to_an_erased_one(shared_house: House, name: str) -> None:
    heron = shared_house.as_("heron")
    example = ENDPOINTS[name][1](Scene(shared_house, "heron", heron))
    end_all(shared_house, "erase")
    status, _ = refusal(ask(heron, name, example))
    assert status == (410 if "{case_id}" in name else 404)


@pytest.mark.parametrize("name", [name for name in WRITES if "{case_id}" in name])
def test_a_reason_lets_the_archive_read_and_not_write(shared_house: House, name: str) -> None:
    crane = shared_house.as_("crane")
    example = ENDPOINTS[name][1](Scene(shared_house, "heron", shared_house.as_("heron")))
    end_all(shared_house)
    shared_house.break_glass(example.ids["case_id"])
    assert refusal(ask(crane, name, example)) == (403, "forbidden")


def written(house: House) -> tuple[int | None, ...]:
    with house.database.snapshot() as db:
        return tuple(db.scalar(select(func.count()).select_from(one)) for one in (Note, Report))


@pytest.mark.parametrize("name", BY_WHO_WAS_ASKED)
def test_a_member_who_was_asked_writes_nothing_to_a_closed_case(
    shared_house: House, name: str
) -> None:
    finch = shared_house.as_("finch")
    example = ENDPOINTS[name][1](Scene(shared_house, "finch", finch))
    end_all(shared_house)
    before = written(shared_house)
    assert refusal(ask(finch, name, example))[0] == 409
    assert written(shared_house) == before


def test_nor_where_their_offer_is_called_pending_again(shared_house: House) -> None:
    """The offer's state lies open in the database."""
    scene = Scene(shared_house, "finch", shared_house.as_("finch"))
    offer_id = scene.offer()
    end_all(shared_house)
    with shared_house.database.transaction() as db:
        db.execute(update(Offer).where(Offer.id == UUID(offer_id)).values(state="pending"))
    before = written(shared_house)
    answer = scene.client.post(f"/v1/offers/{offer_id}/decline", {"reason": "planted"})
    assert refusal(answer) == (409, "offer-expired")
    assert written(shared_house) == before


def test_why_a_member_says_no_is_kept_once_while_the_case_is_open(shared_house: House) -> None:
    scene = Scene(shared_house, "finch", shared_house.as_("finch"))
    offer_id, before = scene.offer(), written(shared_house)
    for _ in range(2):
        answer = scene.client.post(f"/v1/offers/{offer_id}/decline", {"reason": "at work"})
        assert answer.status_code == 204
    assert written(shared_house) == (before[0] + 1, before[1])  # type: ignore[operator]


def test_nobody_explains_an_offer_that_was_made_to_another(shared_house: House) -> None:
    scene = Scene(shared_house, "finch", shared_house.as_("finch"))
    offer_id, before = scene.offer(), written(shared_house)
    owl = shared_house.as_("owl")
    answer = owl.post(f"/v1/offers/{offer_id}/decline", {"reason": "planted"})
    assert refusal(answer) == (404, "not-found")
    assert written(shared_house) == before


def test_erased_cases_are_gone_for_who_was_asked(shared_house: House) -> None:
    scene = Scene(shared_house, "finch", shared_house.as_("finch"))
    offer_id = scene.offer()
    end_all(shared_house, "erase")
    answer = scene.client.post(f"/v1/offers/{offer_id}/decline", {"reason": "planted"})
    assert refusal(answer) == (404, "not-found")
    with shared_house.database.snapshot() as db:
        erased = select(Case.id).where(Case.state == "erased")
        assert db.scalar(select(func.count()).where(Note.case_id.in_(erased))) == 0
