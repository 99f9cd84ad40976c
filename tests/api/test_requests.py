"""Requests, offers and assignments over REST: what programs outside rely on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.requests.people import a_case, a_date, accept, ask, offers_of, request_of
from tests.service import House, refusal

OFFER = {
    "id",
    "kind",
    "urgency",
    "language",
    "languages",
    "region",
    "window",
    "needed_by",
    "expires_at",
    "state",
}


@pytest.fixture(scope="module")
def desk(shared_house: House) -> House:
    """One house for all of it; each test has cases of its own."""
    shared_house.newcomer("siskin", "accompanier")
    return shared_house


def drop_all(house: House) -> None:
    """Cancel what runs, so that the next request finds everybody free."""
    heron = house.as_("heron")
    for request in heron.get("/v1/requests?limit=200").json()["items"]:
        heron.post(f"/v1/requests/{request['id']}/cancel")
    house.settle()


@pytest.fixture
def asked(desk: House) -> tuple[House, str, dict[str, Any]]:
    """A request for an accompanier to a hearing, with who was asked."""
    drop_all(desk)
    case = a_case(desk)
    event = a_date(desk, case)
    share = ["subject_name", "client_id"]
    request = ask(desk, case, event_id=event, share=share, skills=[])
    members = {str(one.id): handle for handle, one in desk.residents.items()}
    [offer] = request["offers"]
    return desk, members[offer["member"]], request


def test_a_request_says_what_was_asked_for(asked: tuple[House, str, dict[str, Any]]) -> None:
    _, _, request = asked
    assert request["kind"] == "accompaniment"
    assert request["state"] == "offered"
    assert (request["languages"], request["region"]) == (["fr"], "montreal")
    assert request["shares"] == ["subject_name"]  # an accompanier is not shown client numbers
    assert request["has_brief"]
    assert request["window"]["starts_at"] < request["window"]["ends_at"]


def test_an_offer_shows_coarse_facts_and_never_a_person(
    asked: tuple[House, str, dict[str, Any]],
) -> None:
    house, handle, request = asked
    [offer, *_] = offers_of(house, handle)
    assert set(offer) == OFFER
    assert (offer["kind"], offer["language"], offer["region"]) == (
        "accompaniment",
        "fr",
        "montreal",
    )
    assert offer["state"] == "pending"
    assert "Amina" not in str(offer)
    assert request["case_id"] not in str(offer)


def test_accepting_answers_with_the_brief(asked: tuple[House, str, dict[str, Any]]) -> None:
    house, handle, request = asked
    answer = accept(house, handle)
    assert answer.status_code == 200
    assert answer.json()["brief"]["fields"] == {"subject_name": "Amina"}
    assert answer.json()["brief"]["meeting_place"] == "main door"
    read = house.as_(handle).get(answer.headers["location"])
    assert read.json() == answer.json()
    mine = house.as_(handle).get("/v1/assignments").json()["items"]
    assert answer.json()["id"] in [one["id"] for one in mine]
    assert request_of(house, request)["state"] == "assigned"


def test_others_neither_read_nor_report_what_is_not_theirs(
    asked: tuple[House, str, dict[str, Any]],
) -> None:
    house, handle, _ = asked
    path = f"/v1/assignments/{accept(house, handle).json()['id']}"
    for other in {"finch", "siskin", "owl", "heron"} - {handle}:
        client = house.as_(other)
        assert refusal(client.get(path)) == (404, "not-found")
        assert refusal(client.post(f"{path}/report", {"outcome": "attended"})) == (404, "not-found")


def test_a_day_after_the_report_the_brief_is_gone(asked: tuple[House, str, dict[str, Any]]) -> None:
    house, handle, request = asked
    path = f"/v1/assignments/{accept(house, handle).json()['id']}"
    report = {
        "outcome": "adjourned",
        "notes": "the judge was ill",
        "next_event": {"kind": "hearing", "starts_at": "2026-03-02T09:30:00-05:00"},
    }
    answer = house.as_(handle).post(f"{path}/report", report)
    assert (answer.json()["state"], answer.json()["brief"]["kind"]) == ("done", "accompaniment")
    house.settle()
    case = house.read(request["case_id"])
    states = {one["id"]: one["state"] for one in case["requests"]}
    assert states.pop(request["id"]) == "done"
    assert list(states.values()) == ["offered"]
    [told] = [report for one in case["requests"] for report in one["reports"]]
    assert told["notes"] == "the judge was ill"
    assert len(case["events"]) == 2
    house.advance(hours=24)
    assert house.as_(handle).get(path).json()["brief"] is None


def test_who_is_late_is_told_by_name_of_the_refusal(
    asked: tuple[House, str, dict[str, Any]],
) -> None:
    house, handle, request = asked
    [offer, *_] = offers_of(house, handle)
    house.as_("heron").post(f"/v1/requests/{request['id']}/cancel")
    answer = house.as_(handle).post(f"/v1/offers/{offer['id']}/accept")
    assert refusal(answer) == (409, "offer-expired")


def test_declining_asks_the_next_and_the_reason_is_for_the_desk(
    asked: tuple[House, str, dict[str, Any]],
) -> None:
    house, handle, request = asked
    [offer, *_] = offers_of(house, handle)
    said = {"reason": "my cousin works there", "conflict": True}
    answer = house.as_(handle).post(f"/v1/offers/{offer['id']}/decline", said)
    assert answer.status_code == 204
    house.settle()
    other = ({"finch", "siskin"} - {handle}).pop()
    assert offers_of(house, other)[0]["state"] == "pending"
    notes = [note["body"] for note in house.read(request["case_id"])["notes"]]
    assert notes == ["my cousin works there"]


def test_an_offer_of_somebody_else_is_not_there(asked: tuple[House, str, dict[str, Any]]) -> None:
    house, _, request = asked
    path = f"/v1/offers/{request['offers'][0]['id']}"
    for what in ("accept", "decline"):
        assert refusal(house.as_("owl").post(f"{path}/{what}")) == (404, "not-found")


def test_candidates_come_with_reasons_and_so_do_the_others(
    asked: tuple[House, str, dict[str, Any]],
) -> None:
    house, _, request = asked
    answer = house.as_("heron").get(f"/v1/requests/{request['id']}/candidates").json()
    assert [one["rank"] for one in answer["items"]] == [1, 2]
    assert {one["handle"] for one in answer["items"]} == {"finch", "siskin"}
    assert "speaks French" in answer["items"][0]["reasons"]


def test_the_same_key_asks_once(desk: House) -> None:
    case, key = a_case(desk, scopes=()), {"Idempotency-Key": "k1"}
    body = {"kind": "interpreter", "languages": ["fr", "en"]}
    path = f"/v1/cases/{case}/requests"
    first, second = (desk.as_("heron").post(path, body, headers=key) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert len(desk.read(case)["requests"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "taxi"},
        {"kind": "accompaniment", "languages": ["klingon"]},
        {"kind": "accompaniment", "region": "atlantis"},
        {"kind": "accompaniment", "share": ["secrets"]},
        {"kind": "accompaniment", "needed_by": "2020-01-01T00:00:00Z"},
        {"kind": "accompaniment", "needed_by": "9999-12-31T23:59:59Z"},
        {"kind": "accompaniment", "needed_by": "tomorrow"},
        {"kind": "accompaniment", "event_id": "00000000-0000-4000-8000-000000000000"},
        {},
    ],
)
def test_what_cannot_be_asked_for_is_refused(desk: House, body: dict[str, Any]) -> None:
    case = a_case(desk)
    answer = desk.as_("heron").post(f"/v1/cases/{case}/requests", body)
    assert refusal(answer) == (400, "bad-request")


def test_a_date_of_another_case_does_not_count(desk: House) -> None:
    event = a_date(desk, a_case(desk))
    body = {"kind": "accompaniment", "event_id": event}
    answer = desk.as_("heron").post(f"/v1/cases/{a_case(desk)}/requests", body)
    assert refusal(answer) == (400, "bad-request")


def test_without_consent_nobody_is_asked(desk: House) -> None:
    answer = desk.as_("heron").post(
        f"/v1/cases/{a_case(desk, scopes=())}/requests", {"kind": "legal"}
    )
    assert refusal(answer) == (403, "consent-missing")


@pytest.mark.parametrize(
    ("end", "slug"),
    [
        (("close", {"outcome": "other"}), (409, "case-closed")),
        (("erase", None), (410, "case-erased")),
    ],
)
def test_for_a_case_that_is_over_nobody_is_asked(
    desk: House, end: tuple[str, Any], slug: tuple[int, str]
) -> None:
    case, heron = a_case(desk), desk.as_("heron")
    heron.post(f"/v1/cases/{case}/{end[0]}", end[1])
    assert refusal(heron.post(f"/v1/cases/{case}/requests", {"kind": "legal"})) == slug


def test_requests_are_listed_by_tier_and_page_by_page(desk: House) -> None:
    drop_all(desk)
    for urgency in (3, 1, 2):
        ask(desk, a_case(desk, urgency, ()), "interpreter", languages=["fr"])
    heron = desk.as_("heron")
    first = heron.get("/v1/requests?limit=2").json()
    rest = heron.get("/v1/requests", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["urgency"] for one in (*first["items"], *rest["items"])] == [1, 2, 3]
    assert rest["next_cursor"] is None
    assert refusal(heron.get("/v1/requests?cursor=x")) == (400, "bad-request")
