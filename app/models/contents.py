"""The values of the sealed columns, which only people read: one frozen dataclass each.

They are dumped and loaded by the codec of ``values``. Which column holds which of them is listed in
``app.vault``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from uuid import UUID

from app.models.values import sealed_content


@sealed_content
class MediaLink:
    """A picture of an incoming text, as the carrier announced it."""

    url: str
    content_type: str


@sealed_content
class MessageBody:
    """A text, in either direction, and what belongs to it.

    ``at`` is exact. ``phone`` is the number that wrote it or that it went to. ``answers`` is what
    the script learnt from it, by field; ``unconfirmed`` what it would have learnt, had not a
    silence come before: a person decides. ``replies`` are the words of the script's replies, by the
    id of their message, which has no body of its own. ``profile_name`` is what the sender called
    themself on WhatsApp.
    """

    body: str
    at: datetime
    phone: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    unconfirmed: Mapping[str, str] = field(default_factory=dict)
    media: tuple[MediaLink, ...] = ()
    replies: Mapping[UUID, str] = field(default_factory=dict)
    profile_name: str | None = None


@sealed_content
class NoteBody:
    """A note or hand-over note of the desk, with the instant it was written."""

    body: str
    at: datetime


@sealed_content
class DatePlace:
    """A date of a case, whole: a copy of what the machine knows, and the places."""

    kind: str
    starts_at: datetime
    ends_at: datetime | None = None
    place: str = ""
    meeting_place: str | None = None


@sealed_content
class DetentionReview:
    """A review of a detention that has been."""

    at: datetime
    outcome: str = ""


@sealed_content
class DetentionDetails:
    """A detention: where, from which day to which, and its reviews in order.

    ``until`` is None while it lasts. ``next_review`` is the review that is still to come.
    """

    place: str
    since: date
    until: date | None = None
    reviews: tuple[DetentionReview, ...] = ()
    next_review: datetime | None = None
    notes: str = ""


@sealed_content
class DenialDetails:
    """A refused service, as the caller told it.

    ``asked_status``: somebody asked for their papers or status; ``threatened``: somebody threatened
    to report them; None where that is not known. ``shared`` names the fields that the caller lets
    the city's office read. ``reference`` is what the office and we call it, and tells nothing.
    ``drafted_on`` and ``language`` are those of the newest dossier.
    """

    reference: str
    sector: str
    service: str
    provider: str
    happened_on: date | None = None
    place: str = ""
    asked_status: bool | None = None
    threatened: bool | None = None
    account: str = ""
    wanted: str = ""
    caller_name: str = ""
    shared: tuple[str, ...] = ()
    drafted_on: date | None = None
    language: str = "en"


@sealed_content
class ArchivedContact:
    """The caller's number (E.164), sealed to the case when it is closed."""

    number: str


@sealed_content
class AttachmentDetails:
    """An attachment: its media type, its size in bytes, the number of its parts, when it came.

    ``thumbnail``: one more part follows, a small picture of it. ``fault``: the file that came was
    not kept, and why; then there is no part.
    """

    content_type: str
    size: int
    parts: int
    at: datetime
    thumbnail: bool = False
    fault: str | None = None


@sealed_content
class BriefContent:
    """The content of a brief: times and languages for all, the rest by the kind of request.

    ``reference`` is the case's code name; None for an interpreter, who needs none of the case.
    ``together``: a second member goes along. ``fields`` are the case's fields that are shared.
    """

    kind: str
    languages: tuple[str, ...]
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    needed_by: datetime | None = None
    reference: str | None = None
    meeting_place: str | None = None
    together: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


@sealed_content
class ReportBody:
    """A report on an assignment, written at ``at``; ``next`` is when the next date begins."""

    outcome: str
    at: datetime
    notes: str = ""
    next: datetime | None = None
