"""A stolen passphrase reads, and whoever holds the database takes the reading out of the log."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from app import audit
from app.crypto import KeyFiles
from app.models import AuditEntry, AuditHead
from tests.service import House


def cut_back_to(house: House, last: int) -> None:
    """Take out what came after an entry, with nothing but SQL."""
    with house.database.transaction() as db:
        mac = db.scalar(select(AuditEntry.mac).where(AuditEntry.seq == last))
        db.execute(delete(AuditEntry).where(AuditEntry.seq > last))
        db.execute(update(AuditHead).values(seq=last, mac=mac))


def anchored(house: House) -> int:
    kept = KeyFiles(house.settings.keys_path).read_anchor()["audit"]
    assert isinstance(kept, dict)
    return int(kept["seq"])


# Minutes between the reading and the cut: before the next anchor, right after it, later.
@pytest.mark.parametrize("minutes", [0, 1, 40])
def test_a_reading_is_not_taken_out_of_the_log(house: House, minutes: int) -> None:
    case = house.case_of("they took my brother")
    house.advance(minutes=2)
    with house.database.snapshot() as db:
        before = db.get_one(AuditHead, 1).seq
    assert anchored(house) == before
    house.read(case["id"], "plover")
    house.advance(minutes=minutes)
    reached = anchored(house)
    assert (reached > before) is (minutes > 0)
    cut_back_to(house, before)
    house.read(case["id"], "heron")
    house.advance(minutes=16)
    house.read(case["id"], "heron")
    house.advance(hours=1)
    with house.database.snapshot() as db:
        assert not audit.verify(db).intact
        kinds = [entry.kind for entry in audit.read_page(db, None, 50).entries]
    assert audit.DAMAGED in kinds
    assert anchored(house) == reached, "the server anchors no chain that was cut"
