"""A closed case opens to the archive with a reason only, and for an hour."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.cases.archive import GLASS_BROKEN, REASON_HOLDS
from app.models import AuditEntry
from tests.media import files
from tests.service import House, refusal

PICTURE = files.make_picture(name="PNG")
# Everything that opens a closed case.
WAYS = (
    ("GET", "/v1/cases/{}"),
    ("GET", "/v1/cases/{}/episodes"),
    ("GET", "/v1/cases/{}/attachments/{}"),
    ("GET", "/v1/cases/{}/export"),
    ("POST", "/v1/cases/{}/reopen"),
)
NEEDED = (409, "case-closed")


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def a_closed_case(house: House) -> tuple[str, str]:
    """A closed case, and a picture in it."""
    heron = house.as_("heron")
    given = {"channel": "manual", "situation": "other", "urgency": 2}
    case_id: str = heron.post("/v1/cases", given).json()["id"]
    path, kind = f"/v1/cases/{case_id}", {"Content-Type": "image/png"}
    heron.post(f"{path}/notes", {"body": "sounds tired"})
    added = heron.request("POST", f"{path}/attachments", content=PICTURE, headers=kind)
    heron.post(f"{path}/close", {"outcome": "other"})
    return case_id, added.json()["id"]


@pytest.mark.parametrize(("method", "path"), WAYS)
@pytest.mark.parametrize("handle", ["crane", "wren"])
def test_without_a_reason_nothing_of_it_opens(
    shared_house: House, handle: str, method: str, path: str
) -> None:
    case_id, picture = a_closed_case(shared_house)
    answer = shared_house.as_(handle).request(method, path.format(case_id, picture))
    assert refusal(answer) == NEEDED
    assert "break-glass" in answer.json()["detail"]
    assert "tired" not in answer.text
    entries = shared_house.as_("magpie").get("/v1/audit").json()["items"]
    kinds = {entry["kind"] for entry in entries if entry["object"] == case_id}
    assert not kinds & {"case.read", "attachment.read", "case.exported", "case.reopened"}


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_with_a_reason_it_opens_to_who_gave_it(shared_house: House, method: str, path: str) -> None:
    case_id, picture = a_closed_case(shared_house)
    shared_house.break_glass(case_id, "crane")
    asked = path.format(case_id, picture)
    assert refusal(shared_house.as_("wren").request(method, asked)) == NEEDED
    assert shared_house.as_("crane").request(method, asked).status_code == 200


def test_a_reason_opens_no_other_case(shared_house: House) -> None:
    one, _ = a_closed_case(shared_house)
    other, picture = a_closed_case(shared_house)
    shared_house.break_glass(one)
    crane = shared_house.as_("crane")
    assert refusal(crane.get(f"/v1/cases/{other}")) == NEEDED
    # Nor does the case that is open lend its address to a document of another.
    assert refusal(crane.get(f"/v1/cases/{one}/attachments/{picture}")) == (404, "not-found")


def test_a_reason_holds_for_an_hour(house: House) -> None:
    case_id, _ = a_closed_case(house)
    house.break_glass(case_id)
    house.clock.advance(REASON_HOLDS - timedelta(minutes=6))  # the log rounds to five
    assert house.as_("crane").get(f"/v1/cases/{case_id}").status_code == 200
    house.clock.advance(timedelta(minutes=6))
    assert refusal(house.as_("crane").get(f"/v1/cases/{case_id}")) == NEEDED
    house.break_glass(case_id, reason="They ask again.")
    assert house.as_("crane").get(f"/v1/cases/{case_id}").status_code == 200


def test_the_desk_still_sees_the_bare_facts(shared_house: House) -> None:
    case_id, _ = a_closed_case(shared_house)
    shared_house.break_glass(case_id)
    facts = shared_house.read(case_id, "heron")
    assert (facts["opened"], facts["notes"], facts["attachments"]) == (False, [], [])


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("how", ["pointed at another case", "made young again", "given away"])
def test_an_entry_of_the_log_that_was_changed_opens_nothing(house: House, how: str) -> None:
    """Whoever writes to the database cannot spare a member the reason."""
    one, _ = a_closed_case(house)
    other, _ = a_closed_case(house)
    house.break_glass(one)
    asked, handle = one, "crane"
    if how == "made young again":
        house.clock.advance(2 * REASON_HOLDS)
    with house.database.transaction() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.kind == GLASS_BROKEN)).one()
        if how == "pointed at another case":
            entry.object, asked = UUID(other), other
        elif how == "made young again":
            entry.at = house.clock()
        else:
            entry.actor, handle = house.residents["wren"].id, "wren"
    assert refusal(house.as_(handle).get(f"/v1/cases/{asked}")) == NEEDED
