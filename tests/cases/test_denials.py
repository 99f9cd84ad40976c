"""Refused services: written down for the desk, and shared with the city as the caller wants it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.denials import forget_settled_denials, move_denial
from app.models import DENIAL_TRANSITIONS, Case, Denial, DenialState
from app.models.steps import WrongStep
from tests.papers import read_pages
from tests.service import Client, House, refusal

DENIED = {
    "sector": "health",
    "service": "appointment",
    "provider": "Clinique du Marché",
    "happened_on": "2026-01-12",
    "place": "rue Fleury",
    "asked_status": True,
    "threatened": False,
    "account": "They wanted to see\na permit first.",
    "wanted": "an apology",
    "caller_name": "Amina",
    "share": ["sector", "service", "provider", "asked_status", "account"],
}


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def heron(shared_house: House) -> Client:
    return shared_house.as_("heron")


@pytest.fixture
def case_id(heron: Client) -> Iterator[str]:
    given = {"channel": "manual", "situation": "service_denied", "urgency": 3}
    case_id: str = heron.post("/v1/cases", given).json()["id"]
    yield case_id
    heron.post(f"/v1/cases/{case_id}/erase")


@pytest.fixture
def denial(heron: Client, case_id: str) -> dict[str, Any]:
    return record(heron, case_id)


def record(heron: Client, case_id: str, **changes: Any) -> dict[str, Any]:
    added = heron.post(f"/v1/cases/{case_id}/denials", {**DENIED, **changes})
    assert added.status_code == 201, added.text
    found: dict[str, Any] = added.json()
    return found


def agree(heron: Client, case_id: str, granted: bool = True, **more: Any) -> None:
    said = {"scope": "complaint", "granted": granted, **more}
    assert heron.post(f"/v1/cases/{case_id}/consents", said).status_code == 201


def step(client: Client, denial: dict[str, Any], state: str, note: str = "") -> Any:
    return client.post(f"/v1/denials/{denial['id']}/steps", {"state": state, "note": note})


def draft(heron: Client, denial: dict[str, Any], language: str = "en") -> Any:
    return heron.post(f"/v1/denials/{denial['id']}/dossier", {"language": language})


def read_dossier(client: Client, denial: dict[str, Any]) -> str:
    answer = client.get(f"/v1/denials/{denial['id']}/dossier")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return read_pages(answer.content)


def board(client: Client, **params: Any) -> dict[str, dict[str, Any]]:
    listed = client.get("/v1/denials", params=params)
    assert listed.status_code == 200, listed.text
    return {item["id"]: item for item in listed.json()["items"]}


def test_a_refused_service_is_recorded_and_changed(heron: Client, case_id: str) -> None:
    path = f"/v1/cases/{case_id}/denials"
    added = record(heron, case_id)
    assert DENIED.items() <= added.items()
    assert (added["state"], added["version"]) == ("recorded", 1)
    assert heron.get(path).json()["items"] == [added]
    assert heron.get(f"/v1/cases/{case_id}").json()["denials"] == [added]
    patch = {"threatened": None, "share": ["sector"]}
    changed = heron.patch(f"/v1/denials/{added['id']}", patch, version='"1"')
    assert changed.status_code == 200, changed.text
    assert (changed.json()["threatened"], changed.json()["share"]) == (None, ["sector"])
    assert refusal(heron.patch(f"/v1/denials/{added['id']}", patch, version='"1"'))[0] == 412


@pytest.mark.parametrize(
    "changes",
    [
        {"sector": "church"},
        {"service": "nothing"},
        {"provider": " "},
        {"happened_on": "2027-01-01"},
        {"share": ["number"]},
        {"asked_status": "maybe"},
    ],
)
def test_what_cannot_be_is_refused(heron: Client, case_id: str, changes: dict[str, Any]) -> None:
    answer = heron.post(f"/v1/cases/{case_id}/denials", {**DENIED, **changes})
    assert refusal(answer) == (400, "bad-request")


def test_a_dossier_holds_what_the_caller_shares_and_nothing_else(
    heron: Client, case_id: str, denial: dict[str, Any]
) -> None:
    agree(heron, case_id)
    assert draft(heron, denial).json()["state"] == "drafted"
    told = read_dossier(heron, denial)
    for shared in ("Clinique du Marché", "They wanted to see", "a permit first.", "status?\nyes"):
        assert shared in told
    assert denial["reference"] in told
    reference = heron.get(f"/v1/cases/{case_id}").json()["reference"]
    for kept in ("Amina", "rue Fleury", "apology", "2026-01-12", "threaten", reference, case_id):
        assert kept not in told
    assert draft(heron, denial, "fr").status_code == 200
    assert "Ce qui a été refusé\nun rendez-vous ou un traitement" in read_dossier(heron, denial)


def test_nothing_leaves_without_the_callers_own_yes(
    heron: Client, case_id: str, denial: dict[str, Any]
) -> None:
    missing = (403, "consent-missing")
    assert refusal(draft(heron, denial)) == missing
    agree(heron, case_id, granted=False, override_reason="for their own good")
    assert refusal(draft(heron, denial)) == missing
    agree(heron, case_id)
    assert draft(heron, denial).status_code == 200
    agree(heron, case_id, granted=False)
    assert refusal(heron.get(f"/v1/denials/{denial['id']}/dossier")) == missing
    assert refusal(step(heron, denial, "sent")) == missing
    assert board(heron)[denial["id"]]["consented"] is False


def test_a_dossier_needs_something_shared_that_can_be_printed(heron: Client, case_id: str) -> None:
    agree(heron, case_id)
    nothing = record(heron, case_id, share=["caller_name"], caller_name=" ")
    assert refusal(draft(heron, nothing)) == (400, "bad-request")
    for name in ("अमीना", "أمينة"):
        alien = record(heron, case_id, share=["caller_name"], caller_name=name)
        assert draft(heron, alien).status_code == 200
        answer = heron.get(f"/v1/denials/{alien['id']}/dossier")
        assert refusal(answer) == (400, "bad-request")
        assert name[0] in answer.json()["detail"]


def test_the_fate_of_a_complaint_is_followed_by_a_coordinator_who_reads_no_case(
    shared_house: House, heron: Client, case_id: str, denial: dict[str, Any]
) -> None:
    crane = shared_house.as_("crane")
    line = board(crane)[denial["id"]]
    assert not {"provider", "account", "case_id", "caller_name"} & set(line)
    assert (line["sector"], line["state"], line["consented"]) == ("health", "recorded", False)
    assert refusal(step(crane, denial, "sent")) == (400, "bad-request")
    agree(heron, case_id)
    draft(heron, denial)
    for state in ("sent", "acknowledged", "answered"):
        answer = step(crane, denial, state, f"they {state} it")
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    assert denial["id"] in board(crane, state="answered")
    assert denial["id"] not in board(crane, state="sent")
    assert refusal(step(crane, denial, "sent"))[0] == 400
    assert [note["body"] for note in heron.get(f"/v1/cases/{case_id}").json()["notes"]] == [
        "they sent it",
        "they acknowledged it",
        "they answered it",
    ]
    assert refusal(crane.get(f"/v1/denials/{denial['id']}/dossier"))[0] == 403


def test_what_was_sent_stays_as_it_is_and_a_changed_draft_is_made_anew(
    heron: Client, case_id: str, denial: dict[str, Any]
) -> None:
    agree(heron, case_id)
    version = f'"{draft(heron, denial).json()["version"]}"'
    path = f"/v1/denials/{denial['id']}"
    changed = heron.patch(path, {"account": "They shouted."}, version=version)
    assert changed.status_code == 200, changed.text
    assert changed.json()["state"] == "recorded"
    assert refusal(step(heron, denial, "sent"))[0] == 400
    draft(heron, denial)
    sent = step(heron, denial, "sent")
    before = read_dossier(heron, denial)
    again = heron.patch(path, {"account": "They sang."}, version=sent.headers["etag"])
    assert refusal(again) == (400, "bad-request")
    assert refusal(draft(heron, denial)) == (400, "bad-request")
    assert read_dossier(heron, denial) == before


def test_a_complaint_goes_on_when_its_case_is_closed_and_goes_with_an_erased_one(
    shared_house: House, heron: Client, case_id: str, denial: dict[str, Any]
) -> None:
    agree(heron, case_id)
    draft(heron, denial)
    step(heron, denial, "sent")
    heron.post(f"/v1/cases/{case_id}/close", {"outcome": "supported"})
    wren, crane = shared_house.as_("wren"), shared_house.as_("crane")
    assert step(crane, denial, "acknowledged").status_code == 200
    path = f"/v1/denials/{denial['id']}/dossier"
    assert refusal(heron.get(path))[0] == 403
    wren.post(f"/v1/cases/{case_id}/break-glass", {"reason": "the office asks"})
    assert "Clinique du Marché" in read_dossier(wren, denial)
    heron.post(f"/v1/cases/{case_id}/erase")
    assert denial["id"] not in board(crane)
    assert refusal(step(crane, denial, "closed"))[0] == 404


def test_the_machine_forgets_a_refusal_that_nothing_needs_and_learns_it_again(
    shared_house: House, heron: Client, case_id: str, denial: dict[str, Any]
) -> None:
    """Kept while the case lives, the month is not counted, or a complaint is out."""
    house = shared_house

    def known() -> bool:
        with house.database.transaction() as db:
            forget_settled_denials(db)
        with house.database.snapshot() as db:
            rows = select(Denial).where(Denial.op_values.is_not(None))
            return denial["id"] in {str(row.id) for row in db.scalars(rows)}

    heron.post(f"/v1/cases/{case_id}/close", {"outcome": "supported"})
    assert known()
    with house.database.transaction() as db:
        for case in db.scalars(select(Case)):
            case.denial_period = "2026-01"
    assert not known()
    assert denial["id"] not in board(heron)
    wren = house.as_("wren")
    wren.post(f"/v1/cases/{case_id}/break-glass", {"reason": "they called again"})
    assert wren.post(f"/v1/cases/{case_id}/reopen").status_code == 200
    assert board(heron)[denial["id"]]["reference"] == denial["reference"]


@pytest.mark.parametrize(("before", "after"), list(product(DenialState, repeat=2)))
def test_a_complaint_takes_only_the_steps_of_its_table(
    before: DenialState, after: DenialState
) -> None:
    now = datetime(2026, 1, 15, tzinfo=UTC)
    one = Denial(state=before, state_since=now - timedelta(days=1))
    if after in DENIAL_TRANSITIONS[before]:
        move_denial(one, after, now)
        assert one.state == after
    elif after != before:
        with pytest.raises(WrongStep):
            move_denial(one, after, now)


def test_every_state_of_a_complaint_has_its_transitions() -> None:
    assert set(DENIAL_TRANSITIONS) == set(DenialState)
