"""What somebody changed in the database is shown as damaged in words, over REST and on pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, delete, func, insert, select, update

from app.models import (
    Attachment,
    AttachmentPart,
    AuditEntry,
    AuditHead,
    Case,
    CaseSheet,
    Consent,
    Denial,
    DetentionEpisode,
    Event,
    Message,
    Note,
    Report,
    Request,
    StatisticsDebit,
    StatisticsFile,
    StatisticsRelease,
    table,
)
from app.models.base import AnyRow
from tests.console.visitor import Page, Visitor, visitor
from tests.media import files
from tests.requests.people import accept, ask, with_phones
from tests.service import House

NUMBER = "+14505550199"
# What is changed, what people call it, the words they read, and what is then not to be read.
RECORDS: list[tuple[type[AnyRow], str, str, str]] = [
    (Message, "message", "text", "they took my brother"),
    (Note, "note", "note", "ask for Maria"),
    (Event, "event", "date", "Guy-Favreau"),
    (DetentionEpisode, "episode", "detention", "Laval prison"),
    (Denial, "denial", "refused service", "École des Pins"),
    (Report, "report", "report", "he may stay"),
    (Attachment, "attachment", "file", "application/pdf"),
    (Consent, "consent", "consent", "she said so at noon"),
    (CaseSheet, "fields", "sheet with the facts", "Jean Tremblay"),
]


@pytest.fixture(scope="module")
def case_id(shared_house: House) -> str:
    """A case with something of every kind, once for all tests."""
    house = shared_house
    with_phones(house, "finch")
    case = house.case_of("hello", "1", "2", "they took my brother", number=NUMBER)["id"]
    heron, path = house.as_("heron"), f"/v1/cases/{case}"

    def add(kind: str, body: Any) -> dict[str, Any]:
        answer = heron.post(f"{path}/{kind}", body)
        assert answer.is_success, answer.text
        added: dict[str, Any] = answer.json()
        return added

    seen = heron.get(path).headers["etag"]
    heron.patch(path, {"fields": {"subject_name": "Jean Tremblay"}}, version=seen)
    add("notes", {"body": "ask for Maria"})
    refused = {"scope": "accompanier", "granted": False, "override_reason": "she said so at noon"}
    add("consents", refused)
    soon = (house.clock() + timedelta(hours=3)).isoformat()
    date = add("events", {"kind": "hearing", "starts_at": soon, "place": "Guy-Favreau, 200"})
    denial = {"sector": "school", "service": "admission", "provider": "École des Pins"}
    add("denials", denial)
    add("episodes", {"place": "Laval prison", "since": f"{house.clock():%Y-%m-%d}"})
    attached = heron.post(f"{path}/attachments", content=files.make_document())
    assert attached.is_success, attached.text
    ask(house, case, event_id=date["id"], share=["subject_name"])
    assert accept(house, "finch").status_code == 200
    house.advance(hours=4)
    [mine] = house.as_("finch").get("/v1/assignments").json()["items"]
    told = {"outcome": "attended", "notes": "he may stay"}
    report = house.as_("finch").post(f"/v1/assignments/{mine['id']}/report", told)
    assert report.is_success, report.text
    return str(case)


@contextmanager
def changed(house: House, rows: Table, name: str, value: Any = None) -> Iterator[None]:
    """Change one column of all rows as somebody without keys does; undo it at the end."""
    keys = [column.name for column in rows.primary_key]
    with house.database.engine.begin() as connection:
        full = select(rows).where(rows.c[name].is_not(None))
        before = [dict(row) for row in connection.execute(full).mappings()]
        assert before
        for row in before:
            new = value if value is not None else row[name][:-1] + bytes([row[name][-1] ^ 1])
            mine = [rows.c[key] == row[key] for key in keys]
            connection.execute(update(rows).where(*mine).values({name: new}))
    try:
        yield
    finally:
        with house.database.engine.begin() as connection:
            for row in before:
                mine = [rows.c[key] == row[key] for key in keys]
                connection.execute(update(rows).where(*mine).values({name: row[name]}))


def told(house: House, name: str) -> int:
    with house.database.snapshot() as db:
        kind = AuditEntry.kind == f"damaged.{name}"
        return db.scalar(select(func.count()).select_from(AuditEntry).where(kind)) or 0


def sealed_column(model: type[AnyRow]) -> str:
    found = [c.name for c in table(model).c if c.info["vault"] == "sealed"]
    return "fields" if "fields" in found else found[-1]


@pytest.mark.parametrize(("model", "kind", "words", "secret"), RECORDS)
def test_a_changed_record_is_shown_as_damaged_and_not_used(
    house: House,
    desk: Visitor,
    case_id: str,
    model: type[AnyRow],
    kind: str,
    words: str,
    secret: str,
) -> None:
    before = house.as_("heron").get(f"/v1/cases/{case_id}")
    assert secret in before.text
    assert before.json()["damaged"] == []
    assert not desk.open(f"/cases/{case_id}").says("Damaged")
    with changed(house, table(model), sealed_column(model)):
        answer = house.as_("heron").get(f"/v1/cases/{case_id}")
        page = desk.open(f"/cases/{case_id}")
    assert answer.status_code == page.status == 200
    assert {one["kind"] for one in answer.json()["damaged"]} == {kind}
    assert secret not in answer.text
    assert secret not in page.html
    count = len(answer.json()["damaged"])
    assert page.says(f"not shown and not used: {count} {words}{'s' if count > 1 else ''}")
    others = [said for _, other, _, said in RECORDS if other != kind]
    assert all(said in answer.text for said in others)
    assert told(house, table(model).name) == 1


@pytest.mark.parametrize("model", [Consent, Request])
def test_so_is_one_whose_values_for_the_machine_were_changed(
    house: House, case_id: str, model: type[AnyRow]
) -> None:
    with changed(house, table(model), "op_values"):
        answer = house.as_("heron").get(f"/v1/cases/{case_id}").json()
    kind = table(model).name.removesuffix("s")
    assert {one["kind"] for one in answer["damaged"]} == {kind}
    assert told(house, table(model).name) == 1


def test_a_file_whose_content_was_changed_is_not_served(house: House, case_id: str) -> None:
    path = f"/v1/cases/{case_id}"
    [file] = house.as_("heron").get(path).json()["attachments"]
    with changed(house, table(AttachmentPart), "body"):
        answer = house.as_("heron").get(f"{path}/attachments/{file['id']}")
    assert answer.status_code == 503
    assert "damaged" in answer.json()["detail"]


def test_a_case_that_was_changed_itself_says_so(house: House, desk: Visitor, case_id: str) -> None:
    with changed(house, table(Case), "urgency", 3):
        answer = house.as_("heron").get(f"/v1/cases/{case_id}")
        page = desk.open(f"/cases/{case_id}")
    assert answer.status_code == page.status == 503
    assert "damaged" in answer.json()["detail"]
    assert page.says("damaged")


# -- the log


def read_log(house: House, visit: Callable[..., Visitor]) -> tuple[dict[str, Any], Page]:
    return house.as_("magpie").get("/v1/audit").json(), visit("magpie").open("/audit")


def test_an_entry_of_the_log_that_was_changed_is_marked(
    house: House, visit: Callable[..., Visitor], case_id: str
) -> None:
    entries = table(AuditEntry)
    whole, page = read_log(house, visit)
    assert not whole["damaged"]
    assert not page.says("Do not believe them")
    with house.database.snapshot() as db:
        seq, actor = db.execute(
            select(entries.c.seq, entries.c.actor).where(entries.c.object == UUID(case_id))
        ).all()[-1]
    wren = house.residents["wren"].id
    with house.database.engine.begin() as connection:
        connection.execute(update(entries).where(entries.c.seq == seq).values(actor=wren))
    broken, page = read_log(house, visit)
    history = house.as_("heron").get(f"/v1/cases/{case_id}").json()
    with house.database.engine.begin() as connection:
        connection.execute(update(entries).where(entries.c.seq == seq).values(actor=actor))
    assert broken["damaged"]
    assert {one["seq"] for one in broken["items"] if one["damaged"]} == {seq}
    assert page.says("Do not believe them")
    assert page.says(f"{seq} damaged")
    assert history["damaged"] == [{"kind": "history", "id": str(seq)}]


def test_an_entry_that_was_made_by_hand_counts_for_nothing(
    house: House, visit: Callable[..., Visitor], case_id: str
) -> None:
    """Such an entry would keep coordinators from being told of damage, or excuse a reading."""
    entries, notes = table(AuditEntry), table(Note)
    with house.database.snapshot() as db:
        last = db.get_one(AuditHead, 1).seq
        db_count = told(house, "notes")
    made = {"seq": last + 500, "at": house.clock(), "kind": "damaged.notes", "mac": b"x" * 32}
    house.advance(days=2)
    with house.database.engine.begin() as connection:
        connection.execute(insert(entries).values(made | {"at": house.clock()}))
    with changed(house, notes, "body"):
        house.as_("heron").get(f"/v1/cases/{case_id}")
    broken, page = read_log(house, visit)
    with house.database.engine.begin() as connection:
        connection.execute(delete(entries).where(entries.c.seq == last + 500))
    assert told(house, "notes") == db_count + 1
    assert broken["damaged"]
    assert page.says("Do not believe them")


def test_a_log_that_was_cut_says_so_at_the_top(
    open_house: Callable[..., House],
) -> None:
    house, entries = open_house(), table(AuditEntry)
    house.read(house.case_of("hello")["id"])
    house.advance(minutes=2)
    with house.database.engine.begin() as connection:
        last = connection.scalar(select(func.max(entries.c.seq)))
        mac = connection.scalar(select(entries.c.mac).where(entries.c.seq == last - 2))
        connection.execute(delete(entries).where(entries.c.seq > last - 2))
        connection.execute(update(table(AuditHead)).values(seq=last - 2, mac=mac))
    answer = house.as_("magpie").get("/v1/audit").json()
    assert answer["damaged"]
    assert not any(one["damaged"] for one in answer["items"][1:])
    with visitor(house, "magpie") as browser:
        assert browser.open("/audit").says("The end of the log was cut off")


# -- statistics


@pytest.mark.parametrize("gone", [True, False])
def test_statistics_that_were_changed_or_taken_out_say_so(
    open_house: Callable[..., House], gone: bool
) -> None:
    house, releases = open_house(), table(StatisticsRelease)
    house.advance(days=40)
    wanted = {"family": "opened", "period": "2026-01"}
    path = "/v1/statistics/releases"
    asked = house.as_("crane").post(path, wanted).json()["id"]
    assert house.as_("wren").post(f"{path}/{asked}/confirm").status_code == 200
    assert not house.as_("magpie").get(path).json()["damaged"]
    with house.database.engine.begin() as connection:
        if gone:
            connection.execute(delete(table(StatisticsFile)))
            connection.execute(delete(table(StatisticsDebit)))
            connection.execute(delete(releases))
        else:
            connection.execute(update(releases).values(period="2025-12"))
    answer = house.as_("magpie").get(path)
    assert answer.json()["damaged"]
    assert asked not in answer.text
    with visitor(house, "magpie") as browser:
        assert browser.open("/statistics").says("nothing is released from them")
    again = house.as_("crane").post(path, wanted)
    if again.is_success:
        confirmed = house.as_("wren").post(f"{path}/{again.json()['id']}/confirm")
        assert confirmed.status_code in (409, 503)
