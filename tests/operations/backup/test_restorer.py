"""An archive brings everything back that may come back, on either kind of database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app import audit
from app.crypto import KeyFiles, OperationalKeys, day_number, new_seed
from app.models import (
    Base,
    Case,
    Deployment,
    Job,
    Message,
    Outgoing,
    OutgoingState,
    SessionRow,
    table,
)
from app.operations.backup.archive import ArchiveDamaged
from app.operations.backup.restorer import NeedsAcknowledgement, OlderThanAnchor
from app.operations.backup.target import NotEmpty, OtherKeys
from app.operations.backup.writer import make_archive
from app.store.db import Database
from app.vault.forgetting_layer import list_wrapped_tables
from tests.operations.backup.conftest import Archives, Place, word_of
from tests.service import PASSPHRASE, Client, House

EmptyPlace = Callable[[str], Place]
either_kind = pytest.mark.parametrize("target", ["sqlite", "postgresql"])
# What an archive holds does not hang on the kind it came from: either way each writes and reads.
to_the_other_kind = pytest.mark.parametrize(
    ("database_kind", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")]
)
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


def signed_in(house: House, handle: str = "heron") -> Client:
    """Sign in with the passphrase, as after a restart."""
    answer = house.sign_in(handle)
    assert answer.status_code == 201, answer.text
    return Client(house.http, answer.json()["token"])


@to_the_other_kind
def test_a_dispatcher_reads_the_conversations_again(
    archives: Archives, empty_place: EmptyPlace, target: str
) -> None:
    house, place = archives.house, empty_place(target)
    case = house.case_of("my sister was taken", "1")
    assert (
        house.as_("heron")
        .post(f"/v1/cases/{case['id']}/notes", {"body": "call her aunt"})
        .is_success
    )
    before = house.read(case["id"])
    archives.restore(archives.make(), place)
    with archives.reopened(place) as again:
        after = signed_in(again).get(f"/v1/cases/{case['id']}").json()
        assert after["messages"] == before["messages"]
        assert [note["body"] for note in after["notes"]] == ["call her aunt"]
        again.phone().text("are you there?")
        assert "are you there?" in str(signed_in(again).get(f"/v1/cases/{case['id']}").json())


def rows_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row, but for what a restore changes on purpose."""
    changing = {"op_key", "op_values", "op_version", "shred_day", "mac", "seq"}
    found = {}
    with database.snapshot() as db:
        for table in Base.metadata.sorted_tables:
            kept = [
                column
                for column in table.columns
                if column.name not in changing and not column.info.get("forgetting")
            ]
            if "only" not in table.info and not table.name.startswith("audit"):
                found[table.name] = sorted(map(tuple, db.execute(select(*kept))), key=repr)
    return found


@to_the_other_kind
def test_every_row_comes_back_as_it_was(
    archives: Archives, empty_place: EmptyPlace, target: str
) -> None:
    archives.house.case_of("hello", "2", "1")
    place = empty_place(target)
    archives.restore(archives.make(), place)
    with place.database() as database:
        assert rows_of(database) == rows_of(archives.house.database)


def test_it_holds_what_was_committed_while_others_wrote(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    house, place = archives.house, empty_place("sqlite")
    first = house.case_of("before")
    text_in_between = iter([True])

    def progress(_: int) -> None:
        if next(text_in_between, False):
            house.phone("+15145550177").text("meanwhile")

    database = Database(house.settings.sqlalchemy_url)
    made = make_archive(database, archives.files, archives.folder, house.clock(), progress)
    database.close()
    archives.restore(made.path, place)
    with place.database() as restored, restored.snapshot() as db:
        assert [str(case) for case in db.scalars(select(Case.id))] == [first["id"]]


@pytest.mark.parametrize("database_kind", ["postgresql"])  # where sessions are rows
def test_nobody_is_signed_in(archives: Archives, empty_place: EmptyPlace) -> None:
    desk, place = archives.house.as_("heron"), empty_place("postgresql")
    archives.restore(archives.make(), place)
    with place.database() as database, database.snapshot() as db:
        assert db.scalars(select(SessionRow)).all() == []
    with archives.reopened(place) as again:
        assert Client(again.http, desk.token).get("/v1/cases").status_code == 401


@on_sqlite
def test_the_operational_key_is_not_in_it_and_opens_with_the_first_sign_in(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    place = empty_place("sqlite")
    archives.restore(archives.make(), place)
    assert not (place.folder / "keys" / "operational.key").exists()
    with archives.reopened(place) as again:
        assert again.http.get("/readyz").json()["key"] == "sealed"
        signed_in(again)
        assert again.http.get("/readyz").json()["key"] == "open"


@on_sqlite
def test_texts_on_their_way_become_uncertain_and_are_not_sent(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    house, place = archives.house, empty_place("sqlite")
    house.case_of("hello", "1")
    with house.database.transaction() as db:
        for state, outgoing in zip(
            (OutgoingState.QUEUED, OutgoingState.SENDING),
            db.scalars(select(Outgoing)),
            strict=False,
        ):
            outgoing.state, outgoing.sid_lookup = state, None
            db.execute(
                update(Message).where(Message.id == outgoing.message_id).values(status=state.value)
            )
    restored = archives.restore(archives.make(), place)
    assert restored.uncertain == 2
    with place.database() as database, database.snapshot() as db:
        for model in (Outgoing.state, Message.status):
            assert not set(db.scalars(select(model))) & {"queued", "sending"}
            assert "uncertain" in set(db.scalars(select(model)))
        assert "send" not in set(db.scalars(select(Job.kind)))


@on_sqlite
def test_the_desk_is_told_of_a_reply_that_was_on_its_way(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    house, place = archives.house, empty_place("sqlite")
    case = house.case_of("hello", "1")
    house.network.faults("api-5xx", count=100, match=house.phone().number)
    answer = house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "I come."})
    assert answer.status_code == 202
    house.settle()
    archives.restore(archives.make(), place)
    with archives.reopened(place) as again:
        signed_in(again)
        again.settle()
        [found] = again.queue()
        assert (found["id"], found["state"]) == (case["id"], "open")
        assert found["waiting_since"] is not None


@on_sqlite
def test_every_key_lies_under_a_fresh_layer(archives: Archives, empty_place: EmptyPlace) -> None:
    archives.house.case_of("hello")
    archive, place = archives.make(), empty_place("sqlite")
    archives.house.clock.advance(timedelta(days=2))
    archives.restore(archive, place)
    today = day_number(archives.house.clock())
    with place.database() as database, database.snapshot() as db:
        for table, _ in list_wrapped_tables():
            assert set(db.scalars(select(table.c.shred_day))) <= {today, None}
    assert place.files.shred_days() == [today]
    assert place.files.shred_key(today) != archives.files.shred_key(today - 2)


@on_sqlite
def test_the_audit_chain_goes_on_and_says_what_happened(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    place = empty_place("sqlite")
    archives.restore(archives.make(), place)
    with archives.reopened(place) as again, again.database.snapshot() as db:
        assert audit.verify(db).intact
        assert "archive.restored" in {entry.kind for entry in audit.read_page(db, None, 20).entries}


# -- erased stays erased


def erase(house: House, case_id: str) -> None:
    assert house.as_("heron").post(f"/v1/cases/{case_id}/erase").is_success


@either_kind
@on_sqlite
def test_what_was_erased_after_the_archive_stays_erased(
    archives: Archives, empty_place: EmptyPlace, target: str
) -> None:
    house, place = archives.house, empty_place(target)
    case = house.case_of("she is at school")
    kept = house.case_of("remember me", number="+15145550188")
    archive = archives.make()
    erase(house, case["id"])
    assert archives.restore(archive, place).erased_again == 1
    with archives.reopened(place) as again:
        desk = signed_in(again)
        assert desk.get(f"/v1/cases/{case['id']}").status_code == 410
        assert "remember me" in desk.get(f"/v1/cases/{kept['id']}").text


@on_sqlite
def test_no_row_of_an_erased_case_is_written_again(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    house, place = archives.house, empty_place("sqlite")
    case = house.case_of("she is at school", "1", "1")
    archive = archives.make()
    erase(house, case["id"])
    archives.restore(archive, place)
    with place.database() as database, database.snapshot() as db:
        for table in Base.metadata.sorted_tables:
            if "case_id" in table.c:
                assert not db.execute(select(table).where(table.c.case_id.is_not(None))).all()
        row = db.scalars(select(Case)).one()
        assert (row.state, row.op_key, row.op_values, row.number_lookup) == ("erased",) + 3 * (
            None,
        )


@on_sqlite
def test_the_keys_folder_alone_remembers_what_was_erased(
    archives: Archives, empty_place: EmptyPlace, tmp_path: Path
) -> None:
    house, place = archives.house, empty_place("sqlite")
    case = house.case_of("she is at school")
    archive = archives.make()
    erase(house, case["id"])
    moved = archive.rename(tmp_path / archive.name)
    (place.folder).mkdir()
    archives.files.folder.rename(place.folder / "keys")
    restored = archives.restore(moved, place, acknowledged=None)
    assert restored.erased_again == 1


@on_sqlite
def test_a_copy_kept_elsewhere_opens_to_the_backup_key_and_brings_the_erased_back(
    archives: Archives, empty_place: EmptyPlace, tmp_path: Path
) -> None:
    """What no text may promise away: such a copy knows nothing of what was erased since."""
    house, place = archives.house, empty_place("sqlite")
    case = house.case_of("she is at school")
    archive = archives.make()
    copy = tmp_path / archive.name
    copy.write_bytes(archive.read_bytes())
    erase(house, case["id"])
    house.clock.advance(timedelta(days=400))
    assert archives.restore(copy, place).erased_again == 0
    with archives.reopened(place) as again:
        assert "she is at school" in signed_in(again).get(f"/v1/cases/{case['id']}").text


# -- only where it is safe


@on_sqlite
def test_a_new_server_has_no_anchor_so_somebody_has_to_type(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    archive, place = archives.make(), empty_place("sqlite")
    for typed in (None, "", "yes", "2026-01-14"):
        with pytest.raises(NeedsAcknowledgement, match=r"no anchor .* type 2026-01-15"):
            archives.restore(archive, place, acknowledged=typed)
    assert not place.folder.exists()
    archives.restore(archive, place, acknowledged=word_of(archive))
    anchor = KeyFiles(place.folder / "keys").read_anchor()
    assert anchor["restored_at"], "what happened since the archive is unknown for good"


@on_sqlite
def test_an_archive_over_a_week_old_has_to_be_acknowledged(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    archive, place = archives.make(), empty_place("sqlite")
    place.folder.mkdir()
    archives.files.folder.rename(place.folder / "keys")
    later = archives.house.clock() + timedelta(days=7, minutes=1)
    with pytest.raises(NeedsAcknowledgement, match="7 days old"):
        archives.restore(archive, place, acknowledged=None, now=later)
    assert archives.restore(archive, place, acknowledged=word_of(archive), now=later).rows


@on_sqlite
def test_an_older_list_of_members_than_the_anchor_vouches_for_is_refused(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    house, place = archives.house, empty_place("sqlite")
    archive = archives.make()
    jay = house.residents["finch"].id
    assert house.as_("wren").delete(f"/v1/members/{jay}").is_success
    place.folder.mkdir()
    archives.files.folder.rename(place.folder / "keys")
    with pytest.raises(OlderThanAnchor):
        archives.restore(archive, place)
    assert not (place.folder / "kith.db").exists()


@on_sqlite
def test_an_archive_with_another_operational_key_is_refused(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    """Else all that comes in from then on would be sealed to whoever changed it."""
    mine, place = OperationalKeys(new_seed()), empty_place("sqlite")
    with archives.house.database.engine.begin() as db:
        db.execute(update(table(Deployment)).values(operational_public=mine.pair.public))
    with pytest.raises(ArchiveDamaged):
        archives.restore(archives.make(), place)
    assert not (place.folder / "kith.db").exists()


@either_kind
@on_sqlite
def test_where_there_is_data_nothing_is_restored(
    archives: Archives, empty_place: EmptyPlace, target: str
) -> None:
    archive, place = archives.make(), empty_place(target)
    archives.restore(archive, place)
    with pytest.raises(NotEmpty):
        archives.restore(archive, place)


@on_sqlite
def test_keys_of_another_organisation_are_not_overwritten(
    archives: Archives, empty_place: EmptyPlace
) -> None:
    archive, place = archives.make(), empty_place("sqlite")
    place.files.create()
    theirs = place.files.integrity
    with pytest.raises(OtherKeys):
        archives.restore(archive, place)
    assert place.files.integrity == theirs
    assert not (place.folder / "kith.db").exists()


@on_sqlite
def test_the_passphrase_is_still_the_one(archives: Archives, empty_place: EmptyPlace) -> None:
    place = empty_place("sqlite")
    archives.restore(archives.make(), place)
    with archives.reopened(place) as again:
        wrong = {"handle": "heron", "passphrase": PASSPHRASE + "!"}
        assert again.nobody.post("/v1/sessions", wrong).status_code == 401
        signed_in(again)
