"""Whoever writes to the database makes no case disappear at a restore; what was erased stays so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

from app import audit
from app.crypto import KeyFiles
from app.models import AuditEntry, AuditHead, Case, Message
from app.operations.backup.folders import look_after_archives
from app.vault import TombstoneForged, list_tombstones
from app.vault.tombstones import reconcile_tombstones
from tests.operations.backup.conftest import Archives, Place
from tests.premises import Premises
from tests.service import House

EmptyPlace = Callable[[str], Place]


def erased_in(house: House) -> UUID:
    case = house.case_of("hello")
    assert house.as_("heron").post(f"/v1/cases/{case['id']}/erase").status_code == 204
    return UUID(case["id"])


def test_a_case_that_is_called_erased_comes_back(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    house, place = archives.house, empty_place("sqlite")
    case = house.case_of("they took my brother")
    archive = archives.make()
    with house.database.transaction() as db:
        db.execute(text("UPDATE cases SET state='erased'"))
    house.advance(minutes=31)
    with house.database.transaction() as db:
        db.execute(text("UPDATE cases SET state='new'"))
    assert archives.restore(archive, place).erased_again == 0
    with place.database() as restored, restored.snapshot() as db:
        assert db.get_one(Case, UUID(case["id"])).state == "new"
        assert db.scalar(select(func.count()).select_from(Message))


@pytest.mark.parametrize("forged", ["made", "moved"])
def test_an_entry_that_this_server_did_not_write_buries_nothing(
    premises: Premises, forged: str
) -> None:
    victim = uuid4()
    with premises.writing() as db:
        audit.record(db, "case.read", None, victim, premises.now)
        audit.record(db, "case.erased", None, uuid4(), premises.now)
    with premises.writing() as db:
        head = db.get_one(AuditHead, 1)
        if forged == "moved":
            db.execute(update(AuditEntry).where(AuditEntry.seq == head.seq).values(object=victim))
            db.execute(
                update(AuditEntry).where(AuditEntry.object == victim).values(kind="case.erased")
            )
        else:
            db.add(
                AuditEntry(
                    seq=head.seq + 1,
                    at=premises.now,
                    kind="case.erased",
                    actor=None,
                    object=victim,
                    mac=head.mac,
                )
            )
    look_after_archives(premises.database, premises.now)
    assert premises.database.keys is not None
    assert victim not in list_tombstones(premises.database.keys.files)


def test_an_entry_behind_a_checkpoint_buries_on(premises: Premises) -> None:
    """The first entry after a checkpoint follows from it."""
    erased = uuid4()
    with premises.writing() as db:
        audit.record(db, "case.read", None, None, premises.now)
        audit.advance_anchor(db)
        later = premises.now + 2 * audit.ENTRY_LIFE
        assert audit.forget_old_entries(db, later)
        audit.record(db, "case.erased", None, erased, later)
        reconcile_tombstones(db)
        assert list_tombstones(db.keys.files) == {erased}


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("where", ["keys", "beside"])
@pytest.mark.parametrize("mac", ["", " " + 64 * "0"])
def test_a_line_that_kith_did_not_write_stops_the_restore(
    archives: Archives, empty_place: EmptyPlace, where: str, mac: str
) -> None:
    house, place = archives.house, empty_place("sqlite")
    case = house.case_of("they took my brother")
    archive = archives.make()
    place.files.folder.mkdir(parents=True)
    path = place.files.folder / "tombstones"
    if where == "beside":
        path = archive.parent / "kith-tombstones"
    with path.open("a") as file:
        file.write(f"{case['id']}{mac}\n")
    with pytest.raises(TombstoneForged, match=r"tombstones, line 1: .* restore again"):
        archives.restore(archive, place)
    with place.database() as restored:
        assert not restored.url.database or not Path(restored.url.database).exists()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_line_that_a_crash_cut_short_stops_none(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    archive = archives.make()
    erased = erased_in(archives.house)
    path = archive.parent / "kith-tombstones"
    [line] = path.read_text().splitlines()
    path.write_text(f"{line[:50]}\n{line}\n")
    archives.restore(archive, empty_place("sqlite"))
    assert line.startswith(str(erased))


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_chain_leads_on_from_the_anchor_where_the_keys_folder_is_still_here(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    """What the archive lacks is lost, and the anchor does not fall."""
    house, place = archives.house, empty_place("sqlite")
    case = house.case_of("hello")
    archive = archives.make()
    for _ in range(3):
        house.read(case["id"])
    house.advance(minutes=2)
    shutil.copytree(house.settings.keys_path, place.files.folder)
    before = place.files.read_anchor()["audit"]
    archives.restore(archive, place)
    after = KeyFiles(place.folder / "keys").read_anchor()["audit"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["seq"] > before["seq"]
    with archives.reopened(place) as again, again.database.snapshot() as db:
        assert audit.verify(db).intact
