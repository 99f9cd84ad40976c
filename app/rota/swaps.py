"""Swaps: a member who cannot come asks to be replaced. Until a colleague comes, it is theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.crypto import keyed_hash
from app.errors import BadRequest, NotFound, OfferTaken, Refusal
from app.models import SWAP_TRANSITIONS, ShiftSwap, ShiftSwapValues, SwapState, check_step
from app.rota.overrides import cover_turn
from app.rota.rota import Rota, ShiftTurn, find_turn_named, list_turns
from app.rota.shift_rows import find_shift_turn, load_rota, lock_shift
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
    """A swap as a member may see it; ``member`` asks, and is None for those who need not know."""

    id: UUID
    turn: ShiftTurn
    state: SwapState
    member: UUID | None
    taken_by: UUID | None
    to: UUID | None = None  # the one colleague who is asked


def move_swap(swap: ShiftSwap, after: SwapState) -> None:
    """Bring a swap into another state. WrongStep."""
    check_step(SWAP_TRANSITIONS, swap.state, after)
    swap.state = after


def offer_swap(
    db: Db,
    principal: Principal,
    shift_id: UUID,
    at: datetime | None,
    now: datetime,
    to: UUID | None = None,
) -> UUID:
    """Ask to be replaced once: at the occurrence that begins at ``at``, or one's next.

    With ``to`` only that colleague is asked. A member who asks again keeps the same swap, for the
    colleague whom they ask then. NotYours, SwapOver, BadRequest.
    """
    principal.require(Permission.ROTA)
    lock_shift(db, shift_id)
    rota, me = load_rota(db), principal.member_id
    turn = find_shift_turn(rota, shift_id, at) if at else _find_next(rota, shift_id, me, now)
    if me not in turn.members or turn.cancelled:
        raise NotYours
    if turn.start <= now:
        raise SwapOver
    _check_asked(db, turn, to)
    values = ShiftSwapValues(on=turn.on, member=me, to=to)
    name = shift_id.bytes + me.bytes + turn.on.isoformat().encode()
    lookup = keyed_hash(db.keys.integrity, "swap", name)
    is_open = ShiftSwap.state == SwapState.OPEN
    known = db.scalar(select(ShiftSwap).where(ShiftSwap.lookup == lookup, is_open))
    if known is not None:
        db.keys.write_values(known, values)
        return known.id
    swap_id = uuid4()
    blob = db.keys.new_values(ShiftSwap, swap_id, values, now, shift_id=shift_id)
    db.add(ShiftSwap(id=swap_id, state=SwapState.OPEN, lookup=lookup, **blob))
    db.flush()
    audit.record(db, "swap.offered", me, shift_id, now)
    return swap_id


def _check_asked(db: Db, turn: ShiftTurn, to: UUID | None) -> None:
    """Raise BadRequest for a colleague who cannot do this turn."""
    if to is None:
        return
    line = read_roster(db).by_id.get(to)
    if line is None or turn.slot.role not in line.roles or to in turn.members:
        raise BadRequest("This colleague cannot do this shift. Ask another, or everybody.")


def _find_next(rota: Rota, shift_id: UUID, member: UUID, now: datetime) -> ShiftTurn:
    for turn in list_turns(rota, now, now + _NEXT_WITHIN):
        if turn.slot.id == shift_id and member in turn.members and turn.start > now:
            return turn
    raise NotYours


def take_swap(db: Db, principal: Principal, swap_id: UUID, now: datetime) -> None:
    """Do a shift in a colleague's place: one member gets it. OfferTaken, SwapOver, TwoPlaces."""
    principal.require(Permission.ROTA)
    swap = db.get(ShiftSwap, swap_id, with_for_update=True)
    if swap is None:
        raise NotFound
    row, slot = lock_shift(db, swap.shift_id)
    if slot.role not in principal.roles:
        raise NotFound
    if swap.state == SwapState.TAKEN:
        raise OfferTaken
    rota, me = load_rota(db), principal.member_id
    seen = _show_swap(db, principal, rota, swap)
    values = db.keys.read_values(swap)
    if swap.state != SwapState.OPEN or seen is None or seen.turn.start <= now:
        raise SwapOver
    if me in seen.turn.members:
        raise BadRequest("You are in this shift already.")
    if seen.to not in (None, me):
        raise NotFound
    cover_turn(db, rota, row, seen.turn, me, values.member, now)
    db.keys.write_values(swap, replace(values, taken_by=me))
    move_swap(swap, SwapState.TAKEN)
    audit.record(db, "swap.taken", me, swap.shift_id, now)


def withdraw_swap(db: Db, principal: Principal, swap_id: UUID, now: datetime) -> None:
    """Take a swap back that no colleague has taken. NotFound, OfferTaken."""
    principal.require(Permission.ROTA)
    swap = db.get(ShiftSwap, swap_id, with_for_update=True)
    mine = swap is not None and db.keys.read_values(swap).member == principal.member_id
    if swap is None or not (mine or principal.may(Permission.ROTA_OF_ALL)):
        raise NotFound
    if swap.state == SwapState.TAKEN:
        raise OfferTaken("A colleague has taken it. If you can come after all, talk to them.")
    audit.record(db, "swap.withdrawn", principal.member_id, swap.shift_id, now)
    db.delete(swap)


def find_swap(db: Db, principal: Principal, swap_id: UUID) -> Swap:
    """Return a swap as the member may see it. NotFound."""
    swap = db.get(ShiftSwap, swap_id)
    seen = _show_swap(db, principal, load_rota(db), swap) if swap else None
    if seen is None:
        raise NotFound
    return seen


def list_swaps(db: Db, principal: Principal, now: datetime) -> list[Swap]:
    """Return the open swaps that a member could take or has offered, the next first."""
    principal.require(Permission.ROTA)
    rota = load_rota(db)
    rows = db.scalars(select(ShiftSwap).where(ShiftSwap.state == SwapState.OPEN))
    found = (_show_swap(db, principal, rota, row) for row in rows)
    return sorted(
        (swap for swap in found if swap and swap.turn.start > now),
        key=lambda swap: (swap.turn.start, swap.id),
    )


def _show_swap(db: Db, principal: Principal, rota: Rota, row: ShiftSwap) -> Swap | None:
    values, me = db.keys.read_values(row), principal.member_id
    turn = _find_swap_turn(rota, row, values)
    if turn is None or (row.state == SwapState.OPEN and not _stands(turn, values.member)):
        return None
    sees_all = values.member == me or can_see(principal, turn.slot)
    able = turn.slot.role in principal.roles and values.to in (None, me)
    if not (sees_all or able):
        return None
    return Swap(
        row.id,
        turn,
        row.state,
        values.member if sees_all else None,
        values.taken_by if sees_all or values.taken_by == me else None,
        values.to,
    )


def _find_swap_turn(rota: Rota, row: ShiftSwap, values: ShiftSwapValues) -> ShiftTurn | None:
    slot = rota.slot(row.shift_id)
    return find_turn_named(rota, slot, values.on) if slot else None


def _stands(turn: ShiftTurn, member: UUID) -> bool:
    """Whether there is still a turn to take over: a coordinator may have changed it since."""
    return member in turn.members and not turn.cancelled


def expire_swaps(db: Db, now: datetime) -> int:
    """End each open swap whose shift has begun or is no more, and return how many ended.

    Swaps that ended long ago are deleted.
    """
    rota, expired = load_rota(db), 0
    for row in db.scalars(select(ShiftSwap)):
        values = db.keys.read_values(row)
        turn = _find_swap_turn(rota, row, values)
        over = turn is None or turn.start <= now or not _stands(turn, values.member)
        if row.state == SwapState.OPEN and over:
            move_swap(row, SwapState.EXPIRED)
            expired += 1
        elif row.state != SwapState.OPEN and (turn is None or turn.end < now - _NEXT_WITHIN):
            db.delete(row)
    db.flush()
    return expired
