"""Swaps of shifts: asking to be replaced once, and taking a colleague's place."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app import rota
from app.access import Permission
from app.api.deps import IdempotencyKey, VisitDep, fingerprint, needs
from app.api.turns import OCCURRENCE, instant_of
from app.rota import Swap, find_instant, find_swap, list_swaps
from app.store import Db, do_once

router = APIRouter(prefix="/v1/shifts", tags=["shifts"])


class OfferSwap(BaseModel):
    """Which occurrence to be replaced in; without one, your next."""

    occurrence: Annotated[datetime | None, Field(description=OCCURRENCE)] = None
    to: Annotated[UUID | None, Field(description="only this colleague is asked")] = None


class SwapOut(BaseModel):
    """A swap. Only those who see the shift see the member who asks."""

    id: UUID
    shift: UUID
    occurrence: datetime
    starts_at: datetime
    ends_at: datetime
    role: str
    state: str = Field(description="open, taken, expired")
    member: UUID | None
    taken_by: UUID | None
    to: UUID | None = Field(description="the one colleague who is asked; null: everybody who could")


class SwapList(BaseModel):
    """The open swaps that you could take, or have offered."""

    items: list[SwapOut]
    next_cursor: str | None = None


def _swap_out(db: Db, swap: Swap) -> SwapOut:
    return SwapOut(
        id=swap.id,
        shift=swap.turn.slot.id,
        occurrence=find_instant(swap.turn.on, db.zone),
        starts_at=swap.turn.start,
        ends_at=swap.turn.end,
        role=swap.turn.slot.role,
        state=swap.state,
        member=swap.member,
        taken_by=swap.taken_by,
        to=swap.to,
    )


@router.get("/swaps")
def open_swaps(visit: VisitDep) -> SwapList:
    """List the open swaps that you could take, or have offered."""
    with visit.snapshot() as db:
        found = list_swaps(db, visit.principal, visit.now)
        return SwapList(items=[_swap_out(db, swap) for swap in found])


@router.post("/{shift_id}/swap", status_code=201, dependencies=[needs(Permission.ROTA)])
def offer_swap(
    shift_id: UUID,
    visit: VisitDep,
    request: Request,
    body: OfferSwap | None = None,
    idempotency_key: IdempotencyKey = None,
) -> SwapOut:
    """Ask to be replaced once. Until a colleague takes it, the shift is still yours."""
    with visit.transaction() as db:
        at = instant_of(db, body.occurrence, visit.now) if body and body.occurrence else None

        def make() -> UUID:
            to = body.to if body else None
            return rota.offer_swap(db, visit.principal, shift_id, at, visit.now, to)

        key = fingerprint(request, body)
        swap_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        return _swap_out(db, find_swap(db, visit.principal, swap_id))


@router.post("/swaps/{swap_id}/take")
def take_swap(swap_id: UUID, visit: VisitDep) -> SwapOut:
    """Do a shift in a colleague's place; the first one gets it."""
    with visit.transaction() as db:
        rota.take_swap(db, visit.principal, swap_id, visit.now)
        return _swap_out(db, find_swap(db, visit.principal, swap_id))


@router.delete("/swaps/{swap_id}", status_code=204)
def withdraw_swap(swap_id: UUID, visit: VisitDep) -> Response:
    """Take back a swap that no colleague has taken."""
    with visit.transaction() as db:
        rota.withdraw_swap(db, visit.principal, swap_id, visit.now)
    return Response(status_code=204)
