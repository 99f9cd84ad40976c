"""What is known of the numbers that a batch of texts came from, in one query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    String,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from app.models import Erasure, Job, Member, ReplyCount, Suppression
from app.outbox import HOUR, find_suppressions
from app.store import Db, Lookup


@dataclass
class KnownNumbers:
    """What is known of some numbers, by their blind index."""

    # The kinds of suppression in force.
    suppressions: dict[bytes, set[str]] = field(default_factory=dict)
    # Those with which a dialogue about erasing is open.
    dialogues: set[bytes] = field(default_factory=set)
    # Those that are members' phones.
    members: set[bytes] = field(default_factory=set)
    # How many automatic texts each got, since when, within the hour.
    answered: dict[bytes, tuple[datetime, int]] = field(default_factory=dict)
    # The least urgent tier of the texts that wait to go to each.
    waiting: dict[bytes, int] = field(default_factory=dict)


def look_up_numbers(db: Db, lookups: Collection[bytes], now: datetime) -> KnownNumbers:
    """Look all of them up."""
    known, suppressed = KnownNumbers(), set[bytes]()
    for row in _KNOWN.rows(db, lookups, now=now, an_hour_ago=now - HOUR):
        match row.what:
            case "answered":
                known.answered[row.lookup] = row.at, row.number
            case "dialogue":
                known.dialogues.add(row.lookup)
            case "member":
                known.members.add(row.lookup)
            case "waiting":
                known.waiting[row.lookup] = row.number
            case _:
                suppressed.add(row.lookup)
    if suppressed:  # few are: their rows are read whole, and checked
        known.suppressions = find_suppressions(db, suppressed, now)
    return known


def _statement(wanted: list[Any]) -> CompoundSelect[Any]:
    """Return the query: each row says something about one number, and ``what`` it says."""
    answered, stopped, dialogue = ReplyCount, Suppression, Erasure
    member, job = Member, Job
    now: Any = bindparam("now")
    nothing: Any = literal_column("0")
    return union_all(
        select(
            answered.number_lookup.label("lookup"),
            _word("answered").label("what"),
            answered.since.label("at"),
            answered.count.label("number"),
        ).where(answered.number_lookup.in_(wanted), answered.since > bindparam("an_hour_ago")),
        select(stopped.number_lookup, stopped.kind, stopped.until, nothing).where(
            stopped.number_lookup.in_(wanted), stopped.until > now
        ),
        select(dialogue.number_lookup, _word("dialogue"), dialogue.expires_at, nothing).where(
            dialogue.number_lookup.in_(wanted), dialogue.expires_at > now
        ),
        select(member.number_lookup, _word("member"), member.joined_at, nothing).where(
            member.number_lookup.in_(wanted)
        ),
        select(job.lane, _word("waiting"), func.min(job.run_at), func.max(job.priority))
        # Put so that no database walks all that is queued, rather than these few lanes.
        .where(job.lane.in_(wanted), job.state != "running")
        .group_by(job.lane),
    )


def _word(word: str) -> Any:
    return literal_column(f"'{word}'", String)


_KNOWN = Lookup(_statement)
