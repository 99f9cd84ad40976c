"""The parents of rows: what gives a row its meaning, in a fixed order for each table.

The context of everything that is sealed in a row names them, so that nothing opens once somebody
hangs the row on another case, request, member or month. A row that is to hang on something else is
written anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

Parent = UUID | str | int | None

PARENTS: Mapping[str, tuple[str, ...]] = {
    "assignments": ("request_id", "case_id", "member_id"),
    "attachment_parts": ("attachment_id", "case_id"),
    "attachments": ("case_id",),
    "brief_wraps": ("request_id", "case_id", "member_id"),
    "briefs": ("request_id", "case_id"),
    "call_legs": ("call_id", "member_id"),
    "calls": ("case_id",),
    "case_grants": ("case_id", "epoch", "team", "team_epoch"),
    "case_sheets": ("case_id",),
    "confirmations": ("member_id",),
    "consents": ("case_id",),
    "denials": ("case_id",),
    "detention_episodes": ("case_id",),
    "events": ("case_id",),
    "handover_notes": ("shift_id", "author_id"),
    "messages": ("case_id",),
    "notes": ("case_id", "author_id"),
    "offers": ("request_id", "member_id"),
    "operational_grants": ("team", "team_epoch"),
    "outgoing": ("case_id",),
    "reports": ("assignment_id", "case_id", "author_id"),
    "requests": ("case_id", "event_id"),
    "sessions": ("member_id",),
    "shift_overrides": ("shift_id",),
    "shift_swaps": ("shift_id",),
    "statistics_months": ("month",),
    "tasks": ("case_id", "subject_id"),
    "team_wraps": ("team", "epoch", "member_id"),
}


def list_parents(table: str, row: Any) -> tuple[Parent, ...]:
    """Return a row's parents. AttributeError where the row was read without them."""
    return tuple(getattr(row, name) for name in PARENTS.get(table, ()))


def order_parents(table: str, parents: Mapping[str, Parent]) -> tuple[Parent, ...]:
    """Return parents that are given by name. TypeError unless they are those of the table."""
    names = PARENTS.get(table, ())
    if set(parents) != set(names):
        raise TypeError(f"{table} hangs on {', '.join(names) or 'nothing'}")
    return tuple(parents[name] for name in names)
