"""What the desk is to look at again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.deps import VisitDep
from app.cases import DueTask, finish_task, list_tasks

router = APIRouter(prefix="/v1", tags=["events"])


class TaskOut(BaseModel):
    """Something the desk is to look at again."""

    id: UUID
    case_id: UUID
    reference: str | None = None
    kind: str = Field(description="recheck, occurred, moved, review, report, brief")
    subject_id: UUID = Field(description="the date, detention, request or assignment")
    days: int | None = Field(default=None, description="how many days before the date")
    due_at: datetime
    state: str


class TaskList(BaseModel):
    """The open tasks, the most pressing first."""

    items: list[TaskOut]
    next_cursor: str | None = None


def task_out(due: DueTask) -> TaskOut:
    """Return a task as the interface shows it."""
    task = due.task
    return TaskOut(
        id=task.id,
        case_id=task.case_id,
        reference=due.reference,
        kind=task.kind,
        subject_id=task.subject_id,
        days=task.number if task.kind == "recheck" else None,
        due_at=due.due_at,
        state=task.state,
    )


@router.get("/tasks")
def listed(visit: VisitDep) -> TaskList:
    """List what the desk is to look at again: dates to be made sure of, dates that have passed."""
    with visit.snapshot() as db:
        return TaskList(items=[task_out(due) for due in list_tasks(db, visit.principal)])


@router.post("/tasks/{task_id}/done", status_code=204)
def done(task_id: UUID, visit: VisitDep) -> Response:
    """Say that a task is done."""
    with visit.transaction() as db:
        finish_task(db, visit.principal, task_id, visit.now)
    return Response(status_code=204)
