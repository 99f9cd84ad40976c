"""The shapes in which REST shows a request, its offers, its assignment and its reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from app.models import Assignment, Offer, RequestValues
from app.requests import FoundRequest, OpenedReport


class WindowOut(BaseModel):
    """When it is."""

    starts_at: datetime
    ends_at: datetime


class OfferMadeOut(BaseModel):
    """A member whom we asked."""

    id: UUID
    member: UUID
    state: str
    step: int
    made_at: datetime
    expires_at: datetime


class AssignedOut(BaseModel):
    """The member who took it."""

    id: UUID
    member: UUID
    state: str
    accepted_at: datetime
    ended_at: datetime | None


class AssignmentReportOut(BaseModel):
    """What the holder reports, opened with the keys of the case."""

    id: UUID
    author: UUID
    outcome: str
    notes: str
    next: datetime | None
    at: datetime


class RequestOut(BaseModel):
    """A request as the desk sees it."""

    id: UUID
    case_id: UUID
    kind: str
    state: str
    urgency: int
    event_id: UUID | None
    window: WindowOut | None
    languages: list[str]
    region: str | None
    skills: list[str]
    wishes: list[str]
    needed_by: datetime | None
    minor: bool
    companion: UUID | None = Field(description="the other request, where two people go together")
    shares: list[str] = Field(description="the fields that its brief copies")
    has_brief: bool
    step: int = Field(description="the step of its ladder, from 0")
    opened_at: datetime
    opened_by: UUID | None = Field(description="null where the machine asked, or a report did")
    offers: list[OfferMadeOut]
    assignment: AssignedOut | None
    reports: list[AssignmentReportOut] = Field(
        default=[], description="only where the case is read"
    )


def show_window(values: RequestValues) -> WindowOut | None:
    """Return when it is; None where it is about no date."""
    if values.window is None:
        return None
    starts_at, ends_at = values.window
    return WindowOut(starts_at=starts_at, ends_at=ends_at)


def show_request(found: FoundRequest, reports: Iterable[OpenedReport] = ()) -> RequestOut:
    """Return a request as the desk sees it."""
    row, values = found.request, found.values
    return RequestOut(
        id=row.id,
        case_id=row.case_id,
        kind=values.kind,
        state=row.state,
        urgency=row.urgency,
        event_id=row.event_id,
        window=show_window(values),
        languages=list(values.languages),
        region=values.region,
        skills=list(values.skills),
        wishes=list(values.wishes),
        needed_by=values.needed_by,
        minor=values.minor,
        companion=values.companion,
        shares=list(values.shares),
        has_brief=found.has_brief,
        step=row.step,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        offers=[_show_offer(offer) for offer in found.offers],
        assignment=_show_assignment(found.assignment) if found.assignment else None,
        reports=[_show_report(report) for report in reports],
    )


def _show_offer(offer: Offer) -> OfferMadeOut:
    return OfferMadeOut(
        id=offer.id,
        member=offer.member_id,
        state=offer.state,
        step=offer.step,
        made_at=offer.made_at,
        expires_at=offer.expires_at,
    )


def _show_assignment(assignment: Assignment) -> AssignedOut:
    return AssignedOut(
        id=assignment.id,
        member=assignment.member_id,
        state=assignment.state,
        accepted_at=assignment.accepted_at,
        ended_at=assignment.ended_at,
    )


def _show_report(report: OpenedReport) -> AssignmentReportOut:
    return AssignmentReportOut(
        id=report.id,
        author=report.author_id,
        outcome=report.body.outcome,
        notes=report.body.notes,
        next=report.body.next,
        at=report.body.at,
    )
