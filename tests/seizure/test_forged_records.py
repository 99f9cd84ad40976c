"""Records that somebody writes into a case by hand, from what the database shows: none counts."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from app.crypto import Context, Purpose, pad_field, pad_message, seal_to
from app.models import (
    Attachment,
    Case,
    CaseEpoch,
    CaseGrant,
    CaseSheet,
    Consent,
    Deployment,
    Note,
    Report,
    table,
)
from app.models.base import AnyRow
from app.vault import renew_case_epochs
from tests.media import files
from tests.requests.people import a_case, accept, ask, with_phones
from tests.seizure.outside import OTHER, OnBoth, bodies, change, told, write
from tests.service import CALLER, House


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def seal_by_hand(
    house: House, column: str, row: UUID, case: str, value: Any, version: int = 1, *parents: UUID
) -> bytes:
    """Seal a value to a case's public key; all that is needed for it lies in the database."""
    purpose = Purpose.FIELD if column == "case_sheets.contact" else Purpose.NOTE
    name, _, field = column.partition(".")
    with house.database.snapshot() as db:
        deployment = db.scalars(select(Deployment.id)).one()
        newest = select(CaseEpoch).where(CaseEpoch.case_id == UUID(case))
        epoch = db.scalars(newest.order_by(CaseEpoch.epoch.desc())).first()
    assert epoch
    place = Context(deployment, name, field, row, version, UUID(case), epoch.epoch, parents=parents)
    pad = pad_field if purpose is Purpose.FIELD else pad_message
    plain = pad(json.dumps(value).encode())
    return seal_to(epoch.public, purpose, epoch.epoch, place, plain)


def copied(house: House, model: type[AnyRow], **columns: Any) -> UUID:
    """Write a copy of a row beside it, with other values; its MAC is the copied one's."""
    rows, made = table(model), uuid4()
    with house.database.engine.connect() as connection:
        row = dict(connection.execute(select(rows)).mappings().first() or {})
    write(house, insert(rows).values({**row, "id": made, **columns}))
    return made


@pytest.fixture
def case(house: House) -> str:
    return str(house.case_of("hello", "1", "2", "they took my brother")["id"])


@OnBoth
def test_a_note_of_a_colleague_is_not_forged(house: House, case: str) -> None:
    heron, path, made = house.as_("heron"), f"/v1/cases/{case}", uuid4()
    heron.post(f"{path}/notes", {"body": "she is at home"})
    value = {"body": "send her to the office at 9", "at": house.clock().isoformat()}
    author = house.residents["heron"].id
    blob = seal_by_hand(house, "notes.body", made, case, value, 1, UUID(case), author)
    copied(house, Note, id=made, body=blob)
    answer = heron.get(path).json()
    assert [note["body"] for note in answer["notes"]] == ["she is at home"]
    assert {"kind": "note", "id": str(made)} in answer["damaged"]
    assert told(house, "notes") == 1


@OnBoth
def test_a_report_is_not_forged(house: House) -> None:
    with_phones(house, "finch")
    case = a_case(house)
    ask(house, case, share=["subject_name"])
    assert accept(house, "finch").status_code == 200
    house.advance(days=4)
    [mine] = house.as_("finch").get("/v1/assignments").json()["items"]
    body = {"outcome": "attended", "notes": "she was calm"}
    house.as_("finch").post(f"/v1/assignments/{mine['id']}/report", body)
    made = uuid4()
    value = {"outcome": "attended", "notes": "she lives at 5", "at": house.clock().isoformat()}
    finch, taken = house.residents["finch"].id, UUID(mine["id"])
    blob = seal_by_hand(house, "reports.body", made, case, value, 1, taken, UUID(case), finch)
    copied(house, Report, id=made, body=blob)
    answer = house.as_("heron").get(f"/v1/cases/{case}")
    assert "she was calm" in answer.text
    assert "she lives at 5" not in answer.text
    assert {"kind": "report", "id": str(made)} in answer.json()["damaged"]


def test_a_document_is_not_forged(house: House, case: str) -> None:
    heron, path = house.as_("heron"), f"/v1/cases/{case}"
    assert heron.post(f"{path}/attachments", content=files.make_document()).is_success
    made = copied(house, Attachment)
    answer = heron.get(path).json()
    assert len(answer["attachments"]) == 1
    assert {"kind": "attachment", "id": str(made)} in answer["damaged"]
    assert heron.get(f"{path}/attachments/{made}").status_code in (404, 503)


@OnBoth
def test_a_forged_number_of_a_closed_case_gets_no_text(house: House, case: str) -> None:
    path = f"/v1/cases/{case}"
    house.as_("heron").post(f"{path}/close", {"outcome": "supported"})
    with house.database.snapshot() as db:
        newer = db.get_one(CaseSheet, UUID(case)).contact_version + 1
    contact = {"number": OTHER}
    row = UUID(case)
    blob = seal_by_hand(house, "case_sheets.contact", row, case, contact, newer, row)
    sheets = table(CaseSheet)
    mine = update(sheets).where(sheets.c.case_id == UUID(case))
    write(house, mine.values(contact=blob, contact_version=newer))
    wren = house.as_("wren")
    shown = wren.post(f"{path}/break-glass", {"reason": "the family asks"})
    assert OTHER[-2:] not in str(shown.json().get("contact"))
    assert wren.post(f"{path}/reopen").status_code == 503
    body = {"body": "Jean is at Laval"}
    assert not house.as_("heron").post(f"{path}/messages", body).is_success
    house.settle()
    assert house.phone(OTHER).inbox() == []
    assert told(house, "case_sheets") == 1


@OnBoth
def test_a_byte_turns_no_refusal_into_an_override(house: House, case: str) -> None:
    heron, path = house.as_("heron"), f"/v1/cases/{case}"
    heron.post(f"{path}/consents", {"scope": "legal", "granted": False})
    wanted = {"kind": "legal", "share": []}
    assert heron.post(f"{path}/requests", wanted).status_code == 403
    write(house, update(table(Consent)).values(override_reason=b"\0"))
    assert heron.post(f"{path}/requests", wanted).status_code in (403, 503)
    assert told(house, "consents") == 1


# -- epochs


def remove(house: House, handle: str) -> None:
    path = f"/v1/members/{house.residents[handle].id}"
    assert house.as_("wren").delete(path).status_code == 204


def find_epoch(house: House, case: str) -> int:
    with house.database.engine.connect() as connection:
        cases = table(Case)
        epoch: int = connection.execute(
            select(cases.c.epoch).where(cases.c.id == UUID(case))
        ).scalar_one()
    return epoch


@OnBoth
def test_one_case_that_was_put_back_keeps_no_other_from_new_keys(house: House, case: str) -> None:
    other = str(house.case_of("hello", number=OTHER)["id"])
    remove(house, "plover")
    house.settle()
    assert find_epoch(house, other) == 2
    write(house, change(Case, case, epoch=1))
    remove(house, "heron")
    assert renew_case_epochs(house.database, house.clock()) == 0
    assert find_epoch(house, other) == 3
    assert told(house, "cases") == 1


@OnBoth
def test_a_column_that_says_the_key_is_new_lets_nobody_go_on_reading(
    house: House, case: str
) -> None:
    """Else a case would keep its key when a member leaves, and their copy of it would open more."""
    write(house, update(table(CaseGrant)).values(team_epoch=2))
    remove(house, "plover")
    house.settle()
    assert find_epoch(house, case) == 2
    house.phone(CALLER).text("moved to Rigaud")
    shown = house.read(case)
    assert "moved to Rigaud" in bodies(shown)
    assert told(house, "case_grants") == 1


def test_a_whole_row_of_last_week_makes_no_epoch_twice(house: House, case: str) -> None:
    cases = table(Case)
    with house.database.engine.connect() as connection:
        before = dict(connection.execute(select(cases)).mappings().one())
    remove(house, "plover")
    house.settle()
    write(house, update(cases).values(before))
    remove(house, "heron")
    assert find_epoch(house, case) == 3
