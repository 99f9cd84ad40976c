"""How much of the rota a member sees: coordinators all, the desk its own, others their part."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from app.access import Permission, Principal
from app.errors import NotFound
from app.models import Shift
from app.rota.rota import ShiftTurn, Slot
from app.rota.shift_rows import load_rota
from app.store import Db


def can_see(principal: Principal, slot: Slot) -> bool:
    """Whether a member sees all of a shift: coordinators do, and the desk the desk's."""
    if principal.may(Permission.ROTA_OF_ALL):
        return True
    return principal.may(Permission.CASES) and slot.role == "dispatcher"


def show_turn(principal: Principal, turn: ShiftTurn) -> ShiftTurn | None:
    """Return a turn as a member may see it, None for one that is neither theirs nor open to them.

    Outside their own part they see no other member in it.
    """
    if can_see(principal, turn.slot):
        return turn
    mine = principal.member_id in turn.members
    if mine or (turn.missing and turn.slot.role in principal.roles):
        alone = tuple(member for member in turn.members if member == principal.member_id)
        missing = turn.missing if not mine else 0
        slot = replace(turn.slot, people=len(alone) + missing)
        return replace(turn, slot=slot, members=alone)
    return None


def show_slot(principal: Principal, slot: Slot) -> Slot | None:
    """Return a shift as a member may see it, by the rule of ``show_turn``."""
    if can_see(principal, slot):
        return slot
    mine = principal.member_id in slot.members
    if mine or (len(slot.members) < slot.people and slot.role in principal.roles):
        return replace(slot, members=(principal.member_id,) if mine else ())
    return None


def find_shift(db: Db, principal: Principal, shift_id: UUID) -> tuple[Slot, int]:
    """Return a shift as the member may see it, and its version. Forbidden, NotFound."""
    principal.require(Permission.ROTA)
    row = db.get(Shift, shift_id)
    slot = load_rota(db).slot(shift_id)
    seen = show_slot(principal, slot) if slot else None
    if row is None or seen is None:
        raise NotFound
    return seen, row.version
