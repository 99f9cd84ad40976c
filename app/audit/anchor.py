"""The anchor: how far the chain reached, kept outside the database. It never falls."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import select

from app.audit.chain import (
    START,
    ChainBroken,
    ChainEnd,
    SeenEnd,
    read_bridges,
    read_end,
    walk_chain,
)
from app.models import AuditEntry
from app.store import Db

_NAME = "audit"


@dataclass(frozen=True)
class Verdict:
    """The result of a check: how many entries, and where the chain breaks first, if it does.

    ``entries`` counts those that are here, older ones went behind a signed checkpoint; 0 where the
    chain breaks.
    """

    entries: int
    broken_at: int | None
    reason: str | None

    @property
    def intact(self) -> bool:
        """Whether every entry follows from the one before it."""
        return self.broken_at is None


def read_anchored(db: Db) -> ChainEnd:
    """Return how far the chain reached when it was last anchored."""
    kept = db.keys.files.read_anchor().get(_NAME)
    if not isinstance(kept, dict):
        return START
    return ChainEnd(int(kept["seq"]), bytes.fromhex(kept["mac"]))


def verify(db: Db) -> Verdict:
    """Recompute the chain from its start, and hold it against anchor and memory."""
    return _check(db, START, _list_reached(db), read_end(db))


def advance_anchor(db: Db) -> Verdict:
    """Anchor the end of the chain, if it follows from what is anchored; else leave the anchor.

    What was anchored has to lie on the chain, and every entry since then has to follow from it.
    """
    anchored, end, verdict = _look_at_end(db)
    if verdict.intact and end.seq > anchored.seq:
        db.keys.files.write_anchor({_NAME: {"seq": end.seq, "mac": end.mac.hex()}})
    return verdict


def check_end(db: Db) -> Verdict:
    """Check the chain from its anchor on: quick, since that is at most a minute old."""
    return _look_at_end(db)[2]


def _look_at_end(db: Db) -> tuple[ChainEnd, ChainEnd, Verdict]:
    """Return what is anchored, where the chain ends now, and whether one leads to the other."""
    anchored, *seen = _list_reached(db)
    end = read_end(db)
    if not _lies_on_chain(db, anchored):
        return anchored, end, Verdict(0, anchored.seq, "the chain differs from its anchor")
    later = [one for one in seen if one.seq > anchored.seq]
    return anchored, end, _check(db, anchored, later, end)


def _list_reached(db: Db) -> list[ChainEnd]:
    """Return what must lie on the chain; read before its end, for the chain only grows."""
    seen = db.keys.recall(SeenEnd)
    return [read_anchored(db), *([seen.end] if seen else [])]


def _check(db: Db, start: ChainEnd, reached: Iterable[ChainEnd], end: ChainEnd) -> Verdict:
    try:
        return Verdict(_count_entries(db, start, reached, end), None, None)
    except ChainBroken as broken:
        return Verdict(0, broken.seq, broken.reason)


def _count_entries(db: Db, start: ChainEnd, reached: Iterable[ChainEnd], end: ChainEnd) -> int:
    """Walk from ``start`` to ``end``, past every place that was reached. ChainBroken."""
    wanted = {one.seq: one.mac for one in reached if one != start}
    entries = 0
    with closing(walk_chain(db, start, end)) as places:
        for place in places:
            entries += not place.is_gap
            if wanted.pop(place.seq, place.mac) != place.mac:
                raise ChainBroken(place.seq, "the chain differs from its anchor")
    if wanted:
        raise ChainBroken(end.seq + 1, "the end of the chain was cut off")
    return entries


def _lies_on_chain(db: Db, place: ChainEnd) -> bool:
    there = db.scalar(select(AuditEntry.mac).where(AuditEntry.seq == place.seq))
    return place == START or there == place.mac or place in read_bridges(db).values()
