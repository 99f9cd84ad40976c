"""The block list: whose texts are kept and never answered."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.console.errors import PageRoute
from app.console.screens import MemberScreen, MemberScreenDep
from app.desk import mask_number
from app.errors import NotFound, Refusal
from app.outbox import add_block, lift_block, list_blocks

router = APIRouter(prefix="/blocks", include_in_schema=False, route_class=PageRoute)


@router.get("")
def listed(screen: MemberScreenDep) -> Response:
    """List the blocked numbers; the form to block one more."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        found = list_blocks(db, visit.principal, visit.now)
    return screen.form_page(
        "blocks.html",
        refusal,
        "number",
        here="/blocks",
        blocks=[(block, mask_number(block.number)) for block in found],
        typed=screen.form,
    )


@router.post("")
def add(screen: MemberScreenDep) -> Response:
    """Block a number."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.BLOCKS)
    try:
        with visit.transaction() as db:
            add_block(
                db,
                visit.principal,
                form.get("number")[:64],
                visit.now,
                form.get("reason"),
                own_number=screen.service.settings.twilio_number,
            )
    except Refusal as refusal:
        return _page(screen, refusal)
    return screen.go("/blocks?done=blocked")


@router.post("/{block_id}/lift")
def lift(block_id: UUID, screen: MemberScreenDep) -> Response:
    """Answer a number again."""
    visit = screen.visit
    visit.principal.require(Permission.BLOCKS)
    try:
        with visit.transaction() as db:
            lift_block(db, visit.principal, block_id, visit.now)
    except NotFound:
        return screen.go("/blocks")  # it is lifted already, which is what was wanted
    return screen.go("/blocks?done=unblocked")
