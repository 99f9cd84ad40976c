"""What the roster said of a member in earlier versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from app.models import RosterVersion
from app.store import Db
from app.vault.roster import read_roster
from app.vault.roster_document import RosterMember, hash_document, parse_roster

Part = TypeVar("Part")


def is_unchanged_since(
    db: Db, member_id: UUID, version: int, read: Callable[[RosterMember | None], Part]
) -> bool:
    """Return whether what ``read`` takes from a member's line was the same in each version since.

    Earlier versions are verified backwards: each names the hash of the one before it. A version
    that is missing or does not fit counts as another line.
    """
    newest = read_roster(db)
    now, expected = read(newest.by_id.get(member_id)), newest.previous
    for number in range(newest.version - 1, version - 1, -1):
        row = db.get(RosterVersion, number)
        if row is None or hash_document(row.document) != expected:
            return False
        roster = parse_roster(row.document)
        if read(roster.by_id.get(member_id)) != now:
            return False
        expected = roster.previous
    return version <= newest.version
