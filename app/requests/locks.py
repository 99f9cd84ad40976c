"""The order of locks, so that no two transactions wait for each other in a circle.

Every change of a request, its offers, its assignment or its brief locks first the case, then the
request, then other rows, and at last the audit log. A row that names a case locks that case's key,
so the case comes first even where only a request changes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.access import Principal
from app.cases import find_case
from app.errors import NotFound
from app.models import RUNNING, Case, Request
from app.store import Db


def lock_request(db: Db, request_id: UUID) -> Request | None:
    """Return a request as it is now, and keep it so until the transaction ends."""
    db.flush()  # reading the row anew must not undo a change that is not written yet
    share_cases(db, select(Request.case_id).where(Request.id == request_id))
    query = select(Request).where(Request.id == request_id).with_for_update()
    return db.scalar(query.execution_options(populate_existing=True))


def share_cases(db: Db, case_ids: Any) -> None:
    """Lock the keys of some cases, as the rows do that name them."""
    query = select(Case.id).where(Case.id.in_(case_ids)).order_by(Case.id)
    db.execute(query.with_for_update(read=True, key_share=True))


def lock_requests(db: Db, case_ids: Collection[UUID]) -> None:
    """Lock every request of some cases, for a caller that will write to the audit log."""
    query = select(Request.id).where(Request.case_id.in_(case_ids)).order_by(Request.id)
    db.execute(query.with_for_update())


def lock_requests_where(db: Db, *where: ColumnElement[bool]) -> list[Request]:
    """Return the requests that match, as they are now, and keep them so."""
    db.flush()
    query = select(Request).where(*where).order_by(Request.id).with_for_update()
    return list(db.scalars(query.execution_options(populate_existing=True)))


def lock_running_requests(db: Db, case_ids: Sequence[UUID]) -> list[Request]:
    """Return the requests of some cases that are not over, and keep them as they are."""
    return lock_requests_where(db, Request.case_id.in_(case_ids), Request.state.in_(RUNNING))


def lock_request_with_case(db: Db, principal: Principal, request_id: UUID) -> tuple[Case, Request]:
    """Return a live case with its request, both locked. NotFound, CaseClosed, CaseErased."""
    case_id = db.scalar(select(Request.case_id).where(Request.id == request_id))
    if case_id is None:
        raise NotFound
    case = find_case(db, principal, case_id, live=True)
    request = lock_request(db, request_id)
    if request is None:
        raise NotFound
    return case, request
