"""Detention episodes: where somebody is held, from when to when, and when that is reviewed.

All of it is sealed to the case but the time of the next review, which the machine needs to ask the
desk a day before, and whether it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases.case import find_case, find_row_with_case, open_case_keys
from app.cases.tasks import settle_tasks
from app.crypto import CaseKeys
from app.errors import BadRequest
from app.models import Case, DetentionDetails, DetentionEpisode, DetentionValues
from app.store import Db, ReadVersion, check_version, position_after, show_rows
from app.vault import (
    DETENTION_DETAILS,
    read_field,
    rewrite_field,
    seal_columns,
)

_MOST_REVIEWS = 100


def check_stay(stay: DetentionDetails, now: datetime) -> None:
    """Raise BadRequest for what cannot be."""
    if not stay.place.strip():
        raise BadRequest("Say where: a place, or `not known`.")
    # A day of grace: it may be tomorrow already where they were taken.
    if (stay.since - now.date()).days > 1:
        raise BadRequest("A detention does not begin in the future.")
    if stay.until is not None and stay.until < stay.since:
        raise BadRequest("A detention does not end before it begins.")
    if stay.next_review is not None and (
        stay.next_review.tzinfo is None or abs(stay.next_review - now).days > 3660
    ):
        raise BadRequest("The next review needs its time zone, and lies within ten years.")
    if len(stay.reviews) > _MOST_REVIEWS:
        raise BadRequest(f"At most {_MOST_REVIEWS} reviews.")


def add_detention(
    db: Db, principal: Principal, case_id: UUID, stay: DetentionDetails, now: datetime
) -> DetentionEpisode:
    """Record a detention. BadRequest, CaseClosed, CaseErased."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    check_stay(stay, now)
    _check_review_to_come(stay, now)
    row_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    episode = DetentionEpisode(
        id=row_id,
        version=1,
        position=case.last_position,
        ended=stay.until is not None,
        **seal_columns(db, DETENTION_DETAILS, case, row_id, _tidy(stay)),
        **db.keys.new_values(DetentionEpisode, row_id, _values(stay, 1), now, case_id=case.id),
    )
    db.add(episode)
    db.flush()
    audit.record(db, "episode.added", principal.member_id, episode.id, now)
    return episode


def _check_review_to_come(stay: DetentionDetails, now: datetime) -> None:
    if stay.next_review is not None and stay.next_review <= now:
        raise BadRequest("The next review is in the past. Record it among the reviews.")


def _tidy(stay: DetentionDetails) -> DetentionDetails:
    at = stay.next_review.astimezone(UTC) if stay.next_review else None
    return replace(stay, place=stay.place.strip(), next_review=at)


def _values(stay: DetentionDetails, review: int) -> DetentionValues:
    """Return what the machine knows; ``review`` counts the next reviews there have been."""
    at = stay.next_review if stay.until is None else None
    return DetentionValues(review=review, next_review=at.astimezone(UTC) if at else None)


def change_detention(
    db: Db,
    principal: Principal,
    episode_id: UUID,
    version: ReadVersion,
    changes: Mapping[str, Any],
    now: datetime,
) -> DetentionEpisode:
    """Change some of a stay, by the names of ``DetentionDetails``. StaleVersion, BadRequest."""
    principal.require(Permission.CASES)
    episode, case = find_row_with_case(db, principal, DetentionEpisode, episode_id)
    check_version(episode.version, version)
    keys = open_case_keys(db, principal, case)
    before = read_field(db, DETENTION_DETAILS, episode, keys)
    after = replace(before, **changes)
    check_stay(after, now)
    values = db.keys.read_values(episode)
    if after.next_review != before.next_review:
        _check_review_to_come(after, now)
        settle_tasks(db, episode.id, ("review",), principal.member_id)
        values = _values(after, values.review + 1)
    elif after.until is not None:
        settle_tasks(db, episode.id, ("review",), principal.member_id)
        values = _values(after, values.review)
    rewrite_field(db, DETENTION_DETAILS, case, episode, _tidy(after))
    db.keys.write_values(episode, values)
    episode.ended = after.until is not None
    episode.version += 1
    db.flush()
    audit.record(db, "episode.changed", principal.member_id, episode.id, now)
    return episode


def list_detentions(
    db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]
) -> list[tuple[DetentionEpisode, DetentionDetails]]:
    """Return the detentions of cases whose keys are in hand, the oldest first."""
    found = show_rows(
        db,
        select(DetentionEpisode).where(DetentionEpisode.case_id.in_(keys)),
        lambda row: (row, read_field(db, DETENTION_DETAILS, row, keys[row.case_id])),
    )
    return sorted(found, key=lambda one: (one[1].since, one[0].position))


def open_detention(db: Db, principal: Principal, episode: DetentionEpisode) -> DetentionDetails:
    """Return what is known of one detention of a live case. Forbidden without its key."""
    case = find_case(db, principal, episode.case_id, live=True)
    keys = open_case_keys(db, principal, case)
    return read_field(db, DETENTION_DETAILS, episode, keys)


def archive_detentions(db: Db, case: Case) -> None:
    """Take a closed case's reviews out of the operational vault."""
    for row in db.scalars(select(DetentionEpisode).where(DetentionEpisode.case_id == case.id)):
        row.op_key = row.op_values = row.shred_day = None


def restore_detentions(db: Db, case: Case, keys: Mapping[int, CaseKeys], now: datetime) -> None:
    """Let the machine know the next reviews of a reopened case again."""
    for row in db.scalars(select(DetentionEpisode).where(DetentionEpisode.case_id == case.id)):
        stay = read_field(db, DETENTION_DETAILS, row, keys)
        values = _values(stay, row.version + 1)  # higher than any that a task was made for
        db.keys.move_values(row, values, now)
