"""What the desk is to look at again, made by the machine: once for each reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app import audit
from app.access import Permission, Principal
from app.cases.case import find_row_with_case, read_case_values
from app.models import (
    LIVE_STATES,
    TASK_TRANSITIONS,
    Case,
    Task,
    TaskState,
    TaskValues,
    check_step,
    table,
)
from app.store import Db, insert_new_rows, show_rows

# A date to be made sure of; a date that has passed; one that moved although people were asked for
# it; a review of a detention; a report, a brief that is missing; somebody to be called back; what a
# member wrote with their answer.
TASK_KINDS = ("recheck", "occurred", "moved", "review", "report", "brief", "call_back", "answer")


@dataclass(frozen=True)
class DueTask:
    """An open task with what the machine knows of it."""

    task: Task
    due_at: datetime
    reference: str | None


def add_task(
    db: Db,
    case_id: UUID,
    kind: str,
    subject_id: UUID,
    due_at: datetime,
    now: datetime,
    number: int = 0,
) -> None:
    """Make a task unless there was one for this subject, kind and number."""
    row_id = uuid4()
    values = {
        "id": row_id,
        "kind": kind,
        "number": number,
        "state": TaskState.OPEN,
        **db.keys.new_values(
            Task, row_id, TaskValues(due_at=due_at), now, case_id=case_id, subject_id=subject_id
        ),
    }
    insert_new_rows(db, table(Task), [values], table(Task).c.id)


def add_task_again(
    db: Db, case_id: UUID, kind: str, subject_id: UUID, due_at: datetime, now: datetime
) -> None:
    """Make a task unless one is open for this subject and kind: what was done may come up again."""
    about = (Task.subject_id == subject_id, Task.kind == kind)
    known = db.execute(select(Task.state, Task.number).where(*about)).all()
    if all(state != TaskState.OPEN for state, _ in known):
        number = max((number for _, number in known), default=-1) + 1
        add_task(db, case_id, kind, subject_id, due_at, now, number)


def list_tasks(db: Db, principal: Principal) -> list[DueTask]:
    """Return the open tasks of live cases, the most pressing first."""
    principal.require(Permission.CASES)
    rows = db.execute(
        select(Task, Case)
        .join(Case, Case.id == Task.case_id)
        .where(Task.state == TaskState.OPEN, Case.state.in_(LIVE_STATES))
    ).all()
    found = [
        DueTask(task, _due_at(db, task), read_case_values(db, case).reference)
        for task, case in rows
    ]
    return sorted(found, key=lambda one: (one.due_at, one.task.id))


def list_tasks_of_cases(db: Db, case_ids: Iterable[UUID]) -> list[DueTask]:
    """Return the open tasks of some cases, the most pressing first."""
    query = select(Task).where(Task.case_id.in_(list(case_ids)), Task.state == TaskState.OPEN)
    found = show_rows(db, query, lambda task: DueTask(task, _due_at(db, task), None))
    return sorted(found, key=lambda one: (one.due_at, one.task.id))


def _due_at(db: Db, task: Task) -> datetime:
    return db.keys.read_values(task).due_at


def finish_task(db: Db, principal: Principal, task_id: UUID, now: datetime) -> Task:
    """Say that a task is done; again is no mistake. NotFound, CaseClosed, CaseErased."""
    principal.require(Permission.CASES)
    task, _ = find_row_with_case(db, principal, Task, task_id)
    if task.state == TaskState.OPEN:
        _close(task, principal.member_id)
        audit.record(db, "task.done", principal.member_id, task.id, now)
    return task


def settle_tasks(db: Db, subject_id: UUID, kinds: Sequence[str], actor: UUID | None) -> None:
    """Close the open tasks about something, since it has been dealt with."""
    about = (Task.subject_id == subject_id, Task.kind.in_(kinds), Task.state == TaskState.OPEN)
    for task in db.scalars(select(Task).where(*about).with_for_update()):
        _close(task, actor)


def settle_tasks_of_kind(db: Db, case_id: UUID, kind: str, actor: UUID | None) -> None:
    """Close the open tasks of one kind in a case, since all of them have been dealt with."""
    open_ = (Task.case_id == case_id, Task.kind == kind, Task.state == TaskState.OPEN)
    for task in db.scalars(select(Task).where(*open_).with_for_update()):
        _close(task, actor)


def _close(task: Task, actor: UUID | None) -> None:
    # When it was due says when something happens, so that goes with its purpose.
    check_step(TASK_TRANSITIONS, task.state, TaskState.DONE)
    task.state, task.done_by = TaskState.DONE, actor
    task.op_key = task.op_values = task.shred_day = None


def delete_tasks(db: Db, case_id: UUID) -> None:
    """Delete the tasks of a case that is closed."""
    db.execute(delete(Task).where(Task.case_id == case_id))
