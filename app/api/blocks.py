"""The block list."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, model_validator

from app.access import Permission
from app.api.deps import ServiceDep, VisitDep, needs
from app.desk import mask_number
from app.outbox import Block, add_block, block_caller, lift_block, list_blocks

router = APIRouter(prefix="/v1/blocks", tags=["organisation"])


class BlockOut(BaseModel):
    """A number whose texts are stored and marked, and never answered."""

    id: UUID
    number_masked: str | None
    until: datetime
    reason: str


class BlockList(BaseModel):
    """Every block in force, newest first."""

    items: list[BlockOut]
    next_cursor: str | None = None


class NewBlock(BaseModel):
    """Whom to block: a number, or whoever texts in an open case."""

    number: str | None = Field(default=None, max_length=64, description="+1…")
    case_id: UUID | None = None
    reason: str = Field(default="other", max_length=32, description="abuse, machine, flood, other")

    @model_validator(mode="after")
    def _one_of_them(self) -> NewBlock:
        if (self.number is None) == (self.case_id is None):
            raise ValueError("either a number or a case")
        return self


@router.get("")
def listed(visit: VisitDep) -> BlockList:
    """List the blocked numbers; all but their last digits are hidden."""
    with visit.snapshot() as db:
        found = list_blocks(db, visit.principal, visit.now)
    return BlockList(items=[_out(block) for block in found])


@router.post("", status_code=201, dependencies=[needs(Permission.BLOCKS)])
def add(body: NewBlock, visit: VisitDep, service: ServiceDep) -> BlockOut:
    """Block a number for twelve months; its texts are still stored, for people to read.

    Members' phones and the hotline's own number are refused.
    """
    own = service.settings.twilio_number
    with visit.transaction() as db:
        if body.case_id is not None:
            return _out(
                block_caller(
                    db, visit.principal, body.case_id, visit.now, body.reason, own_number=own
                )
            )
        number, reason = body.number or "", body.reason
        return _out(add_block(db, visit.principal, number, visit.now, reason, own_number=own))


@router.delete("/{block_id}", status_code=204)
def lift(block_id: UUID, visit: VisitDep) -> Response:
    """Answer a number again."""
    with visit.transaction() as db:
        lift_block(db, visit.principal, block_id, visit.now)
    return Response(status_code=204)


def _out(block: Block) -> BlockOut:
    return BlockOut(
        id=block.id,
        number_masked=mask_number(block.number),
        until=block.until,
        reason=block.reason,
    )
