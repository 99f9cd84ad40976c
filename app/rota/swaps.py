"""Swaps: somebody cannot come and asks to be replaced; until somebody does, it is still theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.crypto import keyed_hash
from app.errors import BadRequest, NotFound, OfferTaken, Refusal
from app.models import ShiftSwap
from app.rota.exceptions import cover_turn
from app.rota.rota import Rota, Turn, find_turn_named, list_turns
from app.rota.shifts import find_shift_turn, load_rota, lock_shift
from app.rota.visibility import can_see
from app.store import Db
from app.vault import read_roster

_NEXT_WITHIN = timedelta(days=62)


class SwapOver(Refusal):
    """This shift has begun, so it can no longer be taken over."""

    slug = "offer-expired"


class NotYours(BadRequest):
    """You are not in this shift, so you cannot offer it."""


@dataclass(frozen=True)
class Swap:
    """A swap as somebody may see it; ``member`` asks, and is hidden from who need not know."""

    id: UUID
    turn: Turn
    state: str
    member: UUID | None
    taken_by: UUID | None
    to: UUID | None = None  # the one colleague who is asked


def offer_swap(
    db: Db,
    principal: Principal,
    shift_id: UUID,
    at: datetime | None,
    now: datetime,
    to: UUID | None = None,
) -> UUID:
    """Ask to be replaced once: at the occurrence that begins at ``at``, or one's next. NotYours.

    With ``to`` only that colleague is asked. Asking again is the same swap, for whoever is asked
    by then.
    """
    principal.require(Permission.ROTA)
    lock_shift(db, shift_id)
    rota, me = load_rota(db), principal.member_id
    turn = find_shift_turn(rota, shift_id, at) if at else _my_next(rota, shift_id, me, now)
    if me not in turn.members or turn.cancelled:
        raise NotYours
    if turn.start <= now:
        raise SwapOver
    lookup = keyed_hash(
        db.keys.integrity, "swap", shift_id.bytes + me.bytes + turn.on.isoformat().encode()
    )
    known = db.scalar(
        select(ShiftSwap.id).where(ShiftSwap.lookup == lookup, ShiftSwap.state == "open")
    )
    _check_asked(db, turn, to)
    values = {"on": turn.on.isoformat(), "member": str(me), "taken_by": None}
    values["to"] = str(to) if to else None
    if known is not None:
        db.keys.replace_values("shift_swaps", db.get_one(ShiftSwap, known), values)
        return known
    swap_id = uuid4()
    blob = db.keys.new_row("shift_swaps", swap_id, values, now)
    db.add(ShiftSwap(id=swap_id, shift_id=shift_id, state="open", lookup=lookup, **blob))
    db.flush()
    audit.record(db, "swap.offered", me, shift_id, now)
    return swap_id


def _check_asked(db: Db, turn: Turn, to: UUID | None) -> None:
    """Raise BadRequest for a colleague who cannot come in somebody's place."""
    if to is None:
        return
    line = read_roster(db).by_id.get(to)
    if line is None or turn.slot.role not in line.roles or to in turn.members:
        raise BadRequest("This colleague cannot do this shift. Ask another, or everybody.")


def _my_next(rota: Rota, shift_id: UUID, member: UUID, now: datetime) -> Turn:
    for turn in list_turns(rota, now, now + _NEXT_WITHIN):
        if turn.slot.id == shift_id and member in turn.members and turn.start > now:
            return turn
    raise NotYours


def take_swap(db: Db, principal: Principal, swap_id: UUID, now: datetime) -> None:
    """Do a shift in somebody's place: one person gets it. OfferTaken, SwapOver, TwoPlaces."""
    principal.require(Permission.ROTA)
    swap = db.get(ShiftSwap, swap_id, with_for_update=True)
    if swap is None:
        raise NotFound
    row, slot = lock_shift(db, swap.shift_id)
    if slot.role not in principal.roles:
        raise NotFound
    if swap.state == "taken":
        raise OfferTaken
    rota, me = load_rota(db), principal.member_id
    seen = _seen(db, principal, rota, swap)
    values = db.keys.open_row("shift_swaps", swap)
    asking = UUID(values["member"])
    if swap.state != "open" or seen is None or seen.turn.start <= now:
        raise SwapOver
    if me in seen.turn.members:
        raise BadRequest("You are in this shift already.")
    if seen.to not in (None, me):
        raise NotFound
    cover_turn(db, rota, row, seen.turn, me, asking, now)
    db.keys.replace_values("shift_swaps", swap, {**values, "taken_by": str(me)})
    swap.state = "taken"
    audit.record(db, "swap.taken", me, swap.shift_id, now)


def withdraw_swap(db: Db, principal: Principal, swap_id: UUID, now: datetime) -> None:
    """Take a swap back that nobody has taken. NotFound, OfferTaken."""
    principal.require(Permission.ROTA)
    swap = db.get(ShiftSwap, swap_id, with_for_update=True)
    mine = swap and db.keys.open_row("shift_swaps", swap)["member"] == str(principal.member_id)
    if swap is None or not (mine or principal.may(Permission.ROTA_OF_ALL)):
        raise NotFound
    if swap.state == "taken":
        raise OfferTaken("A colleague has taken it. If you can come after all, talk to them.")
    audit.record(db, "swap.withdrawn", principal.member_id, swap.shift_id, now)
    db.delete(swap)


def find_swap(db: Db, principal: Principal, swap_id: UUID) -> Swap:
    """Return a swap as the member may see it. NotFound."""
    swap = db.get(ShiftSwap, swap_id)
    seen = _seen(db, principal, load_rota(db), swap) if swap else None
    if seen is None:
        raise NotFound
    return seen


def list_swaps(db: Db, principal: Principal, now: datetime) -> list[Swap]:
    """Return the open swaps that a member could take or has offered, the next first."""
    principal.require(Permission.ROTA)
    rota = load_rota(db)
    rows = db.scalars(select(ShiftSwap).where(ShiftSwap.state == "open"))
    found = (_seen(db, principal, rota, row) for row in rows)
    return sorted(
        (swap for swap in found if swap and swap.turn.start > now),
        key=lambda swap: (swap.turn.start, swap.id),
    )


def _seen(db: Db, principal: Principal, rota: Rota, row: ShiftSwap) -> Swap | None:
    values = db.keys.open_row("shift_swaps", row)
    slot = rota.slot(row.shift_id)
    turn = find_turn_named(rota, slot, datetime.fromisoformat(values["on"])) if slot else None
    member = UUID(values["member"])
    mine = member == principal.member_id
    if turn is None or slot is None or (row.state == "open" and not _stands(turn, member)):
        return None
    to = UUID(values["to"]) if values.get("to") else None
    able = slot.role in principal.roles and to in (None, principal.member_id)
    if not (mine or can_see(principal, slot) or able):
        return None
    known = mine or can_see(principal, slot)
    taken_by = UUID(values["taken_by"]) if values["taken_by"] else None
    shown_to = taken_by if known or taken_by == principal.member_id else None
    return Swap(row.id, turn, row.state, member if known else None, shown_to, to)


def _stands(turn: Turn, member: UUID) -> bool:
    """Whether there is still something to take over: a coordinator may have changed it since."""
    return member in turn.members and not turn.cancelled


def expire_swaps(db: Db, now: datetime) -> int:
    """Note of each open swap whose shift has begun, or is no more, that it came to nothing.

    What is long over is deleted. Return how many expired.
    """
    rota, expired = load_rota(db), 0
    for row in db.scalars(select(ShiftSwap)):
        values = db.keys.open_row("shift_swaps", row)
        slot, member = rota.slot(row.shift_id), UUID(values["member"])
        turn = find_turn_named(rota, slot, datetime.fromisoformat(values["on"])) if slot else None
        over = turn is None or turn.start <= now or not _stands(turn, member)
        if row.state == "open" and over:
            row.state = "expired"
            expired += 1
        elif row.state != "open" and (turn is None or turn.end < now - _NEXT_WITHIN):
            db.delete(row)
    db.flush()
    return expired
