"""What was erased is written down outside the database, whatever crashes in between."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.crypto import KeyFiles
from app.desk.closing import erase_case
from app.store.db import Database
from app.vault.operational_key import open_keyring
from app.vault.tombstones import (
    add_archive_folder,
    adopt_tombstones,
    bury_case,
    list_tombstones,
    list_tombstones_to_restore,
)
from tests.line import Line
from tests.service import House


def list_beside(line: Line, archive: Path) -> set[UUID]:
    return list_tombstones_to_restore(KeyFiles(archive), archive, keys_of(line).integrity)


def made(folder: Path) -> KeyFiles:
    files = KeyFiles(folder)
    files.create()
    return files


def keys_of(line: Line) -> KeyFiles:
    assert line.database.keys
    return line.database.keys.files


def erase(line: Line) -> UUID:
    case = line.open_case("please help")
    line.as_member(erase_case, "heron", case.id)
    return case.id


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_what_the_service_erased_is_named_too(house: House) -> None:
    case = house.case_of("please help")
    assert house.as_("heron").post(f"/v1/cases/{case['id']}/erase").status_code < 300
    assert list_tombstones(KeyFiles(house.settings.keys_path)) == {UUID(case["id"])}


def test_an_erased_case_is_named_in_the_keys_folder(line: Line) -> None:
    assert erase(line) in list_tombstones(keys_of(line))


def test_and_beside_the_archives(line: Line, tmp_path: Path) -> None:
    add_archive_folder(keys_of(line), tmp_path)
    assert erase(line) in list_beside(line, tmp_path / "any archive")


def test_a_folder_learns_what_was_erased_before_it_was_used(line: Line, tmp_path: Path) -> None:
    erased = erase(line)
    add_archive_folder(keys_of(line), tmp_path)
    assert list_beside(line, tmp_path / "any archive") == {erased}


def test_an_erasure_that_was_undone_is_not_written_down(line: Line) -> None:
    case = uuid4()

    def undone() -> None:
        with line.writing() as db:
            bury_case(db, case)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert list_tombstones(keys_of(line)) == set()


def test_what_a_crash_kept_from_the_file_is_in_it_after_the_next_start(line: Line) -> None:
    erased, keys = erase(line), keys_of(line)
    (keys.folder / "tombstones").unlink()
    database = Database(f"sqlite:///{keys.folder.parent / 'kith.db'}")
    open_keyring(database, keys)
    database.close()
    assert list_tombstones(keys) == {erased}


def test_a_folder_that_is_away_hinders_no_erasure(line: Line, tmp_path: Path) -> None:
    away = tmp_path / "mount"
    away.mkdir()
    add_archive_folder(keys_of(line), away)
    away.rename(tmp_path / "elsewhere")
    assert erase(line) in list_tombstones(keys_of(line))


def test_a_line_cut_short_is_passed_over_and_written_again(tmp_path: Path) -> None:
    files, whole, cut = made(tmp_path), uuid4(), uuid4()
    adopt_tombstones(files, [whole])
    with (tmp_path / "tombstones").open("a") as file:
        file.write(str(cut)[:20])
    assert list_tombstones(files) == {whole}
    adopt_tombstones(files, [cut])
    assert list_tombstones(files) == {whole, cut}


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    files, case = made(tmp_path), uuid4()
    adopt_tombstones(files, [case])
    adopt_tombstones(files, [case])
    assert (tmp_path / "tombstones").read_text().count(str(case)) == 1
