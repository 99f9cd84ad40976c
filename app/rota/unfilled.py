"""Turns that lack people: the coordinators hear of them two days ahead. And old rows go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.models import Shift
from app.rota.handover import forget_old_handovers
from app.rota.overrides import forget_old_overrides
from app.rota.rota import ShiftTurn, find_unfilled
from app.rota.shift_rows import load_rota
from app.rota.swaps import expire_swaps
from app.rota.wall_time import show_wall_time
from app.store import Db
from app.texts import MemberNotice, MemberText

WARNED_AHEAD = timedelta(hours=48)
_KEPT = timedelta(days=62)


def find_lacking_turns(db: Db, now: datetime) -> list[ShiftTurn]:
    """Return the turns of the next 48 hours, the running ones too, that lack people."""
    return find_unfilled(load_rota(db), now, now + WARNED_AHEAD)


def find_untold_turns(db: Db, now: datetime) -> list[ShiftTurn]:
    """Return those of them that the coordinators have not heard of since the shift was changed."""
    _lock_shifts(db)
    return [
        turn
        for turn in find_lacking_turns(db, now)
        if turn.slot.warned_until is None or turn.on > turn.slot.warned_until
    ]


def note_told(db: Db, told: Iterable[ShiftTurn]) -> None:
    """Remember up to which turn of each shift the coordinators know what it lacks."""
    latest = {turn.slot.id: turn.on for turn in sorted(told, key=lambda turn: turn.on)}
    for row in _lock_shifts(db):
        if row.id in latest:
            values = replace(db.keys.read_values(row), warned_until=latest[row.id])
            db.keys.write_values(row, values)
    db.flush()


def _lock_shifts(db: Db) -> list[Shift]:
    return list(db.scalars(select(Shift).order_by(Shift.id).with_for_update()))


def put_away_old(db: Db, now: datetime) -> None:
    """End swaps whose shift has begun; delete old overrides, swaps and hand-over notes."""
    expire_swaps(db, now)
    forget_old_overrides(db, show_wall_time(now, db.zone) - _KEPT)
    forget_old_handovers(db, now)


def describe_lacking(turns: list[ShiftTurn]) -> MemberNotice:
    """Return the neutral text to coordinators about turns that lack people."""
    count = len(turns)
    if count == 1:
        return MemberNotice(MemberText.LACKING_ONE)
    return MemberNotice(MemberText.LACKING_MANY, {"count": str(count)})
