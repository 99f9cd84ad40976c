"""What is kept of a closed case opens; emptied texts and deleted reports open from no old copy."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from app.cases import add_note
from app.desk import CaseFile, break_glass, close_case, hold_case, read_case, reopen_case
from app.models import Case, CaseGrant, CaseSheet, Message, Note
from app.operations import sweep_retention
from app.operations.drill.keys import FoundKey, find_keys_in_folder
from tests.line import Line
from tests.seizure.adversary import Dump, dump, known_to, plunder
from tests.service import PASSPHRASE, House

REASON = "the family asks"


def seeds_of_today(house: House) -> list[FoundKey]:
    """Every key that today's disk opens with everybody's passphrase."""
    now = dump(house.settings.sqlalchemy_url)
    people = known_to(now, dict.fromkeys(house.residents, PASSPHRASE))
    files = find_keys_in_folder(house.settings.keys_path)
    loot = plunder(now, [*files, *people])
    seeds = [one.plaintext for one in loot if one.cell.forgetting and len(one.plaintext) == 32]
    return [*files, *people, *(FoundKey("x", seed) for seed in seeds)]


def reads(taken: Dump, keys: list[FoundKey], words: str) -> list[str]:
    """The columns of a copy in which these words can be read."""
    loot = plunder(taken, keys)
    return [one.cell.column for one in loot if bytes(one.plaintext).find(words.encode()) >= 0]


def test_nothing_that_was_deleted_rises_from_an_old_copy(house: House) -> None:
    """A raid report that had its time, one that was rewritten, the texts of a closed case."""
    case = house.case_of("hello", "1", "2", "they took my brother Jean")
    heron = house.as_("heron")
    heron.post(f"/v1/cases/{case['id']}/notes", {"body": "call her aunt"})
    reported = heron.post("/v1/raid-reports", {"location": "14 rue Secret"})
    assert reported.status_code == 201
    closed = heron.post(f"/v1/cases/{case['id']}/close", {"outcome": "supported"})
    assert closed.status_code == 200
    old = dump(house.settings.sqlalchemy_url)
    today = seeds_of_today(house)
    for words in ("brother Jean", "14 rue Secret", "call her aunt"):
        assert reads(old, today, words), "on the same day, everything opens"

    version = f'"{reported.json()["version"]}"'
    path = f"/v1/raid-reports/{reported.json()['id']}"
    changed = heron.patch(path, {"facts": {"location": "the old mill"}}, version=version)
    assert changed.status_code == 200
    for _ in range(6):
        house.advance(days=7)
    today = seeds_of_today(house)
    assert not any(row["body"] for row in dump(house.settings.sqlalchemy_url).rows["messages"])
    for words in ("brother Jean", "14 rue Secret"):
        assert reads(old, today, words) == []
    notes = house.break_glass(case["id"], reason=REASON)["notes"]
    assert [note["body"] for note in notes] == ["call her aunt", REASON]
    assert house.as_("heron").get("/v1/raid-reports").json()["items"][0]["facts"]["location"]

    kept = dump(house.settings.sqlalchemy_url)
    for _ in range(8):
        house.advance(days=7)
    today = seeds_of_today(house)
    for copy, words in ((kept, "the old mill"), (old, "14 rue Secret"), (old, "call her aunt")):
        assert reads(copy, today, words) == []


# -- closing


def closed_case(line: Line) -> UUID:
    case = line.open_case("they took my brother")
    line.as_member(add_note, "heron", case.id, "call her aunt")
    line.as_member(close_case, "heron", case.id, "supported")
    return case.id


def read(line: Line, case_id: UUID) -> CaseFile:
    """Open a closed case as the archive does: with a reason."""
    file: CaseFile = line.as_member(break_glass, "crane", case_id, REASON)
    return file


def notes_of(file: CaseFile) -> list[str]:
    """The notes of a case, but for the reasons why the archive opened it."""
    return [note.body for note in file.notes if note.body != REASON]


def epochs_of(line: Line, case_id: UUID) -> list[int]:
    with line.reading() as db:
        grants = select(CaseGrant.epoch).where(CaseGrant.case_id == case_id)
        return sorted(db.scalars(grants))


def empty(line: Line) -> None:
    line.advance(days=31)
    sweep_retention(line.database, line.now)


def test_a_closed_case_has_an_epoch_for_what_is_kept(line: Line) -> None:
    case_id = closed_case(line)
    assert epochs_of(line, case_id) == [1, 2]
    with line.reading() as db:
        sheet, note = db.get_one(CaseSheet, case_id), db.scalars(select(Note)).one()
        assert {sheet.contact_epoch, note.epoch, db.get_one(Case, case_id).epoch} == {2}
        assert set(db.scalars(select(Message.epoch))) == {1}
    file = read(line, case_id)
    assert notes_of(file) == ["call her aunt"]
    assert "they took my brother" in [message.body for message in file.messages]


def test_the_keys_of_emptied_texts_go(line: Line) -> None:
    case_id = closed_case(line)
    empty(line)
    assert epochs_of(line, case_id) == [2]
    file = read(line, case_id)
    assert notes_of(file) == ["call her aunt"]
    assert file.contact.number_masked


def test_a_held_case_keeps_texts_and_keys(line: Line) -> None:
    case_id = closed_case(line)
    line.as_member(hold_case, "crane", case_id, "A court asked.")
    empty(line)
    assert epochs_of(line, case_id) == [1, 2]
    assert "they took my brother" in [message.body for message in read(line, case_id).messages]


def test_an_emptied_case_can_be_reopened_and_closed_again(line: Line) -> None:
    case_id = closed_case(line)
    empty(line)
    read(line, case_id)
    line.as_member(reopen_case, "crane", case_id)
    line.text("are you there?")
    reopened: CaseFile = line.as_member(read_case, "heron", case_id)
    assert "are you there?" in [message.body for message in reopened.messages]
    line.as_member(close_case, "heron", case_id, "supported")
    assert epochs_of(line, case_id) == [2, 3]
    empty(line)
    assert epochs_of(line, case_id) == [3]
    assert notes_of(read(line, case_id)) == ["call her aunt"]


def test_live_cases_and_closed_ones_with_texts_keep_their_keys(line: Line) -> None:
    case_id = closed_case(line)
    sweep_retention(line.database, line.now)
    assert epochs_of(line, case_id) == [1, 2]


def test_a_damaged_note_keeps_no_case_from_being_closed(line: Line) -> None:
    case = line.open_case("hello")
    line.as_member(add_note, "heron", case.id, "one")
    line.as_member(add_note, "heron", case.id, "two")
    with line.writing() as db:
        first = select(Note.id).order_by(Note.position).limit(1).scalar_subquery()
        db.execute(update(Note).where(Note.id == first).values(epoch=7))
    line.as_member(close_case, "heron", case.id, "supported")
    with line.reading() as db:
        assert sorted(db.scalars(select(Note.epoch))) == [2, 7]
