"""Detention episodes: where somebody is held, from when to when, and when that is reviewed.

All of it is sealed to the case but the time of the next review, which the machine needs to ask the
desk a day before, and whether it is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases.case import find_case, find_row_with_case, open_case_keys
from app.cases.tasks import settle_tasks
from app.crypto import CaseKeys
from app.errors import BadRequest
from app.models import Case, DetentionEpisode
from app.store import Db, ReadVersion, check_version, position_after
from app.vault import read_value, rewrite_value, seal_value

_TABLE = "detention_episodes"
_MOST_REVIEWS = 100


@dataclass(frozen=True)
class Stay:
    """What is known of one detention. ``reviews`` are ``{"at": …, "outcome": …}``, in order."""

    place: str = field(repr=False)
    since: date
    until: date | None = None
    reviews: Sequence[Mapping[str, str]] = field(default=(), repr=False)
    next_review: datetime | None = None
    notes: str = field(default="", repr=False)


def check_stay(stay: Stay, now: datetime) -> None:
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
    db: Db, principal: Principal, case_id: UUID, stay: Stay, now: datetime
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
        case_id=case.id,
        version=1,
        position=case.last_position,
        ended=stay.until is not None,
        **seal_value(db, case, _TABLE, "details", row_id, 1, _details(stay)),
        **db.keys.new_row(_TABLE, row_id, _coarse(stay, 1), now),
    )
    db.add(episode)
    db.flush()
    audit.record(db, "episode.added", principal.member_id, episode.id, now)
    return episode


def _check_review_to_come(stay: Stay, now: datetime) -> None:
    if stay.next_review is not None and stay.next_review <= now:
        raise BadRequest("The next review is in the past. Record it among the reviews.")


def _details(stay: Stay) -> dict[str, Any]:
    return {
        "place": stay.place.strip(),
        "since": stay.since.isoformat(),
        "until": stay.until.isoformat() if stay.until else None,
        "reviews": [dict(review) for review in stay.reviews],
        "next_review": _text(stay.next_review),
        "notes": stay.notes,
    }


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _coarse(stay: Stay, review: int) -> dict[str, Any]:
    """Return the operational values; ``review`` counts the next reviews there have been."""
    ended = stay.until is not None
    return {"next_review": None if ended else _text(stay.next_review), "review": review}


def _stay(details: Mapping[str, Any]) -> Stay:
    return Stay(
        place=details["place"],
        since=date.fromisoformat(details["since"]),
        until=date.fromisoformat(details["until"]) if details["until"] else None,
        reviews=details["reviews"],
        next_review=datetime.fromisoformat(at) if (at := details["next_review"]) else None,
        notes=details["notes"],
    )


def change_detention(
    db: Db,
    principal: Principal,
    episode_id: UUID,
    version: ReadVersion,
    changes: Mapping[str, Any],
    now: datetime,
) -> DetentionEpisode:
    """Change some of a stay, by the names of ``Stay``. StaleVersion, BadRequest."""
    principal.require(Permission.CASES)
    episode, case = find_row_with_case(db, principal, DetentionEpisode, episode_id)
    check_version(episode.version, version)
    keys = open_case_keys(db, principal, case)
    before = _stay(read_value(db, keys, _TABLE, "details", episode))
    after = Stay(**{**{name: getattr(before, name) for name in _NAMES}, **changes})
    check_stay(after, now)
    values = db.keys.open_row(_TABLE, episode)
    if after.next_review != before.next_review:
        _check_review_to_come(after, now)
        settle_tasks(db, episode.id, ("review",), principal.member_id)
        values = _coarse(after, values["review"] + 1)
    elif after.until is not None:
        settle_tasks(db, episode.id, ("review",), principal.member_id)
        values = _coarse(after, values["review"])
    rewrite_value(db, case, _TABLE, "details", episode, _details(after))
    db.keys.replace_values(_TABLE, episode, values)
    episode.ended = after.until is not None
    episode.version += 1
    db.flush()
    audit.record(db, "episode.changed", principal.member_id, episode.id, now)
    return episode


_NAMES = ("place", "since", "until", "reviews", "next_review", "notes")


def list_detentions(
    db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]
) -> list[tuple[DetentionEpisode, Stay]]:
    """Return the detentions of cases whose keys are in hand, the oldest first."""
    rows = db.scalars(select(DetentionEpisode).where(DetentionEpisode.case_id.in_(keys))).all()
    found = [
        (row, _stay(read_value(db, keys[row.case_id], _TABLE, "details", row))) for row in rows
    ]
    return sorted(found, key=lambda one: (one[1].since, one[0].position))


def open_detention(db: Db, principal: Principal, episode: DetentionEpisode) -> Stay:
    """Return what is known of one detention of a live case. Forbidden without its key."""
    case = find_case(db, principal, episode.case_id, live=True)
    keys = open_case_keys(db, principal, case)
    return _stay(read_value(db, keys, _TABLE, "details", episode))


def archive_detentions(db: Db, case: Case) -> None:
    """Take a closed case's reviews out of the operational vault."""
    for row in db.scalars(select(DetentionEpisode).where(DetentionEpisode.case_id == case.id)):
        row.op_key = row.op_values = row.shred_day = None


def restore_detentions(db: Db, case: Case, keys: Mapping[int, CaseKeys], now: datetime) -> None:
    """Let the machine know the next reviews of a reopened case again."""
    for row in db.scalars(select(DetentionEpisode).where(DetentionEpisode.case_id == case.id)):
        stay = _stay(read_value(db, keys, _TABLE, "details", row))
        values = _coarse(stay, row.version + 1)  # higher than any that a task was made for
        for column, value in db.keys.new_row(_TABLE, row.id, values, now).items():
            setattr(row, column, value)
