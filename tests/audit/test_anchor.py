"""The audit chain is cut at every moment: it shows, and the anchor stays where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from app import audit
from app.audit.anchor import read_anchored
from app.audit.chain import START, ChainEnd, read_end
from app.cases import add_note
from app.desk import close_case, erase_case, hold_case, read_case
from app.knowledge import add_sighting
from app.models import AuditCheckpoint, AuditEntry, AuditHead
from app.operations import anchor_audit, check_audit, sweep_retention
from app.store import Database, Db
from app.vault import open_keyring
from tests.keyed import open_keyed_database
from tests.line import Line
from tests.premises import Premises

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
YEAR = audit.ENTRY_LIFE


@pytest.fixture(params=["sqlite", "postgresql"])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A chain of three entries that no anchor knows yet."""
    url = request.getfixturevalue(f"{request.param}_url")
    database = open_keyed_database(url, tmp_path / "keys")
    assert database.keys is not None
    database.keys.files.write_anchor({})
    with database.transaction() as db:
        audit.begin(db)
    write(database, 3)
    yield database
    database.close()


def write(database: Database, entries: int, now: datetime = NOW) -> None:
    for _ in range(entries):
        with database.transaction() as db:
            audit.record(db, "case.read", uuid4(), uuid4(), now)


def anchor(database: Database) -> audit.Verdict:
    with database.snapshot() as db:
        return audit.advance_anchor(db)


def verify(database: Database) -> audit.Verdict:
    with database.snapshot() as db:
        return audit.verify(db)


def anchored(database: Database) -> int:
    with database.snapshot() as db:
        return read_anchored(db).seq


def restart(database: Database) -> None:
    """Forget what this process has seen, as a new one would not know it."""
    assert database.keys is not None
    database.keys.held.memory.clear()


def cut(db: Db, entries: int = 1) -> None:
    """Take the newest entries out and move the head back, with nothing but SQL."""
    last = read_end(db).seq - entries
    db.execute(delete(AuditEntry).where(AuditEntry.seq > last))
    mac = db.scalar(select(AuditEntry.mac).where(AuditEntry.seq == last)) or START.mac
    db.execute(update(AuditHead).values(seq=last, mac=mac))


def take_out(db: Db, seq: int) -> None:
    db.execute(delete(AuditEntry).where(AuditEntry.seq == seq))


def attack(database: Database, change: Callable[[Db], None] = cut) -> None:
    with database.transaction() as db:
        change(db)


def test_the_anchor_follows_the_chain(chain: Database) -> None:
    assert anchor(chain).intact
    assert anchored(chain) == 3
    write(chain, 2)
    assert anchor(chain).intact
    assert anchored(chain) == 5
    assert verify(chain) == audit.Verdict(5, None, None)


def test_the_anchor_never_falls(chain: Database) -> None:
    anchor(chain)
    assert chain.keys is not None
    chain.keys.files.write_anchor({"audit": {"seq": 2, "mac": "00"}})
    assert anchored(chain) == 3
    assert verify(chain).intact


@pytest.mark.parametrize("entries", [1, 2, 3])
def test_what_was_anchored_is_never_cut_unnoticed(chain: Database, entries: int) -> None:
    anchor(chain)
    restart(chain)
    attack(chain, lambda db: cut(db, entries))
    assert verify(chain).reason == "the end of the chain was cut off"
    for _ in range(4):  # also once the chain has grown past the anchor again
        assert not anchor(chain).intact
        assert anchored(chain) == 3
        write(chain, 2)
    assert verify(chain).reason == "the chain differs from its anchor"


def test_what_no_anchor_knows_yet_is_noticed_by_the_process_that_wrote_it(chain: Database) -> None:
    attack(chain)
    assert not verify(chain).intact
    write(chain, 3)
    assert not verify(chain).intact
    assert not anchor(chain).intact
    assert anchored(chain) == 0


@pytest.mark.parametrize("seq", [1, 2, 3])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_entry_taken_out_in_the_middle_shows(chain: Database, seq: int, moment: str) -> None:
    if moment == "after":
        anchor(chain)
    write(chain, 1)
    attack(chain, lambda db: take_out(db, seq))
    assert (verify(chain).broken_at, verify(chain).reason) == (seq, "an entry is missing")


def test_an_anchor_moves_only_along_the_chain(chain: Database) -> None:
    """Another chain of the same length, whose every entry is this server's own."""
    anchor(chain)
    restart(chain)
    attack(chain)
    write(chain, 4)
    assert anchor(chain).reason == "the chain differs from its anchor"
    assert anchored(chain) == 3


def test_an_entry_of_a_transaction_that_failed_was_never_seen(chain: Database) -> None:
    def fail(db: Db) -> None:
        audit.record(db, "case.read", None, None, NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        attack(chain, fail)
    write(chain, 1)
    assert verify(chain).intact
    assert anchor(chain).intact


# -- entries older than a year


def forget(database: Database, now: datetime) -> int:
    with database.transaction() as db:
        return audit.forget_old_entries(db, now)


def test_entries_older_than_a_year_go_and_the_chain_is_intact(chain: Database) -> None:
    later = NOW + YEAR + timedelta(minutes=5)
    write(chain, 2, later)
    assert forget(chain, later) == 0, "what is not anchored stays"
    anchor(chain)
    assert forget(chain, later) == 3
    assert verify(chain) == audit.Verdict(2, None, None)
    write(chain, 1, later)
    assert anchor(chain).intact
    assert forget(chain, later) == 0


def test_a_chain_of_old_entries_alone_is_intact_without_them(chain: Database) -> None:
    anchor(chain)
    assert forget(chain, NOW + 2 * YEAR) == 3
    restart(chain)
    assert verify(chain) == audit.Verdict(0, None, None)
    assert anchor(chain).intact
    write(chain, 2, NOW + 2 * YEAR)
    anchor(chain)
    assert forget(chain, NOW + 4 * YEAR) == 2
    assert verify(chain).intact


def test_the_year_goes_by_in_steps(chain: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.audit.checkpoints._AT_ONCE", 2)
    anchor(chain)
    assert [forget(chain, NOW + 2 * YEAR) for _ in range(3)] == [2, 1, 0]
    assert verify(chain).intact


def test_an_entry_is_not_made_older_to_have_it_deleted(chain: Database) -> None:
    write(chain, 1)
    anchor(chain)

    def grow_old(db: Db) -> None:
        db.execute(update(AuditEntry).values(at=NOW - 2 * YEAR))

    attack(chain, grow_old)
    assert forget(chain, NOW) == 0
    assert verify(chain).reason == "an entry was changed"


@pytest.mark.parametrize("column", ["seq", "end", "mac", "after_seq"])
def test_a_forged_checkpoint_bridges_nothing(chain: Database, column: str) -> None:
    """Entries 1 and 2 are deleted behind a checkpoint that the writer makes of what is there."""
    anchor(chain)

    def forge(db: Db) -> None:
        end = ChainEnd(2, db.scalars(select(AuditEntry.mac).where(AuditEntry.seq == 2)).one())
        values = {"after_seq": 0, "seq": end.seq, "end": end.mac, "mac": end.mac}
        values[column] = bytes(32) if column in ("end", "mac") else 1 + (column == "seq")
        db.add(AuditCheckpoint(**values))
        db.execute(delete(AuditEntry).where(AuditEntry.seq <= 2))

    attack(chain, forge)
    assert not verify(chain).intact


def test_a_checkpoint_says_nothing_about_later_entries(chain: Database) -> None:
    anchor(chain)
    forget(chain, NOW + 2 * YEAR)
    write(chain, 2, NOW + 2 * YEAR)
    anchor(chain)
    attack(chain, lambda db: take_out(db, 4))
    assert verify(chain).reason == "an entry is missing"


# -- on the ordinary path


def test_readings_are_anchored_within_a_minute(premises: Premises) -> None:
    anchor_audit(premises.database, premises.now)
    before = anchored(premises.database)
    write(premises.database, 1, premises.now)
    anchor_audit(premises.database, premises.now)
    assert anchored(premises.database) == before + 1


def test_the_sweep_forgets_what_was_done_over_a_year_ago(line: Line) -> None:
    case = line.open_case("hello")
    line.as_member(read_case, "heron", case.id)
    line.as_member(erase_case, "heron", case.id)
    anchor_audit(line.database, line.now)
    with line.reading() as db:
        assert [entry.kind for entry in audit.history(db, case.id)] == ["case.read", "case.erased"]
    line.clock.advance(timedelta(days=500))
    sweep_retention(line.database, line.now)
    with line.reading() as db:
        assert audit.history(db, case.id) == []
    assert verify(line.database).intact
    check_audit(line.database, line.now)
    assert audit.DAMAGED not in line.log()


def coordinators_were_told(line: Line) -> int:
    return sum("audit log" in text.body for text in line.carrier.taken)


@pytest.mark.parametrize("restarted", [False, True])
def test_two_coordinators_are_told_once_a_day(line: Line, restarted: bool) -> None:
    line.give_phone("wren", "+15145550181")
    line.give_phone("crane", "+15145550182")
    anchor_audit(line.database, line.now)
    before = anchored(line.database)
    attack(line.database)
    if restarted:
        assert line.database.keys is not None
        open_keyring(line.database, line.database.keys.files)
    for _ in range(3):
        anchor_audit(line.database, line.now)
        check_audit(line.database, line.now)
        line.settle()
    assert coordinators_were_told(line) == 2
    assert anchored(line.database) == before
    with line.reading() as db:
        assert [entry.kind for entry in audit.read_page(db, None, 1).entries] == [audit.DAMAGED]
    line.advance(days=1)
    anchor_audit(line.database, line.now)
    line.settle()
    assert coordinators_were_told(line) == 4


def test_a_sealed_server_tells_them_once_it_is_open(line: Line) -> None:
    line.give_phone("crane", "+15145550182")
    anchor_audit(line.database, line.now)
    attack(line.database)
    keys = line.database.keys
    assert keys is not None
    operational = keys.operational
    assert operational is not None
    keys.seal()
    anchor_audit(line.database, line.now)
    keys.unseal(operational)
    anchor_audit(line.database, line.now)
    line.settle()
    assert coordinators_were_told(line) == 1


# Each kind of write, and the moment at which it is taken out of the log again.
DEEDS: dict[str, Callable[[Line, UUID], object]] = {
    "read": lambda line, case: line.as_member(read_case, "plover", case),
    "note": lambda line, case: line.as_member(add_note, "heron", case, "call her aunt"),
    "close": lambda line, case: line.as_member(close_case, "heron", case, "supported"),
    "erase": lambda line, case: line.as_member(erase_case, "heron", case),
    "hold": lambda line, case: line.as_member(hold_case, "crane", case, "A court asked."),
    "raid": lambda line, case: line.as_member(add_sighting, "heron", {"size": "a van"}),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("moment", ["before the anchor", "after it", "after a checkpoint"])
def test_no_deed_is_taken_out_of_the_log(line: Line, deed: str, moment: str) -> None:
    case = line.open_case("hello")
    anchor_audit(line.database, line.now)
    if moment == "after a checkpoint":
        with line.writing() as db:
            assert audit.forget_old_entries(db, line.now + 2 * YEAR)
    DEEDS[deed](line, case.id)
    if moment == "after it":
        anchor_audit(line.database, line.now)
    reached = anchored(line.database)
    attack(line.database)
    assert not verify(line.database).intact
    line.as_member(add_sighting, "heron", {"size": "two vans"})
    anchor_audit(line.database, line.now)
    assert anchored(line.database) == reached
    assert not verify(line.database).intact
